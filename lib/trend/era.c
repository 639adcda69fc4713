/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wall clock over the monotonic one. It runs beside it, a little faster or slower, until it is
 * set, the machine was suspended, or the zone's offset changes: there a new era begins.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "trend/chart.h"
#include "util/array.h"
#include "util/clock.h"

/* A clock that is slewed is this much off at most: in ns, and of the time gone by. */
#define SLACK_NS 250e6
#define SLACK 0.001
/* Nobody reads more. */
#define ERAS 64
/* Wall clocks beyond this (the year 2099) are no such. */
#define REALTIME_MAX (4100000000ull * PDIAG_SECOND_NS)
#define ZONE_MAX (26 * 3600)

struct anchor {
	uint64_t time_ns;
	uint64_t realtime_ns;
	int32_t zone_s;
};

struct anchors {
	struct anchor *list;
	size_t count, cap;
};

static int add_anchor(struct anchors *a, uint64_t time_ns, uint64_t realtime_ns, int32_t zone_s)
{
	if (!realtime_ns || realtime_ns > REALTIME_MAX || zone_s > ZONE_MAX ||
		zone_s < -ZONE_MAX)
		return 0;
	if (pdiag_array_reserve(&a->list, &a->cap, a->count + 1, sizeof(*a->list)))
		return -ENOMEM;
	a->list[a->count++] = (struct anchor){ time_ns, realtime_ns, zone_s };
	return 0;
}

static bool same_clock(const struct pdiag_trend_point *a, const struct pdiag_trend_point *b)
{
	return a->time_ns == b->time_ns && a->realtime_ns == b->realtime_ns &&
		a->zone_s == b->zone_s;
}

/* Series of one registry were read at the same times: one of them will do. */
static bool same_times(const struct pdiag_trend_line *a, const struct pdiag_trend_line *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_clock(&a->points[i], &b->points[i]))
			return false;
	return true;
}

static int collect(const struct pdiag_chart *c, struct anchors *a)
{
	const struct pdiag_trend *trend = c->trend;
	int ret = 0;

	for (size_t i = 0; i < trend->line_count; i++) {
		const struct pdiag_trend_line *l = &trend->lines[i];

		if (i && same_times(&trend->lines[i - 1], l))
			continue;
		for (size_t n = 0; n < l->count && !ret; n++)
			if (l->points[n].time_ns >= c->from_ns && l->points[n].time_ns <= c->to_ns)
				ret = add_anchor(a, l->points[n].time_ns, l->points[n].realtime_ns,
					l->points[n].zone_s);
	}
	for (size_t i = 0; i < trend->mark_count && !ret; i++)
		ret = add_anchor(a, trend->marks[i].onset_ns, trend->marks[i].realtime_ns,
			trend->marks[i].zone_s);
	return ret;
}

static int by_time(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->realtime_ns < y->realtime_ns ? -1 : x->realtime_ns > y->realtime_ns;
}

static int64_t local_of(const struct anchor *a)
{
	return (int64_t)a->realtime_ns + (int64_t)a->zone_s * (int64_t)PDIAG_SECOND_NS;
}

/* What the clock is ahead of where the era has it. */
static int64_t ahead(const struct pdiag_chart_era *e, const struct anchor *a)
{
	int64_t was = e->wall_from_ns - (int64_t)e->zone_s * (int64_t)PDIAG_SECOND_NS;

	return (int64_t)(a->realtime_ns - (uint64_t)was - (a->time_ns - e->from_ns));
}

static int add_era(struct pdiag_chart *c, const struct anchor *a, int64_t jump_ns)
{
	if (pdiag_array_reserve(&c->eras, &c->era_cap, c->era_count + 1, sizeof(*c->eras)))
		return -ENOMEM;
	c->eras[c->era_count++] = (struct pdiag_chart_era){
		.from_ns = a->time_ns,
		.to_ns = a->time_ns,
		.wall_from_ns = local_of(a),
		.wall_to_ns = local_of(a),
		.zone_s = a->zone_s,
		.jump_ns = jump_ns,
	};
	return 0;
}

static int follow(struct pdiag_chart *c, const struct anchor *a)
{
	struct pdiag_chart_era *e = c->era_count ? &c->eras[c->era_count - 1] : NULL;
	int64_t jump = e ? ahead(e, a) : 0;
	bool jumped = e && fabs((double)jump) >
		SLACK_NS + SLACK * (double)(a->time_ns - e->from_ns);

	if (!e || ((jumped || a->zone_s != e->zone_s) && c->era_count < ERAS))
		return add_era(c, a, jumped ? jump : 0);
	if (!jumped && a->zone_s == e->zone_s) {
		e->to_ns = a->time_ns;
		e->wall_to_ns = local_of(a);
	}
	return 0;
}

int pdiag_chart_find_eras(struct pdiag_chart *c)
{
	struct anchors a = { 0 };
	int ret = collect(c, &a);

	if (!ret && a.count) {
		qsort(a.list, a.count, sizeof(*a.list), by_time);
		for (size_t i = 0; i < a.count && !ret; i++)
			ret = follow(c, &a.list[i]);
	}
	free(a.list);
	return ret;
}

/* Without overflow, whatever the clocks say. */
static int64_t moved(int64_t wall_ns, uint64_t by_ns)
{
	return (int64_t)((uint64_t)wall_ns + by_ns);
}

const struct pdiag_chart_era *pdiag_chart_local(
	const struct pdiag_chart *c, uint64_t time_ns, int64_t *local_ns)
{
	const struct pdiag_chart_era *e = c->eras;
	size_t i = c->era_count;

	if (!i)
		return NULL;
	while (--i && c->eras[i].from_ns > time_ns)
		;
	e = &c->eras[i];
	if (time_ns <= e->from_ns)
		*local_ns = moved(e->wall_from_ns, -(e->from_ns - time_ns));
	else if (time_ns >= e->to_ns)
		*local_ns = moved(e->wall_to_ns, time_ns - e->to_ns);
	else
		*local_ns = e->wall_from_ns +
			(int64_t)((double)(time_ns - e->from_ns) /
				(double)(e->to_ns - e->from_ns) *
				(double)(e->wall_to_ns - e->wall_from_ns));
	return e;
}
