/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What did not fit into a CPU's ring: counted by thread, stack and state until there is room.
 * Nothing that is added gets lost: when there is no room for a new combination, the stack is
 * given up, then the thread.
 */
#ifndef PDIAG_PENDING_H
#define PDIAG_PENDING_H

#include <linux/types.h>

#include "uapi/pdiag_kmod.h"

#define PDIAG_PENDING_SIZE 2048 /* a power of two */

struct pdiag_pending_entry {
	u64 first, last, weight;
	u64 start; /* of the thread, so that a pid used again is another one */
	u32 count; /* 0: free */
	u32 stack;
	u32 pid, tid;
	u16 state, flags;
};

struct pdiag_pending {
	struct pdiag_pending_entry *entry; /* behind them the rests, one a state */
	u32 used;	/* entries, the rests included */
	u32 cursor;	/* where delivering goes on */
	u64 samples;	/* that wait */
	u64 coarsened;	/* so far */
};

int pdiag_pending_init(struct pdiag_pending *pending);
void pdiag_pending_free(struct pdiag_pending *pending);
/* Add `what`: count, weight, first = last = when, stack, pid, tid, start, state. */
void pdiag_pending_add(struct pdiag_pending *pending, const struct pdiag_pending_entry *what);
/* The next entry that waits, looking at no more than `looks` of them; NULL: none seen. */
struct pdiag_pending_entry *pdiag_pending_next(struct pdiag_pending *pending, u32 looks);
/* Numbers of stacks mean nothing any more. */
void pdiag_pending_forget_stacks(struct pdiag_pending *pending);
void pdiag_pending_done(struct pdiag_pending *pending, struct pdiag_pending_entry *entry);

#endif
