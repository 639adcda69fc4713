// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time away from the CPU. The stack is walked when a task leaves, as only then its user memory is
 * at hand, and stays in the task's slot: it is looked up and crosses to the reader only if the
 * task was away long enough, or stands for others. All of it runs in the scheduler, interrupts off
 * and a run queue locked: nothing here locks, allocates or wakes.
 */
#include "offcpu.h"

#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "arch/walk.h"
#include "away.h"
#include "compat/compat.h"
#include "hooks.h"
#include "record.h"
#include "task_still.h"
#include "wait.h"

static u16 state_of(unsigned int state, bool preempted)
{
	if (preempted)
		return PDIAG_KMOD_STATE_WAITING;
	/* Idle kernel threads sleep like that only so as not to be sent signals. */
	return (state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE ?
		PDIAG_KMOD_STATE_DISK : PDIAG_KMOD_STATE_BLOCKED;
}

static void walk(struct pdiag_cpu *cpu, const void *from, u64 *words, u32 max, u32 *nr, u16 *flags)
{
	struct pdiag_walk walk = {
		.words = words, .max = min_t(u32, cpu->session->max_depth + 2, max),
	};

	pdiag_walk_current(&walk, NULL, from, cpu->session->walk);
	*nr = walk.nr;
	*flags = walk.flags;
}

/* The current task leaves. */
static void leave(
	struct pdiag_cpu *cpu, struct task_struct *task, u16 state, u64 now, const void *from)
{
	struct pdiag_session *session = cpu->session;
	struct pdiag_kmod_user *user;
	struct pdiag_away_slot *slot;

	if (!task->pid || !pdiag_session_wants(session, task))
		return;
	slot = pdiag_away_take(&session->offcpu->away, task);
	if (!slot) {
		cpu->lost[PDIAG_KMOD_LOST_SLOTS]++;
		return;
	}
	slot->start = task->start_time;
	slot->out = now;
	slot->woken = 0;
	slot->switches = pdiag_task_switches(task);
	slot->state = state;
	slot->waker_nr = 0;
	slot->waker_pid = 0;
	slot->waker_tid = 0;
	slot->pid = pdiag_session_pid(session, task);
	slot->tid = pdiag_session_tid(session, task);
	slot->number = task->pid;
	slot->cpu = cpu->number;
	slot->nr = 0;
	slot->scale = pdiag_governor_turn(cpu) ? 1u << cpu->governor.shift : 0;
	slot->has_user = false;
	if (slot->scale) {
		walk(cpu, from, slot->words, PDIAG_AWAY_DEPTH, &slot->nr, &slot->flags);
		user = pdiag_away_user(&session->offcpu->away, slot);
		slot->has_user = user && pdiag_walk_part(user, session->user_bytes, NULL, false);
	}
	pdiag_away_publish(slot, task);
}

/* A task comes back. */
static void arrive(struct pdiag_cpu *cpu, struct task_struct *task, u64 now)
{
	struct pdiag_away_slot *slot = pdiag_away_find(&cpu->session->offcpu->away, task);

	if (!slot)
		return;
	/* Another start: of a task that is gone. Other switches: its end was not seen. */
	if (slot->start == task->start_time && slot->switches == pdiag_task_switches(task))
		pdiag_wait_end(cpu, slot, task, now);
	pdiag_away_drop(slot);
}

/* A task ends, or goes on where the session does not look: what it does there is no wait. */
static void forget(struct pdiag_session *session, struct task_struct *task)
{
	struct pdiag_away_slot *slot = pdiag_away_find(&session->offcpu->away, task);

	if (slot)
		pdiag_away_drop(slot);
}

PDIAG_SWITCH_HOOK(on_switch, data, preempt, prev, next, state)
{
	struct pdiag_session *session = data;
	u64 began, now;
	struct pdiag_cpu *cpu = pdiag_cpu_enter(session, &began);
	unsigned int left;

	if (!cpu) {
		/* Idle tasks are never away; what is frozen is gone through before it goes on. */
		if (next->pid && !session->cpu[raw_smp_processor_id()] &&
			!READ_ONCE(session->frozen))
			forget(session, next);
		return;
	}
	now = ktime_get_mono_fast_ns();
	left = PDIAG_SWITCH_STATE(prev, state);
	pdiag_record_begin(cpu, now);
	arrive(cpu, next, now);
	if (left & TASK_DEAD)
		forget(session, prev);
	else
		leave(cpu, prev, state_of(left, preempt || !left), now, &began);
	pdiag_cpu_leave(cpu, now, began);
}

/* A task that is woken while it only was put off may run by now, and its slot be another's. */
static bool still(const struct pdiag_away_slot *slot, struct task_struct *task)
{
	return READ_ONCE(slot->task) == task && slot->start == task->start_time;
}

static void note_waker(struct pdiag_cpu *cpu, struct pdiag_away_slot *slot,
	struct task_struct *task, const void *from)
{
	u32 nr = 0;
	u16 flags = 0;

	if (cpu->session->offcpu->away.wakers)
		walk(cpu, from, slot->words + PDIAG_AWAY_DEPTH, PDIAG_AWAY_WAKER, &nr, &flags);
	if (!still(slot, task))
		return;
	slot->waker_pid = pdiag_session_pid(cpu->session, current);
	slot->waker_tid = pdiag_session_tid(cpu->session, current);
	slot->waker_nr = nr;
	slot->waker_flags = flags;
}

static void woken(struct pdiag_session *session, struct pdiag_cpu *cpu, struct task_struct *task,
	u64 now, const void *from)
{
	struct pdiag_away_slot *slot = pdiag_away_find(&session->offcpu->away, task);

	if (!slot || slot->start != task->start_time || slot->woken)
		return;
	/* Short waits cost no walk of the waker's stack. */
	if (cpu && now - slot->out >= session->off_cpu_min)
		note_waker(cpu, slot, task, from);
	if (still(slot, task))
		slot->woken = now;
}

static void on_waking(void *data, struct task_struct *task)
{
	struct pdiag_session *session = data;
	struct pdiag_cpu *cpu;
	u64 began, now;

	/* A task that wakes itself was not away. */
	if (task == current)
		return;
	cpu = pdiag_cpu_enter(session, &began);
	now = ktime_get_mono_fast_ns();
	if (cpu) {
		woken(session, cpu, task, now, &began);
		pdiag_cpu_leave(cpu, now, began);
	} else if (!session->cpu[raw_smp_processor_id()] && !READ_ONCE(session->frozen)) {
		/* By somebody on a CPU that is left out: when is all that is told. */
		woken(session, NULL, task, now, NULL);
	}
}

u64 pdiag_offcpu_bytes(const struct pdiag_kmod_session *options)
{
	if (!(options->events & PDIAG_KMOD_OFF_CPU))
		return 0;
	return pdiag_away_bytes(options->off_cpu_tasks, options->flags & PDIAG_KMOD_WAKERS,
		options->user_bytes);
}

int pdiag_offcpu_new(struct pdiag_session *session, const struct pdiag_kmod_session *options)
{
	struct pdiag_offcpu *offcpu = kzalloc(sizeof(*offcpu), GFP_KERNEL);

	if (!offcpu)
		return -ENOMEM;
	session->offcpu = offcpu;
	session->total_bytes += sizeof(*offcpu);
	if (pdiag_away_init(&offcpu->away, options->off_cpu_tasks,
		    session->flags & PDIAG_KMOD_WAKERS, session->user_bytes))
		return -ENOMEM;
	session->total_bytes += pdiag_offcpu_bytes(options);
	return 0;
}

void pdiag_offcpu_free(struct pdiag_session *session)
{
	if (!session->offcpu)
		return;
	pdiag_away_free(&session->offcpu->away);
	kfree(session->offcpu);
	session->offcpu = NULL;
}

int pdiag_offcpu_start(struct pdiag_session *session)
{
	int err;

	if (!session->offcpu)
		return 0;
	pdiag_away_clear(&session->offcpu->away);
	err = pdiag_hook("sched_switch", on_switch, session);
	if (err)
		return err;
	session->offcpu->hooks = 1;
	err = pdiag_hook("sched_waking", on_waking, session);
	if (!err)
		session->offcpu->hooks = 2;
	return err;
}

void pdiag_offcpu_stop(struct pdiag_session *session)
{
	if (!session->offcpu)
		return;
	session->offcpu->ended = ktime_get_mono_fast_ns();
	if (session->offcpu->hooks > 0)
		pdiag_unhook("sched_switch", on_switch, session);
	if (session->offcpu->hooks > 1)
		pdiag_unhook("sched_waking", on_waking, session);
	session->offcpu->hooks = 0;
}

const char *pdiag_offcpu_why_not(void)
{
	return pdiag_tracepoint("sched_switch") && pdiag_tracepoint("sched_waking") ?
		NULL : "the kernel has no tracepoints sched_switch and sched_waking";
}
