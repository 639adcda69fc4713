/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tasks of one moment, those on the same stack together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/profile.h>

#include "core/error.h"
#include "output/number.h"
#include "report/report.h"
#include "util/arena.h"
#include "util/array.h"
#include "util/hash.h"
#include "util/table.h"

#define ROWS 40
#define NAMES 4
/* Of a name in a row; its whole stack has all of it. */
#define NAME_BYTES 100
/* More different stacks are only counted. */
#define GROUPS 100000

/* Tasks in one state on one stack. */
struct group {
	uint64_t hash;
	const struct pdiag_symbol **frames;
	uint32_t depth, state;
	uint64_t tasks;
	const char *names[NAMES]; /* of processes, the first that came */
	uint64_t by_name[NAMES];
	uint64_t others; /* tasks of other names */
};

struct groups {
	struct pdiag_arena arena;
	struct group *list;
	size_t count, cap;
	struct pdiag_table index;
	uint64_t beyond; /* tasks that found no group */
};

static uint64_t hash_stack(const struct pdiag_stack *s)
{
	uint64_t hash = pdiag_hash_u64(s->state, s->depth);

	for (uint32_t i = 0; i < s->depth; i++)
		hash = pdiag_hash_bytes(hash, s->frames[i]->name, strlen(s->frames[i]->name));
	return hash;
}

static bool same_stack(const struct group *g, const struct pdiag_stack *s)
{
	if (g->depth != s->depth || g->state != s->state)
		return false;
	for (uint32_t i = 0; i < s->depth; i++)
		if (strcmp(g->frames[i]->name, s->frames[i]->name))
			return false;
	return true;
}

static int make_group(struct groups *g, const struct pdiag_stack *s, uint64_t hash)
{
	struct group *new;

	if (pdiag_array_reserve(&g->list, &g->cap, g->count + 1, sizeof(*g->list)))
		return -ENOMEM;
	new = &g->list[g->count];
	*new = (struct group){ .hash = hash, .depth = s->depth, .state = s->state };
	new->frames = pdiag_arena_alloc(&g->arena, (s->depth + 1) * sizeof(*new->frames));
	if (!new->frames)
		return -ENOMEM;
	if (s->depth)
		memcpy(new->frames, s->frames, s->depth * sizeof(*new->frames));
	if (pdiag_table_insert(&g->index, hash, (uint32_t)g->count))
		return -ENOMEM;
	g->count++;
	return 0;
}

static int add_name(struct groups *g, struct group *group, const struct pdiag_stack *s)
{
	for (int i = 0; i < NAMES; i++) {
		if (!group->names[i]) {
			group->names[i] = pdiag_arena_copy(&g->arena, s->process,
				strlen(s->process));
			if (!group->names[i])
				return -ENOMEM;
		}
		if (!strcmp(group->names[i], s->process)) {
			group->by_name[i] += s->samples;
			return 0;
		}
	}
	group->others += s->samples;
	return 0;
}

static int add_task(void *user, const struct pdiag_stack *s)
{
	struct groups *g = user;
	uint64_t hash = hash_stack(s);
	uint32_t pos, i;

	for (i = pdiag_table_first(&g->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&g->index, hash, &pos))
		if (same_stack(&g->list[i], s))
			break;
	if (i == PDIAG_TABLE_END && g->count == GROUPS) {
		g->beyond += s->samples;
		return 0;
	}
	if (i == PDIAG_TABLE_END) {
		i = (uint32_t)g->count;
		if (make_group(g, s, hash))
			return pdiag_fail_memory("grouping tasks");
	}
	g->list[i].tasks += s->samples;
	return add_name(g, &g->list[i], s) ? pdiag_fail_memory("grouping tasks") : 0;
}

static int by_tasks(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->tasks != y->tasks)
		return x->tasks > y->tasks ? -1 : 1;
	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static const char *state_text(uint32_t state)
{
	return state == PDIAG_STATE_RUNNING ? "on a CPU" :
		state == PDIAG_STATE_PREEMPTED ? "wants to run" : pdiag_state_text(state);
}

static void put_names(struct pdiag_text *t, const struct group *g)
{
	for (int i = 0; i < NAMES && g->names[i]; i++) {
		pdiag_text_str(t, i ? ", <code>" : "<code>");
		pdiag_report_put(t, g->names[i]);
		pdiag_text_str(t, "</code>");
		if (g->by_name[i] > 1) {
			pdiag_text_str(t, " \xc3\x97");
			pdiag_number_grouped(t, g->by_name[i]);
		}
	}
	if (g->others) {
		pdiag_text_str(t, " and ");
		pdiag_number_grouped(t, g->others);
		pdiag_text_str(t, " of others");
	}
}

static void put_short(struct pdiag_text *t, const char *name)
{
	char cut[NAME_BYTES + 1];

	snprintf(cut, sizeof(cut), "%s", name);
	pdiag_report_put(t, *cut ? cut : "[empty]");
	if (strlen(name) > NAME_BYTES)
		pdiag_text_str(t, "\xe2\x80\xa6");
}

/* Where it is, in one line: the innermost frames. */
static void put_stack(struct pdiag_text *t, const struct group *g)
{
	if (!g->depth) {
		pdiag_text_str(t, "<span class=\"none\">no stack</span>");
		return;
	}
	pdiag_text_str(t, "<details><summary><code>");
	for (uint32_t i = 0; i < g->depth && i < 3; i++) {
		pdiag_text_str(t, i ? " \xe2\x86\x90 " : "");
		put_short(t, g->frames[i]->name);
	}
	pdiag_text_str(t, g->depth > 3 ? " \xe2\x80\xa6</code></summary>\n" :
					 "</code></summary>\n");
	pdiag_report_put_frames(t, g->frames, g->depth);
	pdiag_text_str(t, "</details>");
}

static int put_table(struct pdiag_report *r, struct groups *g)
{
	struct pdiag_text *t = &r->out->text;
	uint64_t rest = g->beyond;
	int ret = 0;

	qsort(g->list, g->count, sizeof(*g->list), by_tasks);
	pdiag_text_str(t, "<div class=\"wide\"><table class=\"tasks\">\n<thead><tr>"
		"<th class=\"number\">Tasks</th><th>State</th><th>Who</th><th>Where, innermost "
		"first</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < g->count && i < ROWS && !ret; i++) {
		pdiag_text_str(t, "<tr><td class=\"number\">");
		pdiag_number_grouped(t, g->list[i].tasks);
		pdiag_text_printf(t, "</td><td>%s</td><td>", state_text(g->list[i].state));
		put_names(t, &g->list[i]);
		pdiag_text_str(t, "</td><td>");
		put_stack(t, &g->list[i]);
		pdiag_text_str(t, "</td></tr>\n");
		ret = pdiag_out_room(r->out);
	}
	pdiag_text_str(t, "</tbody></table></div>\n");
	for (size_t i = ROWS; i < g->count; i++)
		rest += g->list[i].tasks;
	if (rest) {
		pdiag_text_str(t, "<p class=\"note\">And ");
		pdiag_number_grouped(t, rest);
		pdiag_text_str(t, " tasks on other stacks, which the flame graph has.</p>\n");
	}
	return ret;
}

static void put_lead(const struct pdiag_report *r, struct pdiag_text *t)
{
	const struct pdiag_event_info *i = &r->info;

	pdiag_text_str(t, "<p>");
	if (i->tasks_ns) {
		pdiag_text_str(t, i->tasks_triggered ?
			"The kernel looked at them by itself, " : "They were looked at ");
		pdiag_report_put_span(t, i->tasks_ns >= i->onset_ns ? i->tasks_ns - i->onset_ns :
			i->onset_ns - i->tasks_ns);
		pdiag_text_str(t, i->tasks_ns >= i->onset_ns ? " after the onset. " :
			" before the onset. ");
	}
	pdiag_text_printf(t, "<b>%u</b> ran or wanted to, <b>%u</b> were in uninterruptible sleep."
		"</p>\n", i->runnable, i->blocked);
}

static int put_graph(struct pdiag_report *r, struct pdiag_profile *profile)
{
	struct pdiag_output_options o = { .size = sizeof(o), .unit = PDIAG_UNIT_TASKS,
		.title = "Tasks by stack",
		.width = r->options.width };
	struct pdiag_report_inline in;
	struct pdiag_sink sink = pdiag_report_inline_sink(&in, r);
	int ret;

	pdiag_text_str(&r->out->text, "<div class=\"picture\">\n");
	ret = pdiag_profile_write_flamegraph(profile, &o, &sink);
	pdiag_text_str(&r->out->text, "</div>\n");
	return ret;
}

int pdiag_report_write_tasks(struct pdiag_report *r)
{
	struct pdiag_profile *profile = pdiag_event_profile(r->event, PDIAG_EVIDENCE_TASKS);
	struct pdiag_text *t = &r->out->text;
	struct groups g = { 0 };
	int ret;

	if (!profile)
		return 0;
	pdiag_text_str(t, "<section><h2>Tasks at one moment</h2>\n");
	put_lead(r, t);
	ret = pdiag_profile_each_stack(profile, add_task, &g);
	if (!ret && g.count)
		ret = put_table(r, &g);
	if (!ret && g.count)
		ret = put_graph(r, profile);
	pdiag_text_str(t, "</section>\n");
	pdiag_arena_free(&g.arena);
	pdiag_table_free(&g.index);
	free(g.list);
	return ret;
}
