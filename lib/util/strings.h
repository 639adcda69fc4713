/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interned strings: equal text, equal pointer. */
#ifndef PDIAG_UTIL_STRINGS_H
#define PDIAG_UTIL_STRINGS_H

#include <stddef.h>

#include "util/arena.h"
#include "util/table.h"

struct pdiag_strings {
	struct pdiag_arena arena;
	struct pdiag_table index;
	const char **list; /* by order of arrival */
	size_t count, cap;
};

/* The one copy of the text (up to len, or to a NUL); NULL: out of memory. Stable until _free. */
const char *pdiag_strings_add(struct pdiag_strings *s, const char *text);
const char *pdiag_strings_add_len(struct pdiag_strings *s, const char *text, size_t len);
void pdiag_strings_free(struct pdiag_strings *s);

#endif
