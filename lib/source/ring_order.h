/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings in the order of their next records: a heap, the earliest on top. */
#ifndef PDIAG_SOURCE_RING_ORDER_H
#define PDIAG_SOURCE_RING_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pdiag_ring_order {
	struct pdiag_ring_turn {
		uint64_t time;
		uint32_t ring; /* of two with the same time the lower number comes first */
	} *heap;
	uint32_t count;
};

/* Room for `rings`. 0 or -ENOMEM. */
int pdiag_ring_order_alloc(struct pdiag_ring_order *o, uint32_t rings);
void pdiag_ring_order_free(struct pdiag_ring_order *o);
/* A ring that is not in it; call _sort() after the last. */
void pdiag_ring_order_add(struct pdiag_ring_order *o, uint32_t ring, uint64_t time);
void pdiag_ring_order_sort(struct pdiag_ring_order *o);
/* The earliest; NULL: there is none. */
static inline const struct pdiag_ring_turn *pdiag_ring_order_top(const struct pdiag_ring_order *o)
{
	return o->count ? o->heap : NULL;
}
/* The earliest, if it is not of after the horizon; else NULL. */
static inline const struct pdiag_ring_turn *pdiag_ring_order_due(
	const struct pdiag_ring_order *o, uint64_t horizon)
{
	return o->count && o->heap->time <= horizon ? o->heap : NULL;
}
/* The ring on top has another record now, or (more false) none. */
void pdiag_ring_order_next(struct pdiag_ring_order *o, bool more, uint64_t time);

#endif
