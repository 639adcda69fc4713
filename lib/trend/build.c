/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Series into panels, and the scales of their axes. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "trend/chart.h"
#include "util/array.h"

/* All series together, so that the file stays below some 300 KB: points that are drawn as they are,
 * and dots where there are more, which have a band as well; of one series at least. */
#define POINTS 9000
#define DOTS 3600
#define DOTS_LEAST 60
/* Pixels from tick to tick. */
#define TICK 34

static bool same_panel(const struct pdiag_trend_line *a, const struct pdiag_trend_line *b)
{
	return a->panel && b->panel && !strcmp(a->panel, b->panel) &&
		!strcmp(a->unit, b->unit) && a->per_second == b->per_second;
}

/* The panel of a line is that of the first that is like it: each line comes once. */
static bool is_first(const struct pdiag_trend *trend, size_t line)
{
	for (size_t i = 0; i < line; i++)
		if (same_panel(&trend->lines[i], &trend->lines[line]))
			return false;
	return true;
}

static void find_span(struct pdiag_chart *c)
{
	const struct pdiag_trend *trend = c->trend;
	uint64_t first = UINT64_MAX, last = 0;

	for (size_t i = 0; i < trend->line_count; i++) {
		const struct pdiag_trend_line *l = &trend->lines[i];

		if (!l->count)
			continue;
		first = l->points[0].time_ns < first ? l->points[0].time_ns : first;
		last = l->points[l->count - 1].time_ns > last ? l->points[l->count - 1].time_ns :
								last;
	}
	for (size_t i = 0; first == UINT64_MAX && i < trend->mark_count; i++) {
		first = trend->marks[i].onset_ns;
		last = trend->marks[i].last_ns;
	}
	first = first == UINT64_MAX ? 0 : first;
	c->from_ns = trend->options.from_ns ? trend->options.from_ns : first;
	c->to_ns = trend->options.to_ns ? trend->options.to_ns : last;
	if (c->to_ns > c->from_ns)
		return;
	/* One moment, or none: a second around it. */
	c->from_ns = c->from_ns > 500000000 ? c->from_ns - 500000000 : 0;
	c->to_ns = c->from_ns < UINT64_MAX - 1000000000 ? c->from_ns + 1000000000 : UINT64_MAX;
}

/* Behind the last dot of what all names of a panel have in common. */
static size_t common_length(const struct pdiag_chart *c, const struct pdiag_chart_panel *p)
{
	const char *name = c->lines[p->first].line->name;
	size_t same = strlen(name);

	for (size_t i = 1; i < p->count; i++) {
		const char *other = c->lines[p->first + i].line->name;
		size_t n = 0;

		while (n < same && name[n] == other[n])
			n++;
		same = n;
	}
	while (same && name[same - 1] != '.')
		same--;
	return same;
}

static int name_panel(struct pdiag_chart *c, struct pdiag_chart_panel *p)
{
	const struct pdiag_trend_line *line = c->lines[p->first].line;
	size_t common = p->count > 1 ? common_length(c, p) : 0;

	p->title = line->panel ? line->panel : line->name;
	for (size_t i = 0; i < p->count; i++)
		c->lines[p->first + i].label = c->lines[p->first + i].line->name + common;
	return pdiag_quantity_init(&p->quantity, line->unit, line->per_second);
}

/* From nothing, unless that would leave the changes of a large value flat. */
static void start_at_zero(double *low, double *high)
{
	double most = fmax(fabs(*low), fabs(*high)), range = *high - *low;

	if (range < 0.2 * most && range > 0.02 * most)
		return;
	if (*low > 0)
		*low = 0;
	if (*high < 0)
		*high = 0;
}

/* The ordinary range of the only series is in sight, unless that would leave the series flat. */
static void show_range(const struct pdiag_chart *c, const struct pdiag_chart_panel *p, double *low,
	double *high)
{
	const struct pdiag_trend_line *l = c->lines[p->first].line;
	double most = 3 * fmax(fabs(*low), fabs(*high));

	if (p->count > 1 || !l->ranged)
		return;
	if (l->low < *low && fabs(l->low) <= most)
		*low = l->low;
	if (l->high > *high && fabs(l->high) <= most)
		*high = l->high;
}

static void scale_panel(const struct pdiag_chart *c, struct pdiag_chart_panel *p)
{
	double low = INFINITY, high = -INFINITY;
	int want = (int)(c->plot_height / TICK);

	for (size_t i = p->first; i < p->first + p->count; i++) {
		for (size_t n = 0; n < c->lines[i].count; n++) {
			low = fmin(low, c->lines[i].dots[n].low);
			high = fmax(high, c->lines[i].dots[n].high);
		}
	}
	if (low > high)
		low = high = 0;
	else
		show_range(c, p, &low, &high);
	start_at_zero(&low, &high);
	if (low == high)
		high = low + 1 / p->quantity.factor;
	p->step = pdiag_quantity_step(&p->quantity, low, high, want < 2 ? 2 : want > 8 ? 8 : want);
	p->low = floor(low / p->step) * p->step;
	p->high = ceil(high / p->step) * p->step;
	if (!(p->high > p->low))
		p->high = p->low + p->step;
}

/* Of one series; never more than can be told apart. */
static size_t share(size_t of_all, size_t lines, size_t pixels)
{
	size_t part = of_all / lines;

	part = part < DOTS_LEAST ? DOTS_LEAST : part;
	return part > pixels ? pixels : part;
}

static int add_lines(struct pdiag_chart *c, struct pdiag_chart_panel *p, size_t from)
{
	const struct pdiag_trend *trend = c->trend;
	size_t most = share(POINTS, trend->line_count, c->plot_width);
	size_t columns = share(DOTS, trend->line_count, c->plot_width / 2);

	for (size_t i = from; i < trend->line_count; i++) {
		struct pdiag_chart_line *l = &c->lines[c->line_count];

		if (i != from && !same_panel(&trend->lines[from], &trend->lines[i]))
			continue;
		l->line = &trend->lines[i];
		l->dots = malloc((most > columns ? most : columns) * sizeof(*l->dots));
		if (!l->dots)
			return -ENOMEM;
		c->line_count++;
		p->count++;
		pdiag_chart_thin(c, l, most, columns);
		c->thinned |= l->thinned;
	}
	return 0;
}

int pdiag_chart_build(struct pdiag_chart *c)
{
	size_t lines = c->trend->line_count;

	find_span(c);
	c->lines = calloc(lines ? lines : 1, sizeof(*c->lines));
	c->panels = calloc(lines ? lines : 1, sizeof(*c->panels));
	if (!c->lines || !c->panels)
		return -ENOMEM;
	for (size_t i = 0; i < lines; i++) {
		struct pdiag_chart_panel *p = &c->panels[c->panel_count];

		if (!is_first(c->trend, i))
			continue;
		p->first = c->line_count;
		c->panel_count++;
		if (add_lines(c, p, i) || name_panel(c, p))
			return -ENOMEM;
		scale_panel(c, p);
	}
	return 0;
}
