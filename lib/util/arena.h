/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bump allocation: many small objects that live and die together. */
#ifndef PDIAG_UTIL_ARENA_H
#define PDIAG_UTIL_ARENA_H

#include <stddef.h>

struct pdiag_arena_block;

struct pdiag_arena {
	struct pdiag_arena_block *blocks;
	size_t bytes; /* taken from the heap */
};

/* Aligned for any type; NULL when out of memory. Not zeroed. */
void *pdiag_arena_alloc(struct pdiag_arena *a, size_t size);
/* A copy of `len` bytes with a NUL behind it. */
char *pdiag_arena_copy(struct pdiag_arena *a, const char *text, size_t len);
/* Free all; it is empty and usable afterwards. */
void pdiag_arena_free(struct pdiag_arena *a);

#endif
