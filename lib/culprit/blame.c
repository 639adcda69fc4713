/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what came on top to who did it. Who uses CPUs makes others queue, so their queueing is put
 * on the account of those who use more; who takes memory makes others wait for it; who asks storage
 * more often makes it slower for others. What waits more and works no more is rather hit than
 * guilty.
 */
#include <math.h>

#include "culprit/doing.h"
#include "culprit/gather.h"
#include "culprit/suspect.h"

/* The queue counts at most so many times what came on top on CPUs. */
#define QUEUE_MAX 4.0
/* Waits of who works no more, or does not ask more often. */
#define HIT 0.5
/* What a second of a wait weighs beside one of CPU time: most threads wait for something. */
#define WAITS 0.5
/* Waits that a metric tells of are more to the point than any others, and who waits so more often
 * is not merely hit. */
#define MEANT 1.5
/* Who works more, or waits more often, does so much more of it. */
#define MORE 1.2

static bool is_storage(const struct pdiag_part *part)
{
	return part->key == pdiag_doing(PDIAG_STATE_IO, PDIAG_HEED_FULL);
}

/* More samples or waits a second. */
static double more_waits(const struct pdiag_parts *p, const struct pdiag_part *part)
{
	double time = p->normal_time[part->off];

	return part->tally.trouble_count / p->trouble_time[part->off] -
		(time > 0 ? part->tally.normal_count / time : 0);
}

bool pdiag_case_more_often(const struct pdiag_case *c, const struct pdiag_part *part)
{
	double now = part->tally.trouble_count / c->parts->trouble_time[part->off];

	return more_waits(c->parts, part) > now * (1 - 1 / MORE);
}

static void count_storage(struct pdiag_case *c, const struct pdiag_part *part, double rise)
{
	if (pdiag_case_more_often(c, part))
		c->totals.requests += more_waits(c->parts, part);
	else
		c->totals.slower += fmax(rise, 0);
}

static void count_doing(struct pdiag_case *c, const struct pdiag_part *part, double rise)
{
	struct pdiag_totals *t = &c->totals;

	if (pdiag_doing_heed(part->key) == PDIAG_HEED_QUEUE)
		t->queue += rise;
	if (!pdiag_heeded(part->key))
		return;
	t->rise[part->off] += fmax(rise, 0);
	if (c->states >> pdiag_doing_state(part->key) & 1)
		t->known += fmax(rise, 0);
	if (pdiag_doing_state(part->key) == PDIAG_STATE_PAGE_FAULT)
		t->faults += fmax(rise, 0);
	if (is_storage(part) && part->tally.trouble > 0)
		count_storage(c, part, rise);
	t->names += part->tally.trouble > 0;
}

void pdiag_case_count(struct pdiag_case *c, uint32_t i)
{
	const struct pdiag_part *part = &c->parts->list[i], *above = &c->parts->list[part->parent];
	bool seen = part->tally.trouble > 0;

	if (part->kind == PDIAG_PART_FRAME) {
		c->totals.stacks += seen && !part->child;
	} else if (part->kind == PDIAG_PART_DOING && above->kind == PDIAG_PART_PID) {
		return; /* one of a name is compared at most, in the place of the name */
	} else if (part->kind == PDIAG_PART_DOING && above->kind == PDIAG_PART_CGROUP) {
		c->totals.cgroups += seen && pdiag_heeded(part->key);
	} else if (part->kind == PDIAG_PART_DOING) {
		if (above->parent == PDIAG_ROOT_STACKS)
			count_doing(c, part, pdiag_parts_rise(c->parts, i));
		else
			c->totals.memory += fmax(pdiag_parts_rise(c->parts, i), 0);
	}
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
	bool meant;

	if (!d->off) {
		if (all > 0)
			score *= 1 + fmin(fmax(c->totals.queue, 0) / all, QUEUE_MAX);
		if (c->parts->list[part].kind == PDIAG_PART_NAME)
			score += memory_blame(c, part);
		return score;
	}
	score *= pdiag_heed_weight(pdiag_doing_heed(d->key));
	meant = pdiag_case_is_meant(c, doing);
	if (meant)
		score *= MEANT;
	if (is_storage(d) && pdiag_case_more_often(c, d))
		score += c->totals.requests > 0 ? c->totals.slower *
			fmin(more_waits(c->parts, d) / c->totals.requests, 1) : 0;
	else if (is_storage(d) || !(meant || works_more(c->parts, part)))
		score *= HIT;
	return WAITS * score;
}
