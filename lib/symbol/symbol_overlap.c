/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbols that overlap, cut into parts that do not: a sweep over the addresses, with a heap of the
 * symbols that cover the current one. At most two parts a symbol.
 */
#include "symbol/symbol_table.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"

struct sweep {
	struct pdiag_symbol_draft *drafts;
	uint32_t *heap; /* drafts, highest rank first */
	size_t heap_count;
	struct pdiag_symbol_entry *out; /* name: index of the draft */
	size_t count, cap;
};

static bool above(const struct sweep *s, uint32_t a, uint32_t b)
{
	if (s->drafts[a].rank != s->drafts[b].rank)
		return s->drafts[a].rank > s->drafts[b].rank;
	return a > b;
}

static void swap(struct sweep *s, size_t i, size_t k)
{
	uint32_t tmp = s->heap[i];

	s->heap[i] = s->heap[k];
	s->heap[k] = tmp;
}

static void push(struct sweep *s, uint32_t draft)
{
	size_t i = s->heap_count++;

	s->heap[i] = draft;
	for (; i && above(s, s->heap[i], s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(s, i, (i - 1) / 2);
}

static void pop(struct sweep *s)
{
	size_t i = 0, k;

	s->heap[0] = s->heap[--s->heap_count];
	while ((k = 2 * i + 1) < s->heap_count) {
		if (k + 1 < s->heap_count && above(s, s->heap[k + 1], s->heap[k]))
			k++;
		if (!above(s, s->heap[k], s->heap[i]))
			break;
		swap(s, i, k);
		i = k;
	}
}

static int emit(struct sweep *s, uint32_t draft, uint64_t start, uint64_t end)
{
	struct pdiag_symbol_entry *last = s->count ? &s->out[s->count - 1] : NULL;

	if (last && last->name == draft && last->start + last->size == start) {
		last->size += (uint32_t)(end - start);
		return 0;
	}
	if (pdiag_array_reserve(&s->out, &s->cap, s->count + 1, sizeof(*s->out)))
		return -ENOMEM;
	s->out[s->count++] = (struct pdiag_symbol_entry){
		.start = start,
		.size = (uint32_t)(end - start),
		.name = draft,
	};
	return 0;
}

static uint64_t end_of(const struct sweep *s, uint32_t draft)
{
	return s->drafts[draft].start + s->drafts[draft].size;
}

static int run(struct sweep *s, size_t n)
{
	uint64_t at = 0, end;
	size_t i = 0;

	for (;;) {
		while (s->heap_count && end_of(s, s->heap[0]) <= at)
			pop(s);
		if (!s->heap_count) {
			if (i == n)
				return 0;
			at = s->drafts[i].start;
		} else {
			end = end_of(s, s->heap[0]);
			if (i < n && s->drafts[i].start < end)
				end = s->drafts[i].start;
			if (emit(s, s->heap[0], at, end))
				return -ENOMEM;
			at = end;
		}
		while (i < n && s->drafts[i].start == at)
			push(s, (uint32_t)i++);
	}
}

/* Turn indices of drafts into names, by way of a part where the symbol is not whole. */
static int name_parts(struct pdiag_symbol_table *t, struct sweep *s)
{
	size_t cap = 0;

	for (size_t i = 0; i < t->draft_count; i++)
		t->drafts[i].rank = 0; /* from here on: its part + 1 */
	for (size_t i = 0; i < s->count; i++) {
		struct pdiag_symbol_entry *e = &s->out[i];
		struct pdiag_symbol_draft *d = &t->drafts[e->name];
		uint32_t plt = d->flags & PDIAG_DRAFT_PLT ? PDIAG_ENTRY_PLT : 0;

		if (e->start == d->start && e->size == d->size) {
			e->name = d->name;
			e->size |= plt;
			continue;
		}
		if (!d->rank) {
			if (pdiag_array_reserve(&t->parts, &cap, t->part_count + 1,
				    sizeof(*t->parts)))
				return -ENOMEM;
			t->parts[t->part_count++] = (struct pdiag_symbol_part){
				.start = d->start, .size = d->size, .name = d->name };
			d->rank = (uint32_t)t->part_count;
		}
		e->name = d->rank - 1;
		e->size |= PDIAG_ENTRY_PART | plt;
	}
	return 0;
}

int pdiag_symbol_table_cut(struct pdiag_symbol_table *t)
{
	struct sweep s = { .drafts = t->drafts };
	int ret = -ENOMEM;

	s.heap = malloc(t->draft_count * sizeof(*s.heap));
	if (s.heap && !run(&s, t->draft_count))
		ret = name_parts(t, &s);
	free(s.heap);
	if (ret) {
		free(s.out);
		return ret;
	}
	free(t->drafts);
	t->drafts = NULL;
	t->draft_count = t->draft_cap = 0;
	t->entries = s.out;
	t->count = s.count;
	return 0;
}
