/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a profile of the last window says of each process: how long its threads waited, for what,
 * how far that holds it up, and its heaviest stack. Copies of all; the profile may go.
 */
#ifndef PDIAG_PORTRAIT_PROOFS_H
#define PDIAG_PORTRAIT_PROOFS_H

#include "portrait/portrait.h"
#include "profile/profile.h"

#define PDIAG_PROOFS_CAUSES (PDIAG_QUANTITY_COUNT - PDIAG_QUANTITY_OFF_FUTEX)
#define PDIAG_PROOFS_DEPTH 64u	   /* frames that are kept of a stack, from the leaf on */
#define PDIAG_PROOFS_BYTES (4u << 20)   /* of stacks, in all; the heaviest come first */
#define PDIAG_PROOFS_NAME 256u	   /* of each name */

/* What holds a process up; waits for work do not. */
enum pdiag_hold {
	PDIAG_HOLD_LOCK,
	PDIAG_HOLD_NETWORK,
	PDIAG_HOLD_STORAGE,
	PDIAG_HOLD_MEMORY,
	PDIAG_HOLDS /* none of them */
};

/* Of one process. */
struct pdiag_proof {
	int32_t pid;
	uint64_t start;	 /* of the process, as in struct pdiag_proc */
	double off[PDIAG_PROOFS_CAUSES]; /* s/s, from PDIAG_QUANTITY_OFF_FUTEX on */
	double held[PDIAG_HOLDS];	   /* s/s */
	double named;	 /* of held[LOCK]: names of functions or the kernel say that it is one */
	double weight;	 /* to rank by, s */
	uint32_t node;	 /* while it is gathered: of its heaviest stack; 0: none */
	uint32_t first, depth; /* its heaviest stack, among the frames */
};

struct pdiag_proofs {
	struct pdiag_proof *list; /* by pid */
	size_t count, cap;
	struct pdiag_arena arena;
	const struct pdiag_symbol **frames;
	size_t frame_count, frame_cap;
	double seconds;	   /* that the profile covers */
	bool waits;	   /* it has off-CPU samples */
	uint64_t time_ns;  /* CLOCK_MONOTONIC, when it was added */
	uint32_t sample;   /* that was the last then */
};

void pdiag_proofs_free(struct pdiag_proofs *e);
uint64_t pdiag_proofs_bytes(const struct pdiag_proofs *e);
/* What still holds of a process; NULL: nothing. */
const struct pdiag_proof *pdiag_proofs_of(
	const struct pdiag_portraits *p, const struct pdiag_proc *proc);
/* Bring the waits into its values. */
void pdiag_proofs_values(
	const struct pdiag_portraits *p, const struct pdiag_proc *proc, double *values);

/* ---- gather.c: from a profile ---- */

/* What a profile says of the processes that there are. -EINVAL (with a sentence), -ENOMEM. */
int pdiag_proofs_gather(struct pdiag_portraits *p, struct pdiag_profile *profile,
	struct pdiag_proofs **out);
/* By pid; NULL: it says nothing. */
const struct pdiag_proof *pdiag_proofs_find(const struct pdiag_proofs *e, int32_t pid);

/* ---- stacks.c: stacks as people tell them apart ---- */

/*
 * Equal stacks get the same number, whatever the addresses in their functions: numbers[node] is
 * the first node with the same names from the root on. -ENOMEM.
 */
int pdiag_stacks_number(const struct pdiag_profile *profile, uint32_t *numbers);
/* Copy the stacks of all proofs into their object, the heaviest first, as far as there is room. */
int pdiag_stacks_keep(struct pdiag_proofs *e, const struct pdiag_profile *profile);

/* ---- hold.c: waits ---- */

struct pdiag_wait {
	uint32_t quantity;    /* PDIAG_QUANTITY_OFF_*; PDIAG_QUANTITY_COUNT: it is no wait */
	enum pdiag_hold hold;
	double held;	      /* seconds, of those that it lasted */
	bool named;
};

/* Of `count` waits of so many seconds together, in this state with these frames, leaf first. */
struct pdiag_wait pdiag_hold_of(enum pdiag_state state, const struct pdiag_symbol *const *frames,
	uint32_t depth, double seconds, double count);

#endif
