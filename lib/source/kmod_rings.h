/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rings of a session, read in order of time. */
#ifndef PDIAG_SOURCE_KMOD_RINGS_H
#define PDIAG_SOURCE_KMOD_RINGS_H

#include "source/kmod_ring.h"
#include "source/ring_order.h"

struct pdiag_krings {
	struct pdiag_kring *rings; /* by number; not owned; some have no control */
	uint32_t count;
	struct pdiag_ring_order order; /* of those that have a record */
	uint64_t horizon; /* records later than this wait: an earlier one may still be written */
	uint64_t bytes;	  /* read so far */
	uint64_t corrupt; /* rings skipped because of nonsense in them */
	bool taken;	  /* the record on top was handed out */
	bool flight;	  /* of a flight recorder: read only while they are held */
	bool held;
};

/* 0 or -ENOMEM. */
int pdiag_krings_init(struct pdiag_krings *r, struct pdiag_kring *rings, uint32_t count);
void pdiag_krings_free(struct pdiag_krings *r);
/*
 * A flight recorder's rings stand still: they are read from the oldest record on. Returns the time
 * from which all of them have all that there was; 0: nothing was overwritten.
 */
uint64_t pdiag_krings_hold(struct pdiag_krings *r);
/* They begin anew. */
void pdiag_krings_release(struct pdiag_krings *r);
/* See what has come, up to `horizon` (ns, CLOCK_MONOTONIC). */
void pdiag_krings_refresh(struct pdiag_krings *r, uint64_t horizon);
/* The time of the next record; UINT64_MAX: none for now. */
uint64_t pdiag_krings_time(struct pdiag_krings *r);
/* The next record, valid until the next call; *ring is where it came from. NULL: none for now. */
const struct pdiag_kmod_record *pdiag_krings_next(struct pdiag_krings *r,
	struct pdiag_kring **ring);

#endif
