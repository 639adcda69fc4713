/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process/maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 512 MiB in all: far above a large machine, far below what a hostile recording may ask for. */
#define TOTAL_MAX ((size_t)16 << 20)

/* The first mapping that ends above the address. */
static uint32_t lower(const struct pdiag_maps *maps, uint64_t address)
{
	uint32_t low = 0, high = maps->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (maps->list[mid].end > address)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* `b`, which starts in or right behind `a`, goes on with what `a` is. */
static bool continues(const struct pdiag_mapping *a, const struct pdiag_mapping *b)
{
	return a->module == b->module && (pdiag_module_by_address(a->module) ||
		a->pgoff + (b->start - a->start) == b->pgoff);
}

static struct pdiag_maps *allocate(uint32_t cap, size_t *total)
{
	struct pdiag_maps *maps;

	if (cap > TOTAL_MAX - *total)
		return NULL;
	maps = malloc(sizeof(*maps) + cap * sizeof(maps->list[0]));
	if (!maps)
		return NULL;
	maps->refs = 1;
	maps->count = 0;
	maps->cap = cap;
	*total += cap;
	return maps;
}

/* Make *maps ours alone, with room for `want`. */
static int own(struct pdiag_maps **maps, uint32_t want, size_t *total)
{
	struct pdiag_maps *old = *maps, *fresh;

	if (old && old->refs == 1 && want <= old->cap)
		return 0;
	fresh = allocate(want + want / 2 + 4, total);
	if (!fresh)
		return -ENOMEM;
	if (old) {
		memcpy(fresh->list, old->list, old->count * sizeof(old->list[0]));
		fresh->count = old->count;
		pdiag_maps_release(old, total);
	}
	*maps = fresh;
	return 0;
}

/* What takes the place of list[first] to list[last - 1]. */
struct patch {
	uint32_t first, last;
	uint32_t count;
	struct pdiag_mapping parts[3];
};

static void patch_left(const struct pdiag_maps *maps, struct patch *p, struct pdiag_mapping *m)
{
	const struct pdiag_mapping *left = NULL;

	if (p->first < p->last && maps->list[p->first].start < m->start)
		left = &maps->list[p->first];
	else if (p->first && maps->list[p->first - 1].end == m->start &&
		continues(&maps->list[p->first - 1], m))
		left = &maps->list[--p->first];
	if (!left)
		return;
	if (continues(left, m)) {
		m->start = left->start;
		m->pgoff = left->pgoff;
		return;
	}
	p->parts[p->count] = *left;
	p->parts[p->count++].end = m->start;
}

static void patch_right(const struct pdiag_maps *maps, struct patch *p, struct pdiag_mapping *m)
{
	struct pdiag_mapping right;

	if (p->first < p->last && maps->list[p->last - 1].end > m->end)
		right = maps->list[p->last - 1];
	else if (p->last < maps->count && maps->list[p->last].start == m->end &&
		continues(m, &maps->list[p->last]))
		right = maps->list[p->last++];
	else {
		p->parts[p->count++] = *m;
		return;
	}
	if (m->end > right.start) {
		right.pgoff += m->end - right.start;
		right.start = m->end;
	}
	if (continues(m, &right)) {
		m->end = right.end;
		p->parts[p->count++] = *m;
		return;
	}
	p->parts[p->count++] = *m;
	p->parts[p->count++] = right;
}

static int apply(struct pdiag_maps **maps, const struct patch *p, size_t *total)
{
	uint32_t tail = *maps ? (*maps)->count - p->last : 0;
	uint32_t want = p->first + p->count + tail;
	int ret;

	if (want > PDIAG_MAPS_MAX)
		return -ENOSPC;
	ret = own(maps, want, total);
	if (ret)
		return ret;
	memmove(&(*maps)->list[p->first + p->count], &(*maps)->list[p->last],
		tail * sizeof((*maps)->list[0]));
	memcpy(&(*maps)->list[p->first], p->parts, p->count * sizeof(p->parts[0]));
	(*maps)->count = want;
	return 1;
}

int pdiag_maps_insert(struct pdiag_maps **maps, const struct pdiag_mapping *mapping, size_t *total)
{
	static const struct pdiag_maps none;
	const struct pdiag_maps *old = *maps ? *maps : &none;
	struct pdiag_mapping m = *mapping;
	struct patch p = { 0 };

	p.first = p.last = lower(old, m.start);
	if (p.first < old->count && old->list[p.first].start <= m.start &&
		old->list[p.first].end >= m.end && continues(&old->list[p.first], &m))
		return 0;
	while (p.last < old->count && old->list[p.last].start < m.end)
		p.last++;
	patch_left(old, &p, &m);
	patch_right(old, &p, &m);
	return apply(maps, &p, total);
}

struct pdiag_maps *pdiag_maps_share(struct pdiag_maps *maps)
{
	if (maps)
		maps->refs++;
	return maps;
}

void pdiag_maps_release(struct pdiag_maps *maps, size_t *total)
{
	if (!maps || --maps->refs)
		return;
	*total -= maps->cap;
	free(maps);
}

const struct pdiag_mapping *pdiag_maps_find(const struct pdiag_maps *maps, uint64_t address,
	uint32_t *last)
{
	const struct pdiag_mapping *m;
	uint32_t i;

	if (!maps)
		return NULL;
	if (*last < maps->count) {
		m = &maps->list[*last];
		if (address >= m->start && address < m->end)
			return m;
	}
	i = lower(maps, address);
	if (i == maps->count || maps->list[i].start > address)
		return NULL;
	*last = i;
	return &maps->list[i];
}
