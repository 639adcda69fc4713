// SPDX-License-Identifier: GPL-2.0-only
#include "ring.h"

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

int pdiag_ring_init(struct pdiag_ring *ring, u64 size, bool flight)
{
	ring->control = vmalloc_user(PAGE_SIZE);
	ring->data = vmalloc_user(size);
	if (!ring->control || !ring->data) {
		pdiag_ring_free(ring);
		return -ENOMEM;
	}
	ring->size = size;
	ring->segment = flight ? size / PDIAG_SEGMENTS : 0;
	ring->control->data_bytes = size;
	return 0;
}

void pdiag_ring_free(struct pdiag_ring *ring)
{
	vfree(ring->control);
	vfree(ring->data);
	ring->control = NULL;
	ring->data = NULL;
	ring->size = 0;
}

/* Bytes that are free. Whatever the reader wrote: no more than the whole ring is in use. */
static u64 room(const struct pdiag_ring *ring)
{
	/* The reader's loads of the data come before its store of the tail. */
	u64 used = ring->head - smp_load_acquire(&ring->control->tail);

	return used > ring->size ? 0 : ring->size - used;
}

/* Bytes to be filled up so that `len` bytes are in one piece. */
static u64 padding(const struct pdiag_ring *ring, u32 len, u64 piece)
{
	u64 rest = piece - (ring->head & (piece - 1));

	return len > rest ? rest : 0;
}

static void pad(struct pdiag_ring *ring, u64 len)
{
	struct pdiag_kmod_record *record;

	record = (void *)(ring->data + (ring->head & (ring->size - 1)));
	pdiag_record_head(record, len, PDIAG_KMOD_PAD, 0, 0);
	ring->head += len;
}

/* Bytes that are left in the segment of a flight recorder. */
static u64 segment_rest(const struct pdiag_ring *ring)
{
	return ring->segment - (ring->head & (ring->segment - 1));
}

bool pdiag_ring_fits(struct pdiag_ring *ring, u32 len)
{
	if (ring->segment)
		return segment_rest(ring) >= len;
	return room(ring) >= len + padding(ring, len, ring->size);
}

bool pdiag_ring_turn(struct pdiag_ring *ring, u32 len)
{
	u64 rest, next;

	if (likely(!ring->segment))
		return false;
	rest = segment_rest(ring);
	if (rest >= len)
		return false;
	pad(ring, rest);
	/* What the segment held is gone from here on; what was there before a restart, too. */
	next = ring->head + ring->segment;
	WRITE_ONCE(ring->control->oldest,
		next > ring->first + ring->size ? next - ring->size : ring->first);
	smp_store_release(&ring->control->head, ring->head);
	return true;
}

void *pdiag_ring_make_room(struct pdiag_ring *ring, u32 len)
{
	u64 skip, free, rest;

	/* The segments of a flight recorder change in pdiag_ring_turn() only. */
	if (ring->segment) {
		rest = segment_rest(ring);
		if (rest < len)
			return NULL;
		ring->limit = ring->head + rest;
		return ring->data + (ring->head & (ring->size - 1));
	}
	skip = padding(ring, len, ring->size);
	free = room(ring);
	if (free < len + skip)
		return NULL;
	if (skip)
		pad(ring, skip);
	rest = ring->size - (ring->head & (ring->size - 1));
	ring->limit = ring->head + min(rest, free - skip);
	return ring->data + (ring->head & (ring->size - 1));
}

void pdiag_ring_restart(struct pdiag_ring *ring)
{
	ring->head = round_up(ring->head, ring->size);
	ring->limit = 0;
	ring->first = ring->head;
	WRITE_ONCE(ring->control->oldest, ring->head);
	smp_store_release(&ring->control->head, ring->head);
}

bool pdiag_ring_unread(const struct pdiag_ring *ring)
{
	return ring->size && READ_ONCE(ring->control->tail) != READ_ONCE(ring->head);
}

void pdiag_ring_tell(struct pdiag_ring *ring)
{
	WRITE_ONCE(ring->told, READ_ONCE(ring->head));
}

bool pdiag_ring_readable(const struct pdiag_ring *ring)
{
	u64 unread;

	if (!ring->size)
		return false;
	unread = READ_ONCE(ring->told) - READ_ONCE(ring->control->tail);
	return unread && unread <= ring->size;
}
