// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that sleeps or waits for a CPU is walked from outside, one that runs walks itself, in an
 * interrupt sent to its CPU.
 *
 * While a stack is walked from outside the task may wake up and even end, and its stack be given
 * back. Kernels with stack_trace_save_tsk() take care of that. On others we do: `walked` says
 * whose stack is in use, and a task that switches away for the last time waits until it is not its
 * own. Either the walker sees that the task is dead or the dead task sees the walker. The walker
 * has interrupts off meanwhile, so that is some microseconds at most.
 */
#include "task_walk.h"

#include <linux/kthread.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>
#include <linux/ktime.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "hooks.h"
#include "task_still.h"

#define ANSWER_NS (50 * NSEC_PER_USEC) /* that most CPUs take less than to answer */
#define ANSWERS 5 /* milliseconds to wait for one that takes longer */

/* A question to a CPU. It may come late, so it is never on the stack. */
struct pdiag_task_cpu {
	call_single_data_t csd;
	u32 busy;	/* with acquire and release: the CPU has it */
	u32 what, max;
	bool hit;	/* the wanted task was running */
	const struct task_struct *want;
	struct pdiag_walk walk;
	u64 words[PDIAG_STACK_WORDS];
};

static void answer(void *info)
{
	struct pdiag_task_cpu *cpu = info;

	cpu->walk = (struct pdiag_walk){ .words = cpu->words, .max = cpu->max };
	cpu->hit = current == cpu->want;
	if (cpu->hit)
		pdiag_walk_current(&cpu->walk, pdiag_interrupted_regs(),
			__builtin_frame_address(0), cpu->what);
	smp_store_release(&cpu->busy, 0);
}

size_t pdiag_task_cpus_bytes(void)
{
	return nr_cpu_ids * sizeof(struct pdiag_task_cpu);
}

int pdiag_task_cpus_new(struct pdiag_tasks *tasks)
{
	u32 i;

	tasks->cpu = vzalloc(pdiag_task_cpus_bytes());
	if (!tasks->cpu)
		return -ENOMEM;
	for (i = 0; i < nr_cpu_ids; i++) {
		tasks->cpu[i].csd.func = answer;
		tasks->cpu[i].csd.info = &tasks->cpu[i];
	}
	return 0;
}

void pdiag_task_cpus_free(struct pdiag_tasks *tasks)
{
	u32 i;

	if (!tasks->cpu)
		return;
	/* A CPU that answers no more at all takes the machine with it anyway. */
	for (i = 0; i < nr_cpu_ids; i++)
		while (smp_load_acquire(&tasks->cpu[i].busy))
			schedule_timeout_uninterruptible(1);
	/* The last instructions of answer() are done with interrupts off, too. */
	synchronize_rcu();
	vfree(tasks->cpu);
	tasks->cpu = NULL;
}

static u32 what(const struct pdiag_tasks *tasks)
{
	bool user_only = tasks->session->flags & PDIAG_KMOD_USER_ONLY;

	return PDIAG_WALK_USER | (user_only ? 0 : PDIAG_WALK_KERNEL);
}

static bool wait_for_answer(struct pdiag_tasks *tasks, const struct pdiag_task_cpu *cpu)
{
	u64 began = ktime_get_mono_fast_ns();
	int i;

	while (ktime_get_mono_fast_ns() - began < ANSWER_NS) {
		if (!smp_load_acquire(&cpu->busy))
			return true;
		cpu_relax();
	}
	for (i = 0; i < ANSWERS && smp_load_acquire(&cpu->busy); i++)
		if (!pdiag_tasks_sleep(tasks, NSEC_PER_MSEC))
			return false;
	return !smp_load_acquire(&cpu->busy);
}

enum asked { RUNS, RUNS_NOT, UNKNOWN };

static enum asked walk_running(
	struct pdiag_tasks *tasks, struct task_struct *task, struct pdiag_walk *walk)
{
	int number = task_cpu(task);
	struct pdiag_task_cpu *cpu = &tasks->cpu[number];

	/* One that is late with an answer is not asked again. */
	if (number >= nr_cpu_ids || smp_load_acquire(&cpu->busy))
		return UNKNOWN;
	cpu->want = task;
	cpu->what = what(tasks);
	cpu->max = walk->max;
	WRITE_ONCE(cpu->busy, 1);
	if (smp_call_function_single_async(number, &cpu->csd)) {
		WRITE_ONCE(cpu->busy, 0);
		return UNKNOWN;
	}
	if (!wait_for_answer(tasks, cpu))
		return UNKNOWN;
	if (!cpu->hit)
		return RUNS_NOT;
	memcpy(walk->words, cpu->words, cpu->walk.nr * sizeof(u64));
	walk->nr = cpu->walk.nr;
	walk->hash = cpu->walk.hash;
	walk->flags = cpu->walk.flags;
	return RUNS;
}

#ifdef PDIAG_HAVE_STACK_TRACE_SAVE_TSK
static void hook(struct pdiag_tasks *tasks)
{
}

static void unhook(struct pdiag_tasks *tasks)
{
}

static void walk_kernel(
	struct pdiag_tasks *tasks, struct task_struct *task, struct pdiag_walk *walk)
{
	pdiag_walk_task(walk, task);
}
#else
PDIAG_SWITCH_HOOK(on_switch, data, preempt, prev, next, state)
{
	struct pdiag_tasks *tasks = data;

	if (likely(!(PDIAG_SWITCH_STATE(prev, state) & TASK_DEAD)))
		return;
	/* Its state before our look at who is walked; see walk_kernel(). */
	smp_mb();
	while (smp_load_acquire(&tasks->walked) == prev)
		cpu_relax();
}

static void hook(struct pdiag_tasks *tasks)
{
	tasks->hooked = !pdiag_hook("sched_switch", on_switch, tasks);
}

/* The session waits for those at work in it, before it frees anything. */
static void unhook(struct pdiag_tasks *tasks)
{
	if (tasks->hooked)
		pdiag_unhook("sched_switch", on_switch, tasks);
	tasks->hooked = false;
}

static void walk_kernel(
	struct pdiag_tasks *tasks, struct task_struct *task, struct pdiag_walk *walk)
{
	if (!tasks->hooked)
		return;
	local_irq_disable();
	WRITE_ONCE(tasks->walked, task);
	smp_mb();
	if (!(pdiag_task_state(task) & TASK_DEAD) && !READ_ONCE(task->on_cpu))
		pdiag_walk_task(walk, task);
	smp_store_release(&tasks->walked, NULL);
	local_irq_enable();
}
#endif

void pdiag_task_walk_begin(struct pdiag_tasks *tasks)
{
	if (what(tasks) & PDIAG_WALK_KERNEL)
		hook(tasks);
}

void pdiag_task_walk_rest(struct pdiag_tasks *tasks)
{
	if (!tasks->mm)
		return;
	kthread_unuse_mm(tasks->mm);
	/* If that was the last use, taking it down is not our work. */
	mmput_async(tasks->mm);
	tasks->mm = NULL;
}

void pdiag_task_walk_end(struct pdiag_tasks *tasks)
{
	unhook(tasks);
	pdiag_task_walk_rest(tasks);
}

/* Threads of a process come one behind the other: its memory stays in use. */
static bool use_memory(struct pdiag_tasks *tasks, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);

	if (mm && mm == tasks->mm) {
		mmput_async(mm);
		return true;
	}
	pdiag_task_walk_rest(tasks);
	if (!mm)
		return false;
	kthread_use_mm(mm);
	tasks->mm = mm;
	return true;
}

static void walk_user(struct pdiag_tasks *tasks, struct task_struct *task,
	struct pdiag_walk *walk, unsigned long before)
{
	struct pdiag_walk old = *walk;
	struct pt_regs regs;

	/* Its stack may be gone by now. */
	if ((task->flags & PF_KTHREAD) ||
		copy_from_kernel_nofault(&regs, task_pt_regs(task), sizeof(regs)) ||
		!user_mode(&regs) || !use_memory(tasks, task) || !pdiag_task_still(task, before))
		return;
	pdiag_walk_user(walk, &regs, false);
	if (!pdiag_task_still(task, before))
		*walk = old;
}

static bool walk_resting(
	struct pdiag_tasks *tasks, struct task_struct *task, struct pdiag_walk *walk)
{
	unsigned long before = pdiag_task_switches(task);

	smp_rmb();
	if (READ_ONCE(task->on_cpu))
		return false;
	if (what(tasks) & PDIAG_WALK_KERNEL)
		walk_kernel(tasks, task, walk);
	if (!pdiag_task_still(task, before)) {
		walk->nr = 0;
		walk->hash = 0;
		walk->flags = 0;
		return false;
	}
	walk_user(tasks, task, walk, before);
	return true;
}

bool pdiag_task_walk(
	struct pdiag_tasks *tasks, struct task_struct *task, struct pdiag_walk *walk)
{
	int i;

	/* It may come and go while we look: once more, then without. */
	for (i = 0; i < 3; i++) {
		if (walk_resting(tasks, task, walk))
			return false;
		switch (walk_running(tasks, task, walk)) {
		case RUNS:
			return true;
		case UNKNOWN:
			return READ_ONCE(task->on_cpu);
		case RUNS_NOT:
			break;
		}
	}
	return false;
}
