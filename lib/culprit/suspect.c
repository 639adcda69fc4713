/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/suspect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "culprit/chance.h"
#include "culprit/doing.h"
#include "util/array.h"

/* Work of the kernel's threads, which is done for others, and what was not there before: that is
 * rather guilty than hit. */
#define FOR_OTHERS 0.5
#define NEW 1.25
/* Who was there before was seen so much of the time, at least, that it is seen now. */
#define OLD 0.5
/* Short waits are so much, at least, of what comes on top in longer ones. */
#define SHORT 0.25
/* A stack stands for its process if it has so many times the rise, as other stacks have less. */
#define APART 1.25
/* Of waits that a metric tells of, who has so much needs so many decades only. */
#define MOST 0.5
#define LIKELY 1.0

void pdiag_case_close(struct pdiag_case *c)
{
	free(c->rises);
	free(c->highest);
}

int pdiag_case_open(struct pdiag_case *c, struct pdiag_parts *parts)
{
	c->parts = parts;
	pdiag_parts_link(parts);
	c->rises = malloc(parts->count * sizeof(*c->rises));
	c->highest = malloc(parts->count * sizeof(*c->highest));
	if (!c->rises || !c->highest)
		return -ENOMEM;
	for (size_t i = 0; i < parts->count; i++)
		c->rises[i] = c->highest[i] = pdiag_parts_rise(parts, (uint32_t)i);
	for (size_t i = parts->count; i-- > PDIAG_ROOTS;) {
		pdiag_case_count(c, (uint32_t)i);
		if (c->highest[i] > c->highest[parts->list[i].parent])
			c->highest[parts->list[i].parent] = c->highest[i];
	}
	return 0;
}

/* ---- one name or cgroup ---- */

struct finding {
	double rise, decades;
};

static bool comparable(const struct pdiag_case *c, uint16_t off)
{
	return c->parts->windows[off] > 0;
}

/* With no ordinary times at all, what there is most of is told; not where they have only samples of
 * the other kind. */
static bool known(const struct pdiag_case *c, uint16_t off)
{
	return comparable(c, off) || !comparable(c, !off);
}

/* Threads of the kernel have no frames of user space below all others. */
static bool of_kernel(const struct pdiag_parts *p, uint32_t name)
{
	bool any = false;

	if (p->list[name].user)
		return false;
	for (uint32_t d = p->list[name].child; d; d = p->list[d].next)
		for (uint32_t i = p->list[d].child; i; i = p->list[i].next) {
			if (p->list[i].symbol->kind != PDIAG_FRAME_KERNEL)
				return false;
			any = true;
		}
	return any;
}

bool pdiag_case_is_meant(const struct pdiag_case *c, uint32_t doing)
{
	const struct pdiag_part *part = &c->parts->list[doing];

	return c->states >> pdiag_doing_state(part->key) & 1 &&
		c->parts->list[part->parent].kind == PDIAG_PART_NAME &&
		!of_kernel(c->parts, part->parent) && pdiag_case_more_often(c, part);
}

/* The decades that it takes. */
static double needed(const struct pdiag_case *c, uint32_t doing, double rise)
{
	if (!pdiag_case_is_meant(c, doing) || rise < MOST * c->totals.known)
		return c->significance;
	return fmin(c->significance, LIKELY);
}

bool pdiag_case_passes(const struct pdiag_case *c, uint32_t doing, double rise, double decades)
{
	uint16_t off = c->parts->list[doing].off;

	if (!(rise > 0) || rise < c->min_share * c->totals.rise[off])
		return false;
	return comparable(c, off) ? decades >= needed(c, doing, rise) : known(c, off);
}

/* The rise of one pid, where those of its name hide it. */
static struct finding find_pid(const struct pdiag_case *c, uint32_t doing,
	const struct pdiag_members *m, double least)
{
	const struct pdiag_part *part = &c->parts->list[doing];
	struct finding f = { 0 };
	uint32_t i;

	if (m->one == PDIAG_PART_NONE || (!m->fresh && !(c->parts->list[m->one].tally.normal > 0)))
		return f;
	i = pdiag_parts_find(c->parts, m->one, PDIAG_PART_DOING, part->key);
	if (i == PDIAG_PART_NONE)
		return f;
	f.rise = pdiag_parts_rise(c->parts, i);
	if (!(f.rise > 0) || f.rise < least)
		return (struct finding){ 0 };
	f.decades = pdiag_chance_among(pdiag_chance(c->parts, i), c->totals.names);
	return f;
}

/* Was little to be seen of it in ordinary times? */
static bool is_new(const struct pdiag_parts *p, uint32_t part)
{
	const struct pdiag_part *x = &p->list[part];

	return x->tally.normal * p->trouble_time[1] <
		OLD * x->tally.trouble * p->normal_time[1];
}

/* What may be a rest is trouble only where there are more waits than before, and short ones. */
bool pdiag_case_heeds(const struct pdiag_case *c, uint32_t doing)
{
	const struct pdiag_parts *p = c->parts;
	const struct pdiag_part *part = &p->list[doing];
	uint32_t rest;

	if (!pdiag_heeded(part->key) || !(part->tally.trouble > 0) || !known(c, part->off))
		return false;
	if (!part->off || pdiag_doing_heed(part->key) >= PDIAG_HEED_HALF)
		return true;
	/* Who comes up and sleeps, or polls, is one more that does. */
	if (pdiag_doing_heed(part->key) == PDIAG_HEED_SLIGHT && is_new(p, part->parent))
		return false;
	if (!pdiag_case_more_often(c, part))
		return false;
	rest = pdiag_parts_find(p, part->parent, PDIAG_PART_DOING,
		pdiag_doing(pdiag_doing_state(part->key), PDIAG_HEED_REST));
	return rest == PDIAG_PART_NONE || c->highest[doing] >= SHORT * c->rises[rest];
}

static struct finding find_doing(const struct pdiag_case *c, uint32_t doing,
	const struct pdiag_members *m)
{
	const struct pdiag_part *part = &c->parts->list[doing];
	double groups = m ? c->totals.names : c->totals.cgroups, decades, rise;
	struct finding f = { .rise = c->rises[doing] }, other;
	double least = c->min_share * c->totals.rise[part->off];

	if (!(c->highest[doing] > 0) || !comparable(c, part->off))
		return f;
	if (f.rise >= least && f.rise > 0)
		f.decades = pdiag_chance_among(pdiag_chance(c->parts, doing), groups);
	if (!m)
		return f;
	rise = c->highest[doing];
	if (rise >= least && (f.decades < c->significance || rise > APART * f.rise)) {
		pdiag_case_path(c, doing, &decades);
		if (decades >= c->significance && rise > APART * f.rise)
			f.rise = rise;
		f.decades = fmax(f.decades, decades);
	}
	if (f.decades < c->significance) {
		other = find_pid(c, doing, m, least);
		if (other.decades >= c->significance)
			f = other;
	}
	return f;
}

static void look(const struct pdiag_case *c, uint32_t part, struct pdiag_suspect *s)
{
	const struct pdiag_parts *p = c->parts;
	bool name = p->list[part].kind == PDIAG_PART_NAME;
	struct pdiag_members m = { .one = PDIAG_PART_NONE, .cgroup = "" };
	double best = 0, score;
	struct finding f;

	*s = (struct pdiag_suspect){ .part = part, .cgroup = "" };
	if (name)
		m = pdiag_case_members(c, part);
	for (uint32_t i = p->list[part].child; i; i = p->list[i].next) {
		if (!pdiag_case_heeds(c, i))
			continue;
		f = find_doing(c, i, name ? &m : NULL);
		if (!(f.rise > 0))
			continue;
		score = pdiag_case_weigh(c, part, i, f.rise);
		/* For the rank, what may be chance counts as far as it is not. */
		s->score += comparable(c, p->list[i].off) ?
			score * fmin(f.decades / c->significance, 1) : score;
		if (score <= best ||
			!pdiag_case_passes(c, i, f.rise, f.decades))
			continue;
		best = score;
		s->doing = s->told = i;
		s->rise = f.rise;
		s->decades = f.decades;
		s->share = fmin(f.rise / c->totals.rise[p->list[i].off], 1);
	}
	if (!s->doing || !name)
		return;
	if (of_kernel(p, part))
		s->score *= FOR_OTHERS;
	else if (m.fresh || !(p->list[part].tally.normal > 0))
		s->score *= NEW;
	s->processes = m.processes;
	s->cgroup = m.cgroup;
	if (m.one == PDIAG_PART_NONE)
		return;
	s->told = pdiag_parts_find(p, m.one, PDIAG_PART_DOING, p->list[s->doing].key);
	if (s->told == PDIAG_PART_NONE) {
		s->told = s->doing;
		return;
	}
	s->pid = (int32_t)p->list[m.one].key;
	s->processes = 1;
	s->cgroup = p->list[m.one].cgroup ? p->list[m.one].cgroup : "";
}

/* ---- all of them ---- */

static int by_score(const void *a, const void *b)
{
	const struct pdiag_suspect *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->part > y->part) - (x->part < y->part);
}

int pdiag_case_suspects(const struct pdiag_case *c, bool cgroups, struct pdiag_suspect **list,
	size_t *count)
{
	const struct pdiag_parts *p = c->parts;
	uint32_t root = cgroups ? PDIAG_ROOT_CGROUPS : PDIAG_ROOT_STACKS;
	struct pdiag_suspect s;
	size_t cap = 0;

	*list = NULL;
	*count = 0;
	for (uint32_t i = p->list[root].child; i; i = p->list[i].next) {
		look(c, i, &s);
		if (!s.doing)
			continue;
		if (pdiag_array_reserve(list, &cap, *count + 1, sizeof(s)))
			return -ENOMEM;
		if (cgroups)
			s.cgroup = pdiag_part_text(&p->list[i]);
		(*list)[(*count)++] = s;
	}
	if (*count)
		qsort(*list, *count, sizeof(s), by_score);
	return 0;
}
