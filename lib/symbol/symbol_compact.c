/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * String tables of ELF files hold much more than the names of functions, and most of those twice:
 * keep only what a finished table uses.
 */
#include "symbol/symbol_table.h"

#include <stdlib.h>
#include <string.h>

static size_t length(const struct pdiag_symbol_table *t, uint32_t name)
{
	return strnlen(t->text + name, PDIAG_SYMBOL_NAME_MAX);
}

/* Bytes that the names in use take, or `most` if that is no less: hostile tables use one text for
 * many names. */
static size_t used(const struct pdiag_symbol_table *t, size_t most)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->part_count && sum < most; i++)
		sum += length(t, t->parts[i].name) + 1;
	for (size_t i = 0; i < t->count && sum < most; i++)
		if (!(t->entries[i].size & PDIAG_ENTRY_PART))
			sum += length(t, t->entries[i].name) + 1;
	return sum < most ? sum : most;
}

static void move(const struct pdiag_symbol_table *t, uint32_t *name, char *to, size_t *len)
{
	size_t n = length(t, *name);

	memcpy(to + *len, t->text + *name, n);
	to[*len + n] = '\0';
	*name = (uint32_t)*len;
	*len += n + 1;
}

void pdiag_symbol_table_compact(struct pdiag_symbol_table *t)
{
	size_t most = t->text_len - t->text_len / 4, size = used(t, most), len = 0;
	char *text;

	if (size >= most)
		return;
	text = malloc(size ? size : 1);
	if (!text)
		return;
	for (size_t i = 0; i < t->part_count; i++)
		move(t, &t->parts[i].name, text, &len);
	for (size_t i = 0; i < t->count; i++)
		if (!(t->entries[i].size & PDIAG_ENTRY_PART))
			move(t, &t->entries[i].name, text, &len);
	free(t->text);
	t->text = text;
	t->text_len = t->text_cap = len;
}
