/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/kmod_rings.h"

#include <errno.h>

int pdiag_krings_init(struct pdiag_krings *r, struct pdiag_kring *rings, uint32_t count)
{
	*r = (struct pdiag_krings){ .rings = rings, .count = count };
	return pdiag_ring_order_alloc(&r->order, count);
}

void pdiag_krings_free(struct pdiag_krings *r)
{
	pdiag_ring_order_free(&r->order);
	r->count = 0;
}

/* Look at the ring's next record; false if there is none. */
static bool peek(struct pdiag_krings *r, struct pdiag_kring *ring)
{
	int ret = pdiag_kring_peek(ring);

	if (ret < 0)
		r->corrupt++;
	return ret > 0;
}

/* Go past the record that was handed out. */
static void finish_taken(struct pdiag_krings *r)
{
	struct pdiag_kring *ring;
	bool more;

	if (!r->taken)
		return;
	r->taken = false;
	ring = &r->rings[pdiag_ring_order_top(&r->order)->ring];
	r->bytes += ring->record;
	pdiag_kring_advance(ring);
	more = peek(r, ring);
	pdiag_ring_order_next(&r->order, more, ring->time);
}

uint64_t pdiag_krings_hold(struct pdiag_krings *r)
{
	uint64_t from = 0;

	for (uint32_t i = 0; i < r->count; i++) {
		struct pdiag_kring *ring = &r->rings[i];

		if (!ring->control)
			continue;
		pdiag_kring_rewind(ring);
		if (ring->tail != ring->first && peek(r, ring) && ring->time > from)
			from = ring->time;
	}
	r->held = true;
	return from;
}

void pdiag_krings_release(struct pdiag_krings *r)
{
	r->taken = r->held = false;
	r->order.count = 0;
	for (uint32_t i = 0; i < r->count; i++)
		if (r->rings[i].control) {
			pdiag_kring_rewind(&r->rings[i]);
			r->rings[i].first = r->rings[i].recent = r->rings[i].tail;
		}
}

void pdiag_krings_refresh(struct pdiag_krings *r, uint64_t horizon)
{
	finish_taken(r);
	r->horizon = horizon;
	r->order.count = 0;
	for (uint32_t i = 0; i < r->count; i++) {
		if (!r->rings[i].control || (r->flight && !r->held))
			continue;
		if (!r->flight)
			pdiag_kring_refresh(&r->rings[i]);
		if (peek(r, &r->rings[i]))
			pdiag_ring_order_add(&r->order, i, r->rings[i].time);
	}
	pdiag_ring_order_sort(&r->order);
}

uint64_t pdiag_krings_time(struct pdiag_krings *r)
{
	const struct pdiag_ring_turn *top;

	finish_taken(r);
	top = pdiag_ring_order_due(&r->order, r->horizon);
	return top ? top->time : UINT64_MAX;
}

const struct pdiag_kmod_record *pdiag_krings_next(struct pdiag_krings *r,
	struct pdiag_kring **ring)
{
	const struct pdiag_ring_turn *top;

	finish_taken(r);
	top = pdiag_ring_order_due(&r->order, r->horizon);
	if (top) {
		*ring = &r->rings[top->ring];
		r->taken = true;
		return pdiag_kring_record(*ring);
	}
	/* All is read: let the module have the room. */
	for (uint32_t i = 0; i < r->count; i++)
		if (r->rings[i].control && r->rings[i].tail != r->rings[i].published)
			pdiag_kring_publish(&r->rings[i]);
	return NULL;
}
