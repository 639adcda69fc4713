/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/symbol_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/* How much of two names is looked at to choose between them: hostile tables have long ones. */
#define COMPARE_MAX 1024

_Static_assert(sizeof(struct pdiag_symbol_entry) == 16, "entries are many");
_Static_assert(sizeof(struct pdiag_symbol_draft) == 24, "drafts are many");

int pdiag_symbol_table_add(struct pdiag_symbol_table *t, const struct pdiag_symbol_draft *draft)
{
	struct pdiag_symbol_draft *d;

	if (t->draft_count >= UINT32_MAX / 4 ||
		pdiag_array_reserve(&t->drafts, &t->draft_cap, t->draft_count + 1,
			sizeof(*t->drafts)))
		return -ENOMEM;
	d = &t->drafts[t->draft_count++];
	*d = *draft;
	if (d->size > PDIAG_SYMBOL_SIZE_MAX)
		d->size = PDIAG_SYMBOL_SIZE_MAX;
	if (d->size > UINT64_MAX - d->start)
		d->size = (uint32_t)(UINT64_MAX - d->start);
	return 0;
}

char *pdiag_symbol_table_text(struct pdiag_symbol_table *t, size_t len, uint32_t *offset)
{
	char *p;

	if (len >= PDIAG_SYMBOL_TEXT_MAX - t->text_len ||
		pdiag_array_reserve(&t->text, &t->text_cap, t->text_len + len + 1, 1))
		return NULL;
	p = t->text + t->text_len;
	p[len] = '\0';
	*offset = (uint32_t)t->text_len;
	t->text_len += len + 1;
	return p;
}

static int by_start(const void *a, const void *b)
{
	const struct pdiag_symbol_draft *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static void sort(struct pdiag_symbol_table *t)
{
	for (size_t i = 1; i < t->draft_count; i++) {
		if (t->drafts[i].start >= t->drafts[i - 1].start)
			continue;
		qsort(t->drafts, t->draft_count, sizeof(*t->drafts), by_start);
		return;
	}
}

static size_t underscores(const char *name)
{
	size_t n = 0;

	while (n < COMPARE_MAX && name[n] == '_')
		n++;
	return n;
}

/* Is `a` the better name for the address that both start at? A total order, so that the choice
 * does not hang on the order of the file. */
static bool better(const struct pdiag_symbol_table *t, const struct pdiag_symbol_draft *a,
	const struct pdiag_symbol_draft *b)
{
	const char *x = t->text + a->name, *y = t->text + b->name;
	size_t n, m;
	int diff;

	if (a->rank != b->rank)
		return a->rank > b->rank;
	if (a->name == b->name)
		return a->size > b->size;
	n = underscores(x);
	m = underscores(y);
	if (n != m)
		return n < m;
	n = strnlen(x, COMPARE_MAX);
	m = strnlen(y, COMPARE_MAX);
	if (n != m)
		return n > m;
	diff = memcmp(x, y, n);
	return diff ? diff < 0 : a->size > b->size;
}

/* Keep one of those that start at one address. */
static void choose(struct pdiag_symbol_table *t)
{
	struct pdiag_symbol_draft *d = t->drafts;
	size_t kept = 0;

	for (size_t i = 0; i < t->draft_count; i++) {
		if (kept && d[kept - 1].start == d[i].start) {
			if (better(t, &d[i], &d[kept - 1]))
				d[kept - 1] = d[i];
		} else {
			d[kept++] = d[i];
		}
	}
	t->draft_count = kept;
}

/* Give a size to those that have none; drop those of them that are labels inside another. */
static void extend(struct pdiag_symbol_table *t)
{
	struct pdiag_symbol_draft *d = t->drafts;
	uint64_t covered = 0, room;
	size_t kept = 0;

	for (size_t i = 0; i < t->draft_count; i++) {
		if (!(d[i].flags & PDIAG_DRAFT_EXTEND)) {
			if (d[i].start + d[i].size > covered)
				covered = d[i].start + d[i].size;
			d[kept++] = d[i];
			continue;
		}
		if (d[i].start < covered)
			continue;
		room = i + 1 < t->draft_count ? d[i + 1].start - d[i].start : UINT64_MAX;
		if (d[i].size > room)
			d[i].size = (uint32_t)room;
		d[kept++] = d[i];
	}
	t->draft_count = kept;
}

static void drop_bounds(struct pdiag_symbol_table *t)
{
	struct pdiag_symbol_draft *d = t->drafts;
	size_t kept = 0;

	for (size_t i = 0; i < t->draft_count; i++)
		if (!(d[i].flags & PDIAG_DRAFT_BOUND) && d[i].size)
			d[kept++] = d[i];
	t->draft_count = kept;
}

static bool overlaps(const struct pdiag_symbol_table *t)
{
	const struct pdiag_symbol_draft *d = t->drafts;

	for (size_t i = 1; i < t->draft_count; i++)
		if (d[i - 1].start + d[i - 1].size > d[i].start)
			return true;
	return false;
}

/* An entry is smaller than a draft, so they are turned into each other in place. */
static void settle(struct pdiag_symbol_table *t)
{
	void *shrunk, *place = t->drafts;
	struct pdiag_symbol_entry *entries = place;
	struct pdiag_symbol_draft d;

	for (size_t i = 0; i < t->draft_count; i++) {
		memcpy(&d, &t->drafts[i], sizeof(d));
		entries[i] = (struct pdiag_symbol_entry){
			.start = d.start,
			.size = d.size | (d.flags & PDIAG_DRAFT_PLT ? PDIAG_ENTRY_PLT : 0),
			.name = d.name,
		};
	}
	t->entries = entries;
	t->count = t->draft_count;
	t->drafts = NULL;
	t->draft_count = t->draft_cap = 0;
	if (!t->count) {
		free(place);
		t->entries = NULL;
		return;
	}
	shrunk = realloc(place, t->count * sizeof(*entries));
	if (shrunk)
		t->entries = shrunk;
}

static int finish(struct pdiag_symbol_table *t)
{
	char *shrunk;
	int ret = 0;

	drop_bounds(t);
	if (overlaps(t)) {
		ret = pdiag_symbol_table_cut(t);
		if (ret)
			return ret;
	} else {
		settle(t);
	}
	if (t->text_len && t->text_len < t->text_cap) {
		shrunk = realloc(t->text, t->text_len);
		if (shrunk) {
			t->text = shrunk;
			t->text_cap = t->text_len;
		}
	}
	return 0;
}

int pdiag_symbol_table_finish(struct pdiag_symbol_table *t)
{
	sort(t);
	choose(t);
	extend(t);
	drop_bounds(t);
	for (size_t i = 0; i < t->draft_count; i++)
		t->drafts[i].rank = (uint32_t)i;
	return finish(t);
}

int pdiag_symbol_table_finish_latest(struct pdiag_symbol_table *t)
{
	sort(t);
	return finish(t);
}

bool pdiag_symbol_table_find(const struct pdiag_symbol_table *t, uint64_t address,
	struct pdiag_symbol_hit *hit)
{
	const struct pdiag_symbol_entry *e = t->entries, *found;
	size_t n = t->count, half;

	if (!n || address < e->start)
		return false;
	while (n > 1) {
		half = n / 2;
		e += e[half].start <= address ? half : 0;
		n -= half;
	}
	found = e;
	if (address - found->start >= (found->size & PDIAG_SYMBOL_SIZE_MAX))
		return false;
	hit->index = (size_t)(found - t->entries);
	hit->start = found->start;
	hit->size = found->size & PDIAG_SYMBOL_SIZE_MAX;
	hit->plt = found->size & PDIAG_ENTRY_PLT;
	hit->name = t->text + found->name;
	if (found->size & PDIAG_ENTRY_PART) {
		const struct pdiag_symbol_part *part = &t->parts[found->name];

		hit->start = part->start;
		hit->size = part->size;
		hit->name = t->text + part->name;
	}
	hit->name_len = strnlen(hit->name, PDIAG_SYMBOL_NAME_MAX);
	return true;
}

size_t pdiag_symbol_table_bytes(const struct pdiag_symbol_table *t)
{
	return t->count * sizeof(*t->entries) + t->part_count * sizeof(*t->parts) + t->text_cap +
		t->draft_cap * sizeof(*t->drafts);
}

void pdiag_symbol_table_free(struct pdiag_symbol_table *t)
{
	free(t->entries);
	free(t->parts);
	free(t->text);
	free(t->drafts);
	*t = (struct pdiag_symbol_table){ 0 };
}
