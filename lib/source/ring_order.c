/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/ring_order.h"

#include <errno.h>
#include <stdlib.h>

int pdiag_ring_order_alloc(struct pdiag_ring_order *o, uint32_t rings)
{
	*o = (struct pdiag_ring_order){ .heap = calloc(rings ? rings : 1, sizeof(*o->heap)) };
	return o->heap ? 0 : -ENOMEM;
}

void pdiag_ring_order_free(struct pdiag_ring_order *o)
{
	free(o->heap);
	*o = (struct pdiag_ring_order){ 0 };
}

static bool earlier(const struct pdiag_ring_turn *a, const struct pdiag_ring_turn *b)
{
	return a->time < b->time || (a->time == b->time && a->ring < b->ring);
}

static void sift_down(struct pdiag_ring_order *o, uint32_t i)
{
	struct pdiag_ring_turn t;
	uint32_t least, child;

	for (;; i = least) {
		least = i;
		child = 2 * i + 1;
		if (child < o->count && earlier(&o->heap[child], &o->heap[least]))
			least = child;
		if (child + 1 < o->count && earlier(&o->heap[child + 1], &o->heap[least]))
			least = child + 1;
		if (least == i)
			return;
		t = o->heap[i];
		o->heap[i] = o->heap[least];
		o->heap[least] = t;
	}
}

void pdiag_ring_order_add(struct pdiag_ring_order *o, uint32_t ring, uint64_t time)
{
	o->heap[o->count++] = (struct pdiag_ring_turn){ .time = time, .ring = ring };
}

void pdiag_ring_order_sort(struct pdiag_ring_order *o)
{
	for (uint32_t i = o->count / 2; i-- > 0;)
		sift_down(o, i);
}

void pdiag_ring_order_next(struct pdiag_ring_order *o, bool more, uint64_t time)
{
	if (more)
		o->heap[0].time = time;
	else
		o->heap[0] = o->heap[--o->count];
	sift_down(o, 0);
}
