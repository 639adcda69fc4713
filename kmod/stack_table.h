/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stacks that were seen on one CPU, each kept once. Open addressing with a bounded probe;
 * the addresses lie one stack behind the other in `words`. When either is full the table begins
 * anew, and numbers are given again.
 */
#ifndef PDIAG_STACK_TABLE_H
#define PDIAG_STACK_TABLE_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "uapi/pdiag_kmod.h"

/* Direct-mapped by the leaf's address: the number of a stack that may well come again. */
#define PDIAG_STACK_GUESSES 1024
#define PDIAG_STACK_WORDS (PDIAG_KMOD_DEPTH_MAX + 2) /* two marks */

struct pdiag_stack_entry {
	u64 hash;
	u32 first;	/* in words */
	u32 generation; /* valid only if that of the table */
	u16 nr;
	u16 flags;	/* PDIAG_KMOD_TRUNCATED | PDIAG_KMOD_FAULTED */
	u32 sent;	/* the reader knows it */
};

struct pdiag_stack_table {
	struct pdiag_stack_entry *entry;
	u64 *word;
	u32 size;	/* entries, a power of two */
	u32 shift;	/* hash >> shift: where to look first */
	u32 used;
	u32 words, words_used;
	u32 generation;
	u32 base;	/* the first number; they differ between CPUs */
	u32 guess[PDIAG_STACK_GUESSES];
};

int pdiag_stack_table_init(struct pdiag_stack_table *table, u32 size, u32 depth, u32 base);
void pdiag_stack_table_free(struct pdiag_stack_table *table);
size_t pdiag_stack_table_bytes(u32 size, u32 depth);

/* Where to put the addresses of a stack before pdiag_stack_find(): room for a whole one. NULL:
 * the table is full, it needs to begin anew. */
static inline u64 *pdiag_stack_room(struct pdiag_stack_table *table)
{
	return table->words - table->words_used < PDIAG_STACK_WORDS ?
		NULL : table->word + table->words_used;
}

/* The way of pdiag_stack_find() from the first probe on. */
struct pdiag_stack_entry *pdiag_stack_search(
	struct pdiag_stack_table *table, u32 nr, u64 hash, u16 flags);
/* Forget all. */
void pdiag_stack_reset(struct pdiag_stack_table *table);

static inline u64 pdiag_stack_hash(u64 hash, u64 word)
{
	return (hash ^ word) * 0x9e3779b97f4a7c15ull;
}

/* Are these words, of which there are as many, the same? Differences are looked at in the end. */
static __always_inline bool pdiag_stack_same(const u64 *a, const u64 *b, u32 nr)
{
	const u64 *end = a + nr;
	u64 differ = 0;

	for (; a + 4 <= end; a += 4, b += 4)
		differ |= (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]);
	for (; a < end; a++, b++)
		differ |= *a ^ *b;
	return !differ;
}

/* Is the entry that of the stack at pdiag_stack_room()? */
static __always_inline bool pdiag_stack_is(const struct pdiag_stack_table *table,
	const struct pdiag_stack_entry *entry, u32 nr, u64 hash, u16 flags)
{
	return entry->hash == hash && entry->nr == nr && entry->flags == flags &&
		pdiag_stack_same(table->word + entry->first, table->word + table->words_used, nr);
}

/*
 * The entry of the stack that was put at pdiag_stack_room(): one that was there, or a new one.
 * NULL: full. The hash is that of pdiag_stack_hash() over all its words.
 */
static __always_inline struct pdiag_stack_entry *pdiag_stack_find(
	struct pdiag_stack_table *table, u32 nr, u64 hash, u16 flags)
{
	struct pdiag_stack_entry *entry;

	/* The highest bits depend on all bits of all words but the last; mix that in, too. */
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93ull;
	entry = &table->entry[hash >> table->shift];
	if (likely(entry->generation == table->generation) &&
		likely(pdiag_stack_is(table, entry, nr, hash, flags)))
		return entry;
	return pdiag_stack_search(table, nr, hash, flags);
}

static inline u32 pdiag_stack_id(
	const struct pdiag_stack_table *table, const struct pdiag_stack_entry *entry)
{
	return table->base + (u32)(entry - table->entry);
}

#endif
