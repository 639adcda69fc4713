/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile brought into portraits. */
#include "portrait/proofs.h"

#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "util/clock.h"

void pdiag_proofs_free(struct pdiag_proofs *e)
{
	if (!e)
		return;
	pdiag_arena_free(&e->arena);
	free(e->list);
	free(e->frames);
	free(e);
}

uint64_t pdiag_proofs_bytes(const struct pdiag_proofs *e)
{
	return e ? sizeof(*e) + e->cap * sizeof(*e->list) + e->arena.bytes +
		e->frame_cap * sizeof(*e->frames) : 0;
}

const struct pdiag_proof *pdiag_proofs_of(
	const struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	const struct pdiag_proofs *e = p->proofs;
	const struct pdiag_proof *proof;

	/* For one window, and at least for two samples. */
	if (!e || (p->sample - e->sample > 2 &&
		p->info.time_ns > e->time_ns + p->window_s * PDIAG_SECOND_NS))
		return NULL;
	proof = pdiag_proofs_find(e, proc->pid);
	return proof && proof->start == proc->start ? proof : NULL;
}

void pdiag_proofs_values(
	const struct pdiag_portraits *p, const struct pdiag_proc *proc, double *values)
{
	const struct pdiag_proof *proof = pdiag_proofs_of(p, proc);

	for (uint32_t i = 0; proof && p->proofs->waits && i < PDIAG_PROOFS_CAUSES; i++)
		values[PDIAG_QUANTITY_OFF_FUTEX + i] = proof->off[i];
}

/* ---- public ---- */

static void remember(struct pdiag_portraits *p, const struct pdiag_proofs *e)
{
	for (size_t i = 0; e->waits && i < e->count; i++) {
		const struct pdiag_proof *proof = &e->list[i];
		struct pdiag_proc *proc = pdiag_portrait_find(p, proof->pid);

		/* Who has done nothing has no history to put it into. */
		if (proc && proc->past)
			pdiag_usual_add_waits(&proc->past->usual, proof->off, e->seconds);
	}
}

int pdiag_portraits_add_profile(struct pdiag_portraits *p, struct pdiag_profile *profile)
{
	struct pdiag_proofs *e;
	int ret;

	pdiag_error_clear();
	ret = pdiag_proofs_gather(p, profile, &e);
	if (ret == -ENOMEM)
		return pdiag_fail_memory("adding a profile to portraits");
	if (ret)
		return ret;
	e->time_ns = p->clock.now(p->clock.user, CLOCK_MONOTONIC);
	e->sample = p->sample;
	p->bytes += pdiag_proofs_bytes(e) - pdiag_proofs_bytes(p->proofs);
	pdiag_proofs_free(p->proofs);
	p->proofs = e;
	remember(p, e);
	return 0;
}
