/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/strings.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"

const char *pdiag_strings_add_len(struct pdiag_strings *s, const char *text, size_t len)
{
	uint32_t pos, i;
	uint64_t hash;
	char *copy;

	/* Text from outside may have a NUL in it; what is handed out ends there. */
	len = strnlen(text, len);
	hash = pdiag_hash_bytes(0, text, len);
	for (i = pdiag_table_first(&s->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&s->index, hash, &pos))
		if (!strncmp(s->list[i], text, len) && !s->list[i][len])
			return s->list[i];
	if (s->count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&s->list, &s->cap, s->count + 1, sizeof(*s->list)))
		return NULL;
	copy = pdiag_arena_copy(&s->arena, text, len);
	if (!copy || pdiag_table_insert(&s->index, hash, (uint32_t)s->count))
		return NULL;
	s->list[s->count++] = copy;
	return copy;
}

const char *pdiag_strings_add(struct pdiag_strings *s, const char *text)
{
	return pdiag_strings_add_len(s, text, strlen(text));
}

void pdiag_strings_free(struct pdiag_strings *s)
{
	pdiag_arena_free(&s->arena);
	pdiag_table_free(&s->index);
	free(s->list);
	*s = (struct pdiag_strings){ 0 };
}
