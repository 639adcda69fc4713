/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at the metrics, and what detectors and rules say of it. Detectors have a clock of their
 * own: it goes on as CLOCK_BOOTTIME does, and began at the time of day that it was when the watch
 * began. So hours of the day are right, suspended hours included, and no clock that is set disturbs
 * them.
 */
#include <math.h>

#include "util/clock.h"
#include "watch/watch.h"

/* A value over a longer time says little of now. */
#define LATE_NS (10 * PDIAG_SECOND_NS)

static struct pdiag_metrics_info info_of(const struct pdiag_watch *w)
{
	struct pdiag_metrics_info info = { .size = sizeof(info) };

	pdiag_metrics_get_info(w->metrics, &info);
	return info;
}

uint64_t pdiag_watch_now(const struct pdiag_watch *w)
{
	return w->now_ns;
}

uint64_t pdiag_watch_to_monotonic(const struct pdiag_watch *w, uint64_t time_ns)
{
	return time_ns > w->clock_offset_ns ? time_ns - w->clock_offset_ns : 0;
}

uint64_t pdiag_watch_from_monotonic(const struct pdiag_watch *w, uint64_t time_ns)
{
	return time_ns + w->clock_offset_ns;
}

/* The offset follows suspended time, and nothing else. */
static void follow_clock(struct pdiag_watch *w)
{
	struct pdiag_metrics_info info = info_of(w);
	uint64_t slept = info.boottime_ns > info.time_ns ? info.boottime_ns - info.time_ns : 0;

	if (!w->now_ns) {
		w->clock_offset_ns = info.realtime_ns - info.time_ns;
		w->slept_ns = slept;
	}
	/* Two clocks that are read one after the other differ by the time between. */
	if (slept > w->slept_ns + PDIAG_SECOND_NS) {
		w->clock_offset_ns += slept - w->slept_ns;
		w->slept_ns = slept;
	}
	w->now_ns = info.time_ns;
	w->realtime_ns = info.realtime_ns;
	w->zone_s = info.zone_s;
}

static double usable(const struct pdiag_metric_value *v)
{
	if (v->state == PDIAG_METRIC_MISSING || v->interval_ns > LATE_NS)
		return NAN;
	return v->value;
}

static bool look_at(struct pdiag_watch *w, uint32_t i)
{
	struct pdiag_watch_metric *m = &w->list[i];
	const struct pdiag_metric_value *v = pdiag_metrics_value(w->metrics, m->index);

	if (!v->fresh)
		return false;
	m->last.size = sizeof(m->last);
	pdiag_detector_add(m->detector, pdiag_watch_from_monotonic(w, v->time_ns), usable(v),
		&m->last);
	w->together.size = sizeof(w->together);
	pdiag_detector_group_add(w->group, i, &m->last, &w->together);
	return m->last.flags & PDIAG_DETECTION_LEARNING;
}

static void ask_rule(struct pdiag_watch *w, struct pdiag_watch_rule *r)
{
	const struct pdiag_metric_value *v = pdiag_metrics_value(w->metrics, r->index);
	struct pdiag_rule_status before = r->last;

	if (!v->fresh)
		return;
	r->last.size = sizeof(r->last);
	pdiag_rule_add(r->rule, v->time_ns, v->value, &r->last);
	if (r->last.peak != before.peak || r->last.onset_ns != before.onset_ns)
		r->peak_ns = v->time_ns;
}

int pdiag_watch_look(struct pdiag_watch *w)
{
	uint32_t learning = 0;

	if (pdiag_metrics_sample(w->metrics) != 1)
		return 0;
	follow_clock(w);
	w->info.looks++;
	for (uint32_t i = 0; i < w->count; i++)
		learning += look_at(w, i);
	for (uint32_t i = 0; i < w->rule_count; i++)
		ask_rule(w, &w->rules[i]);
	w->info.learning = w->count && learning * 2 > w->count;
	w->info.surprise = w->group ? w->together.surprise : 0;
	return 1;
}

static bool is_on(uint32_t alert)
{
	return alert == PDIAG_ALERT_BEGIN || alert == PDIAG_ALERT_ON;
}

bool pdiag_watch_alarm(const struct pdiag_watch *w, uint32_t *rule)
{
	for (*rule = 0; *rule < w->rule_count; (*rule)++)
		if (is_on(w->rules[*rule].last.alert))
			return true;
	*rule = PDIAG_WATCH_NONE;
	return w->group && w->together.alerting;
}
