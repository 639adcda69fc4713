/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Points of a series to what can be told apart in the picture. */
#include <math.h>

#include "trend/chart.h"

/* The range of a point, which may be its value alone. */
static void range_of(const struct pdiag_trend_point *p, double *low, double *high)
{
	*low = pdiag_quantity_known(p->min) && p->min < p->value ? p->min : p->value;
	*high = pdiag_quantity_known(p->max) && p->max > p->value ? p->max : p->value;
}

static void add_to(struct pdiag_chart_dot *dot, const struct pdiag_chart_dot *point, size_t count)
{
	double part = 1 / (double)count;

	/* Written so that no sum grows beyond what a double holds. */
	dot->at += (point->at - dot->at) * part;
	dot->value += point->value * part - dot->value * part;
	dot->low = fmin(dot->low, point->low);
	dot->high = fmax(dot->high, point->high);
}

/* Known points from begin to end. */
static size_t count_points(const struct pdiag_chart *c, const struct pdiag_trend_line *line)
{
	size_t count = 0;

	for (size_t i = 0; i < line->count; i++)
		count += line->points[i].time_ns >= c->from_ns &&
			line->points[i].time_ns <= c->to_ns &&
			pdiag_quantity_known(line->points[i].value);
	return count;
}

/* What the legend says, of the points themselves. */
static void sum_up(struct pdiag_chart_line *l, const struct pdiag_chart_dot *point, size_t count)
{
	if (count == 1) {
		l->mean = l->max = point->value;
	} else {
		l->mean += point->value / (double)count - l->mean / (double)count;
		l->max = fmax(l->max, point->high);
	}
	if (count == 1)
		l->max = point->high;
	l->last = point->value;
}

void pdiag_chart_thin(const struct pdiag_chart *c, struct pdiag_chart_line *l, size_t most,
	size_t columns)
{
	double span = (double)(c->to_ns - c->from_ns);
	size_t total = count_points(c, l->line), known = 0, in_dot = 0, column = 0, last = 0;
	bool gap = true;

	l->thinned = total > most;
	l->last = l->mean = l->max = NAN;
	for (size_t i = 0; i < l->line->count; i++) {
		const struct pdiag_trend_point *p = &l->line->points[i];
		struct pdiag_chart_dot point = { .value = p->value };

		if (p->time_ns < c->from_ns || p->time_ns > c->to_ns)
			continue;
		gap |= p->gap != 0;
		if (!pdiag_quantity_known(p->value)) {
			gap = true;
			continue;
		}
		point.at = (double)(p->time_ns - c->from_ns);
		point.gap = gap;
		range_of(p, &point.low, &point.high);
		sum_up(l, &point, ++known);
		l->band |= point.high > point.low;
		column = l->thinned ? (size_t)(point.at / span * (double)columns) : known;
		/* The last moment belongs to the last column. */
		column = l->thinned && column == columns ? columns - 1 : column;
		if (l->count && column == last) {
			add_to(&l->dots[l->count - 1], &point, ++in_dot);
		} else {
			l->dots[l->count++] = point;
			in_dot = 1;
		}
		last = column;
		gap = false;
	}
	l->band |= l->thinned;
}
