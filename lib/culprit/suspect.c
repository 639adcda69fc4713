/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what came on top to who did it. Who uses CPUs makes others queue, so their queueing is put
 * on the account of those who use more; who takes memory makes others wait for it. What waits more
 * and works no more is rather hit than guilty; what was not there before is rather guilty than hit.
 */
#include "culprit/suspect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "culprit/chance.h"
#include "culprit/doing.h"
#include "culprit/gather.h"
#include "util/array.h"

/* The queue counts at most so many times what came on top on CPUs. */
#define QUEUE_MAX 4.0
/* Waits of who works no more, work of the kernel's threads (which is done for others), and what was
 * not there before. */
#define HIT 0.5
#define FOR_OTHERS 0.5
#define NEW 1.25
/* Who was there before was seen so much of the time, at least, that it is seen now. */
#define OLD 0.5
/* What a second of a wait weighs beside one of CPU time: most threads wait for something. */
#define WAITS 0.5
/* Who works more has this much more CPU time. */
#define MORE 1.2
/* Short waits are so much, at least, of what comes on top in longer ones. */
#define SHORT 0.25
/* A stack stands for its process if it has so many times the rise, as other stacks have less. */
#define APART 1.25

void pdiag_case_close(struct pdiag_case *c)
{
	free(c->rises);
	free(c->highest);
}

static bool heeded(const struct pdiag_part *part)
{
	return pdiag_heed_weight(pdiag_doing_heed(part->key)) > 0;
}

/* ---- what there is in all ---- */

static void count_doing(struct pdiag_case *c, const struct pdiag_part *part, double rise)
{
	struct pdiag_totals *t = &c->totals;

	if (pdiag_doing_heed(part->key) == PDIAG_HEED_QUEUE)
		t->queue += rise;
	if (!heeded(part))
		return;
	t->rise[part->off] += fmax(rise, 0);
	if (pdiag_doing_state(part->key) == PDIAG_STATE_PAGE_FAULT)
		t->faults += fmax(rise, 0);
	t->names += part->tally.trouble > 0;
}

static void count_part(struct pdiag_case *c, uint32_t i)
{
	const struct pdiag_part *part = &c->parts->list[i], *above = &c->parts->list[part->parent];
	bool seen = part->tally.trouble > 0;

	if (part->kind == PDIAG_PART_FRAME) {
		c->totals.stacks += seen && !part->child;
	} else if (part->kind == PDIAG_PART_DOING && above->kind == PDIAG_PART_PID) {
		return; /* one of a name is compared at most, in the place of the name */
	} else if (part->kind == PDIAG_PART_DOING && above->kind == PDIAG_PART_CGROUP) {
		c->totals.cgroups += seen && heeded(part);
	} else if (part->kind == PDIAG_PART_DOING) {
		if (above->parent == PDIAG_ROOT_STACKS)
			count_doing(c, part, pdiag_parts_rise(c->parts, i));
		else
			c->totals.memory += fmax(pdiag_parts_rise(c->parts, i), 0);
	}
}

int pdiag_case_open(struct pdiag_case *c, struct pdiag_parts *parts, double significance,
	double min_share)
{
	*c = (struct pdiag_case){ .parts = parts, .significance = significance,
		.min_share = min_share };
	pdiag_parts_link(parts);
	c->rises = malloc(parts->count * sizeof(*c->rises));
	c->highest = malloc(parts->count * sizeof(*c->highest));
	if (!c->rises || !c->highest)
		return -ENOMEM;
	for (size_t i = 0; i < parts->count; i++)
		c->rises[i] = c->highest[i] = pdiag_parts_rise(parts, (uint32_t)i);
	for (size_t i = parts->count; i-- > PDIAG_ROOTS;) {
		count_part(c, (uint32_t)i);
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

bool pdiag_case_passes(const struct pdiag_case *c, uint16_t off, double rise, double decades)
{
	const uint32_t *windows = c->parts->windows;

	if (!(rise > 0) || rise < c->min_share * c->totals.rise[off])
		return false;
	return windows[off] ? decades >= c->significance : !windows[!off];
}

/* The rise of one pid, where those of its name hide it. */
static struct finding find_pid(const struct pdiag_case *c, uint32_t doing,
	const struct pdiag_members *m)
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
static bool no_rest(const struct pdiag_case *c, uint32_t doing)
{
	const struct pdiag_parts *p = c->parts;
	const struct pdiag_part *part = &p->list[doing];
	double time = p->normal_time[1], before;
	uint32_t rest;

	if (!part->off || pdiag_doing_heed(part->key) >= PDIAG_HEED_HALF)
		return true;
	/* Who comes up and sleeps, or polls, is one more that does. */
	if (pdiag_doing_heed(part->key) == PDIAG_HEED_SLIGHT && is_new(p, part->parent))
		return false;
	before = time > 0 ? part->tally.normal_count / time : 0;
	if (part->tally.trouble_count / p->trouble_time[1] <= MORE * before)
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
		other = find_pid(c, doing, m);
		if (other.decades >= c->significance && other.rise >= least)
			f = other;
	}
	return f;
}

/* Threads of the kernel have no frames of user space below all others. */
static bool of_kernel(const struct pdiag_parts *p, uint32_t name)
{
	bool any = false;

	for (uint32_t d = p->list[name].child; d; d = p->list[d].next)
		for (uint32_t i = p->list[d].child; i; i = p->list[i].next) {
			if (p->list[i].symbol->kind != PDIAG_FRAME_KERNEL)
				return false;
			any = true;
		}
	return any;
}

static uint32_t running(const struct pdiag_parts *p, uint32_t part)
{
	return pdiag_parts_find(p, part, PDIAG_PART_DOING,
		pdiag_doing(PDIAG_STATE_RUNNING, PDIAG_HEED_FULL));
}

/* Does it use more CPU time than before? */
static bool works_more(const struct pdiag_parts *p, uint32_t part)
{
	uint32_t i = running(p, part);

	if (!p->windows[0] || !(p->trouble_time[0] > 0))
		return true;
	return i != PDIAG_PART_NONE &&
		pdiag_parts_rate(p, i) > MORE * pdiag_parts_normal_rate(p, i);
}

/* Others' waits for memory, by its part in taking it. */
static double memory_blame(const struct pdiag_case *c, uint32_t name)
{
	const struct pdiag_parts *p = c->parts;
	uint32_t i = pdiag_parts_find(p, PDIAG_ROOT_PIDS, PDIAG_PART_NAME, p->list[name].key);

	if (i != PDIAG_PART_NONE)
		i = pdiag_parts_find(p, i, PDIAG_PART_DOING, PDIAG_DOING_MEMORY);
	if (i == PDIAG_PART_NONE || !(c->totals.memory > 0))
		return 0;
	return c->totals.faults * fmax(pdiag_parts_rise(p, i), 0) / c->totals.memory;
}

double pdiag_case_weigh(const struct pdiag_case *c, uint32_t part, uint32_t doing, double rise)
{
	const struct pdiag_part *d = &c->parts->list[doing];
	double all = c->totals.rise[0], score = rise;

	if (!d->off) {
		if (all > 0)
			score *= 1 + fmin(fmax(c->totals.queue, 0) / all, QUEUE_MAX);
		if (c->parts->list[part].kind == PDIAG_PART_NAME)
			score += memory_blame(c, part);
		return score;
	}
	score *= WAITS * pdiag_heed_weight(pdiag_doing_heed(d->key));
	return works_more(c->parts, part) ? score : score * HIT;
}

static void look(const struct pdiag_case *c, uint32_t part, struct pdiag_suspect *s)
{
	const struct pdiag_parts *p = c->parts;
	bool name = p->list[part].kind == PDIAG_PART_NAME;
	struct pdiag_members m = { .one = PDIAG_PART_NONE };
	double best = 0, score;
	struct finding f;

	*s = (struct pdiag_suspect){ .part = part, .cgroup = "" };
	if (name)
		m = pdiag_case_members(c, part);
	for (uint32_t i = p->list[part].child; i; i = p->list[i].next) {
		if (!heeded(&p->list[i]) || !no_rest(c, i))
			continue;
		f = find_doing(c, i, name ? &m : NULL);
		if (!pdiag_case_passes(c, p->list[i].off, f.rise, f.decades))
			continue;
		score = pdiag_case_weigh(c, part, i, f.rise);
		s->score += score;
		if (score <= best)
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
	if (m.one == PDIAG_PART_NONE)
		return;
	s->told = pdiag_parts_find(p, m.one, PDIAG_PART_DOING, p->list[s->doing].key);
	if (s->told == PDIAG_PART_NONE) {
		s->told = s->doing;
		return;
	}
	s->pid = (int32_t)p->list[m.one].key;
	s->processes = 1;
	if (p->list[m.one].cgroup)
		s->cgroup = p->list[m.one].cgroup;
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
