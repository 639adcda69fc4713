/* SPDX-License-Identifier: GPL-2.0-only */
/* A wait, as its slot has it, becomes a record. */
#ifndef PDIAG_WAIT_H
#define PDIAG_WAIT_H

#include "away.h"
#include "session.h"

struct pdiag_offcpu {
	struct pdiag_away away;
	u32 hooks;  /* in place */
	u64 ended;  /* when they began to go: what comes back from then on is not seen */
	u64 thawed; /* what happened between the freeze and this was not seen either */
};

/* Of a task that comes back now, on this CPU, in a callback. Never lost. */
void pdiag_wait_end(struct pdiag_cpu *cpu, struct pdiag_away_slot *slot,
	struct task_struct *task, u64 now);

enum pdiag_wait_told {
	PDIAG_WAIT_TOLD,
	PDIAG_WAIT_SHORT,   /* not worth it, as far as it goes */
	PDIAG_WAIT_NO_ROOM,
};

/*
 * Of one that goes on, up to `until`, when nothing else writes to the ring; the record bears the
 * time `now`. last: its end will not be seen, so that it is counted now if it is short. In a flight
 * recorder there is room up to the end of the segment behind that of cpu->frozen_head.
 */
enum pdiag_wait_told pdiag_wait_so_far(
	struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, u64 until, u64 now, bool last);

/*
 * The stack was not walked when the task left: the kernel's part of it is still what it was, as
 * long as the task does not run.
 */
void pdiag_wait_walk(
	struct pdiag_cpu *cpu, struct pdiag_away_slot *slot, struct task_struct *task);

#endif
