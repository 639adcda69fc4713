/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/stack_map.h"

#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

/* 44 bytes each with their slots: 5.8 MB. */
#define LIMIT 131072

static uint64_t hash_key(const struct pdiag_stack_key *k)
{
	return pdiag_hash_u64((uint64_t)k->process << 32 | k->changes,
		(uint64_t)k->below << 32 | k->stack);
}

const struct pdiag_stack_place *pdiag_stack_map_find(const struct pdiag_stack_map *m,
	const struct pdiag_stack_key *key)
{
	uint64_t hash = hash_key(key);
	uint32_t pos, i;

	for (i = pdiag_table_first(&m->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&m->index, hash, &pos)) {
		const struct pdiag_stack_key *k = &m->places[i].key;

		if (k->process == key->process && k->changes == key->changes &&
			k->stack == key->stack && k->below == key->below &&
			k->comm == key->comm)
			return &m->places[i];
	}
	return NULL;
}

void pdiag_stack_map_add(struct pdiag_stack_map *m, const struct pdiag_stack_place *place)
{
	if (m->count >= LIMIT)
		pdiag_stack_map_clear(m);
	if (pdiag_array_reserve(&m->places, &m->cap, m->count + 1, sizeof(*m->places)) ||
		pdiag_table_insert(&m->index, hash_key(&place->key), (uint32_t)m->count))
		return;
	m->places[m->count++] = *place;
}

void pdiag_stack_map_clear(struct pdiag_stack_map *m)
{
	pdiag_table_clear(&m->index);
	m->count = 0;
}

void pdiag_stack_map_free(struct pdiag_stack_map *m)
{
	pdiag_table_free(&m->index);
	free(m->places);
	*m = (struct pdiag_stack_map){ 0 };
}
