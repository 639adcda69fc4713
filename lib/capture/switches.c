/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/switches.h"

#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

static uint64_t hash_tid(int32_t tid)
{
	return pdiag_hash_u64(7, (uint32_t)tid);
}

static struct pdiag_absence *find(const struct pdiag_switches *s, int32_t tid)
{
	uint64_t hash = hash_tid(tid);
	uint32_t pos, i;

	for (i = pdiag_table_first(&s->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&s->index, hash, &pos))
		if (s->list[i].tid == tid)
			return &s->list[i];
	return NULL;
}

int pdiag_switches_leave(struct pdiag_switches *s, const struct pdiag_absence *absence,
	uint64_t *before)
{
	struct pdiag_absence *a = find(s, absence->tid);
	int ret;

	*before = a ? a->since : 0;
	if (!a) {
		ret = pdiag_array_reserve(&s->list, &s->cap, s->count + 1, sizeof(*s->list));
		if (!ret)
			ret = pdiag_table_insert(
				&s->index, hash_tid(absence->tid), (uint32_t)s->count);
		if (ret)
			return ret;
		a = &s->list[s->count++];
	}
	*a = *absence;
	return 0;
}

void pdiag_switches_preempted(struct pdiag_switches *s, int32_t tid)
{
	struct pdiag_absence *a = find(s, tid);

	if (a)
		a->preempted = true;
}

bool pdiag_switches_find(const struct pdiag_switches *s, int32_t tid, struct pdiag_absence *out)
{
	const struct pdiag_absence *a = find(s, tid);

	if (a)
		*out = *a;
	return a;
}

bool pdiag_switches_return(struct pdiag_switches *s, int32_t tid, struct pdiag_absence *out)
{
	struct pdiag_absence *a = find(s, tid);
	uint32_t i, last;

	if (!a)
		return false;
	*out = *a;
	i = (uint32_t)(a - s->list);
	last = (uint32_t)(s->count - 1);
	pdiag_table_remove(&s->index, hash_tid(tid), i);
	if (i != last) {
		pdiag_table_replace(&s->index, hash_tid(s->list[last].tid), last, i);
		s->list[i] = s->list[last];
	}
	s->count = last;
	return true;
}

void pdiag_switches_free(struct pdiag_switches *s)
{
	pdiag_table_free(&s->index);
	free(s->list);
	*s = (struct pdiag_switches){ 0 };
}
