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

/* Whatever the reader wrote: no more than the whole ring is in use. */
static u64 used(struct pdiag_ring *ring)
{
	u64 in_use;

	/* The reader's loads of the data come before its store of the tail. */
	ring->tail = smp_load_acquire(&ring->control->tail);
	in_use = ring->head - ring->tail;
	return in_use > ring->size ? ring->size : in_use;
}

static bool has_room(struct pdiag_ring *ring, u64 len)
{
	u64 known = ring->head - ring->tail;

	if (known <= ring->size && ring->size - known >= len)
		return true;
	return ring->size - used(ring) >= len;
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

bool pdiag_ring_fits(struct pdiag_ring *ring, u32 len)
{
	if (ring->segment)
		return true;
	return has_room(ring, len + padding(ring, len, ring->size));
}

bool pdiag_ring_turn(struct pdiag_ring *ring, u32 len)
{
	u64 rest, next;

	if (likely(!ring->segment))
		return false;
	rest = ring->segment - (ring->head & (ring->segment - 1));
	if (rest >= len)
		return false;
	pad(ring, rest);
	/* What the segment held is gone from here on. */
	next = ring->head + ring->segment;
	WRITE_ONCE(ring->control->oldest, next > ring->size ? next - ring->size : 0);
	smp_store_release(&ring->control->head, ring->head);
	return true;
}

void *pdiag_ring_reserve(struct pdiag_ring *ring, u32 len)
{
	u64 skip;

	if (unlikely(ring->segment))
		return ring->data + (ring->head & (ring->size - 1));
	skip = padding(ring, len, ring->size);
	if (unlikely(!has_room(ring, len + skip)))
		return NULL;
	if (unlikely(skip))
		pad(ring, skip);
	return ring->data + (ring->head & (ring->size - 1));
}

void pdiag_ring_commit(struct pdiag_ring *ring, u32 len)
{
	ring->head += len;
	ring->records++;
	ring->bytes += len;
	/* The record is whole before the reader sees the head move. */
	smp_store_release(&ring->control->head, ring->head);
}

void pdiag_ring_restart(struct pdiag_ring *ring)
{
	ring->head = round_up(ring->head, ring->size);
	WRITE_ONCE(ring->control->oldest, ring->head);
	smp_store_release(&ring->control->head, ring->head);
}

bool pdiag_ring_unread(const struct pdiag_ring *ring)
{
	return ring->size && READ_ONCE(ring->control->tail) != READ_ONCE(ring->head);
}
