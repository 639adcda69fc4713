// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is still away when a session stops or a flight recorder is frozen: the waits that go on are
 * often what it is about, and nothing told of them yet. Nobody writes to rings or slots here.
 */
#include <linux/delay.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>

#include "compat/compat.h"
#include "offcpu.h"
#include "record.h"
#include "task_still.h"
#include "wait.h"

/* Slots looked at in one piece. */
#define LOOKS 512
/* After so long others have their turn: this may run before all that is not in real time. */
#define SLICE NSEC_PER_MSEC

/* Who hangs, first: of the others there may be many, and most of them always wait. */
static const u16 order[] = {
	PDIAG_KMOD_STATE_DISK, PDIAG_KMOD_STATE_WAITING, PDIAG_KMOD_STATE_BLOCKED,
};

static void pace(u32 i, u64 *began)
{
	if (i % LOOKS)
		return;
	if (ktime_get_mono_fast_ns() - *began < SLICE) {
		cond_resched();
		return;
	}
	usleep_range(SLICE / NSEC_PER_USEC, 2 * SLICE / NSEC_PER_USEC);
	*began = ktime_get_mono_fast_ns();
}

/* The slot's task, held; NULL: it is gone. */
static struct task_struct *get_task(const struct pdiag_away_slot *slot)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_pid_ns(slot->number, &init_pid_ns), PIDTYPE_PID);
	if (task && (task != slot->task || task->start_time != slot->start))
		task = NULL;
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

static bool is_back(const struct task_struct *task, const struct pdiag_away_slot *slot)
{
	return !task || !pdiag_task_still(task, slot->switches);
}

/* A stack that is not there yet, where the kernel sees to it that it stays while we walk it. */
static void walk(
	struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, struct task_struct *task)
{
#ifdef PDIAG_HAVE_STACK_TRACE_SAVE_TSK
	if (slot->nr || is_back(task, slot))
		return;
	pdiag_wait_walk(cpu, slot, task);
	if (is_back(task, slot))
		slot->nr = 0;
#endif
}

/*
 * Tell of a wait. Of one from before a thaw the end may have been missed: not if its task is back
 * now. All others were away at `until`, whatever they do by now.
 */
static enum pdiag_wait_told tell(
	struct pdiag_session *session, struct pdiag_away_slot *slot, u64 until, u64 now, bool last)
{
	struct pdiag_cpu *cpu = session->cpu[slot->cpu];
	struct task_struct *task = get_task(slot);
	bool back = slot->out < session->offcpu->thawed && is_back(task, slot);

	if (!back && task)
		walk(cpu, slot, task);
	if (task)
		put_task_struct(task);
	if (!back)
		return pdiag_wait_so_far(cpu, slot, until, now, last);
	pdiag_away_drop(slot);
	return PDIAG_WAIT_SHORT;
}

static void tell_losses(struct pdiag_session *session, u64 now)
{
	struct pdiag_cpu *cpu;
	u32 i;

	for (i = 0; i + 1 < session->nr_rings; i++) {
		cpu = session->cpu[i];
		if (!cpu)
			continue;
		pdiag_record_begin(cpu, now);
		pdiag_record_losses(cpu, now);
	}
}

/* True: the slot is done with. */
static bool tell_last(struct pdiag_session *session, struct pdiag_away_slot *slot)
{
	if (tell(session, slot, session->offcpu->ended, session->stopped, true) !=
		PDIAG_WAIT_NO_ROOM)
		return true;
	/* What a flight recorder has no room for now it never will. */
	if (!(session->flags & PDIAG_KMOD_FLIGHT))
		return false;
	session->cpu[slot->cpu]->lost[PDIAG_KMOD_LOST_SLOTS]++;
	return true;
}

u64 pdiag_offcpu_end(struct pdiag_session *session)
{
	struct pdiag_away *tasks = session->offcpu ? &session->offcpu->away : NULL;
	struct pdiag_away_slot *slot;
	u64 left = 0, began = ktime_get_mono_fast_ns();
	u32 i, o;

	for (o = 0; tasks && o < ARRAY_SIZE(order); o++)
		for (i = 0; i < tasks->size; i++) {
			pace(i, &began);
			slot = pdiag_away_slot(tasks, i);
			if (!slot || slot->state != order[o])
				continue;
			if (tell_last(session, slot))
				pdiag_away_drop(slot);
			else
				left++;
		}
	if (tasks)
		tell_losses(session, session->stopped);
	return left;
}

static void tell_frozen(struct pdiag_session *session, struct pdiag_away_slot *slot)
{
	u64 now = session->frozen_at;

	switch (tell(session, slot, now, now, false)) {
	case PDIAG_WAIT_TOLD:
		/* Its next record begins here. */
		slot->out = now;
		if (slot->woken)
			slot->state = PDIAG_KMOD_STATE_WAITING;
		break;
	case PDIAG_WAIT_NO_ROOM:
		session->cpu[slot->cpu]->lost[PDIAG_KMOD_LOST_SLOTS]++;
		break;
	case PDIAG_WAIT_SHORT:
		break;
	}
}

void pdiag_offcpu_freeze(struct pdiag_session *session)
{
	struct pdiag_away *tasks = session->offcpu ? &session->offcpu->away : NULL;
	u64 began = ktime_get_mono_fast_ns();
	struct pdiag_away_slot *slot;
	u32 i, o;

	if (!tasks || !session->running)
		return;
	for (o = 0; o < ARRAY_SIZE(order); o++)
		for (i = 0; i < tasks->size; i++) {
			pace(i, &began);
			slot = pdiag_away_slot(tasks, i);
			/* Who was told of as one that hangs may be one that waits by now. */
			if (slot && slot->state == order[o] && slot->out < session->frozen_at)
				tell_frozen(session, slot);
		}
	tell_losses(session, session->frozen_at);
}

void pdiag_offcpu_thaw(struct pdiag_session *session)
{
	struct pdiag_away *tasks = session->offcpu ? &session->offcpu->away : NULL;
	u64 now = ktime_get_mono_fast_ns(), began = now;
	struct pdiag_away_slot *slot;
	struct task_struct *task;
	u32 i;

	for (i = 0; tasks && i < tasks->size; i++) {
		pace(i, &began);
		slot = pdiag_away_slot(tasks, i);
		if (!slot)
			continue;
		task = get_task(slot);
		if (is_back(task, slot))
			pdiag_away_drop(slot);
		else if (!slot->woken && pdiag_task_state(task) == TASK_RUNNING)
			slot->woken = now;
		if (task)
			put_task_struct(task);
	}
}

void pdiag_offcpu_thawed(struct pdiag_session *session)
{
	if (session->offcpu)
		session->offcpu->thawed = ktime_get_mono_fast_ns();
}
