/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trend chart as an object: made, filled and freed. */
#include "trend/trend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "util/array.h"

#define WIDTH_DEFAULT 1200
#define WIDTH_MIN 480
#define WIDTH_MAX 20000
#define HEIGHT_DEFAULT 180
#define HEIGHT_MIN 40
#define HEIGHT_MAX 4000

_Static_assert(sizeof(struct pdiag_trend_options) ==
		sizeof(size_t) + sizeof(void *) + 2 * 8 + 4 * 4,
	"no holes in struct pdiag_trend_options");
_Static_assert(sizeof(struct pdiag_trend_point) == 48, "no holes in struct pdiag_trend_point");
_Static_assert(sizeof(struct pdiag_trend_series) ==
		2 * sizeof(size_t) + 4 * sizeof(void *) + 2 * 8 + 2 * 4,
	"no holes in struct pdiag_trend_series");

static int check_options(struct pdiag_trend_options *o)
{
	if (o->flags || o->reserved)
		return pdiag_fail(EINVAL, "pdiag_trend_options: flags and reserved must be 0");
	if (o->width && (o->width < WIDTH_MIN || o->width > WIDTH_MAX))
		return pdiag_fail(EINVAL, "pdiag_trend_options: width is %u pixels; it may be %d "
			"to %d, or 0 for %d", o->width, WIDTH_MIN, WIDTH_MAX, WIDTH_DEFAULT);
	if (o->height && (o->height < HEIGHT_MIN || o->height > HEIGHT_MAX))
		return pdiag_fail(EINVAL, "pdiag_trend_options: height is %u pixels; it may be %d "
			"to %d, or 0 for %d", o->height, HEIGHT_MIN, HEIGHT_MAX, HEIGHT_DEFAULT);
	if ((o->to_ns && o->to_ns <= o->from_ns) || o->from_ns > PDIAG_TREND_TIME_MAX ||
		o->to_ns > PDIAG_TREND_TIME_MAX)
		return pdiag_fail(EINVAL, "pdiag_trend_options: to_ns is not behind from_ns, or "
			"one of them is beyond 73 years");
	o->width = o->width ? o->width : WIDTH_DEFAULT;
	o->height = o->height ? o->height : HEIGHT_DEFAULT;
	return 0;
}

static void free_line(struct pdiag_trend_line *line)
{
	free(line->name);
	free(line->unit);
	free(line->panel);
	free(line->points);
}

static void destroy(struct pdiag_trend *t)
{
	for (size_t i = 0; i < t->line_count; i++)
		free_line(&t->lines[i]);
	for (size_t i = 0; i < t->mark_count; i++)
		free(t->marks[i].sentence);
	free(t->lines);
	free(t->marks);
	free(t->title);
	free(t);
}

static void destroy_child(struct pdiag_child *child)
{
	destroy(pdiag_container(child, struct pdiag_trend, child));
}

int pdiag_trend_new(struct pdiag *context, const struct pdiag_trend_options *options,
	struct pdiag_trend **out)
{
	struct pdiag_trend_options o;
	struct pdiag_trend *t;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (!ret)
		ret = PDIAG_OPTIONS_COPY(&o, options, reserved);
	if (!ret)
		ret = check_options(&o);
	if (ret)
		return ret;
	t = calloc(1, sizeof(*t));
	if (!t)
		return pdiag_fail_memory("making a trend chart");
	t->context = context;
	t->options = o;
	t->options.title = NULL;
	if (o.title) {
		t->title = strdup(o.title);
		if (!t->title) {
			free(t);
			return pdiag_fail_memory("making a trend chart");
		}
	}
	pdiag_child_add(context, &t->child, destroy_child);
	*out = t;
	return 0;
}

void pdiag_trend_free(struct pdiag_trend *trend)
{
	if (!trend)
		return;
	pdiag_child_remove(&trend->child);
	destroy(trend);
}

static int check_series(struct pdiag_trend_series *s)
{
	if (!s->name || !*s->name)
		return pdiag_fail(EINVAL, "pdiag_trend_series: it has no name");
	if (s->reserved)
		return pdiag_fail(EINVAL, "pdiag_trend_series: reserved must be 0");
	if (s->count && !s->points)
		return pdiag_fail(EINVAL, "pdiag_trend_series: %zu points of %.80s, and no "
			"pointer to them", s->count, s->name);
	for (size_t i = 1; i < s->count; i++)
		if (s->points[i].time_ns < s->points[i - 1].time_ns)
			return pdiag_fail(EINVAL, "pdiag_trend_series: point %zu of %.80s is "
				"earlier than the one before; put them in the order of time",
				i, s->name);
	if (s->count && s->points[s->count - 1].time_ns > PDIAG_TREND_TIME_MAX)
		return pdiag_fail(EINVAL, "pdiag_trend_series: a time of %.80s is beyond 73 years",
			s->name);
	return 0;
}

static struct pdiag_trend_point *copy_points(const struct pdiag_trend_point *points, size_t count)
{
	struct pdiag_trend_point *copy = NULL;

	if (count <= SIZE_MAX / sizeof(*copy))
		copy = malloc(count ? count * sizeof(*copy) : 1);
	if (copy && count)
		memcpy(copy, points, count * sizeof(*copy));
	return copy;
}

int pdiag_trend_add_series(struct pdiag_trend *trend, const struct pdiag_trend_series *series)
{
	struct pdiag_trend_line line = { 0 };
	struct pdiag_trend_series s;
	int ret;

	pdiag_error_clear();
	if (!series)
		return pdiag_fail(EINVAL, "pdiag_trend_add_series: no series given");
	ret = PDIAG_OPTIONS_COPY(&s, series, reserved);
	if (!ret)
		ret = check_series(&s);
	if (ret)
		return ret;
	line.name = strdup(s.name);
	line.unit = strdup(s.unit ? s.unit : "");
	line.panel = s.panel ? strdup(s.panel) : NULL;
	line.points = copy_points(s.points, s.count);
	line.count = s.count;
	line.per_second = s.per_second != 0;
	/* Written so that NaN is no range. */
	line.ranged = s.low < s.high;
	line.low = s.low;
	line.high = s.high;
	if (!line.name || !line.unit || (s.panel && !line.panel) || !line.points ||
		pdiag_array_reserve(&trend->lines, &trend->line_cap, trend->line_count + 1,
			sizeof(line))) {
		free_line(&line);
		return pdiag_fail_memory("adding a series to a trend chart");
	}
	trend->lines[trend->line_count++] = line;
	return 0;
}

/* Times of a journal may be anything. */
static uint64_t sane(uint64_t time_ns)
{
	return time_ns > PDIAG_TREND_TIME_MAX ? PDIAG_TREND_TIME_MAX : time_ns;
}

int pdiag_trend_add_event(struct pdiag_trend *trend, const struct pdiag_event *event)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_trend_mark mark = { 0 };
	int ret;

	pdiag_error_clear();
	if (!event)
		return pdiag_fail(EINVAL, "pdiag_trend_add_event: event is NULL; give one");
	ret = pdiag_event_get_info(event, &info);
	if (ret)
		return ret;
	mark.id = info.id;
	mark.onset_ns = sane(info.onset_ns);
	mark.detected_ns = sane(info.detected_ns);
	mark.peak_ns = sane(info.peak_ns);
	mark.ended = info.end_ns != 0;
	mark.last_ns = sane(mark.ended ? info.end_ns :
					 mark.onset_ns + sane(info.duration_ns));
	if (mark.last_ns < mark.onset_ns)
		mark.last_ns = mark.onset_ns;
	mark.realtime_ns = info.onset_realtime_ns;
	mark.zone_s = info.zone_s;
	mark.severity = info.severity;
	mark.sentence = strdup(info.sentence);
	if (!mark.sentence || pdiag_array_reserve(&trend->marks, &trend->mark_cap,
			trend->mark_count + 1, sizeof(mark))) {
		free(mark.sentence);
		return pdiag_fail_memory("adding an event to a trend chart");
	}
	trend->marks[trend->mark_count++] = mark;
	return 0;
}
