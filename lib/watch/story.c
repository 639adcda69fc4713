/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of an incident, told to its event: numbers, a sentence, what metrics did. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/clock.h"
#include "watch/watch.h"

/* Metrics are shown from so long before the onset, in no more steps. */
#define AROUND_NS (120 * PDIAG_SECOND_NS)
#define POINTS_MAX 960u
#define STEP_LONG_S 60u

/* Shown with any event. */
static const char *const context[] = {
	"system.cpu.load_average.1m", "system.cpu.utilization", "system.threads.runnable",
	"system.threads.blocked", "system.threads.active",
	"system.pressure.cpu.some", "system.pressure.memory.some",
	"system.pressure.io.some", "system.memory.utilization", "cgroup.cpu.time.user",
	"cgroup.cpu.time.system", "cgroup.memory.usage",
};

struct points {
	struct pdiag_event_point *list;
	size_t count, cap;
};

static int add_point(void *user, const struct pdiag_metric_point *point)
{
	struct points *p = user;

	/* One for the gap, one for the point. */
	if (pdiag_array_reserve(&p->list, &p->cap, p->count + 2, sizeof(*p->list)))
		return -ENOMEM;
	if (point->gap && p->count) {
		p->list[p->count] = (struct pdiag_event_point){
			.time_ns = p->list[p->count - 1].time_ns + 1, .value = NAN };
		p->count++;
	}
	p->list[p->count++] = (struct pdiag_event_point){
		.time_ns = point->time_ns, .value = point->mean };
	return 0;
}

/* The series of a metric around the event. */
static int add_metric(struct pdiag_watch *w, uint32_t index, struct pdiag_event_metric *metric)
{
	const struct pdiag_metric *m = pdiag_metrics_describe(w->metrics, index);
	uint64_t from = w->incident.onset_ns > AROUND_NS ? w->incident.onset_ns - AROUND_NS : 0;
	bool far = w->now_ns - from > POINTS_MAX * PDIAG_SECOND_NS;
	struct points points = { 0 };
	int ret;

	metric->name = m->name;
	metric->unit = m->unit;
	metric->description = m->description;
	metric->kind = m->kind;
	ret = pdiag_metrics_each_point(w->metrics, index, from, w->now_ns, far ? STEP_LONG_S : 1,
		add_point, &points);
	if (!ret)
		ret = pdiag_event_add_metric(w->incident.event, metric, points.list,
			(uint32_t)points.count);
	free(points.list);
	return ret;
}

static int add_part(struct pdiag_watch *w, const struct pdiag_watch_metric *m)
{
	const struct pdiag_watch_part *p = &m->part;
	struct pdiag_event_metric metric = {
		.direction = p->direction, .value = p->value, .peak = p->peak,
		.expected = p->expected, .low = p->low, .high = p->high,
		.surprise = p->surprise, .onset_ns = p->onset_ns,
	};

	return add_metric(w, m->index, &metric);
}

static bool has_metric(const struct pdiag_event *e, const char *name)
{
	for (size_t i = 0; i < e->series_count; i++)
		if (e->series[i].metric.onset_ns && !strcmp(e->series[i].metric.name, name))
			return true;
	return false;
}

static double scaled(const struct pdiag_watch_rule *r, double value)
{
	return r->options.scale > 0 ? value * r->options.scale : value;
}

/* What a detector says of the metric, if it takes part. */
static const struct pdiag_watch_part *part_of(const struct pdiag_watch *w, uint32_t index)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->list[i].part.in && w->list[i].index == index)
			return &w->list[i].part;
	return NULL;
}

/* The metric that broke the rule, by the rule: it began the event, whoever joins later. */
static struct pdiag_event_metric by_rule(
	const struct pdiag_watch *w, const struct pdiag_watch_rule *r)
{
	const struct pdiag_metric *m = pdiag_metrics_describe(w->metrics, r->index);
	const struct pdiag_watch_part *part = part_of(w, r->index);
	const struct pdiag_watch_incident *in = &w->incident;
	bool below = r->options.flags & PDIAG_RULE_BELOW;
	double edge = scaled(r, r->options.threshold);

	return (struct pdiag_event_metric){
		.name = m->name, .unit = m->unit, .description = m->description, .kind = m->kind,
		.direction = below ? -1 : 1, .value = scaled(r, in->rule_value),
		.peak = scaled(r, in->rule_peak), .expected = part ? part->expected : NAN,
		.low = below ? edge : -INFINITY, .high = below ? INFINITY : edge,
		.onset_ns = in->onset_ns,
	};
}

/* A detector says more of it than a rule. */
static int add_rule(struct pdiag_watch *w, const struct pdiag_watch_rule *r)
{
	struct pdiag_event_metric metric = by_rule(w, r);

	return part_of(w, r->index) ? 0 : add_metric(w, r->index, &metric);
}

static int add_context(struct pdiag_watch *w, const char *name)
{
	int index = pdiag_metrics_find(w->metrics, name);
	struct pdiag_event_metric metric = { .direction = 0, .value = NAN, .peak = NAN,
		.expected = NAN, .low = NAN, .high = NAN };

	if (index < 0 || !pdiag_metrics_describe(w->metrics, (uint32_t)index)->available ||
		has_metric(w->incident.event, name))
		return 0;
	return add_metric(w, (uint32_t)index, &metric);
}

static int tell_metrics(struct pdiag_watch *w)
{
	int ret = 0;

	for (uint32_t i = 0; i < w->count && !ret; i++)
		if (w->list[i].part.in)
			ret = add_part(w, &w->list[i]);
	if (!ret && w->incident.rule != PDIAG_WATCH_NONE)
		ret = add_rule(w, &w->rules[w->incident.rule]);
	for (size_t i = 0; i < PDIAG_COUNT(context) && !ret; i++)
		ret = add_context(w, context[i]);
	pdiag_event_sort(w->incident.event);
	return ret;
}

/* The metric that the sentence is about: of a rule its own, else the most surprising. */
static bool main_metric(const struct pdiag_watch *w, struct pdiag_event_metric *metric)
{
	const struct pdiag_event *e = w->incident.event;

	if (w->incident.rule != PDIAG_WATCH_NONE)
		*metric = by_rule(w, &w->rules[w->incident.rule]);
	else if (e->series_count)
		*metric = e->series[0].metric;
	else
		return false;
	return true;
}

static uint64_t peak_time(const struct pdiag_watch *w, const struct pdiag_event_metric *main)
{
	const struct pdiag_watch_part *part;

	if (w->incident.rule != PDIAG_WATCH_NONE)
		return w->incident.rule_peak_ns;
	part = part_of(w, (uint32_t)pdiag_metrics_find(w->metrics, main->name));
	return part ? part->peak_ns : w->incident.detected_ns;
}

static int see_clocks(void *user, const struct pdiag_metric_point *point)
{
	*(struct pdiag_metric_point *)user = *point;
	return 1;
}

/* A metric that has a history of the event. */
static uint32_t any_metric(const struct pdiag_watch *w)
{
	if (w->incident.rule != PDIAG_WATCH_NONE)
		return w->rules[w->incident.rule].index;
	for (uint32_t i = 0; i < w->count; i++)
		if (w->list[i].part.in)
			return w->list[i].index;
	return 0;
}

/* The wall clock as it stood then: it may have been set since, or the machine have slept. The first
 * look that is not before that moment knows it best. */
static uint64_t realtime(const struct pdiag_watch *w, uint64_t time_ns)
{
	struct pdiag_metric_point look = { .time_ns = w->now_ns, .realtime_ns = w->realtime_ns };

	pdiag_metrics_each_point(w->metrics, any_metric(w), time_ns, w->now_ns, 1, see_clocks,
		&look);
	return look.realtime_ns - (look.time_ns - time_ns);
}

static void tell_times(struct pdiag_watch *w, uint64_t end_ns)
{
	struct pdiag_event_info *i = &w->incident.event->info;

	i->onset_ns = w->incident.onset_ns;
	/* What was said of its beginning is not taken back. */
	if (!i->onset_realtime_ns) {
		i->onset_realtime_ns = realtime(w, i->onset_ns);
		i->detected_ns = w->incident.detected_ns;
		i->detected_realtime_ns = realtime(w, i->detected_ns);
		i->zone_s = w->zone_s;
	}
	i->end_ns = end_ns;
	i->end_realtime_ns = end_ns ? realtime(w, end_ns) : 0;
	i->duration_ns = (end_ns ? end_ns : w->now_ns) - i->onset_ns;
	i->phase = end_ns ? PDIAG_EVENT_ENDED :
		w->incident.during_due ? PDIAG_EVENT_BEGUN : PDIAG_EVENT_UPDATED;
	i->cpus = w->cpus;
}

static int tell_main(struct pdiag_watch *w)
{
	struct pdiag_event_metric main;
	struct pdiag_event *e = w->incident.event;
	struct pdiag_event_info *i = &e->info;
	int ret;

	if (!main_metric(w, &main))
		return 0;
	i->value = main.value;
	i->peak = main.peak;
	i->expected = main.expected;
	i->low = main.low;
	i->high = main.high;
	i->surprise = main.surprise;
	i->direction = main.direction;
	i->peak_ns = peak_time(w, &main);
	i->peak_realtime_ns = realtime(w, i->peak_ns);
	i->score = w->incident.rule == PDIAG_WATCH_NONE ? w->incident.score : 1;
	i->severity = pdiag_watch_severity(e, w->incident.rule != PDIAG_WATCH_NONE);
	ret = pdiag_event_set_text(e, PDIAG_EVENT_METRIC, main.name);
	if (!ret)
		ret = pdiag_event_set_text(e, PDIAG_EVENT_UNIT, main.unit);
	if (!ret && w->incident.rule != PDIAG_WATCH_NONE)
		ret = pdiag_event_set_text(
			e, PDIAG_EVENT_RULE, w->rules[w->incident.rule].text);
	return ret ? ret : pdiag_watch_phrase(e, &main);
}

int pdiag_watch_tell(struct pdiag_watch *w, uint64_t end_ns)
{
	int ret = tell_metrics(w);
	int failed;

	tell_times(w, end_ns);
	failed = tell_main(w);
	return ret ? ret : failed;
}
