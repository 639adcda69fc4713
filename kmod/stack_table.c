// SPDX-License-Identifier: GPL-2.0-only
#include "stack_table.h"

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#define PROBES 16
/* Room in `words` for stacks of half the depth allowed; most are less deep. */
#define words_of(size, depth) (max_t(u32, (size) / 2 * ((depth) + 2) / 2, 4 * PDIAG_STACK_WORDS))

size_t pdiag_stack_table_bytes(u32 size, u32 depth)
{
	return size * sizeof(struct pdiag_stack_entry) + words_of(size, depth) * sizeof(u64);
}

int pdiag_stack_table_init(struct pdiag_stack_table *table, u32 size, u32 depth, u32 base)
{
	table->size = size;
	table->shift = 64 - ilog2(size);
	table->words = words_of(size, depth);
	table->base = base;
	table->generation = 1;
	table->entry = vzalloc(size * sizeof(*table->entry));
	table->word = vzalloc(table->words * sizeof(u64));
	if (table->entry && table->word)
		return 0;
	pdiag_stack_table_free(table);
	return -ENOMEM;
}

void pdiag_stack_table_free(struct pdiag_stack_table *table)
{
	vfree(table->entry);
	vfree(table->word);
	table->entry = NULL;
	table->word = NULL;
}

void pdiag_stack_reset(struct pdiag_stack_table *table)
{
	table->used = 0;
	table->words_used = 0;
	if (likely(++table->generation))
		return;
	memset(table->entry, 0, table->size * sizeof(*table->entry));
	table->generation = 1;
}

static struct pdiag_stack_entry *take(struct pdiag_stack_table *table,
	struct pdiag_stack_entry *entry, u32 nr, u64 hash, u16 flags)
{
	/* Longer probes cost more than the next generation does. */
	if (table->used >= table->size / 4 * 3)
		return NULL;
	table->used++;
	entry->hash = hash;
	entry->first = table->words_used;
	entry->generation = table->generation;
	entry->nr = nr;
	entry->flags = flags;
	entry->sent = 0;
	table->words_used += nr;
	return entry;
}

struct pdiag_stack_entry *pdiag_stack_search(
	struct pdiag_stack_table *table, u32 nr, u64 hash, u16 flags)
{
	struct pdiag_stack_entry *entry;
	u32 i, at = hash >> table->shift;

	for (i = 0; i < PROBES; i++, at = (at + 1) & (table->size - 1)) {
		entry = &table->entry[at];
		if (entry->generation != table->generation)
			return take(table, entry, nr, hash, flags);
		if (pdiag_stack_is(table, entry, nr, hash, flags))
			return entry;
	}
	return NULL;
}
