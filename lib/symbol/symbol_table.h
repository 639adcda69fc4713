/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table of symbols: which name covers an address. Filled in any order, then finished once and
 * searched by bisection. 16 bytes a symbol; names are offsets into one block of text.
 */
#ifndef PDIAG_SYMBOL_SYMBOL_TABLE_H
#define PDIAG_SYMBOL_SYMBOL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names are cut here, and symbols are taken to be no larger than this. */
#define PDIAG_SYMBOL_NAME_MAX ((size_t)64 * 1024)
#define PDIAG_SYMBOL_SIZE_MAX ((1u << 30) - 1)
/* All names of one table together. */
#define PDIAG_SYMBOL_TEXT_MAX ((size_t)1 << 30)

struct pdiag_symbol_entry {
	uint64_t start;
	uint32_t size; /* the two top bits: PDIAG_ENTRY_* */
	uint32_t name; /* offset in text; with PART: index in parts */
};

#define PDIAG_ENTRY_PART (1u << 31)
#define PDIAG_ENTRY_PLT (1u << 30)

/* A symbol of which only parts are visible, as others lie over it. */
struct pdiag_symbol_part {
	uint64_t start;
	uint32_t size;
	uint32_t name;
};

/* A symbol as it was read. */
struct pdiag_symbol_draft {
	uint64_t start;
	uint32_t size;
	uint32_t name;
	uint32_t rank; /* of symbols at one address, the highest gives the name */
	uint32_t flags; /* PDIAG_DRAFT_* */
};

#define PDIAG_DRAFT_PLT 1u    /* the name is that of the function which the stub jumps to */
#define PDIAG_DRAFT_EXTEND 2u /* size not known: up to the next symbol, at most `size` */
#define PDIAG_DRAFT_BOUND 4u  /* has no name to give, but ends the symbol before it */

struct pdiag_symbol_table {
	struct pdiag_symbol_entry *entries;
	struct pdiag_symbol_part *parts;
	char *text; /* ends with a NUL */
	size_t count, part_count;
	size_t text_len, text_cap;
	struct pdiag_symbol_draft *drafts; /* until finished */
	size_t draft_count, draft_cap;
};

/* What a search found. */
struct pdiag_symbol_hit {
	uint64_t start, size;
	const char *name;
	size_t name_len; /* at most PDIAG_SYMBOL_NAME_MAX */
	size_t index;	 /* of the entry */
	bool plt;
};

/* Add a symbol. 0 or -ENOMEM. */
int pdiag_symbol_table_add(struct pdiag_symbol_table *t, const struct pdiag_symbol_draft *draft);
/* Room for `len` bytes of text at *offset, a NUL behind it. NULL: out of memory or of range. */
char *pdiag_symbol_table_text(struct pdiag_symbol_table *t, size_t len, uint32_t *offset);

/*
 * Where symbols overlap, the one that starts last covers what they share: the innermost. At one
 * address the highest rank wins, then fewest leading underscores, then the longest name.
 * 0 or -ENOMEM (free the table then).
 */
int pdiag_symbol_table_finish(struct pdiag_symbol_table *t);
/* The same for ranges that replace each other: where they overlap, the highest rank wins. */
int pdiag_symbol_table_finish_latest(struct pdiag_symbol_table *t);

/* Drop text of a finished table that no symbol is named by, if that is worth it. */
void pdiag_symbol_table_compact(struct pdiag_symbol_table *t);

/* The symbol that covers the address. */
bool pdiag_symbol_table_find(const struct pdiag_symbol_table *t, uint64_t address,
	struct pdiag_symbol_hit *hit);

size_t pdiag_symbol_table_bytes(const struct pdiag_symbol_table *t);
void pdiag_symbol_table_free(struct pdiag_symbol_table *t);

/* Inside: cut what overlaps into parts (symbol_overlap.c). Drafts are sorted by start; where they
 * overlap, the highest rank wins. */
int pdiag_symbol_table_cut(struct pdiag_symbol_table *t);

#endif
