/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hot path of a rise. */
#include "culprit/chance.h"
#include "culprit/suspect.h"

/* Go on while a frame has this much of what came on top. */
#define MOST 0.5
/* Where none has that, one that has this much is still a beginning. */
#define SOME 0.15
/* Where a part has less than this much of the highest below it, its rise is elsewhere. */
#define NEAR 0.8
/* A part is asked when it has so much less of ordinary times than the last one that was. */
#define LESS 0.8

static uint32_t steepest(const struct pdiag_case *c, uint32_t part, const double *by)
{
	uint32_t best = 0;

	for (uint32_t i = c->parts->list[part].child; i; i = c->parts->list[i].next)
		if (!best || by[i] > by[best])
			best = i;
	return best;
}

/* To where it is: what some stacks have more, others of the same process may have less. */
static uint32_t descend(const struct pdiag_case *c, uint32_t part)
{
	uint32_t next;

	while (c->rises[part] < NEAR * c->highest[part]) {
		next = steepest(c, part, c->highest);
		if (!next)
			break;
		part = next;
	}
	return part;
}

struct asked {
	double decades, normal;
};

static void ask(const struct pdiag_case *c, uint32_t part, struct asked *a)
{
	double normal = c->parts->list[part].tally.normal, decades;

	if (normal > LESS * a->normal)
		return;
	decades = pdiag_chance_among(pdiag_chance(c->parts, part), c->totals.stacks);
	if (decades > a->decades)
		a->decades = decades;
	a->normal = normal;
}

uint32_t pdiag_case_path(const struct pdiag_case *c, uint32_t doing, double *decades)
{
	uint32_t at = descend(c, doing), next = steepest(c, at, c->rises);
	struct asked a = { .normal = c->parts->list[doing].tally.normal * 2 + 1 };
	double all = c->rises[at];

	if (at != doing)
		ask(c, at, &a);
	else if (next && c->rises[next] < MOST * all && c->rises[next] > SOME * all)
		all = c->rises[next];
	for (; next && all > 0 && c->rises[next] >= MOST * all; next = steepest(c, at, c->rises)) {
		at = next;
		ask(c, at, &a);
	}
	*decades = a.decades;
	return at;
}

void pdiag_case_take(struct pdiag_case *c, uint32_t part)
{
	double rise = c->rises[part];

	for (uint32_t at = part;; at = c->parts->list[at].parent) {
		c->rises[at] -= rise;
		if (c->highest[at] > c->rises[at])
			c->highest[at] = c->rises[at];
		if (c->parts->list[at].kind != PDIAG_PART_FRAME)
			break;
	}
}
