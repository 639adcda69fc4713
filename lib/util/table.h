/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hash index: from a hash to the caller's array indices. The caller keeps the entries and compares
 * candidates; the index holds 8 bytes a slot (hash tag and index), open addressing, linear probing.
 *
 *	for (i = pdiag_table_first(t, h, &pos); i != PDIAG_TABLE_END; i = pdiag_table_next(t, h,
 *&pos)) if (entry[i] equals the key) return i; pdiag_table_insert(t, h, new_index);
 */
#ifndef PDIAG_UTIL_TABLE_H
#define PDIAG_UTIL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define PDIAG_TABLE_END UINT32_MAX

struct pdiag_table {
	uint64_t *slots; /* tag << 32 | index + 1; 0 is empty */
	uint32_t mask;	 /* slots - 1, if slots is set */
	uint32_t used;
};

static inline uint32_t pdiag_table_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 32) ^ (uint32_t)hash;
}

static inline uint32_t pdiag_table_scan(const struct pdiag_table *t, uint32_t tag, uint32_t *pos)
{
	uint64_t slot;

	for (;; *pos = (*pos + 1) & t->mask) {
		slot = t->slots[*pos];
		if (!slot)
			return PDIAG_TABLE_END;
		if ((uint32_t)(slot >> 32) == tag)
			return (uint32_t)slot - 1;
	}
}

static inline uint32_t pdiag_table_first(const struct pdiag_table *t, uint64_t hash, uint32_t *pos)
{
	uint32_t tag = pdiag_table_tag(hash);

	*pos = tag & t->mask;
	if (!t->slots)
		return PDIAG_TABLE_END;
	return pdiag_table_scan(t, tag, pos);
}

static inline uint32_t pdiag_table_next(const struct pdiag_table *t, uint64_t hash, uint32_t *pos)
{
	*pos = (*pos + 1) & t->mask;
	return pdiag_table_scan(t, pdiag_table_tag(hash), pos);
}

/* 0 or -ENOMEM (table unchanged). index must be below UINT32_MAX - 1. */
int pdiag_table_insert(struct pdiag_table *t, uint64_t hash, uint32_t index);
/* Take out the pair; fine when absent. */
void pdiag_table_remove(struct pdiag_table *t, uint64_t hash, uint32_t index);
/* Make the pair point to another index; fine when absent. Cannot fail. */
void pdiag_table_replace(struct pdiag_table *t, uint64_t hash, uint32_t from, uint32_t to);
/* Empty it, keeping its memory. */
void pdiag_table_clear(struct pdiag_table *t);
/* Free its memory; it is empty and usable afterwards. */
void pdiag_table_free(struct pdiag_table *t);
size_t pdiag_table_bytes(const struct pdiag_table *t);

#endif
