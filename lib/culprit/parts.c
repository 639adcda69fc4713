/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/parts.h"

#include <errno.h>
#include <stdlib.h>

#include "culprit/doing.h"
#include "util/array.h"
#include "util/hash.h"

int pdiag_parts_init(struct pdiag_parts *p)
{
	*p = (struct pdiag_parts){ 0 };
	if (pdiag_array_reserve(&p->list, &p->cap, 64, sizeof(*p->list)))
		return -ENOMEM;
	for (uint32_t i = 0; i < PDIAG_ROOTS; i++)
		p->list[i] = (struct pdiag_part){ .parent = i, .kind = PDIAG_PART_ROOT };
	p->count = PDIAG_ROOTS;
	return 0;
}

void pdiag_parts_free(struct pdiag_parts *p)
{
	free(p->list);
	pdiag_table_free(&p->index);
	pdiag_strings_free(&p->strings);
	*p = (struct pdiag_parts){ 0 };
}

static uint64_t hash_of(uint32_t parent, uint32_t kind, uint64_t key)
{
	return pdiag_hash_u64((uint64_t)parent << 8 | kind, key);
}

uint32_t pdiag_parts_find(
	const struct pdiag_parts *p, uint32_t parent, enum pdiag_part_kind kind, uint64_t key)
{
	uint64_t hash = hash_of(parent, kind, key);
	const struct pdiag_part *part;
	uint32_t pos, i;

	for (i = pdiag_table_first(&p->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&p->index, hash, &pos)) {
		part = &p->list[i];
		if (part->parent == parent && part->kind == (uint32_t)kind && part->key == key)
			return i;
	}
	return PDIAG_PART_NONE;
}

uint32_t pdiag_parts_get(
	struct pdiag_parts *p, uint32_t parent, enum pdiag_part_kind kind, uint64_t key)
{
	uint32_t i;

	if (parent == PDIAG_PART_NONE)
		return PDIAG_PART_NONE;
	i = pdiag_parts_find(p, parent, kind, key);
	if (i != PDIAG_PART_NONE)
		return i;
	if (p->count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&p->list, &p->cap, p->count + 1, sizeof(*p->list)) ||
		pdiag_table_insert(&p->index, hash_of(parent, kind, key), (uint32_t)p->count))
		return PDIAG_PART_NONE;
	p->list[p->count] = (struct pdiag_part){ .parent = parent, .kind = (uint8_t)kind,
		.key = key, .off = p->list[parent].off, .rests = p->list[parent].rests };
	if (kind == PDIAG_PART_DOING) {
		p->list[p->count].off = pdiag_doing_off(key);
		p->list[p->count].rests = p->list[p->count].off &&
			pdiag_doing_heed(key) <= PDIAG_HEED_SOME;
	}
	return (uint32_t)p->count++;
}

void pdiag_parts_add(struct pdiag_parts *p, uint32_t part, double seconds, double samples)
{
	struct pdiag_tally *t = &p->list[part].tally;

	t->current += seconds;
	t->current_count += samples;
	if (samples > 0)
		t->lumps += seconds * seconds / samples;
}

/* Lumps of what was added to the parent itself are there already: they are not by window. */
static void pass_up(struct pdiag_tally *to, const struct pdiag_tally *from)
{
	to->current += from->current;
	to->current_count += from->current_count;
}

static void note_window(struct pdiag_parts *p, double seconds, bool trouble, const bool has[2])
{
	for (int off = 0; off < 2; off++) {
		if (!has[off])
			continue;
		if (trouble) {
			p->trouble_time[off] += seconds;
		} else {
			p->normal_time[off] += seconds;
			p->windows[off]++;
		}
	}
}

void pdiag_parts_flush(struct pdiag_parts *p, double seconds, bool trouble, const bool has[2])
{
	struct pdiag_tally *t;

	note_window(p, seconds, trouble, has);
	for (size_t i = p->count; i-- > 0;) {
		t = &p->list[i].tally;
		if (i >= PDIAG_ROOTS)
			pass_up(&p->list[p->list[i].parent].tally, t);
		if (trouble) {
			t->trouble += t->current;
			t->trouble_count += t->current_count;
		} else {
			t->normal += t->current;
			t->normal_count += t->current_count;
			t->squares += t->current * t->current / seconds;
		}
		t->current = t->current_count = 0;
	}
}

void pdiag_parts_link(struct pdiag_parts *p)
{
	struct pdiag_part *part, *parent;

	for (size_t i = p->count; i-- > PDIAG_ROOTS;) {
		part = &p->list[i];
		parent = &p->list[part->parent];
		part->next = parent->child;
		parent->child = (uint32_t)i;
		parent->tally.lumps += part->tally.lumps;
	}
}

double pdiag_parts_rate(const struct pdiag_parts *p, uint32_t part)
{
	const struct pdiag_part *x = &p->list[part];
	double time = p->trouble_time[x->off];

	return time > 0 ? x->tally.trouble / time : 0;
}

double pdiag_parts_normal_rate(const struct pdiag_parts *p, uint32_t part)
{
	const struct pdiag_part *x = &p->list[part];
	double time = p->normal_time[x->off];

	return time > 0 ? x->tally.normal / time : 0;
}

double pdiag_parts_rise(const struct pdiag_parts *p, uint32_t part)
{
	return pdiag_parts_rate(p, part) - pdiag_parts_normal_rate(p, part);
}
