/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw stacks, interned: each distinct list of addresses is kept once and has a number. */
#ifndef PDIAG_PROFILE_STACK_TABLE_H
#define PDIAG_PROFILE_STACK_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "util/table.h"

#define PDIAG_STACK_NONE UINT32_MAX

struct pdiag_stack_table {
	struct pdiag_table index;
	uint64_t *words; /* all stacks, end to end */
	size_t word_count, word_cap;
	struct pdiag_stack_entry {
		size_t first;
		uint32_t nr;
	} *entries;
	size_t count, entry_cap;
	size_t limit_bytes; /* see pdiag_stack_table_full() */
};

/*
 * The number of the stack; *fresh says if it is new. Numbers count up from 0. Returns
 * PDIAG_STACK_NONE when out of memory.
 */
uint32_t pdiag_stack_table_add(struct pdiag_stack_table *t, const uint64_t *ips, uint32_t nr,
	int *fresh);
/* Its addresses; NULL if there is no such stack. Valid until the next add. */
const uint64_t *pdiag_stack_table_get(const struct pdiag_stack_table *t, uint32_t id, uint32_t *nr);
/* The table has reached limit_bytes (0: 16 MiB): the caller should clear it and say FORGET. */
int pdiag_stack_table_full(const struct pdiag_stack_table *t);
void pdiag_stack_table_clear(struct pdiag_stack_table *t);
void pdiag_stack_table_free(struct pdiag_stack_table *t);

#endif
