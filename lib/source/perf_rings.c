/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_rings.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>

#define BOUNCE_SIZE 65536

int pdiag_perf_rings_alloc(struct pdiag_perf_rings *r, uint32_t count)
{
	r->rings = calloc(count, sizeof(*r->rings));
	r->heap = calloc(count, sizeof(*r->heap));
	r->bounce = malloc(BOUNCE_SIZE);
	if (!r->rings || !r->heap || !r->bounce) {
		pdiag_perf_rings_free(r, false);
		return -ENOMEM;
	}
	r->count = count;
	return 0;
}

void pdiag_perf_rings_free(struct pdiag_perf_rings *r, bool unmap)
{
	for (uint32_t i = 0; unmap && i < r->count; i++)
		pdiag_perf_ring_unmap(&r->rings[i]);
	free(r->rings);
	free(r->heap);
	free(r->bounce);
	*r = (struct pdiag_perf_rings){ 0 };
}

static bool earlier(const struct pdiag_perf_rings *r, uint32_t a, uint32_t b)
{
	const struct pdiag_perf_ring *x = &r->rings[r->heap[a]], *y = &r->rings[r->heap[b]];

	return x->time < y->time || (x->time == y->time && r->heap[a] < r->heap[b]);
}

static void swap(struct pdiag_perf_rings *r, uint32_t a, uint32_t b)
{
	uint32_t t = r->heap[a];

	r->heap[a] = r->heap[b];
	r->heap[b] = t;
}

static void sift_down(struct pdiag_perf_rings *r, uint32_t i)
{
	uint32_t least, child;

	for (;; i = least) {
		least = i;
		child = 2 * i + 1;
		if (child < r->heap_size && earlier(r, child, least))
			least = child;
		if (child + 1 < r->heap_size && earlier(r, child + 1, least))
			least = child + 1;
		if (least == i)
			return;
		swap(r, i, least);
	}
}

/* Look at the ring's next record; false if there is none. */
static bool peek(struct pdiag_perf_rings *r, struct pdiag_perf_ring *ring)
{
	int ret = pdiag_perf_ring_peek(ring);

	if (ret < 0)
		r->corrupt++;
	return ret > 0;
}

/* Go past the record that was handed out. */
static void finish_taken(struct pdiag_perf_rings *r)
{
	struct pdiag_perf_ring *ring;

	if (!r->taken)
		return;
	r->taken = false;
	ring = &r->rings[r->heap[0]];
	r->bytes += ring->record;
	pdiag_perf_ring_advance(ring);
	if (!peek(r, ring))
		r->heap[0] = r->heap[--r->heap_size];
	sift_down(r, 0);
}

void pdiag_perf_rings_refresh(struct pdiag_perf_rings *r, uint64_t horizon)
{
	finish_taken(r);
	r->horizon = horizon;
	r->heap_size = 0;
	for (uint32_t i = 0; i < r->count; i++) {
		pdiag_perf_ring_refresh(&r->rings[i]);
		if (peek(r, &r->rings[i]))
			r->heap[r->heap_size++] = i;
	}
	for (uint32_t i = r->heap_size / 2; i-- > 0;)
		sift_down(r, i);
}

const void *pdiag_perf_rings_next(struct pdiag_perf_rings *r, struct pdiag_perf_ring **ring)
{
	finish_taken(r);
	if (r->heap_size && r->rings[r->heap[0]].time <= r->horizon) {
		*ring = &r->rings[r->heap[0]];
		r->taken = true;
		return pdiag_perf_ring_record(*ring, r->bounce);
	}
	/* All is read: let the kernel have the room. */
	for (uint32_t i = 0; i < r->count; i++)
		if (r->rings[i].tail != r->rings[i].published)
			pdiag_perf_ring_publish(&r->rings[i]);
	return NULL;
}
