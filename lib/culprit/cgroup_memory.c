/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/cgroup_memory.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"

/* ---- one for a context ---- */

static void drop(struct pdiag_cgroup_generation *g)
{
	free(g->list);
	pdiag_table_free(&g->index);
	pdiag_strings_free(&g->strings);
	memset(g, 0, sizeof(*g));
}

static void destroy(struct pdiag_child *child)
{
	struct pdiag_cgroup_memory *m = pdiag_container(child, struct pdiag_cgroup_memory, child);

	m->context->slots[PDIAG_SLOT_CGROUPS] = NULL;
	drop(&m->now);
	drop(&m->before);
	free(m);
}

struct pdiag_cgroup_memory *pdiag_cgroup_memory_of(struct pdiag *context)
{
	struct pdiag_cgroup_memory *m = context->slots[PDIAG_SLOT_CGROUPS];

	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->context = context;
	pdiag_child_add(context, &m->child, destroy);
	context->slots[PDIAG_SLOT_CGROUPS] = m;
	return m;
}

/* ---- one generation ---- */

static uint64_t hash_of(int32_t pid)
{
	return pdiag_hash_u64(0x636770, (uint32_t)pid);
}

/* The next of this pid and name, from the first on. */
static struct pdiag_cgroup_known *step(struct pdiag_cgroup_generation *g, uint32_t i, uint64_t hash,
	uint32_t *at, int32_t pid, const char *name)
{
	for (; i != PDIAG_TABLE_END; i = pdiag_table_next(&g->index, hash, at))
		if (g->list[i].owner.pid == pid && !strcmp(g->list[i].owner.name, name))
			return &g->list[i];
	return NULL;
}

static struct pdiag_cgroup_known *first_of(struct pdiag_cgroup_generation *g, uint64_t hash,
	uint32_t *at, int32_t pid, const char *name)
{
	return step(g, pdiag_table_first(&g->index, hash, at), hash, at, pid, name);
}

static struct pdiag_cgroup_known *next_of(struct pdiag_cgroup_generation *g, uint64_t hash,
	uint32_t *at, int32_t pid, const char *name)
{
	return step(g, pdiag_table_next(&g->index, hash, at), hash, at, pid, name);
}

static struct pdiag_cgroup_known *find(struct pdiag_cgroup_generation *g,
	const struct pdiag_cgroup_owner *owner)
{
	uint64_t hash = hash_of(owner->pid);
	struct pdiag_cgroup_known *k;
	uint32_t at;

	k = first_of(g, hash, &at, owner->pid, owner->name);
	while (k && k->owner.began != owner->began)
		k = next_of(g, hash, &at, owner->pid, owner->name);
	return k;
}

static void add(struct pdiag_cgroup_generation *g, const struct pdiag_cgroup_owner *owner,
	const char *path)
{
	struct pdiag_cgroup_known known = { .owner = *owner };

	known.owner.name = pdiag_strings_add(&g->strings, owner->name);
	known.path = pdiag_strings_add(&g->strings, path);
	if (!known.owner.name || !known.path ||
		pdiag_array_reserve(&g->list, &g->cap, g->count + 1, sizeof(*g->list)) ||
		pdiag_table_insert(&g->index, hash_of(owner->pid), (uint32_t)g->count))
		return;
	g->list[g->count++] = known;
}

/* ---- both ---- */

static bool is_full(const struct pdiag_cgroup_generation *g)
{
	return g->count >= PDIAG_CGROUPS_KEPT || g->strings.arena.bytes >= PDIAG_CGROUPS_TEXT;
}

/* What was not asked for in a whole generation goes with it. */
static void make_room(struct pdiag_cgroup_memory *m)
{
	if (!is_full(&m->now))
		return;
	drop(&m->before);
	m->before = m->now;
	memset(&m->now, 0, sizeof(m->now));
}

void pdiag_cgroup_remember(struct pdiag_cgroup_memory *m, const struct pdiag_cgroup_owner *owner,
	const char *path)
{
	struct pdiag_cgroup_known *k;
	const char *kept;

	make_room(m);
	k = find(&m->now, owner);
	if (!k) {
		add(&m->now, owner, path);
		return;
	}
	/* It may have been moved to another. */
	kept = strcmp(k->path, path) ? pdiag_strings_add(&m->now.strings, path) : k->path;
	if (!kept)
		return;
	k->path = kept;
	if (owner->seen > k->owner.seen)
		k->owner.seen = owner->seen;
}

/* The one that was there last, where there were several. */
static struct pdiag_cgroup_known *within(struct pdiag_cgroup_generation *g, int32_t pid,
	const char *name, uint64_t from, uint64_t to)
{
	uint64_t hash = hash_of(pid);
	struct pdiag_cgroup_known *k, *best = NULL;
	uint32_t at;

	for (k = first_of(g, hash, &at, pid, name); k; k = next_of(g, hash, &at, pid, name))
		if (k->owner.began <= to && k->owner.seen >= from &&
			(!best || k->owner.began > best->owner.began))
			best = k;
	return best;
}

const char *pdiag_cgroup_recall(struct pdiag_cgroup_memory *m, int32_t pid, const char *name,
	uint64_t from, uint64_t to)
{
	struct pdiag_cgroup_known *k = within(&m->now, pid, name, from, to);
	struct pdiag_cgroup_known *old = k ? NULL : within(&m->before, pid, name, from, to);

	if (k)
		return k->path;
	if (!old)
		return NULL;
	/* Room would be made by dropping the generation that it is in. */
	if (!is_full(&m->now))
		add(&m->now, &old->owner, old->path);
	return old->path;
}
