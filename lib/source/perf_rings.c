/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_rings.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>

#define BOUNCE_SIZE 65536

int pdiag_perf_rings_alloc(struct pdiag_perf_rings *r, uint32_t count)
{
	r->rings = calloc(count, sizeof(*r->rings));
	r->bounce = malloc(BOUNCE_SIZE);
	if (!r->rings || !r->bounce || pdiag_ring_order_alloc(&r->order, count)) {
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
	for (uint32_t i = 0; i < r->count; i++)
		free(r->rings[i].held);
	free(r->rings);
	pdiag_ring_order_free(&r->order);
	free(r->bounce);
	*r = (struct pdiag_perf_rings){ 0 };
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
	bool more;

	if (!r->taken)
		return;
	r->taken = false;
	ring = &r->rings[pdiag_ring_order_top(&r->order)->ring];
	r->bytes += ring->record;
	pdiag_perf_ring_advance(ring);
	more = peek(r, ring);
	pdiag_ring_order_next(&r->order, more, ring->time);
}

void pdiag_perf_rings_refresh(struct pdiag_perf_rings *r, uint64_t horizon)
{
	finish_taken(r);
	r->horizon = horizon;
	r->order.count = 0;
	for (uint32_t i = 0; i < r->count; i++) {
		pdiag_perf_ring_refresh(&r->rings[i]);
		if (peek(r, &r->rings[i]))
			pdiag_ring_order_add(&r->order, i, r->rings[i].time);
	}
	pdiag_ring_order_sort(&r->order);
}

uint64_t pdiag_perf_rings_time(struct pdiag_perf_rings *r)
{
	const struct pdiag_ring_turn *top;

	finish_taken(r);
	top = pdiag_ring_order_due(&r->order, r->horizon);
	return top ? top->time : UINT64_MAX;
}

const void *pdiag_perf_rings_next(struct pdiag_perf_rings *r, struct pdiag_perf_ring **ring)
{
	const struct pdiag_ring_turn *top;

	finish_taken(r);
	top = pdiag_ring_order_due(&r->order, r->horizon);
	if (top) {
		*ring = &r->rings[top->ring];
		r->taken = true;
		return pdiag_perf_ring_record(*ring, r->bounce);
	}
	/* All is read: let the kernel have the room. */
	for (uint32_t i = 0; i < r->count; i++)
		if (r->rings[i].tail != r->rings[i].published)
			pdiag_perf_ring_publish(&r->rings[i]);
	return NULL;
}
