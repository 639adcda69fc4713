/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page around the panels: title, what is shown, scales of time, footer, style and script. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "output/number.h"
#include "trend/chart.h"

#define TITLE_BASELINE 27
#define RANGE_BASELINE 47
#define TOP 60
#define LANE 34
#define GAP 14
#define CLOCKS 66
#define FOOTER 26

static void put_title(const struct pdiag_chart *c, struct pdiag_text *t, double room)
{
	const struct pdiag_trend *trend = c->trend;
	if (trend->title) {
		pdiag_chart_put_text(t, trend->title, room, 18);
		return;
	}
	pdiag_text_str(t, "Trend of ");
	pdiag_chart_put_text(t, c->panel_count ? c->panels[0].title : "events", room * 0.7, 18);
	if (c->panel_count > 1)
		pdiag_text_printf(t, " and %zu more", c->panel_count - 1);
}

static void put_moment(const struct pdiag_chart *c, struct pdiag_text *t, uint64_t time_ns,
	int64_t *day)
{
	const struct pdiag_chart_era *e;
	int64_t local;

	e = pdiag_chart_local(c, time_ns, &local);
	if (!e) {
		pdiag_number_fixed(t, time_ns / 1000000, 3);
		pdiag_text_str(t, " s since boot");
		return;
	}
	if (local / 86400000000000 != *day) {
		pdiag_chart_put_date(t, local);
		pdiag_text_char(t, ' ');
	}
	*day = local / 86400000000000;
	pdiag_chart_put_clock(t, local, 0);
}

/* "2026-11-24 14:00:00 to 14:10:00 UTC+01:00, 10.0 min" */
static void put_range(const struct pdiag_chart *c, struct pdiag_text *t)
{
	uint64_t span = c->to_ns - c->from_ns, s = (span + 500000000) / 1000000000;
	int64_t day = INT64_MIN;

	put_moment(c, t, c->from_ns, &day);
	pdiag_text_str(t, " to ");
	put_moment(c, t, c->to_ns, &day);
	if (c->era_count) {
		pdiag_text_char(t, ' ');
		pdiag_chart_put_zone(t, c->eras[c->era_count - 1].zone_s);
	}
	pdiag_text_str(t, ", ");
	if (s < 120)
		pdiag_number_span(t, span);
	else if (s < 7200)
		pdiag_text_printf(t, "%llu min %llu s", (unsigned long long)s / 60,
			(unsigned long long)s % 60);
	else
		pdiag_text_printf(t, "%llu h %llu min", (unsigned long long)s / 3600,
			(unsigned long long)s / 60 % 60);
}

static bool has_range(const struct pdiag_chart *c)
{
	for (size_t i = 0; i < c->panel_count; i++)
		if (c->panels[i].count == 1 && c->lines[c->panels[i].first].line->ranged)
			return true;
	return false;
}

/* Heights, from the top on. 0 or -ENOMEM. */
static int lay_out(struct pdiag_chart *c)
{
	struct pdiag_text scratch = { 0 }; /* how high headers are is known when they are written */
	uint32_t y = TOP;
	int ret;

	c->lane = y;
	if (c->trend->mark_count)
		y += LANE;
	for (size_t i = 0; i < c->panel_count; i++) {
		c->panels[i].head = y;
		c->panels[i].top = pdiag_chart_write_header(c, &c->panels[i], &scratch);
		scratch.len = 0;
		y = c->panels[i].top + c->plot_height + GAP;
	}
	c->bottom = c->panel_count ? y - GAP : y;
	c->height = c->bottom + CLOCKS +
		(c->thinned || c->trend->mark_count || has_range(c) ? FOOTER : 0);
	c->marks_left_out = (uint32_t)(c->trend->mark_count - pdiag_chart_marks(c));
	ret = scratch.error;
	pdiag_text_free(&scratch);
	return ret;
}

static void write_start(const struct pdiag_chart *c, struct pdiag_text *t)
{
	uint32_t width = c->trend->options.width;

	pdiag_text_printf(t, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pdiag-trend\" version=\"1.1\" "
		"width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" role=\"graphics-document\" "
		"aria-label=\"", width, c->height, width, c->height);
	put_title(c, t, 1000);
	pdiag_text_str(t, "\">\n<title>");
	put_title(c, t, 1000);
	pdiag_text_str(t, "</title>\n<desc>");
	put_range(c, t);
	pdiag_text_str(t, "</desc>\n<style><![CDATA[\n");
	pdiag_text_add(t, pdiag_trend_css, pdiag_trend_css_len);
	pdiag_text_str(t, "]]></style>\n"
		"<rect class=\"bg\" width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
	pdiag_text_printf(t, "<text class=\"title\" x=\"%d\" y=\"%d\">", PDIAG_CHART_MARGIN,
		TITLE_BASELINE);
	put_title(c, t, width - 2 * PDIAG_CHART_MARGIN);
	pdiag_text_printf(t, "</text>\n<text class=\"note\" x=\"%d\" y=\"%d\">",
		PDIAG_CHART_MARGIN, RANGE_BASELINE);
	put_range(c, t);
	pdiag_text_str(t, "</text>\n");
}

static void put_key(struct pdiag_text *t, uint32_t *x, uint32_t y, const char *class,
	const char *text)
{
	pdiag_text_printf(t, "<path class=\"mark %s\" d=\"M%u,%uv13\"/>"
		"<text class=\"note\" x=\"%u\" y=\"%u\">%s</text>\n", class, *x, y - 10, *x + 7, y,
		text);
	*x += 24 + 7 * (uint32_t)strlen(text);
}

static void write_footer(const struct pdiag_chart *c, struct pdiag_text *t)
{
	uint32_t x = PDIAG_CHART_LEFT, y = c->bottom + CLOCKS + 10;

	pdiag_text_str(t, "<g class=\"footer\">\n");
	if (c->trend->mark_count) {
		put_key(t, &x, y, "onset", "onset");
		put_key(t, &x, y, "found", "detected");
		put_key(t, &x, y, "peak", "peak");
		put_key(t, &x, y, "end", "end");
	}
	if (has_range(c)) {
		pdiag_text_printf(t, "<rect class=\"ordinary\" x=\"%u\" y=\"%u\" width=\"14\" "
			"height=\"13\"/><text class=\"note\" x=\"%u\" y=\"%u\">ordinary</text>\n",
			x, y - 10, x + 20, y);
		x += 90;
	}
	if (c->thinned) {
		pdiag_text_printf(t, "<text class=\"note\" x=\"%u\" y=\"%u\">Many points to a "
			"pixel: the line is their mean, the band from the lowest to the highest."
			"</text>\n", x, y);
		x += 430;
	}
	if (c->marks_left_out)
		pdiag_text_printf(t, "<text class=\"note\" x=\"%u\" y=\"%u\">%u more events are "
			"not shown.</text>\n", x, y, c->marks_left_out);
	pdiag_text_str(t, "</g>\n");
}

static int draw(struct pdiag_chart *c)
{
	struct pdiag_out *out = c->out;
	struct pdiag_text *t = &out->text;
	int ret = 0;

	write_start(c, t);
	pdiag_chart_write_grid(c, t);
	if (c->trend->mark_count)
		pdiag_chart_write_lane(c, t);
	for (size_t i = 0; i < c->panel_count && !ret; i++)
		ret = pdiag_chart_write_panel(c, &c->panels[i], out);
	pdiag_chart_write_clocks(c, t);
	write_footer(c, t);
	if (!ret)
		ret = pdiag_chart_write_data(c, out);
	pdiag_text_str(t, "<script><![CDATA[\n");
	pdiag_text_add(t, pdiag_trend_js, pdiag_trend_js_len);
	pdiag_text_str(t, "]]></script>\n</svg>\n");
	return ret ? ret : pdiag_out_room(out);
}

static void free_chart(struct pdiag_chart *c)
{
	for (size_t i = 0; i < c->line_count; i++)
		free(c->lines[i].dots);
	free(c->lines);
	free(c->panels);
	free(c->eras);
}

int pdiag_trend_write(struct pdiag_trend *trend, const struct pdiag_sink *sink)
{
	struct pdiag_chart c = { .trend = trend };
	struct pdiag_out out;
	int ret;

	pdiag_error_clear();
	if (!trend->line_count && !trend->mark_count)
		return pdiag_fail(EINVAL, "pdiag_trend_write: nothing was added to the chart");
	c.plot_width = trend->options.width - PDIAG_CHART_LEFT - PDIAG_CHART_MARGIN;
	c.plot_height = trend->options.height;
	c.out = &out;
	ret = pdiag_out_begin(&out, sink);
	if (ret)
		return ret;
	if (pdiag_chart_build(&c) || pdiag_chart_find_eras(&c) || lay_out(&c))
		ret = pdiag_fail_memory("drawing a trend chart");
	else
		ret = draw(&c);
	free_chart(&c);
	return pdiag_out_end(&out, ret);
}
