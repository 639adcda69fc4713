/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A delay line: records of processes that a flight recorder keeps back until the samples of their
 * time are taken in. First in, first out; copies, as they would lie in a recording.
 */
#ifndef PDIAG_CAPTURE_HELD_H
#define PDIAG_CAPTURE_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/record.h"

/* 10 s of 5,000 processes a second that begin, take a name, map three files and end. */
#define PDIAG_HELD_BYTES ((size_t)32 << 20)
#define PDIAG_HELD_CHUNK ((size_t)256 << 10)

struct pdiag_held_chunk;

struct pdiag_held {
	struct pdiag_held_chunk *first, *last;
	struct pdiag_held_chunk *spare;
	size_t bytes;	    /* of all chunks */
	size_t limit_bytes; /* 0: PDIAG_HELD_BYTES */
	uint64_t count;	    /* records */
	uint64_t newest;    /* time of the one that came last */
};

/* A copy goes to the end. Negative: there is no room for it, and all is as it was. */
int pdiag_held_add(struct pdiag_held *h, const struct pdiag_record *record);
/* Of the first record, which must be there. */
uint64_t pdiag_held_time(const struct pdiag_held *h);
/* False: there is none. What it points to is valid until it is dropped. */
bool pdiag_held_first(const struct pdiag_held *h, struct pdiag_record *out);
/* Take out the first. */
void pdiag_held_drop(struct pdiag_held *h);
void pdiag_held_free(struct pdiag_held *h);

#endif
