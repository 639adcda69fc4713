/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/ring_stacks.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

/* The module's tables are far smaller; 24 bytes each with their slots. */
#define LIMIT (4u << 20)

static uint64_t hash_of(int32_t ring, uint32_t number)
{
	return pdiag_hash_u64(3, (uint64_t)(uint32_t)ring << 32 | number);
}

static struct pdiag_ring_stack *find(const struct pdiag_ring_stacks *m, int32_t ring,
	uint32_t number)
{
	uint64_t hash = hash_of(ring, number);
	uint32_t pos, i;

	for (i = pdiag_table_first(&m->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&m->index, hash, &pos))
		if (m->list[i].ring == ring && m->list[i].number == number)
			return &m->list[i];
	return NULL;
}

const struct pdiag_ring_stack *pdiag_ring_stacks_find(const struct pdiag_ring_stacks *m,
	int32_t ring, uint32_t number)
{
	return find(m, ring, number);
}

int pdiag_ring_stacks_put(struct pdiag_ring_stacks *m, const struct pdiag_ring_stack *stack)
{
	struct pdiag_ring_stack *s = find(m, stack->ring, stack->number);

	if (s) {
		*s = *stack;
		return 0;
	}
	if (m->count >= LIMIT ||
		pdiag_array_reserve(&m->list, &m->cap, m->count + 1, sizeof(*m->list)) ||
		pdiag_table_insert(&m->index, hash_of(stack->ring, stack->number),
			(uint32_t)m->count))
		return -ENOMEM;
	m->list[m->count++] = *stack;
	return 0;
}

void pdiag_ring_stacks_free(struct pdiag_ring_stacks *m)
{
	pdiag_table_free(&m->index);
	free(m->list);
	*m = (struct pdiag_ring_stacks){ 0 };
}
