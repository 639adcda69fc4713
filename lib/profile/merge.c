/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One profile added to another, and a copy, which is a merge into an empty one. */
#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "profile/ledger.h"
#include "profile/profile.h"
#include "util/array.h"

/* From the ids of one profile to those of another. */
struct maps {
	uint32_t *frames, *nodes, *threads, *entries;
	const struct pdiag_symbol **symbols; /* for each frame of `from`: its new name or NULL */
	struct pdiag_ledger ledger;	     /* both together */
};

static void maps_free(struct maps *m)
{
	free(m->frames);
	free(m->nodes);
	free(m->threads);
	free(m->entries);
	free(m->symbols);
	pdiag_ledger_free(&m->ledger);
}

/* One more than asked for, so that an empty profile is no failure. */
static void *new_map(size_t count, size_t size)
{
	return calloc(count + 1, size);
}

static int maps_init(struct maps *m, const struct pdiag_profile *from)
{
	*m = (struct maps){
		.frames = new_map(from->frame_count, sizeof(*m->frames)),
		.nodes = new_map(from->node_count, sizeof(*m->nodes)),
		.threads = new_map(from->thread_count, sizeof(*m->threads)),
		.entries = new_map(from->entry_count, sizeof(*m->entries)),
		.symbols = new_map(from->frame_count, sizeof(*m->symbols)),
	};
	return m->frames && m->nodes && m->threads && m->entries && m->symbols ? 0 : -ENOMEM;
}

/* A name from elsewhere is wanted where there is none, or only the reason why there is none. */
static bool wanted(const struct pdiag_symbol *have, const struct pdiag_symbol *offer)
{
	return offer && (!have || (have->reason && !offer->reason));
}

static int map_frames(struct pdiag_profile *into, const struct pdiag_profile *from, struct maps *m)
{
	const struct pdiag_frame *f;
	uint32_t id;

	for (size_t i = 0; i < from->frame_count; i++) {
		f = &from->frames[i];
		id = m->frames[i] = pdiag_profile_frame(into, f->module, f->value);
		if (id == PDIAG_ID_NONE)
			return -ENOMEM;
		if (!wanted(into->frames[id].symbol, f->symbol))
			continue;
		m->symbols[i] = pdiag_profile_keep_symbol(into, f->symbol);
		if (!m->symbols[i])
			return -ENOMEM;
	}
	return 0;
}

static int map_nodes(struct pdiag_profile *into, const struct pdiag_profile *from, struct maps *m)
{
	const struct pdiag_node *n;

	/* A parent always comes before its children; the root is 0 in both. */
	for (size_t i = 1; i < from->node_count; i++) {
		n = &from->nodes[i];
		m->nodes[i] = pdiag_profile_node(into, m->nodes[n->parent], m->frames[n->frame]);
		if (m->nodes[i] == PDIAG_ID_NONE)
			return -ENOMEM;
	}
	return 0;
}

static int map_entries(struct pdiag_profile *into, const struct pdiag_profile *from, struct maps *m)
{
	const struct pdiag_profile_thread *t;
	const struct pdiag_entry *e;

	for (size_t i = 0; i < from->thread_count; i++) {
		t = &from->threads[i];
		m->threads[i] = pdiag_profile_thread(into, t->pid, t->tid, t->comm, t->process);
		if (m->threads[i] == PDIAG_ID_NONE)
			return -ENOMEM;
	}
	for (size_t i = 0; i < from->entry_count; i++) {
		e = &from->entries[i];
		m->entries[i] = pdiag_profile_entry(into, m->threads[e->thread], m->nodes[e->node],
			e->state, e->flags);
		if (m->entries[i] == PDIAG_ID_NONE)
			return -ENOMEM;
	}
	return 0;
}

static bool has_running(const struct pdiag_profile *p)
{
	for (size_t i = 0; i < p->entry_count; i++)
		if (p->entries[i].state == PDIAG_STATE_RUNNING && p->entries[i].samples)
			return true;
	return false;
}

/* Rates that differ have no common value: the sum has none. */
static void merge_rate(struct pdiag_profile *into, const struct pdiag_profile *from)
{
	if (!has_running(from) && (into->hz || into->period_ns))
		return;
	if (!has_running(into)) {
		into->hz = from->hz;
		into->period_ns = from->period_ns;
		return;
	}
	if (into->hz != from->hz)
		into->hz = 0;
	if (into->period_ns != from->period_ns)
		into->period_ns = 0;
}

static void merge_times(struct pdiag_profile *into, const struct pdiag_profile *from)
{
	uint64_t extra = pdiag_profile_duration(from);

	into->extra_duration = extra > UINT64_MAX - into->extra_duration ?
		UINT64_MAX : into->extra_duration + extra;
	if (from->start_realtime &&
		(!into->start_realtime || from->start_realtime < into->start_realtime))
		into->start_realtime = from->start_realtime;
}

/* Everything is in place: this cannot fail. */
static void commit(struct pdiag_profile *into, const struct pdiag_profile *from, struct maps *m)
{
	struct pdiag_ledger old = *into->ledger;
	uint64_t weight;

	merge_rate(into, from);
	merge_times(into, from);
	for (size_t i = 0; i < from->frame_count; i++)
		if (m->symbols[i])
			into->frames[m->frames[i]].symbol = m->symbols[i];
	for (size_t i = 0; i < from->entry_count; i++) {
		struct pdiag_entry *e = &into->entries[m->entries[i]];

		weight = from->entries[i].weight;
		if (weight > PDIAG_WEIGHT_MAX - into->weight)
			weight = PDIAG_WEIGHT_MAX - into->weight;
		e->samples += from->entries[i].samples;
		e->weight += weight;
		into->weight += weight;
	}
	*into->ledger = m->ledger;
	m->ledger = old;
}

static int merge(struct pdiag_profile *into, struct pdiag_profile *from)
{
	struct pdiag_profile_mark mark = pdiag_profile_mark(into);
	struct maps m;
	int ret;

	pdiag_profile_settle(from, UINT64_MAX);
	ret = maps_init(&m, from);
	if (!ret)
		ret = map_frames(into, from, &m);
	if (!ret)
		ret = map_nodes(into, from, &m);
	if (!ret)
		ret = map_entries(into, from, &m);
	if (!ret)
		ret = pdiag_ledger_merge(&m.ledger, into->ledger);
	if (!ret)
		ret = pdiag_ledger_merge(&m.ledger, from->ledger);
	if (!ret)
		commit(into, from, &m);
	else
		pdiag_profile_rewind(into, &mark);
	maps_free(&m);
	return ret;
}

int pdiag_profile_merge(struct pdiag_profile *into, struct pdiag_profile *from)
{
	int ret;

	pdiag_error_clear();
	if (into == from)
		return pdiag_fail(EINVAL, "cannot merge a profile into itself; make a copy of it "
			"first with pdiag_profile_copy()");
	if (into->context != from->context)
		return pdiag_fail(EINVAL, "cannot merge profiles of two contexts; make both from "
			"one struct pdiag");
	ret = merge(into, from);
	return ret ? pdiag_fail_memory("merging two profiles") : 0;
}

int pdiag_profile_copy(struct pdiag_profile *profile, struct pdiag_profile **out)
{
	struct pdiag_profile *p;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(profile, out);
	if (!ret)
		ret = pdiag_profile_new(profile->context, out);
	if (ret)
		return ret;
	p = *out;
	if (merge(p, profile)) {
		*out = NULL;
		pdiag_profile_free(p);
		return pdiag_fail_memory("copying a profile");
	}
	/* Ids are the same as well: all was added in the order of the original. */
	p->resolved = profile->resolved;
	p->start_time = profile->start_time;
	p->end_time = profile->end_time;
	p->extra_duration = profile->extra_duration;
	p->start_realtime = profile->start_realtime;
	p->period_ns = profile->period_ns;
	p->hz = profile->hz;
	return 0;
}
