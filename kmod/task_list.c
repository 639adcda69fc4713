// SPDX-License-Identifier: GPL-2.0-only
#include "task_list.h"

#include <linux/rcupdate.h>
#include <linux/sched/task.h>

#include "compat/task.h"

/* Numbers looked at in one piece: some ten microseconds. */
#define LOOKS 256

/* The task of the next number in use, which may have none; *at is behind it then. */
static struct task_struct *next(int *at)
{
	struct pid *pid = pdiag_next_pid(*at);

	if (!pid) {
		*at = -1;
		return NULL;
	}
	*at = pid_nr(pid) + 1;
	return pid_task(pid, PIDTYPE_PID);
}

u32 pdiag_task_piece(int *at, bool all, struct task_struct **tasks, u32 max)
{
	struct task_struct *task;
	u32 looks, nr = 0;
	char letter;

	rcu_read_lock();
	for (looks = 0; looks < LOOKS && nr < max && *at >= 0; looks++) {
		task = next(at);
		if (!task || task == current)
			continue;
		letter = pdiag_task_letter(task);
		if (!all && letter != 'R' && letter != 'D')
			continue;
		get_task_struct(task);
		tasks[nr++] = task;
	}
	rcu_read_unlock();
	return nr;
}

void pdiag_task_count(int *at, struct pdiag_task_counts *counts)
{
	struct task_struct *task;
	u32 looks;
	char letter;

	rcu_read_lock();
	for (looks = 0; looks < LOOKS && *at >= 0; looks++) {
		task = next(at);
		if (!task || task == current)
			continue;
		letter = pdiag_task_letter(task);
		counts->runnable += letter == 'R';
		counts->blocked += letter == 'D';
	}
	rcu_read_unlock();
}
