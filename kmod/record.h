/* SPDX-License-Identifier: GPL-2.0-only */
/* Records into a CPU's ring. All of it on that CPU, between pdiag_cpu_enter() and _leave(). */
#ifndef PDIAG_RECORD_H
#define PDIAG_RECORD_H

#include "arch/walk.h"
#include "session.h"

/*
 * A callback begins, with interrupts off; *began is for pdiag_cpu_leave(). NULL: not now, or not
 * on this CPU.
 */
static __always_inline struct pdiag_cpu *pdiag_cpu_enter(struct pdiag_session *session, u64 *began)
{
	struct pdiag_cpu *cpu = session->cpu[raw_smp_processor_id()];

	*began = pdiag_cycles();
	if (unlikely(!cpu || READ_ONCE(session->frozen)))
		return NULL;
	if (unlikely(cpu->busy)) {
		cpu->lost[PDIAG_KMOD_LOST_NESTED]++;
		return NULL;
	}
	cpu->busy = 1;
	barrier();
	return cpu;
}

/* Wake the reader: there is enough for it. From any context. */
void pdiag_record_wake(struct pdiag_cpu *cpu);

static __always_inline void pdiag_cpu_leave(struct pdiag_cpu *cpu, u64 now, u64 began)
{
	if (unlikely(cpu->ring.head >= cpu->ring.wake_at))
		pdiag_record_wake(cpu);
	pdiag_governor_account(cpu, now, pdiag_cycles() - began);
	barrier();
	cpu->busy = 0;
}

/*
 * Flight recorder: two more callbacks begin a new segment once at most behind that of the offset
 * `from`. Another one: always.
 */
bool pdiag_record_is_near(const struct pdiag_cpu *cpu, u64 from);
void pdiag_record_prepare(struct pdiag_cpu *cpu, u64 now);
/*
 * Before anything is written in a callback: room in a flight recorder, delivery of what was
 * pending.
 */
static inline void pdiag_record_begin(struct pdiag_cpu *cpu, u64 now)
{
	if (unlikely(cpu->ring.segment || cpu->pending.used))
		pdiag_record_prepare(cpu, now);
}

/*
 * The stack of the current task; regs and from as in pdiag_walk_current(). The entry is good until
 * the next call of this kind. NULL: there was no room to keep it.
 */
struct pdiag_stack_entry *pdiag_record_stack(
	struct pdiag_cpu *cpu, struct pt_regs *regs, const void *from, bool nmi);
/* A stack that there was no room to keep: the flag for the record, and counted. */
static inline u16 pdiag_record_coarse(struct pdiag_cpu *cpu)
{
	cpu->pending.coarsened++;
	return PDIAG_KMOD_COARSE;
}
/* A stack that was walked earlier into memory of the caller. */
struct pdiag_stack_entry *pdiag_record_stack_copy(
	struct pdiag_cpu *cpu, const u64 *words, u32 nr, u16 flags);
/* Let the reader know the stack: its number, or PDIAG_KMOD_NO_STACK if the ring is full (then
 * the entry's number may be used for what is pending only). */
u32 pdiag_record_send_stack(struct pdiag_cpu *cpu, struct pdiag_stack_entry *entry, u64 now);

/* The way of pdiag_record_sample() if the stack is new, the ring full or anything else unusual. */
void pdiag_record_new_sample(struct pdiag_cpu *cpu, u64 now, struct task_struct *task,
	struct pdiag_stack_entry *stack, u64 weight, u16 flags);

/* False: the ring is full. */
static __always_inline bool pdiag_record_put_sample(struct pdiag_cpu *cpu, u64 now,
	struct task_struct *task, u32 stack, u32 weight, u16 flags)
{
	struct pdiag_kmod_sample *record = pdiag_ring_reserve(&cpu->ring, sizeof(*record));

	if (unlikely(!record))
		return false;
	pdiag_record_head(&record->head, sizeof(*record), PDIAG_KMOD_SAMPLE, flags, now);
	record->stack = stack;
	record->pid = pdiag_session_pid(cpu->session, task);
	record->tid = pdiag_session_tid(cpu->session, task);
	record->weight = weight;
	pdiag_ring_commit(&cpu->ring, sizeof(*record));
	return true;
}

/*
 * The same with the user's part, of the current task; regs and nmi as in pdiag_record_stack().
 * False: not this time, and no sample was written.
 */
bool pdiag_record_user_sample(struct pdiag_cpu *cpu, u64 now, struct pdiag_stack_entry *stack,
	u64 weight, u16 flags, struct pt_regs *regs, bool nmi);

/* Of `task` on this CPU; stack NULL: not known. Never lost. */
static __always_inline void pdiag_record_sample(struct pdiag_cpu *cpu, u64 now,
	struct task_struct *task, struct pdiag_stack_entry *stack, u64 weight, u16 flags)
{
	cpu->samples++;
	if (likely(stack && stack->sent) && likely(!cpu->nested) && likely(weight <= U32_MAX) &&
		likely(pdiag_record_put_sample(cpu, now, task,
			pdiag_stack_id(&cpu->stacks, stack), weight, flags)))
		return;
	pdiag_record_new_sample(cpu, now, task, stack, weight, flags);
}

/* Add to what is pending; flags: PDIAG_KMOD_COARSE, if its stack was given up and is counted. */
void pdiag_record_pending(struct pdiag_cpu *cpu, u64 now, struct task_struct *task,
	struct pdiag_stack_entry *stack, u64 weight, u16 state, u16 flags);
/* A record of any other kind: room for it, its head filled in and all else zero; NULL: full. */
void *pdiag_record_reserve(struct pdiag_cpu *cpu, u32 len, u16 type, u16 flags, u64 now);
void pdiag_record_commit(struct pdiag_cpu *cpu, const void *record);
/* Begin anew with stacks, as the reader will not have those that were sent. */
void pdiag_record_forget_stacks(struct pdiag_cpu *cpu);
/* Tell of losses that the reader does not know of, as far as there is room. */
void pdiag_record_losses(struct pdiag_cpu *cpu, u64 now);
/* Deliver pending counts, at most so many entries. Returns the samples that still wait. */
u64 pdiag_record_flush(struct pdiag_cpu *cpu, u64 now, u32 most);

#endif
