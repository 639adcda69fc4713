/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All tasks of the machine in pieces, in order of their numbers: a piece of them under
 * rcu_read_lock(), which may then be left, as a number is enough to go on from.
 */
#ifndef PDIAG_TASK_LIST_H
#define PDIAG_TASK_LIST_H

#include <linux/types.h>

struct task_struct;

struct pdiag_task_counts {
	u32 runnable, blocked;
};

/*
 * The next tasks behind number *at, with references held: the runnable and blocked ones but the
 * current, or all. Looks at a bounded number of them, so there may be none though more come.
 * *at < 0: that was the last piece.
 */
u32 pdiag_task_piece(int *at, bool all, struct task_struct **tasks, u32 max);
/* Add the next piece to the counts. */
void pdiag_task_count(int *at, struct pdiag_task_counts *counts);

#endif
