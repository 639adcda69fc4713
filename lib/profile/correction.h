/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights corrected by what was lost.
 *
 * When a ring buffer overruns, the kernel tells how many records of a CPU were lost. They are taken
 * to be on-CPU samples like those that were kept on that CPU in that second: each lost one stands
 * for period_ns (or, where no period is known, for the mean weight of the kept ones), and all of
 * it is spread over the kept ones in proportion to their weight. Shares are whole nanoseconds and
 * add up exactly to what was lost. Lost records that were no samples (mmap, comm, fork) cannot be
 * told apart and count as samples; they are few beside them.
 *
 * Each CPU keeps the samples of its last seconds:
 *
 *	second == now		samples and losses are added; so are later ones of older seconds
 *	second + 3 <= now	if it lost samples and kept none, the loss goes to the nearest
 *				second within 2 that kept any (the earlier of two); if there is
 *				none it stays uncorrected: the ledger has it, the weights do not
 *	second + 6 <= now	corrected for good and forgotten
 *
 * `now` is the highest second that a record of this CPU had, so all this depends on the records
 * and not on when somebody looks. Who looks in between, through pdiag_profile_settle(), gets
 * weights with the shares as they are by then; these are taken back exactly before anything
 * else is spread.
 */
#ifndef PDIAG_PROFILE_CORRECTION_H
#define PDIAG_PROFILE_CORRECTION_H

#include "profile/profile.h"

/* A running sample of this entry. 0 or -ENOMEM. */
int pdiag_correction_sample(struct pdiag_profile *p, uint32_t entry, uint64_t weight, int32_t cpu,
	uint32_t second);
/* Lost samples. 0 or -ENOMEM: they stay uncorrected. */
int pdiag_correction_lose(struct pdiag_profile *p, int32_t cpu, uint32_t second, uint64_t events);
/* Spread what is known by now in all seconds below `end` (UINT64_MAX: in all). */
void pdiag_correction_settle(struct pdiag_profile *p, uint64_t end);
void pdiag_correction_free(struct pdiag_correction *c);

#endif
