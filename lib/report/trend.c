/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The metrics of an event as a chart, with its time shaded. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/trend.h>

#include "core/error.h"
#include "report/report.h"
#include "trend/trend.h"
#include "util/array.h"

#define PANELS 6
#define PANEL_HEIGHT 116

/* Metrics that one looks at together; NULL: alone. */
static const char *panel_of(const char *name)
{
	if (!strncmp(name, "system.cpu.load_average.", 24))
		return "load average";
	if (!strncmp(name, "system.cpu.utilization", 22))
		return "CPU utilization";
	return NULL;
}

/* The event has its points by the monotonic clock alone. */
static struct pdiag_trend_point make_point(const struct pdiag_event_info *i,
	const struct pdiag_event_point *point)
{
	return (struct pdiag_trend_point){
		.time_ns = point->time_ns,
		.realtime_ns = i->onset_realtime_ns ?
			i->onset_realtime_ns + (point->time_ns - i->onset_ns) : 0,
		.value = point->value,
		.min = NAN,
		.max = NAN,
		.zone_s = i->zone_s,
	};
}

/* Of a journal that was damaged a point may be at any time; the others are worth to be seen. */
static size_t make_points(const struct pdiag_report *r, const struct pdiag_event_point *points,
	uint32_t count, struct pdiag_trend_point *to)
{
	size_t kept = 0;

	for (uint32_t n = 0; n < count; n++) {
		if (points[n].time_ns > PDIAG_TREND_TIME_MAX ||
			(kept && points[n].time_ns < to[kept - 1].time_ns) ||
			(n + 1 < count && points[n].time_ns > points[n + 1].time_ns))
			continue;
		to[kept++] = make_point(&r->info, &points[n]);
	}
	return kept;
}

static int add_metric(const struct pdiag_report *r, struct pdiag_trend *trend,
	const struct pdiag_event_metric *m, const struct pdiag_event_point *points)
{
	struct pdiag_trend_series s = {
		.size = sizeof(s),
		.name = m->name,
		.unit = m->unit,
		.panel = panel_of(m->name),
		/* That of a rule is not what is ordinary. */
		.low = m->surprise > 0 ? m->low : 0,
		.high = m->surprise > 0 ? m->high : 0,
		.per_second = m->kind == PDIAG_METRIC_COUNTER,
	};
	struct pdiag_trend_point *p = malloc(m->points * sizeof(*p));
	int ret;

	if (!p)
		return pdiag_fail_memory("drawing the trend of an event");
	s.points = p;
	s.count = make_points(r, points, m->points, p);
	ret = pdiag_trend_add_series(trend, &s);
	free(p);
	/* One without a name. */
	return ret == -EINVAL ? 0 : ret;
}

/* Is there room for it? What shares a panel that is there always has. */
static bool takes_room(const struct pdiag_trend *trend, const char *panel)
{
	for (size_t i = 0; i < trend->line_count && panel; i++)
		if (trend->lines[i].panel && !strcmp(trend->lines[i].panel, panel))
			return false;
	return true;
}

/* Metrics that took part. */
static int add_surprising(const struct pdiag_report *r, struct pdiag_trend *trend)
{
	const struct pdiag_event_point *points;
	const struct pdiag_event_metric *m;
	int ret = 0, panels = 0;
	bool room;

	for (uint32_t i = 0; !ret && (m = pdiag_event_metric(r->event, i, &points)); i++) {
		room = takes_room(trend, panel_of(m->name));
		if (!m->points || !m->onset_ns || (room && panels == PANELS))
			continue;
		panels += room;
		ret = add_metric(r, trend, m, points);
	}
	return ret;
}

static bool is_drawn(const struct pdiag_trend *trend, const char *name)
{
	for (size_t i = 0; i < trend->line_count; i++)
		if (!strcmp(trend->lines[i].name, name))
			return true;
	return false;
}

/* What one looks at in any case. */
static int add_usual(const struct pdiag_report *r, struct pdiag_trend *trend)
{
	static const char *const usual[] = { "system.cpu.load_average.1m",
		"system.cpu.load_average.5m", "system.cpu.load_average.15m",
		"system.cpu.utilization", "system.cpu.utilization.max" };
	const struct pdiag_event_point *points;
	const struct pdiag_event_metric *m;
	int ret = 0;

	for (size_t n = 0; n < PDIAG_COUNT(usual); n++)
		for (uint32_t i = 0; !ret && (m = pdiag_event_metric(r->event, i, &points)); i++)
			if (m->points && !strcmp(m->name, usual[n]) && !is_drawn(trend, m->name))
				ret = add_metric(r, trend, m, points);
	return ret;
}

static int draw(struct pdiag_report *r, struct pdiag_trend *trend)
{
	struct pdiag_report_inline in;
	struct pdiag_sink sink = pdiag_report_inline_sink(&in, r);
	struct pdiag_text *t = &r->out->text;
	int ret = add_surprising(r, trend);

	if (!ret)
		ret = add_usual(r, trend);
	if (ret || !trend->line_count)
		return ret;
	ret = pdiag_trend_add_event(trend, r->event);
	if (ret)
		return ret;
	pdiag_text_str(t, "<section><h2>Trend</h2>\n<div class=\"picture\">\n");
	ret = pdiag_trend_write(trend, &sink);
	pdiag_text_str(t, "</div>\n</section>\n");
	return ret;
}

int pdiag_report_write_trend(struct pdiag_report *r)
{
	struct pdiag_trend_options o = { .size = sizeof(o), .width = r->options.width,
		.height = PANEL_HEIGHT, .title = "Metrics around the event" };
	struct pdiag_trend *trend;
	int ret = pdiag_trend_new(r->event->context, &o, &trend);

	if (ret)
		return ret;
	ret = draw(r, trend);
	pdiag_trend_free(trend);
	return ret ? ret : pdiag_out_room(r->out);
}
