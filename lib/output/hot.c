/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hottest frames, by name and module. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "output/output.h"
#include "util/array.h"
#include "util/hash.h"
#include "util/table.h"

struct hot {
	const struct pdiag_symbol *symbol; /* the first of its name and module */
	uint64_t self_ns, total_ns;
	uint64_t stack; /* the last stack it was counted for */
};

struct known {
	const struct pdiag_symbol *symbol;
	uint32_t hot;
};

/* What a wait has as its leaf: no code, but the cause, as the other outputs draw it. */
struct mark {
	struct pdiag_symbol symbol;
	char name[32];
};

struct gather {
	const struct pdiag_output *output;
	struct mark marks[PDIAG_STATE_PAGE_FAULT + 1];
	struct hot *hots;
	size_t hot_count, hot_cap;
	struct pdiag_table hot_index; /* by name and module */
	struct known *known;
	size_t known_count, known_cap;
	struct pdiag_table known_index; /* by pointer */
	uint64_t stacks, all_ns;
};

static const char *module_of(const struct pdiag_symbol *s)
{
	return s->module ? s->module : "";
}

static uint32_t find_hot(struct gather *g, const struct pdiag_symbol *s)
{
	uint64_t hash = pdiag_hash_bytes(0, s->name, strlen(s->name));
	uint32_t pos, i;

	hash = pdiag_hash_bytes(hash, module_of(s), strlen(module_of(s)));
	for (i = pdiag_table_first(&g->hot_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&g->hot_index, hash, &pos))
		if (!strcmp(g->hots[i].symbol->name, s->name) &&
			!strcmp(module_of(g->hots[i].symbol), module_of(s)))
			return i;
	if (g->hot_count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&g->hots, &g->hot_cap, g->hot_count + 1, sizeof(*g->hots)) ||
		pdiag_table_insert(&g->hot_index, hash, (uint32_t)g->hot_count))
		return PDIAG_TABLE_END;
	g->hots[g->hot_count] = (struct hot){ .symbol = s };
	return (uint32_t)g->hot_count++;
}

static uint32_t find(struct gather *g, const struct pdiag_symbol *s)
{
	uint64_t hash = pdiag_hash_u64(0, (uintptr_t)s);
	uint32_t pos, i;

	for (i = pdiag_table_first(&g->known_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&g->known_index, hash, &pos))
		if (g->known[i].symbol == s)
			return g->known[i].hot;
	i = find_hot(g, s);
	if (i == PDIAG_TABLE_END || g->known_count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&g->known, &g->known_cap, g->known_count + 1,
			sizeof(*g->known)) ||
		pdiag_table_insert(&g->known_index, hash, (uint32_t)g->known_count))
		return PDIAG_TABLE_END;
	g->known[g->known_count++] = (struct known){ s, i };
	return i;
}

static const struct pdiag_symbol *wait_mark(struct gather *g, const struct pdiag_stack *s)
{
	struct mark *m;

	if (s->state == PDIAG_STATE_RUNNING ||
		g->output->options.flags & PDIAG_OUTPUT_NO_STATE)
		return NULL;
	m = &g->marks[s->state];
	if (!m->symbol.name) {
		snprintf(m->name, sizeof(m->name), "[off-cpu: %s]", pdiag_state_text(s->state));
		m->symbol = (struct pdiag_symbol){ .name = m->name, .raw_name = m->name,
			.module = "", .kind = PDIAG_FRAME_MARK };
	}
	return &m->symbol;
}

static int add_frame(struct gather *g, const struct pdiag_symbol *s, bool leaf, uint64_t ns)
{
	uint32_t id = find(g, s);
	struct hot *hot;

	if (id == PDIAG_TABLE_END)
		return pdiag_fail_memory("adding up the hottest frames");
	hot = &g->hots[id];
	if (leaf)
		hot->self_ns += ns;
	if (hot->stack != g->stacks)
		hot->total_ns += ns;
	hot->stack = g->stacks;
	return 0;
}

static int add_stack(void *user, const struct pdiag_stack *s)
{
	struct gather *g = user;
	const struct pdiag_symbol *mark;
	int ret = 0;

	if (!pdiag_output_shows(g->output, s->state, s->pid))
		return 0;
	g->stacks++;
	g->all_ns += s->weight_ns;
	mark = wait_mark(g, s);
	if (mark)
		ret = add_frame(g, mark, true, s->weight_ns);
	for (uint32_t i = 0; i < s->depth && !ret; i++)
		ret = add_frame(g, s->frames[i], !i && !mark, s->weight_ns);
	return ret;
}

static int compare(const void *a, const void *b)
{
	const struct hot *x = a, *y = b;
	int diff;

	if (x->self_ns != y->self_ns)
		return x->self_ns > y->self_ns ? -1 : 1;
	if (x->total_ns != y->total_ns)
		return x->total_ns > y->total_ns ? -1 : 1;
	diff = strcmp(x->symbol->name, y->symbol->name);
	return diff ? diff : strcmp(module_of(x->symbol), module_of(y->symbol));
}

static int report(const struct gather *g, const struct pdiag_output *o, uint32_t count,
	pdiag_hot_frame_fn fn, void *user)
{
	double all = g->all_ns ? (double)g->all_ns : 1;
	size_t n = count && count < g->hot_count ? count : g->hot_count;
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		const struct hot *h = &g->hots[i];
		struct pdiag_hot_frame frame = {
			.symbol = h->symbol,
			.self_ns = h->self_ns,
			.total_ns = h->total_ns,
			.self = pdiag_output_units(o, h->self_ns),
			.total = pdiag_output_units(o, h->total_ns),
			.self_percent = 100 * (double)h->self_ns / all,
			.total_percent = 100 * (double)h->total_ns / all,
		};

		ret = fn(user, &frame);
	}
	return ret;
}

int pdiag_profile_each_hot_frame(struct pdiag_profile *profile,
	const struct pdiag_output_options *options, uint32_t count, pdiag_hot_frame_fn fn,
	void *user)
{
	struct pdiag_output output;
	struct gather g = { .output = &output };
	int ret;

	pdiag_error_clear();
	if (!fn)
		return pdiag_fail(EINVAL, "no function given to call with each hot frame");
	ret = pdiag_output_prepare(&output, profile, options);
	if (ret)
		return ret;
	ret = pdiag_profile_each_stack(profile, add_stack, &g);
	if (!ret && g.hot_count)
		qsort(g.hots, g.hot_count, sizeof(*g.hots), compare);
	if (!ret)
		ret = report(&g, &output, count, fn, user);
	pdiag_table_free(&g.hot_index);
	pdiag_table_free(&g.known_index);
	free(g.hots);
	free(g.known);
	return ret;
}
