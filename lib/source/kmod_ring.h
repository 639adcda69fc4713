/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring that the kernel module fills and we read. What its control page says is read once and
 * checked; our place in the ring is a private copy.
 */
#ifndef PDIAG_SOURCE_KMOD_RING_H
#define PDIAG_SOURCE_KMOD_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag_kmod.h>

struct pdiag_kring {
	struct pdiag_kmod_ring *control; /* NULL: not there */
	const unsigned char *data;
	uint64_t size;	    /* of data: a power of two */
	uint64_t head;	    /* as of the last refresh */
	uint64_t tail;	    /* where we read */
	uint64_t published; /* the tail that the module knows of */
	uint64_t time;	    /* of the record at tail, or of the one before if it has none */
	uint64_t corrupt;   /* times that all was skipped, as it made no sense */
	uint64_t first;	    /* flight recorder: where it last began anew */
	uint64_t recent;    /* ... how far pdiag_kring_recent() has looked */
	uint32_t record;    /* bytes of the record at tail */
	uint32_t number;    /* of the ring */
};

/* Map a ring of a session. 0 or a negative errno; -ENXIO: the session has no such ring. */
int pdiag_kring_map(struct pdiag_kring *r, int fd, uint32_t number);
void pdiag_kring_unmap(struct pdiag_kring *r);

/* See how far the module has written. */
void pdiag_kring_refresh(struct pdiag_kring *r);
/* Of a flight recorder that is frozen: read from its oldest record on. */
void pdiag_kring_rewind(struct pdiag_kring *r);
/* Of a flight recorder that runs: samples of this time and later among the first `most` records
 * that have come since the last call. */
void pdiag_kring_recent(struct pdiag_kring *r, uint64_t since, uint32_t most,
	void (*fn)(void *user, int32_t pid, uint64_t ns), void *user);
/*
 * Look at the next record, its length and time; PADs are passed over. 1: there is one; 0: none;
 * -EBADMSG: what is there makes no sense, and all of it was skipped (counted in `corrupt`).
 */
int pdiag_kring_peek(struct pdiag_kring *r);
/* The record peeked at: r->record bytes, in one piece, aligned to 16. */
static inline const struct pdiag_kmod_record *pdiag_kring_record(const struct pdiag_kring *r)
{
	const void *at = r->data + (r->tail & (r->size - 1));

	return at;
}
/* Go past the record peeked at. The module is told now and then, and by publish. */
void pdiag_kring_advance(struct pdiag_kring *r);
void pdiag_kring_publish(struct pdiag_kring *r);

#endif
