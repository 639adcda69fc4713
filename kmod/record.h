/* SPDX-License-Identifier: GPL-2.0-only */
/* Records into a CPU's ring. All of it on that CPU, between pdiag_cpu_enter() and _leave(). */
#ifndef PDIAG_RECORD_H
#define PDIAG_RECORD_H

#include "session.h"

/*
 * Before anything is written in a callback: room in a flight recorder, delivery of what was
 * pending.
 */
void pdiag_record_begin(struct pdiag_cpu *cpu, u64 now);

/*
 * The stack of the current task; regs and from as in pdiag_walk_current(). The entry is good until
 * the next call of this kind. NULL: there was no room to keep it.
 */
struct pdiag_stack_entry *pdiag_record_stack(
	struct pdiag_cpu *cpu, struct pt_regs *regs, const void *from, bool nmi);
/* A stack that was walked earlier into memory of the caller. */
struct pdiag_stack_entry *pdiag_record_stack_copy(
	struct pdiag_cpu *cpu, const u64 *words, u32 nr, u16 flags);
/* Let the reader know the stack: its number, or PDIAG_KMOD_NO_STACK if the ring is full (then
 * the entry's number may be used for what is pending only). */
u32 pdiag_record_send_stack(struct pdiag_cpu *cpu, struct pdiag_stack_entry *entry, u64 now);

/* Of `task` on this CPU; stack NULL: not known. Never lost. */
void pdiag_record_sample(struct pdiag_cpu *cpu, u64 now, struct task_struct *task,
	struct pdiag_stack_entry *stack, u64 weight, u16 flags);
/* Add to what is pending. */
void pdiag_record_pending(struct pdiag_cpu *cpu, u64 now, struct task_struct *task,
	struct pdiag_stack_entry *stack, u64 weight, u16 state);
/* A record of any other kind: room for it, its head filled in and all else zero; NULL: full. */
void *pdiag_record_reserve(struct pdiag_cpu *cpu, u32 len, u16 type, u16 flags, u64 now);
void pdiag_record_commit(struct pdiag_cpu *cpu, const void *record);
/* Wake the reader if there is enough for it. From any context. */
void pdiag_record_wake(struct pdiag_cpu *cpu);
/* Deliver pending counts: all that fit. Returns the samples that still wait. */
u64 pdiag_record_flush(struct pdiag_cpu *cpu, u64 now);

#endif
