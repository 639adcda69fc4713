// SPDX-License-Identifier: GPL-2.0-only
#include "wait.h"

#include <linux/math64.h>
#include <linux/string.h>

#include "arch/walk.h"
#include "record.h"

/* Waits that are told of one by one whatever they cost; longer if there are too many of them. */
#define LONG_WAIT (10 * NSEC_PER_MSEC)

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

static bool is_long(const struct pdiag_cpu *cpu, u64 away)
{
	u32 shift = cpu->governor.shift;

	return away >= LONG_WAIT << (shift > 4 ? shift - 4 : 0);
}

/*
 * Under the governor only one short wait in `scale` is told of, for all of them. Long ones
 * are rare, and what people look for: each is told of and stands for itself. False: this one is
 * left out.
 */
static bool weigh(struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, u64 away)
{
	if (is_long(cpu, away))
		slot->scale = 1;
	else if (!slot->scale)
		cpu->lost[PDIAG_KMOD_LOST_BUDGET]++;
	return slot->scale;
}

void pdiag_wait_walk(
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

void pdiag_wait_end(
	struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, struct task_struct *task, u64 now)
{
	struct pdiag_stack_entry *stack;
	u64 blocked, waiting, away = measure(slot, now, &blocked, &waiting);

	if (!weigh(cpu, slot, away) || !is_told(cpu, slot, &blocked, &waiting))
		return;
	pdiag_wait_walk(cpu, slot, task);
	cpu->samples++;
	if (!tell(cpu, slot, 0, now, blocked, waiting, &stack))
		pending(cpu, slot, task, stack, now, blocked, waiting);
}

enum pdiag_wait_told pdiag_wait_so_far(
	struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, u64 until, u64 now, bool last)
{
	struct pdiag_stack_entry *stack;
	u64 blocked, waiting, away = measure(slot, until, &blocked, &waiting);

	/* It may become long yet. */
	if (!last && (away < cpu->session->off_cpu_min || !(slot->scale || is_long(cpu, away))))
		return PDIAG_WAIT_SHORT;
	if (!away || !weigh(cpu, slot, away) || too_short(cpu, slot, away))
		return PDIAG_WAIT_SHORT;
	if (!pdiag_record_is_near(cpu, cpu->frozen_head))
		return PDIAG_WAIT_NO_ROOM;
	pdiag_record_begin(cpu, now);
	if (!tell(cpu, slot, PDIAG_KMOD_AWAY, now, blocked, waiting, &stack))
		return PDIAG_WAIT_NO_ROOM;
	cpu->samples++;
	return PDIAG_WAIT_TOLD;
}
