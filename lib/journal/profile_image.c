/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a profile to bytes. */
#include "journal/profile_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "profile/ledger.h"
#include "util/array.h"
#include "util/hash.h"

/* Things that have a number, in the order in which they were first seen; known by address, so that
 * a text may be there twice. */
struct numbers {
	const void **list;
	size_t count, cap;
	struct pdiag_table index;
};

struct image {
	struct pdiag_text *to;
	struct numbers texts, modules;
	int error;
};

static uint64_t hash(const void *p)
{
	return pdiag_hash_u64(0, (uintptr_t)p);
}

static uint32_t number(struct image *m, struct numbers *n, const void *p)
{
	uint32_t pos, i;

	for (i = pdiag_table_first(&n->index, hash(p), &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&n->index, hash(p), &pos))
		if (n->list[i] == p)
			return i;
	if (n->count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&n->list, &n->cap, n->count + 1, sizeof(*n->list)) ||
		pdiag_table_insert(&n->index, hash(p), (uint32_t)n->count)) {
		m->error = -ENOMEM;
		return 0;
	}
	n->list[n->count] = p;
	return (uint32_t)n->count++;
}

/* 0 is a text that is not there. */
static uint32_t text(struct image *m, const char *t)
{
	return t ? number(m, &m->texts, t) + 1 : 0;
}

/* Everything gets its number before it is written of. */
static void gather(struct image *m, const struct pdiag_profile *p)
{
	const struct pdiag_symbol *s;

	for (size_t i = 0; i < p->frame_count; i++) {
		text(m, p->frames[i].module->path);
		number(m, &m->modules, p->frames[i].module);
		for (s = p->frames[i].symbol; s; s = s->caller) {
			text(m, s->name);
			text(m, s->raw_name);
			text(m, s->module);
			text(m, s->file);
		}
	}
	for (size_t i = 0; i < p->thread_count; i++) {
		text(m, p->threads[i].comm);
		text(m, p->threads[i].process);
	}
}

static void put_modules(struct image *m)
{
	const struct pdiag_module *module;

	pdiag_put_u64(m->to, m->modules.count);
	for (size_t i = 0; i < m->modules.count; i++) {
		module = m->modules.list[i];
		pdiag_put_u64(m->to, module->kind);
		pdiag_put_u64(m->to, text(m, module->path));
		pdiag_put_u64(m->to, module->inode);
		pdiag_put_u64(m->to, module->generation);
		pdiag_put_u64(m->to, module->major);
		pdiag_put_u64(m->to, module->minor);
		pdiag_put_i64(m->to, module->pid);
		pdiag_put_u64(m->to, module->born);
		pdiag_put_u64(m->to, module->reason);
	}
}

static void put_symbol(struct image *m, const struct pdiag_symbol *s)
{
	pdiag_put_u64(m->to, text(m, s->name));
	pdiag_put_u64(m->to, text(m, s->raw_name));
	pdiag_put_u64(m->to, text(m, s->module));
	pdiag_put_u64(m->to, text(m, s->file));
	pdiag_put_u64(m->to, s->address);
	pdiag_put_u64(m->to, s->size);
	pdiag_put_u64(m->to, s->offset);
	pdiag_put_u64(m->to, s->line);
	pdiag_put_u64(m->to, s->kind);
	pdiag_put_u64(m->to, s->reason);
}

static void put_frames(struct image *m, const struct pdiag_profile *p)
{
	const struct pdiag_symbol *s;
	uint32_t callers;

	pdiag_put_u64(m->to, p->frame_count);
	for (size_t i = 0; i < p->frame_count; i++) {
		pdiag_put_u64(m->to, number(m, &m->modules, p->frames[i].module));
		pdiag_put_u64(m->to, p->frames[i].value);
		callers = 0;
		for (s = p->frames[i].symbol->caller; s; s = s->caller)
			callers++;
		if (callers > PDIAG_IMAGE_CALLERS_MAX)
			callers = PDIAG_IMAGE_CALLERS_MAX;
		pdiag_put_u64(m->to, callers);
		for (s = p->frames[i].symbol; put_symbol(m, s), callers; callers--)
			s = s->caller;
	}
}

static void put_stacks(struct image *m, const struct pdiag_profile *p)
{
	pdiag_put_u64(m->to, p->node_count - 1);
	for (size_t i = 1; i < p->node_count; i++) {
		pdiag_put_u64(m->to, i - p->nodes[i].parent);
		pdiag_put_u64(m->to, p->nodes[i].frame);
	}
	pdiag_put_u64(m->to, p->thread_count);
	for (size_t i = 0; i < p->thread_count; i++) {
		pdiag_put_i64(m->to, p->threads[i].pid);
		pdiag_put_i64(m->to, p->threads[i].tid);
		pdiag_put_u64(m->to, text(m, p->threads[i].comm));
		pdiag_put_u64(m->to, text(m, p->threads[i].process));
	}
	pdiag_put_u64(m->to, p->entry_count);
	for (size_t i = 0; i < p->entry_count; i++) {
		const struct pdiag_entry *e = &p->entries[i];

		pdiag_put_u64(m->to, e->thread);
		pdiag_put_u64(m->to, e->node);
		pdiag_put_u64(m->to, e->state);
		pdiag_put_u64(m->to, e->flags);
		pdiag_put_u64(m->to, e->samples);
		pdiag_put_u64(m->to, e->weight);
	}
}

static void put_losses(struct image *m, const struct pdiag_ledger *l)
{
	pdiag_put_u64(m->to, l->coarse);
	pdiag_put_u64(m->to, PDIAG_COUNT(l->total));
	for (size_t i = 0; i < PDIAG_COUNT(l->total); i++)
		pdiag_put_u64(m->to, l->total[i]);
	pdiag_put_u64(m->to, l->count);
	for (size_t i = 0; i < l->count; i++) {
		pdiag_put_u64(m->to, l->lines[i].reason);
		pdiag_put_i64(m->to, l->lines[i].cpu);
		pdiag_put_i64(m->to, l->lines[i].pid);
		pdiag_put_u64(m->to, l->lines[i].second);
		pdiag_put_u64(m->to, l->lines[i].events);
	}
}

static void put_all(struct image *m, const struct pdiag_profile *p)
{
	pdiag_put_u64(m->to, p->start_time);
	pdiag_put_u64(m->to, p->end_time);
	pdiag_put_u64(m->to, p->extra_duration);
	pdiag_put_u64(m->to, p->start_realtime);
	pdiag_put_u64(m->to, p->period_ns);
	pdiag_put_u64(m->to, p->hz);
	pdiag_put_u64(m->to, m->texts.count);
	for (size_t i = 0; i < m->texts.count; i++)
		pdiag_put_text(m->to, m->texts.list[i]);
	put_modules(m);
	put_frames(m, p);
	put_stacks(m, p);
	put_losses(m, p->ledger);
}

static void numbers_free(struct numbers *n)
{
	free(n->list);
	pdiag_table_free(&n->index);
}

int pdiag_profile_put(struct pdiag_text *to, struct pdiag_profile *profile)
{
	struct image m = { .to = to };
	int ret = pdiag_profile_resolve(profile, NULL);

	if (ret)
		return ret;
	/* What was lost is in the weights from here on. */
	pdiag_profile_settle(profile, UINT64_MAX);
	gather(&m, profile);
	if (!m.error)
		put_all(&m, profile);
	if (m.error || to->error)
		ret = pdiag_fail_memory("writing a profile to a journal");
	numbers_free(&m.texts);
	numbers_free(&m.modules);
	return ret;
}
