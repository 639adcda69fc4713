/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks by number, and what they are up to; in what way kernels differ. */
#ifndef PDIAG_COMPAT_TASK_H
#define PDIAG_COMPAT_TASK_H

#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>

#include "compat/compat.h"

/* The first number at or behind `nr` that is in use; under rcu_read_lock(). */
static inline struct pid *pdiag_next_pid(int nr)
{
#ifdef PDIAG_HAVE_FIND_GE_PID
	return find_ge_pid(nr, &init_pid_ns);
#else
	return idr_get_next(&init_pid_ns.idr, &nr);
#endif
}

/* Sleeps that do not count as uninterruptible, as the load average does not count them. */
#ifdef TASK_FROZEN
#define PDIAG_TASK_IDLE_BITS (TASK_NOLOAD | TASK_FROZEN)
#else
#define PDIAG_TASK_IDLE_BITS TASK_NOLOAD
#endif

/* The letter of ps(1). The state holds flags beside it, such as whether the task may be frozen. */
static inline char pdiag_task_letter(const struct task_struct *task)
{
	unsigned int state = pdiag_task_state(task), exit = READ_ONCE(task->exit_state);

	if (exit)
		return exit & EXIT_ZOMBIE ? 'Z' : 'X';
	if (state & TASK_DEAD)
		return 'X';
	if (state & TASK_UNINTERRUPTIBLE)
		return state & PDIAG_TASK_IDLE_BITS ? 'I' : 'D';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	if (state & __TASK_STOPPED)
		return 'T';
	if (state & __TASK_TRACED)
		return 't';
	if (state & TASK_PARKED)
		return 'P';
#ifdef TASK_FROZEN
	if (state & TASK_FROZEN)
		return 'S';
#endif
#ifdef TASK_RTLOCK_WAIT
	if (state & TASK_RTLOCK_WAIT)
		return 'D';
#endif
	/* Running, or about to: being woken or made. */
	return 'R';
}

#endif
