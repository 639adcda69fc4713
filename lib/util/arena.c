/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

struct pdiag_arena_block {
	struct pdiag_arena_block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

static struct pdiag_arena_block *new_block(struct pdiag_arena *a, size_t size)
{
	struct pdiag_arena_block *b = malloc(sizeof(*b) + size);

	if (!b)
		return NULL;
	b->used = 0;
	b->size = size;
	a->bytes += sizeof(*b) + size;
	/* A block of its own for a large object goes behind the one being filled. */
	if (size > BLOCK_SIZE && a->blocks) {
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *pdiag_arena_alloc(struct pdiag_arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct pdiag_arena_block *b = a->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + align - 1) & ~(align - 1);
	if (!b || b->size - b->used < size) {
		b = new_block(a, size > BLOCK_SIZE ? size : BLOCK_SIZE);
		if (!b)
			return NULL;
	}
	p = b->data + b->used;
	b->used += size;
	return p;
}

char *pdiag_arena_copy(struct pdiag_arena *a, const char *text, size_t len)
{
	char *p = len < SIZE_MAX ? pdiag_arena_alloc(a, len + 1) : NULL;

	if (!p)
		return NULL;
	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

void pdiag_arena_free(struct pdiag_arena *a)
{
	struct pdiag_arena_block *b, *next;

	for (b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct pdiag_arena){ 0 };
}
