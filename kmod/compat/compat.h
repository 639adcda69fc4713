/* SPDX-License-Identifier: GPL-2.0-only */
/* One spelling for what kernels spell differently; compat/Kbuild finds out which. */
#ifndef PDIAG_COMPAT_H
#define PDIAG_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#ifdef PDIAG_HAVE_EXEC_STATE
#include <linux/sched/exec_state.h>
#endif

static inline void pdiag_timer_setup(
	struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *), enum hrtimer_mode mode)
{
#ifdef PDIAG_HAVE_HRTIMER_SETUP
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = fn;
#endif
}

static inline unsigned int pdiag_task_state(const struct task_struct *task)
{
#ifdef PDIAG_HAVE_TASK_STATE2
	return READ_ONCE(task->__state);
#else
	return READ_ONCE(task->state);
#endif
}

static inline void pdiag_vma_read_only(struct vm_area_struct *vma)
{
#ifdef PDIAG_HAVE_VM_FLAGS_CLEAR
	vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
#else
	vma->vm_flags &= ~(VM_MAYWRITE | VM_MAYEXEC);
#endif
}

static inline void pdiag_vma_private(struct vm_area_struct *vma)
{
#ifdef PDIAG_HAVE_VM_FLAGS_CLEAR
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
#else
	vma->vm_flags |= VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP;
#endif
}

/* The current task may be looked at by others of its user, as far as it is concerned. */
static inline bool pdiag_current_dumpable(void)
{
#ifdef PDIAG_HAVE_EXEC_STATE
	bool dumpable;

	rcu_read_lock();
	dumpable = rcu_dereference(current->exec_state)->dumpable == TASK_DUMPABLE_OWNER;
	rcu_read_unlock();
	return dumpable;
#else
	return current->mm && get_dumpable(current->mm) == SUID_DUMP_USER;
#endif
}

/*
 * A function for the tracepoint sched_switch. Where the kernel does not hand over the state that
 * the task had when it decided to leave, it is read from the task.
 */
#ifdef PDIAG_HAVE_SWITCH_STATE
#define PDIAG_SWITCH_HOOK(name, session, preempt, prev, next, state)                            \
	static void name(void *session, bool preempt, struct task_struct *prev,                 \
		struct task_struct *next, unsigned int state)
#define PDIAG_SWITCH_STATE(prev, state) (state)
#else
#define PDIAG_SWITCH_HOOK(name, session, preempt, prev, next, state)                            \
	static void name(                                                                       \
		void *session, bool preempt, struct task_struct *prev, struct task_struct *next)
#define PDIAG_SWITCH_STATE(prev, state) pdiag_task_state(prev)
#endif

#endif
