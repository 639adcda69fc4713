// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time away from the CPU. The stack is walked when a task leaves, as only then its user memory is
 * at hand, and stays in the task's slot: it is looked up and crosses to the reader only if the
 * task was away long enough, or stands for others. All of it runs in the scheduler, interrupts off
 * and a run queue locked: nothing here locks, allocates or wakes.
 */
#include "offcpu.h"

#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "arch/walk.h"
#include "away.h"
#include "compat/compat.h"
#include "hooks.h"
#include "record.h"

/* Waits that are told of one by one whatever they cost; longer if there are too many of them. */
#define LONG_WAIT (10 * NSEC_PER_MSEC)

struct pdiag_offcpu {
	struct pdiag_away away;
	u32 hooks;  /* in place */
	u64 ended;  /* when they began to go: what comes back from then on is not seen */
};

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
	slot->state = state;
	slot->waker_nr = 0;
	slot->waker_pid = 0;
	slot->waker_tid = 0;
	slot->pid = pdiag_session_pid(session, task);
	slot->tid = pdiag_session_tid(session, task);
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

/* No room in the ring: both times wait for it. */
static void pending(struct pdiag_cpu *cpu, const struct pdiag_away_slot *slot,
	struct task_struct *task, struct pdiag_stack_entry *stack, u64 now, u64 blocked,
	u64 waiting)
{
	u16 flags = slot->nr && !stack ? pdiag_record_coarse(cpu) : 0;

	if (blocked)
		pdiag_record_pending(
			cpu, now, task, stack, blocked * slot->scale, slot->state, flags);
	if (waiting)
		pdiag_record_pending(cpu, now, task, stack, waiting * slot->scale,
			PDIAG_KMOD_STATE_WAITING, flags);
}

/* A WAIT with the user's part, if there is one; NULL: there is no room. */
static struct pdiag_kmod_wait *reserve(
	struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, u16 flags, u64 now)
{
	const struct pdiag_kmod_user *user;
	struct pdiag_kmod_wait *record;
	u32 bytes;

	if (slot->state == PDIAG_KMOD_STATE_WAITING)
		flags |= PDIAG_KMOD_PREEMPTED;
	if (!slot->has_user)
		return pdiag_record_reserve(cpu, sizeof(*record), PDIAG_KMOD_WAIT, flags, now);
	user = pdiag_away_user(&cpu->session->offcpu->away, slot);
	bytes = sizeof(*user) + user->bytes;
	record = pdiag_record_reserve(cpu, sizeof(*record) + bytes, PDIAG_KMOD_WAIT,
		flags | PDIAG_KMOD_HAS_USER, now);
	if (!record)
		return pdiag_record_reserve(cpu, sizeof(*record), PDIAG_KMOD_WAIT, flags, now);
	memcpy(record + 1, user, bytes);
	return record;
}

/* NULL, or the stack that the record would have had if there were room. True: it is told. */
static bool tell(struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, u16 flags, u64 now,
	u64 blocked, u64 waiting, struct pdiag_stack_entry **for_pending)
{
	struct pdiag_stack_entry *stack;
	struct pdiag_kmod_wait *record = NULL;
	u32 id, waker = PDIAG_KMOD_NO_STACK, generation = cpu->stacks.generation;

	/* The waker's first: the entry of the first stack may go when a second is looked up. */
	if (slot->waker_nr) {
		stack = pdiag_record_stack_copy(
			cpu, slot->words + PDIAG_AWAY_DEPTH, slot->waker_nr, slot->waker_flags);
		waker = pdiag_record_send_stack(cpu, stack, now);
	}
	stack = slot->nr ?
		pdiag_record_stack_copy(cpu, slot->words, slot->nr, slot->flags) : NULL;
	if (slot->nr && !stack)
		flags |= PDIAG_KMOD_COARSE;
	*for_pending = stack;
	id = pdiag_record_send_stack(cpu, stack, now);
	/* Numbers began anew in between. */
	if (unlikely(generation != cpu->stacks.generation))
		waker = PDIAG_KMOD_NO_STACK;
	if (id != PDIAG_KMOD_NO_STACK || !stack)
		record = reserve(cpu, slot, flags, now);
	if (!record)
		return false;
	record->stack = id;
	record->pid = slot->pid;
	record->tid = slot->tid;
	record->state = slot->state;
	record->blocked = blocked;
	record->waiting = waiting;
	record->waker_stack = waker;
	record->waker_pid = slot->waker_pid;
	record->waker_tid = slot->waker_tid;
	record->scale = slot->scale;
	pdiag_record_commit(cpu, record);
	if (flags & PDIAG_KMOD_COARSE)
		pdiag_record_coarse(cpu);
	return true;
}

/* How long it was away by now, and how long of that it was blocked and waited for a CPU. */
static u64 measure(const struct pdiag_away_slot *slot, u64 now, u64 *blocked, u64 *waiting)
{
	u64 away = now > slot->out ? now - slot->out : 0;

	*waiting = 0;
	if (slot->state == PDIAG_KMOD_STATE_WAITING)
		*waiting = away;
	else if (slot->woken > slot->out && slot->woken < now)
		*waiting = now - slot->woken;
	*blocked = away - *waiting;
	return away;
}

static bool too_short(struct pdiag_cpu *cpu, const struct pdiag_away_slot *slot, u64 away)
{
	if (away >= cpu->session->off_cpu_min)
		return false;
	cpu->short_waits += slot->scale;
	cpu->short_ns += away * slot->scale;
	return true;
}

static u64 place(struct pdiag_cpu *cpu, u64 least)
{
	return mul_u64_u32_shr(least, pdiag_chance(cpu), 32);
}

/*
 * Short waits stand in a row, in each stretch of `least` ns there is one mark at a place by chance,
 * and a wait stands for `least` with each mark in it: all of the time is told, and each place has
 * its part of it. Marks at equal steps would be met by what comes in turns always or never.
 */
static u64 marked(struct pdiag_cpu *cpu, struct pdiag_mark *mark, u64 ns, u64 least)
{
	u64 told = 0, at;

	if (!mark->rest) {
		mark->left = place(cpu, least);
		mark->rest = least - mark->left;
	}
	/* Twice at most: a third mark is more than `least` away. */
	while (mark->left < ns) {
		ns -= mark->left;
		told += least;
		at = place(cpu, least);
		mark->left = mark->rest + at;
		mark->rest = least - at;
	}
	mark->left -= ns;
	return told;
}

/* Is it told of? Then *blocked and *waiting become the time that it stands for. */
static bool is_told(
	struct pdiag_cpu *cpu, const struct pdiag_away_slot *slot, u64 *blocked, u64 *waiting)
{
	u64 away = *blocked + *waiting, least = cpu->session->off_cpu_min;

	if (away >= least || !(cpu->session->flags & PDIAG_KMOD_SHORT_WAITS))
		return !too_short(cpu, slot, away);
	*blocked = marked(cpu, &cpu->short_blocked, *blocked, least);
	*waiting = marked(cpu, &cpu->short_waiting, *waiting, least);
	return *blocked || *waiting || !too_short(cpu, slot, away);
}

/*
 * Under the governor only one short wait in `scale` is told of, for all of them. Long ones
 * are rare, and what people look for: each is told of and stands for itself. False: this one is
 * left out.
 */
static bool weigh(struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, u64 away)
{
	u32 shift = cpu->governor.shift;

	if (away >= LONG_WAIT << (shift > 4 ? shift - 4 : 0))
		slot->scale = 1;
	else if (!slot->scale)
		cpu->lost[PDIAG_KMOD_LOST_BUDGET]++;
	return slot->scale;
}

/* The stack was not walked when the task left; the kernel's part of it is still what it was. */
static void walk_late(
	struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, struct task_struct *task)
{
	struct pdiag_walk walk = {
		.words = slot->words,
		.max = min_t(u32, cpu->session->max_depth + 2, PDIAG_AWAY_DEPTH),
	};

	if (slot->nr || cpu->session->flags & PDIAG_KMOD_USER_ONLY)
		return;
	pdiag_walk_task(&walk, task);
	slot->nr = walk.nr;
	slot->flags = walk.flags | PDIAG_KMOD_TRUNCATED;
}

/* A task comes back. */
static void arrive(struct pdiag_cpu *cpu, struct task_struct *task, u64 now)
{
	struct pdiag_away_slot *slot = pdiag_away_find(&cpu->session->offcpu->away, task);
	struct pdiag_stack_entry *stack;
	u64 away, blocked, waiting;

	if (!slot)
		return;
	away = measure(slot, now, &blocked, &waiting);
	/* Another start: of a task that is gone. */
	if (slot->start == task->start_time && weigh(cpu, slot, away) &&
		is_told(cpu, slot, &blocked, &waiting)) {
		walk_late(cpu, slot, task);
		cpu->samples++;
		if (!tell(cpu, slot, 0, now, blocked, waiting, &stack))
			pending(cpu, slot, task, stack, now, blocked, waiting);
	}
	pdiag_away_drop(slot);
}

u64 pdiag_offcpu_end(struct pdiag_session *session)
{
	struct pdiag_away *tasks = session->offcpu ? &session->offcpu->away : NULL;
	struct pdiag_away_slot *slot;
	struct pdiag_stack_entry *stack;
	struct pdiag_cpu *cpu;
	u64 away, blocked, waiting, left = 0;
	u32 i;

	for (i = 0; tasks && i < tasks->size; i++) {
		slot = pdiag_away_slot(tasks, i);
		if (!slot)
			continue;
		cpu = session->cpu[slot->cpu];
		away = measure(slot, session->offcpu->ended, &blocked, &waiting);
		pdiag_record_begin(cpu, session->stopped);
		if (away && weigh(cpu, slot, away) && !too_short(cpu, slot, away)) {
			if (!tell(cpu, slot, PDIAG_KMOD_AWAY, session->stopped, blocked, waiting,
				    &stack)) {
				left++;
				continue;
			}
			cpu->samples++;
		}
		pdiag_away_drop(slot);
	}
	return left;
}

/* A task goes on, on a CPU that the session leaves out: what it does there is no wait. */
static void runs_elsewhere(struct pdiag_session *session, struct task_struct *task)
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
		/* Idle tasks are never away; what is frozen is emptied before it goes on. */
		if (next->pid && !session->cpu[raw_smp_processor_id()] &&
			!READ_ONCE(session->frozen))
			runs_elsewhere(session, next);
		return;
	}
	now = ktime_get_mono_fast_ns();
	left = PDIAG_SWITCH_STATE(prev, state);
	pdiag_record_begin(cpu, now);
	arrive(cpu, next, now);
	if (!(left & TASK_DEAD))
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

void pdiag_offcpu_forget(struct pdiag_session *session)
{
	if (session->offcpu)
		pdiag_away_clear(&session->offcpu->away);
}

int pdiag_offcpu_start(struct pdiag_session *session)
{
	int err;

	if (!session->offcpu)
		return 0;
	pdiag_offcpu_forget(session);
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
