/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two scales of time, and the lines from them through all panels. */
#include <math.h>

#include "output/number.h"
#include "trend/chart.h"
#include "util/array.h"
#include "util/clock.h"

#define WALL_SPACE 84
#define BOOT_SPACE 110
#define TICKS_MOST 1000

/* Steps that people read clocks by, in ms. */
static const uint64_t steps[] = { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000,
	15000, 30000, 60000, 120000, 300000, 600000, 900000, 1800000, 3600000, 7200000, 10800000,
	21600000, 43200000, 86400000, 172800000, 604800000 };

/* ns of a step of so many pixels or more. */
static uint64_t wall_step(const struct pdiag_chart *c)
{
	double least = (double)(c->to_ns - c->from_ns) / c->plot_width * WALL_SPACE / 1e6;
	size_t i = 0;

	while (i + 1 < PDIAG_COUNT(steps) && (double)steps[i] < least)
		i++;
	/* Beyond weeks by powers of two of them. */
	for (uint64_t more = steps[i];; more *= 2)
		if ((double)more >= least || more > UINT64_MAX / 4000000)
			return more * 1000000;
}

static uint64_t boot_step(const struct pdiag_chart *c)
{
	double least = (double)(c->to_ns - c->from_ns) / c->plot_width * BOOT_SPACE;
	uint64_t step = 1000000;

	for (unsigned int i = 0; (double)step < least && step < UINT64_MAX / 10; i++)
		step = i % 3 == 1 ? step / 2 * 5 : step * 2;
	return step;
}

/* Ticks of the wall clock, one after the other. */
struct ticks {
	const struct pdiag_chart *c;
	uint64_t step, time_ns; /* of the tick */
	int64_t local_ns;
	size_t era;
	int count;
	bool begun; /* within the era */
	double x;
};

/* Where an era's part of the chart begins and ends. */
static uint64_t era_from(const struct pdiag_chart *c, size_t era)
{
	return era && c->eras[era].from_ns > c->from_ns ? c->eras[era].from_ns : c->from_ns;
}

static uint64_t era_to(const struct pdiag_chart *c, size_t era)
{
	return era + 1 < c->era_count ? c->eras[era + 1].from_ns - 1 : c->to_ns;
}

/* The moment at which the clock of an era says so. */
static uint64_t moment(const struct pdiag_chart_era *e, int64_t local_ns)
{
	double rate = 1, at;

	if (local_ns > e->wall_from_ns && local_ns < e->wall_to_ns)
		rate = (double)(e->to_ns - e->from_ns) / (double)(e->wall_to_ns - e->wall_from_ns);
	if (local_ns >= e->wall_to_ns)
		return e->to_ns + (uint64_t)(local_ns - e->wall_to_ns);
	at = (double)(local_ns - e->wall_from_ns) * rate + (double)e->from_ns;
	return at > 0 ? (uint64_t)at : 0;
}

static bool next_tick(struct ticks *k)
{
	const struct pdiag_chart *c = k->c;
	int64_t step = (int64_t)k->step;

	while (k->era < c->era_count && k->count++ < TICKS_MOST) {
		if (!k->begun) {
			pdiag_chart_local(c, era_from(c, k->era), &k->local_ns);
			k->local_ns = (k->local_ns + step - 1) / step * step;
			k->begun = true;
		} else {
			k->local_ns += step;
		}
		k->time_ns = moment(&c->eras[k->era], k->local_ns);
		k->x = pdiag_chart_x(c, k->time_ns);
		if (k->time_ns <= era_to(c, k->era) && k->time_ns >= c->from_ns)
			return true;
		if (k->time_ns > era_to(c, k->era)) {
			k->era++;
			k->begun = false;
		}
	}
	return false;
}

static void put_line(struct pdiag_text *t, double x, uint32_t from, uint32_t to)
{
	pdiag_text_char(t, 'M');
	pdiag_chart_put(t, x);
	pdiag_text_printf(t, ",%uV%u", from, to);
}

void pdiag_chart_write_grid(const struct pdiag_chart *c, struct pdiag_text *t)
{
	struct ticks k = { .c = c, .step = wall_step(c) };

	pdiag_text_str(t, "<path class=\"grid\" d=\"");
	while (next_tick(&k))
		for (size_t i = 0; i < c->panel_count; i++)
			put_line(t, k.x, c->panels[i].top, c->panels[i].top + c->plot_height);
	pdiag_text_str(t, "\"/>\n");
}

static void text_at(struct pdiag_text *t, const char *class, double x, uint32_t y)
{
	pdiag_text_printf(t, "<text class=\"%s\" x=\"", class);
	pdiag_chart_put(t, x);
	pdiag_text_printf(t, "\" y=\"%u\">", y);
}

/* The first ones must not run into the name of the scale, the last ones not over the edge. */
static const char *tick_class(const struct pdiag_chart *c, double x, bool wide)
{
	double half = wide ? 32 : 24;

	if (x < PDIAG_CHART_LEFT + half)
		return "tick first";
	return x + half > PDIAG_CHART_LEFT + c->plot_width + PDIAG_CHART_MARGIN ? "tick late" :
										 "tick";
}

static unsigned int decimals_of(uint64_t step)
{
	return step % PDIAG_SECOND_NS == 0 ? 0 : step % 100000000 == 0 ? 1 :
		step % 10000000 == 0 ? 2 : 3;
}

/* As fine as the steps are. */
static void put_time(struct pdiag_text *t, int64_t local_ns, uint64_t step)
{
	pdiag_chart_put_clock(t, local_ns, decimals_of(step));
	if (step % (60 * PDIAG_SECOND_NS) == 0 && !t->error)
		t->len -= 3;
}

static int64_t day_of(int64_t local_ns)
{
	int64_t day = 86400 * (int64_t)PDIAG_SECOND_NS;

	return local_ns / day - (local_ns % day < 0);
}

static void write_wall(const struct pdiag_chart *c, struct pdiag_text *t, uint32_t y)
{
	struct ticks k = { .c = c, .step = wall_step(c) };
	double free_from = 0, date_from = 0;
	int64_t day = INT64_MIN;

	while (next_tick(&k)) {
		/* Where the clock was set, ticks may come close to each other. */
		if (k.x < free_from)
			continue;
		free_from = k.x + 56;
		text_at(t, tick_class(c, k.x, false), k.x, y);
		put_time(t, k.local_ns, k.step);
		pdiag_text_str(t, "</text>\n");
		if (day_of(k.local_ns) == day || k.x < date_from)
			continue;
		date_from = k.x + 74;
		day = day_of(k.local_ns);
		text_at(t, tick_class(c, k.x, true), k.x, y + 15);
		pdiag_chart_put_date(t, k.local_ns);
		pdiag_text_str(t, "</text>\n");
	}
}

static void write_boot(const struct pdiag_chart *c, struct pdiag_text *t, uint32_t y)
{
	uint64_t step = boot_step(c), rest = c->from_ns % step;
	uint64_t at = rest ? c->from_ns - rest + step : c->from_ns;
	unsigned int decimals = decimals_of(step);

	pdiag_text_printf(t, "<path class=\"axis\" d=\"M%d,%uH%u", PDIAG_CHART_LEFT, y - 13,
		PDIAG_CHART_LEFT + c->plot_width);
	for (uint64_t i = at; i <= c->to_ns && i >= at; i += step)
		put_line(t, pdiag_chart_x(c, i), y - 13, y - 9);
	pdiag_text_str(t, "\"/>\n");
	for (uint64_t i = at; i <= c->to_ns && i >= at; i += step) {
		text_at(t, tick_class(c, pdiag_chart_x(c, i), true), pdiag_chart_x(c, i), y + 3);
		pdiag_number_grouped(t, i / PDIAG_SECOND_NS);
		if (decimals)
			pdiag_text_printf(t, ".%03u",
				(unsigned int)(i / 1000000 % 1000));
		pdiag_text_str(t, " s</text>\n");
	}
}

/* "clock set +1:00:00" where it was. */
static void write_jump(const struct pdiag_chart *c, const struct pdiag_chart_era *e,
	struct pdiag_text *t, uint32_t y)
{
	uint64_t ns = e->jump_ns < 0 ? -(uint64_t)e->jump_ns : (uint64_t)e->jump_ns;
	uint64_t seconds = ns / PDIAG_SECOND_NS;
	double x = pdiag_chart_x(c, e->from_ns);
	bool late = x > PDIAG_CHART_LEFT + c->plot_width / 2.0;

	pdiag_text_str(t, "<path class=\"jump\" d=\"");
	put_line(t, x, c->panels[0].top, c->bottom + 6);
	pdiag_text_str(t, "\"/>\n");
	text_at(t, late ? "jumped late" : "jumped", late ? x - 4 : x + 4, y);
	if (!e->jump_ns) {
		pdiag_text_str(t, "now ");
		pdiag_chart_put_zone(t, e->zone_s);
	} else {
		pdiag_text_printf(t, "wall clock %s", e->jump_ns < 0 ? "\xe2\x88\x92" : "+");
		if (seconds < 60)
			pdiag_number_span(t, ns);
		else
			pdiag_text_printf(t, "%llu:%02llu:%02llu",
				(unsigned long long)(seconds / 3600),
				(unsigned long long)(seconds / 60 % 60),
				(unsigned long long)(seconds % 60));
		pdiag_text_str(t, "<title>The wall clock was set, or the machine slept</title>");
	}
	pdiag_text_str(t, "</text>\n");
}

void pdiag_chart_write_clocks(const struct pdiag_chart *c, struct pdiag_text *t)
{
	uint32_t y = c->bottom + 18;

	pdiag_text_str(t, "<g class=\"clocks\">\n");
	if (c->era_count) {
		write_wall(c, t, y);
		text_at(t, "scale", PDIAG_CHART_MARGIN, y);
		pdiag_text_str(t, "local time</text>\n");
		text_at(t, "scale zone", PDIAG_CHART_MARGIN, y + 15);
		pdiag_chart_put_zone(t, c->eras[0].zone_s);
		pdiag_text_str(t, "</text>\n");
	}
	text_at(t, "scale", PDIAG_CHART_MARGIN, c->bottom + 55);
	pdiag_text_str(t, "since boot</text>\n");
	write_boot(c, t, c->bottom + 52);
	for (size_t i = 1; i < c->era_count && c->panel_count; i++)
		if (c->eras[i].from_ns > c->from_ns && c->eras[i].from_ns <= c->to_ns)
			write_jump(c, &c->eras[i], t, c->panels[0].top + (i % 2 ? 12 : 26));
	pdiag_text_str(t, "</g>\n");
}
