// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"

#include <linux/string.h>

#include "arch/frames.h"

#define LENGTH(bytes) round_up((u32)(bytes), 16)
#define STACK_LENGTH(nr) LENGTH(sizeof(struct pdiag_kmod_stack) + (nr) * sizeof(u64))
/* The most that one callback writes: two stacks and a record about them. */
#define TURN_LENGTH (2 * STACK_LENGTH(PDIAG_STACK_WORDS) + 1024)
/* Pending entries delivered and looked at by one callback. */
#define DELIVER 8
#define LOOKS 64

void *pdiag_record_reserve(struct pdiag_cpu *cpu, u32 len, u16 type, u16 flags, u64 now)
{
	struct pdiag_kmod_record *record = pdiag_ring_reserve(&cpu->ring, LENGTH(len));

	if (!record)
		return NULL;
	memset(record, 0, LENGTH(len));
	pdiag_record_head(record, LENGTH(len), type, flags, now);
	return record;
}

void pdiag_record_commit(struct pdiag_cpu *cpu, const void *record)
{
	pdiag_ring_commit(&cpu->ring, ((const struct pdiag_kmod_record *)record)->len);
}

void pdiag_record_wake(struct pdiag_cpu *cpu)
{
	struct pdiag_ring *ring = &cpu->ring;

	ring->wake_at = ring->head + cpu->session->watermark;
	pdiag_ring_tell(ring);
	/* The run queue may be locked here: never wake a reader directly. */
	irq_work_queue(&cpu->wake);
}

static noinline u64 *make_stack_room(struct pdiag_cpu *cpu)
{
	/* What is pending refers to numbers of this generation. */
	if (cpu->pending.used)
		return NULL;
	pdiag_stack_reset(&cpu->stacks);
	return pdiag_stack_room(&cpu->stacks);
}

static __always_inline u64 *stack_room(struct pdiag_cpu *cpu)
{
	u64 *room = pdiag_stack_room(&cpu->stacks);

	return likely(room) ? room : make_stack_room(cpu);
}

static noinline struct pdiag_stack_entry *keep_anew(
	struct pdiag_cpu *cpu, const u64 *words, u32 nr, u64 hash, u16 flags)
{
	if (cpu->pending.used)
		return NULL;
	pdiag_stack_reset(&cpu->stacks);
	memmove(cpu->stacks.word, words, nr * sizeof(u64));
	return pdiag_stack_find(&cpu->stacks, nr, hash, flags);
}

/* The words of a stack that was walked to pdiag_stack_room() become an entry. */
static __always_inline struct pdiag_stack_entry *keep(
	struct pdiag_cpu *cpu, const struct pdiag_walk *walk)
{
	struct pdiag_stack_entry *entry =
		pdiag_stack_find(&cpu->stacks, walk->nr, walk->hash, walk->flags);

	return likely(entry) ? entry :
		keep_anew(cpu, walk->words, walk->nr, walk->hash, walk->flags);
}

static noinline struct pdiag_stack_entry *walk_stack(
	struct pdiag_cpu *cpu, struct pt_regs *regs, const void *from, bool nmi, u64 *words)
{
	struct pdiag_walk walk = { .words = words, .max = cpu->session->max_depth + 2 };

	pdiag_walk_current(&walk, regs, from, cpu->session->walk | (nmi ? PDIAG_WALK_NMI : 0));
	return keep(cpu, &walk);
}

/* The last stack that was interrupted at this address, or one that was not at all. */
static __always_inline struct pdiag_stack_entry *guess(struct pdiag_cpu *cpu, unsigned long ip)
{
	return &cpu->stacks.entry[cpu->stacks.guess[ip % PDIAG_STACK_GUESSES]];
}

static noinline struct pdiag_stack_entry *walk_user(struct pdiag_cpu *cpu, struct pt_regs *regs)
{
	struct pdiag_walk walk = { .words = stack_room(cpu), .max = cpu->session->max_depth + 2 };
	struct pdiag_stack_entry *entry;

	if (unlikely(!walk.words))
		return NULL;
	pagefault_disable();
	pdiag_walk_interrupted(&walk, regs);
	pagefault_enable();
	entry = keep(cpu, &walk);
	if (likely(entry))
		cpu->stacks.guess[regs->ip % PDIAG_STACK_GUESSES] = entry - cpu->stacks.entry;
	return entry;
}

struct pdiag_stack_entry *pdiag_record_stack(
	struct pdiag_cpu *cpu, struct pt_regs *regs, const void *from, bool nmi)
{
	struct pdiag_stack_table *stacks = &cpu->stacks;
	struct pdiag_stack_entry *entry;
	const u64 *words;
	u64 *room;

	if (unlikely(nmi || !pdiag_in_user64(regs))) {
		room = stack_room(cpu);
		return room ? walk_stack(cpu, regs, from, nmi, room) : NULL;
	}
	entry = guess(cpu, regs->ip);
	words = stacks->word + entry->first;
	if (likely(entry->generation == stacks->generation && entry->nr >= 2 && !entry->flags &&
		    words[0] == PERF_CONTEXT_USER && words[1] == regs->ip)) {
		bool same;

		pagefault_disable();
		same = pdiag_walk_is(words, entry->nr, regs);
		pagefault_enable();
		if (likely(same))
			return entry;
	}
	return walk_user(cpu, regs);
}

struct pdiag_stack_entry *pdiag_record_stack_copy(
	struct pdiag_cpu *cpu, const u64 *words, u32 nr, u16 flags)
{
	struct pdiag_walk walk = { .words = stack_room(cpu), .flags = flags };

	if (unlikely(!walk.words || nr > PDIAG_STACK_WORDS))
		return NULL;
	for (; walk.nr < nr; walk.nr++) {
		walk.words[walk.nr] = words[walk.nr];
		walk.hash = pdiag_stack_hash(walk.hash, words[walk.nr]);
	}
	return keep(cpu, &walk);
}

u32 pdiag_record_send_stack(struct pdiag_cpu *cpu, struct pdiag_stack_entry *entry, u64 now)
{
	struct pdiag_kmod_stack *record;
	u32 id, len;

	if (unlikely(!entry))
		return PDIAG_KMOD_NO_STACK;
	id = pdiag_stack_id(&cpu->stacks, entry);
	if (likely(entry->sent))
		return id;
	len = STACK_LENGTH(entry->nr);
	record = pdiag_ring_reserve(&cpu->ring, len);
	if (unlikely(!record))
		return PDIAG_KMOD_NO_STACK;
	pdiag_record_head(&record->head, len, PDIAG_KMOD_STACK, entry->flags, now);
	record->id = id;
	record->nr = entry->nr;
	memcpy(record->ips, cpu->stacks.word + entry->first, entry->nr * sizeof(u64));
	/* An odd number of words leaves room for one before the next record. */
	if (len > sizeof(*record) + entry->nr * sizeof(u64))
		record->ips[entry->nr] = 0;
	pdiag_ring_commit(&cpu->ring, len);
	entry->sent = 1;
	cpu->stacks_sent++;
	return id;
}

void pdiag_record_pending(struct pdiag_cpu *cpu, u64 now, struct task_struct *task,
	struct pdiag_stack_entry *stack, u64 weight, u16 state, u16 flags)
{
	struct pdiag_pending_entry entry = {
		.first = now, .last = now, .weight = weight, .count = 1, .state = state,
		.stack = stack ? pdiag_stack_id(&cpu->stacks, stack) : PDIAG_KMOD_NO_STACK,
		.flags = flags,
		.start = task->start_time,
		.pid = pdiag_session_pid(cpu->session, task),
		.tid = pdiag_session_tid(cpu->session, task),
	};

	pdiag_pending_add(&cpu->pending, &entry);
}

void pdiag_record_new_sample(struct pdiag_cpu *cpu, u64 now, struct task_struct *task,
	struct pdiag_stack_entry *stack, u64 weight, u16 flags)
{
	u32 id = pdiag_record_send_stack(cpu, stack, now);

	/* In one step, as an NMI may add to it. */
	weight += xchg(&cpu->nested, 0);
	if ((id == PDIAG_KMOD_NO_STACK && stack) || weight > U32_MAX ||
		!pdiag_record_put_sample(cpu, now, task, id, weight, flags))
		pdiag_record_pending(cpu, now, task, stack, weight, PDIAG_KMOD_STATE_ON_CPU,
			flags & PDIAG_KMOD_COARSE);
}

bool pdiag_record_user_sample(struct pdiag_cpu *cpu, u64 now, struct pdiag_stack_entry *stack,
	u64 weight, u16 flags, struct pt_regs *regs, bool nmi)
{
	u32 most = cpu->session->user_bytes, len, id;
	struct pdiag_kmod_sample *record;

	if (unlikely(!stack || weight + READ_ONCE(cpu->nested) > U32_MAX))
		return false;
	id = pdiag_record_send_stack(cpu, stack, now);
	if (id == PDIAG_KMOD_NO_STACK)
		return false;
	len = LENGTH(sizeof(*record) + sizeof(struct pdiag_kmod_user) + most);
	record = pdiag_ring_reserve(&cpu->ring, len);
	if (unlikely(!record))
		return false;
	/* What is behind the last byte, if it is not the last itself. */
	*(u64 *)((u8 *)record + len - sizeof(u64)) = 0;
	/* In one step, as an NMI may add to it. */
	weight += xchg(&cpu->nested, 0);
	if (unlikely(weight > U32_MAX)) {
		cpu->nested += weight - U32_MAX;
		weight = U32_MAX;
	}
	if (pdiag_walk_part((void *)(record + 1), most, regs, nmi))
		flags |= PDIAG_KMOD_HAS_USER;
	else
		len = sizeof(*record);
	pdiag_record_head(&record->head, len, PDIAG_KMOD_SAMPLE, flags, now);
	record->stack = id;
	record->pid = pdiag_session_pid(cpu->session, current);
	record->tid = pdiag_session_tid(cpu->session, current);
	record->weight = weight;
	pdiag_ring_commit(&cpu->ring, len);
	cpu->samples++;
	return true;
}

/* False: no room. */
static bool deliver_one(struct pdiag_cpu *cpu, struct pdiag_pending_entry *entry, u64 now)
{
	struct pdiag_stack_table *stacks = &cpu->stacks;
	struct pdiag_kmod_count *record;
	u32 id = entry->stack;

	if (id != PDIAG_KMOD_NO_STACK) {
		id = pdiag_record_send_stack(cpu, &stacks->entry[id - stacks->base], now);
		if (id == PDIAG_KMOD_NO_STACK)
			return false;
	}
	record = pdiag_record_reserve(
		cpu, sizeof(*record), PDIAG_KMOD_COUNT, entry->flags, now);
	if (!record)
		return false;
	record->stack = id;
	record->pid = entry->pid;
	record->tid = entry->tid;
	record->count = entry->count;
	record->first = entry->first;
	record->last = entry->last;
	record->weight = entry->weight;
	record->state = entry->state;
	pdiag_record_commit(cpu, record);
	pdiag_pending_done(&cpu->pending, entry);
	return true;
}

static void deliver(struct pdiag_cpu *cpu, u64 now, u32 most, u32 looks)
{
	struct pdiag_pending_entry *entry;

	/* Little room is not worth a look at the entries; the reader gets to it soon. */
	while (most-- && pdiag_ring_fits(&cpu->ring, STACK_LENGTH(PDIAG_STACK_WORDS) + 64)) {
		entry = pdiag_pending_next(&cpu->pending, looks);
		if (!entry || !deliver_one(cpu, entry, now))
			return;
	}
}

void pdiag_record_losses(struct pdiag_cpu *cpu, u64 now)
{
	struct pdiag_kmod_loss_record *record;
	u32 reason;
	u64 lost;

	for (reason = 0; reason < PDIAG_KMOD_LOSSES; reason++) {
		if (cpu->lost[reason] == cpu->lost_told[reason])
			continue;
		record = pdiag_record_reserve(cpu, sizeof(*record), PDIAG_KMOD_LOSS, 0, now);
		if (!record)
			return;
		record->reason = reason;
		/* Once, as an NMI may add to it. */
		lost = READ_ONCE(cpu->lost[reason]);
		record->events = lost - cpu->lost_told[reason];
		cpu->lost_told[reason] = lost;
		pdiag_record_commit(cpu, record);
	}
}

void pdiag_record_forget_stacks(struct pdiag_cpu *cpu)
{
	pdiag_stack_reset(&cpu->stacks);
	pdiag_pending_forget_stacks(&cpu->pending);
}

u64 pdiag_record_flush(struct pdiag_cpu *cpu, u64 now, u32 most)
{
	/* A recorder that is frozen is being read. */
	if (READ_ONCE(cpu->session->frozen))
		return cpu->pending.samples;
	if (pdiag_ring_turn(&cpu->ring, TURN_LENGTH))
		pdiag_record_forget_stacks(cpu);
	deliver(cpu, now, most, PDIAG_PENDING_SIZE + 8);
	if (!cpu->pending.used)
		pdiag_record_losses(cpu, now);
	return cpu->pending.samples;
}

bool pdiag_record_is_near(const struct pdiag_cpu *cpu, u64 from)
{
	u64 segment = cpu->ring.segment, to = cpu->ring.head + 2 * TURN_LENGTH - 1;

	return !segment ||
		round_down(to, segment) - round_down(from, segment) <= segment;
}

void pdiag_record_prepare(struct pdiag_cpu *cpu, u64 now)
{
	if (unlikely(pdiag_ring_turn(&cpu->ring, TURN_LENGTH)))
		pdiag_record_forget_stacks(cpu);
	if (unlikely(cpu->pending.used))
		deliver(cpu, now, DELIVER, LOOKS);
}
