/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring: one writer at a time, one reader behind mmap. The writer trusts its own copy of the
 * head; the reader's tail is looked at with suspicion, and can harm nobody but the reader.
 *
 * A flight recorder's ring has no reader while it runs. It consists of PDIAG_SEGMENTS segments of
 * equal size; the oldest one is overwritten. Each begins with no stack known, so it can be read
 * without those before it.
 */
#ifndef PDIAG_RING_H
#define PDIAG_RING_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

#include "uapi/pdiag_kmod.h"

#define PDIAG_SEGMENTS 8

struct pdiag_ring {
	u64 head;
	u64 limit; /* up to here there is known to be room in one piece */
	u64 size; /* power of two; 0: there is no such ring */
	u64 wake_at; /* head at which to wake the reader */
	u64 told; /* head when it was last woken */
	u8 *data;
	struct pdiag_kmod_ring *control;
	u64 segment; /* bytes of one; 0: not a flight recorder */
	u64 first; /* flight recorder: where it last began anew */
	u64 records;
};

int pdiag_ring_init(struct pdiag_ring *ring, u64 size, bool flight);
void pdiag_ring_free(struct pdiag_ring *ring);

/* The way of pdiag_ring_reserve() when the room that was known is used up. */
void *pdiag_ring_make_room(struct pdiag_ring *ring, u32 len);
/* Would `len` bytes fit? */
bool pdiag_ring_fits(struct pdiag_ring *ring, u32 len);
/*
 * Flight recorder: make sure that `len` bytes fit into the segment that is written; what does not
 * is refused by reserve. True: a new segment was begun, in which no stack is known yet.
 */
bool pdiag_ring_turn(struct pdiag_ring *ring, u32 len);
/* Begin anew; the reader is told by `oldest`. */
void pdiag_ring_restart(struct pdiag_ring *ring);
/* There is something that the reader has not read. */
bool pdiag_ring_unread(const struct pdiag_ring *ring);
/* It has waited for long enough, or there is enough of it: the reader is told. */
void pdiag_ring_tell(struct pdiag_ring *ring);
/* There is something unread of what the reader was told of. */
bool pdiag_ring_readable(const struct pdiag_ring *ring);

/* Room for `len` bytes, a multiple of 16, in one piece; NULL: full. To be followed by commit. */
static inline void *pdiag_ring_reserve(struct pdiag_ring *ring, u32 len)
{
	if (likely(ring->head + len <= ring->limit))
		return ring->data + (ring->head & (ring->size - 1));
	return pdiag_ring_make_room(ring, len);
}

static inline void pdiag_ring_commit(struct pdiag_ring *ring, u32 len)
{
	ring->head += len;
	ring->records++;
	/* The record is whole before the reader sees the head move. */
	smp_store_release(&ring->control->head, ring->head);
}

static inline void pdiag_record_head(
	struct pdiag_kmod_record *record, u32 len, u16 type, u16 flags, u64 time)
{
	record->len = len;
	record->type = type;
	record->flags = flags;
	record->time = time;
}

#endif
