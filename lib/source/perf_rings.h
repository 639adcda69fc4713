/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rings of a capture, read in order of time. */
#ifndef PDIAG_SOURCE_PERF_RINGS_H
#define PDIAG_SOURCE_PERF_RINGS_H

#include "source/perf_ring.h"
#include "source/ring_order.h"

struct pdiag_perf_rings {
	struct pdiag_perf_ring *rings;
	uint32_t count;
	struct pdiag_ring_order order; /* of those that have a record */
	uint64_t horizon;  /* records later than this wait: an earlier one may still be written */
	uint64_t bytes;	   /* read so far */
	uint64_t corrupt;  /* rings skipped because of nonsense in them */
	bool taken;	   /* the record on top was handed out */
	void *bounce;
};

int pdiag_perf_rings_alloc(struct pdiag_perf_rings *r, uint32_t count);
void pdiag_perf_rings_free(struct pdiag_perf_rings *r, bool unmap);
/* See what has come, up to `horizon` (ns, CLOCK_MONOTONIC). */
void pdiag_perf_rings_refresh(struct pdiag_perf_rings *r, uint64_t horizon);
/* The time of the next record; UINT64_MAX: none for now. */
uint64_t pdiag_perf_rings_time(struct pdiag_perf_rings *r);
/* The next record; *ring is where it came from. NULL: none for now. */
const void *pdiag_perf_rings_next(struct pdiag_perf_rings *r, struct pdiag_perf_ring **ring);

#endif
