/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers that the kernel module gives to stacks, each ring its own, and what we call them. */
#ifndef PDIAG_CAPTURE_RING_STACKS_H
#define PDIAG_CAPTURE_RING_STACKS_H

#include <stddef.h>
#include <stdint.h>

#include "util/table.h"

struct pdiag_ring_stacks {
	struct pdiag_table index;
	struct pdiag_ring_stack {
		int32_t ring;
		uint32_t number; /* in that ring */
		uint32_t stack;	 /* ours, raw */
		uint32_t flags;	 /* PDIAG_STACK_* of its samples */
	} *list;
	size_t count, cap;
};

/* NULL: the number means nothing. Valid until the next put. */
const struct pdiag_ring_stack *pdiag_ring_stacks_find(const struct pdiag_ring_stacks *m,
	int32_t ring, uint32_t number);
/* From now on the ring's number means this stack. 0 or -ENOMEM: it means none. */
int pdiag_ring_stacks_put(struct pdiag_ring_stacks *m, const struct pdiag_ring_stack *stack);
void pdiag_ring_stacks_free(struct pdiag_ring_stacks *m);

#endif
