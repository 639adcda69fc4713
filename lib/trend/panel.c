/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One panel: its header with the legend, its axis, and its lines. */
#include <math.h>
#include <string.h>

#include "trend/chart.h"
#include "util/array.h"

#define SIZE 12.0
#define TITLE_SIZE 13.0

static double y_of(const struct pdiag_chart *c, const struct pdiag_chart_panel *p, double value)
{
	double part = (value - p->low) / (p->high - p->low);

	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return p->top + (1 - part) * c->plot_height;
}

static double x_of(const struct pdiag_chart *c, const struct pdiag_chart_dot *dot)
{
	return PDIAG_CHART_LEFT + dot->at / (double)(c->to_ns - c->from_ns) * c->plot_width;
}

/* "last 3.2 mean 1.9 max 41" of a series. Returns its width. */
static double put_figures(struct pdiag_text *t, const struct pdiag_quantity *q,
	const struct pdiag_chart_line *l)
{
	const struct {
		const char *name;
		double value;
	} figures[] = { { "last", l->last }, { "mean", l->mean }, { "max", l->max } };
	double wide = 0;
	size_t from;

	if (!pdiag_quantity_known(l->last)) {
		pdiag_text_str(t, " <tspan class=\"word\">no data</tspan>");
		return 60;
	}
	for (size_t i = 0; i < PDIAG_COUNT(figures); i++) {
		pdiag_text_printf(t, " <tspan class=\"word\" dx=\"3\">%s</tspan> "
			"<tspan class=\"figure\">", figures[i].name);
		from = t->len;
		pdiag_quantity_value(t, q, figures[i].value);
		wide += 42 + (double)(t->len - from) * SIZE * 0.6;
		pdiag_text_str(t, "</tspan>");
	}
	return wide;
}

/* "ordinarily 1 to 6"; an end that is infinite is left out. */
static double put_range(struct pdiag_text *t, const struct pdiag_quantity *q,
	const struct pdiag_trend_line *line)
{
	bool low = pdiag_quantity_known(line->low), high = pdiag_quantity_known(line->high);
	size_t from;

	if (!line->ranged || (!low && !high))
		return 0;
	pdiag_text_str(t, " <tspan class=\"word\" dx=\"3\">ordinarily</tspan> "
		"<tspan class=\"figure\">");
	from = t->len;
	pdiag_text_str(t, low && high ? "" : low ? "from " : "to ");
	if (low)
		pdiag_quantity_value(t, q, line->low);
	pdiag_text_str(t, low && high ? " to " : "");
	if (high)
		pdiag_quantity_value(t, q, line->high);
	pdiag_text_str(t, "</tspan>");
	return 70 + (double)(t->len - from - 8) * SIZE * 0.6;
}

/* Where the next entry of the legend goes, with the way of writing it down or not. */
struct place {
	double x;
	uint32_t y;
	double right;
};

static void put_entry(const struct pdiag_chart *c, const struct pdiag_chart_panel *p, size_t i,
	struct place *at, struct pdiag_text *t)
{
	const struct pdiag_chart_line *l = &c->lines[p->first + i];
	struct pdiag_text entry = { 0 };
	double wide = p->count > 1 ? 22 : 0;

	if (p->count > 1) {
		pdiag_text_str(&entry, "<tspan class=\"name\">");
		wide += pdiag_chart_put_text(&entry, l->label, 320, SIZE);
		pdiag_text_str(&entry, "</tspan>");
	}
	wide += put_figures(&entry, &p->quantity, l);
	wide += put_range(&entry, &p->quantity, l->line);
	if (at->x + wide > at->right && at->x > PDIAG_CHART_LEFT) {
		at->x = PDIAG_CHART_LEFT;
		at->y += PDIAG_CHART_ROW;
	}
	if (p->count > 1) {
		pdiag_text_printf(t, "<path class=\"s%zu swatch\" d=\"M", i % PDIAG_CHART_COLOURS);
		pdiag_chart_put(t, at->x);
		pdiag_text_printf(t, ",%uh14\"/>", at->y - 4);
	}
	pdiag_text_str(t, "<text class=\"entry\" x=\"");
	pdiag_chart_put(t, at->x + (p->count > 1 ? 20 : 0));
	pdiag_text_printf(t, "\" y=\"%u\">", at->y);
	if (!entry.error)
		pdiag_text_add(t, entry.data, entry.len);
	t->error = t->error ? t->error : entry.error;
	pdiag_text_str(t, "</text>\n");
	pdiag_text_free(&entry);
	at->x += wide + 14;
}

uint32_t pdiag_chart_write_header(
	const struct pdiag_chart *c, const struct pdiag_chart_panel *p, struct pdiag_text *t)
{
	struct place at = { .y = p->head + 13, .right = PDIAG_CHART_LEFT + c->plot_width };
	double wide;

	pdiag_text_printf(t, "<text class=\"panel-title\" x=\"%d\" y=\"%u\">", PDIAG_CHART_LEFT,
		at.y);
	/* Bold letters are wider. */
	wide = 1.1 * pdiag_chart_put_text(t, p->title, c->plot_width * 0.6, TITLE_SIZE);
	if (p->quantity.counted && strcmp(p->title, p->quantity.noun)) {
		pdiag_text_str(t, " <tspan class=\"word\">");
		wide += 10 + pdiag_chart_put_text(t, p->quantity.noun, 200, SIZE);
		pdiag_text_str(t, "</tspan>");
	}
	pdiag_text_str(t, "</text>\n");
	at.x = PDIAG_CHART_LEFT + wide + 22;
	for (size_t i = 0; i < p->count; i++)
		put_entry(c, p, i, &at, t);
	return at.y + 9;
}

static void write_axis(const struct pdiag_chart *c, const struct pdiag_chart_panel *p,
	struct pdiag_text *t)
{
	int count = (int)((p->high - p->low) / p->step + 0.5);

	for (int i = 0; i <= count && i <= 50; i++) {
		double value = p->low + i * p->step, y = y_of(c, p, value);

		pdiag_text_printf(t, "<path class=\"%s\" d=\"M%d,",
			i && fabs(value) > p->step / 2 ? "grid" : "axis", PDIAG_CHART_LEFT);
		pdiag_chart_put(t, y);
		pdiag_text_printf(t, "h%u\"/><text class=\"value\" x=\"%d\" y=\"", c->plot_width,
			PDIAG_CHART_LEFT - 7);
		pdiag_chart_put(t, y + 4);
		pdiag_text_str(t, "\">");
		pdiag_quantity_tick(t, &p->quantity, value, p->step,
			fmax(fabs(p->low), fabs(p->high)));
		pdiag_text_str(t, "</text>\n");
	}
}

static void put_point(struct pdiag_text *t, double x, double y)
{
	pdiag_chart_put(t, x);
	pdiag_text_char(t, ',');
	pdiag_chart_put(t, y);
}

/* The range as an area, there along its upper side and back along the lower. */
static void write_band(const struct pdiag_chart *c, const struct pdiag_chart_panel *p,
	const struct pdiag_chart_line *l, size_t colour, struct pdiag_text *t)
{
	size_t from, to;

	pdiag_text_printf(t, "<path class=\"s%zu band\" d=\"", colour);
	for (from = 0; from < l->count; from = to) {
		for (to = from + 1; to < l->count && !l->dots[to].gap; to++)
			;
		for (size_t i = from; i < to; i++) {
			pdiag_text_char(t, i == from ? 'M' : ' ');
			put_point(t, x_of(c, &l->dots[i]), y_of(c, p, l->dots[i].high));
		}
		for (size_t i = to; i-- > from;) {
			pdiag_text_char(t, ' ');
			put_point(t, x_of(c, &l->dots[i]), y_of(c, p, l->dots[i].low));
		}
		pdiag_text_char(t, 'Z');
	}
	pdiag_text_str(t, "\"/>\n");
}

static bool stands_alone(const struct pdiag_chart_line *l, size_t i)
{
	return l->dots[i].gap && (i + 1 == l->count || l->dots[i + 1].gap);
}

static void write_line(const struct pdiag_chart *c, const struct pdiag_chart_panel *p,
	const struct pdiag_chart_line *l, size_t colour, struct pdiag_text *t)
{
	if (l->band)
		write_band(c, p, l, colour, t);
	pdiag_text_printf(t, "<path class=\"s%zu line\" d=\"", colour);
	for (size_t i = 0; i < l->count; i++) {
		pdiag_text_char(t, l->dots[i].gap ? 'M' : ' ');
		put_point(t, x_of(c, &l->dots[i]), y_of(c, p, l->dots[i].value));
		/* A line of no length has round ends: a dot. */
		if (stands_alone(l, i))
			pdiag_text_str(t, "h0");
	}
	pdiag_text_str(t, "\"/>\n");
	pdiag_text_printf(t, "<path class=\"s%zu alone\" d=\"", colour);
	for (size_t i = 0; i < l->count; i++) {
		if (!stands_alone(l, i))
			continue;
		pdiag_text_char(t, 'M');
		put_point(t, x_of(c, &l->dots[i]), y_of(c, p, l->dots[i].value));
		pdiag_text_str(t, "h0");
	}
	pdiag_text_str(t, "\"/>\n");
}

/* Does a line know nothing between two moments? */
static bool gap_between(const struct pdiag_chart_line *l, double from, double to)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->dots[i].at > from && l->dots[i].at < to)
			return false;
	return true;
}

/* Where no series of the panel knows anything. */
static void write_gaps(const struct pdiag_chart *c, const struct pdiag_chart_panel *p,
	struct pdiag_text *t)
{
	const struct pdiag_chart_line *first = &c->lines[p->first];
	double from, to;
	bool all;

	for (size_t i = 1; i < first->count; i++) {
		from = first->dots[i - 1].at;
		to = first->dots[i].at;
		all = first->dots[i].gap;
		for (size_t n = 1; n < p->count && all; n++)
			all = gap_between(&c->lines[p->first + n], from, to);
		if (!all)
			continue;
		pdiag_text_str(t, "<rect class=\"gap\" x=\"");
		pdiag_chart_put(t, x_of(c, &first->dots[i - 1]));
		pdiag_text_printf(t, "\" y=\"%u\" width=\"", p->top);
		pdiag_chart_put(t, x_of(c, &first->dots[i]) - x_of(c, &first->dots[i - 1]));
		pdiag_text_printf(t, "\" height=\"%u\"><title>No data</title></rect>\n",
			c->plot_height);
	}
}

/* The ordinary range, where there is but one series to tell of. */
static void write_range(const struct pdiag_chart *c, const struct pdiag_chart_panel *p,
	struct pdiag_text *t)
{
	const struct pdiag_trend_line *line = c->lines[p->first].line;
	double top, bottom;

	if (p->count > 1 || !line->ranged)
		return;
	top = y_of(c, p, fmin(line->high, p->high));
	bottom = y_of(c, p, fmax(line->low, p->low));
	if (bottom <= top)
		return;
	pdiag_text_printf(t, "<rect class=\"ordinary\" x=\"%d\" y=\"", PDIAG_CHART_LEFT);
	pdiag_chart_put(t, top);
	pdiag_text_printf(t, "\" width=\"%u\" height=\"", c->plot_width);
	pdiag_chart_put(t, bottom - top);
	pdiag_text_str(t, "\"><title>Ordinary</title></rect>\n");
}

int pdiag_chart_write_panel(
	const struct pdiag_chart *c, const struct pdiag_chart_panel *p, struct pdiag_out *out)
{
	struct pdiag_text *t = &out->text;
	bool known = false;
	int ret = 0;

	pdiag_text_str(t, "<g class=\"panel\">\n");
	pdiag_chart_write_header(c, p, t);
	write_range(c, p, t);
	pdiag_chart_write_shades(c, p->top, t);
	write_gaps(c, p, t);
	write_axis(c, p, t);
	for (size_t i = 0; i < p->count && !ret; i++) {
		const struct pdiag_chart_line *l = &c->lines[p->first + i];

		known |= l->count != 0;
		if (l->count)
			write_line(c, p, l, i % PDIAG_CHART_COLOURS, t);
		ret = pdiag_out_room(out);
	}
	if (!known)
		pdiag_text_printf(t, "<text class=\"nothing\" x=\"%u\" y=\"%u\">no data</text>\n",
			PDIAG_CHART_LEFT + c->plot_width / 2, p->top + c->plot_height / 2 + 4);
	pdiag_chart_write_marks(c, p->top, t);
	pdiag_text_str(t, "</g>\n");
	return ret;
}
