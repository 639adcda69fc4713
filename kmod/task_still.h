/* SPDX-License-Identifier: GPL-2.0-only */
/* Did a task run meanwhile? */
#ifndef PDIAG_TASK_STILL_H
#define PDIAG_TASK_STILL_H

#include <linux/compiler.h>
#include <linux/sched.h>
#include <asm/barrier.h>

/* How often a task left a CPU: as long as that stays, and it is on none, it did not run. */
static inline unsigned long pdiag_task_switches(const struct task_struct *task)
{
	return READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);
}

/* before: what pdiag_task_switches() was then. */
static inline bool pdiag_task_still(const struct task_struct *task, unsigned long before)
{
	smp_rmb();
	return !READ_ONCE(task->on_cpu) && pdiag_task_switches(task) == before;
}

#endif
