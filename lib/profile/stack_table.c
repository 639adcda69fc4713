/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/stack_table.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"

#define DEFAULT_LIMIT ((size_t)16 << 20)

uint32_t pdiag_stack_table_add(struct pdiag_stack_table *t, const uint64_t *ips, uint32_t nr,
	int *fresh)
{
	uint64_t hash = pdiag_hash_u64s(0, ips, nr);
	const struct pdiag_stack_entry *e;
	uint32_t pos, i;

	*fresh = 0;
	for (i = pdiag_table_first(&t->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&t->index, hash, &pos)) {
		e = &t->entries[i];
		if (e->nr == nr && (!nr || !memcmp(t->words + e->first, ips, nr * sizeof(*ips))))
			return i;
	}
	if (t->count >= UINT32_MAX - 2 ||
		pdiag_array_reserve(
			&t->entries, &t->entry_cap, t->count + 1, sizeof(*t->entries)) ||
		pdiag_array_reserve(
			&t->words, &t->word_cap, t->word_count + nr, sizeof(*t->words)) ||
		pdiag_table_insert(&t->index, hash, (uint32_t)t->count))
		return PDIAG_STACK_NONE;
	t->entries[t->count] = (struct pdiag_stack_entry){ .first = t->word_count, .nr = nr };
	if (nr)
		memcpy(t->words + t->word_count, ips, nr * sizeof(*ips));
	t->word_count += nr;
	*fresh = 1;
	return (uint32_t)t->count++;
}

const uint64_t *pdiag_stack_table_get(const struct pdiag_stack_table *t, uint32_t id, uint32_t *nr)
{
	/* A table of nothing but the empty stack has no words, but the stack is there. */
	static const uint64_t none;

	*nr = 0;
	if (id >= t->count)
		return NULL;
	*nr = t->entries[id].nr;
	return *nr ? t->words + t->entries[id].first : &none;
}

int pdiag_stack_table_full(const struct pdiag_stack_table *t)
{
	size_t used = t->word_count * sizeof(*t->words) + t->count * sizeof(*t->entries) +
		pdiag_table_bytes(&t->index);

	return used >= (t->limit_bytes ? t->limit_bytes : DEFAULT_LIMIT);
}

/* The index is given back: at its grown size it would count against the limit from the start. */
void pdiag_stack_table_clear(struct pdiag_stack_table *t)
{
	pdiag_table_free(&t->index);
	t->count = t->word_count = 0;
}

void pdiag_stack_table_free(struct pdiag_stack_table *t)
{
	free(t->words);
	free(t->entries);
	pdiag_table_free(&t->index);
	*t = (struct pdiag_stack_table){ .limit_bytes = t->limit_bytes };
}
