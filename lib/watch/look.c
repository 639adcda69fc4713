/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at the metrics, and what detectors and rules say of it. Detectors have a clock of their
 * own: it goes on as CLOCK_BOOTTIME does, and began at the time of day that it was when the watch
 * began. So hours of the day are right, suspended hours included, and no clock that is set disturbs
 * them.
 */
#include <math.h>

#include "detect/detector.h"
#include "util/clock.h"
#include "watch/watch.h"

/* A value over a longer time says little of now. */
#define LATE_NS (10 * PDIAG_SECOND_NS)
/* Several metrics at once need so many decades less each, for each one but the first, ... */
#define TOGETHER_LESS 0.7
/* ... up to so many metrics. */
#define TOGETHER_MOST 3u

/* Decades of a metric that is off. */
#define OFF 2.5

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

static void take_in(struct pdiag_watch *w, uint32_t i)
{
	w->together.size = sizeof(w->together);
	pdiag_detector_group_add(w->group, i, &w->list[i].last, &w->together);
}

static bool look_at(struct pdiag_watch *w, uint32_t i)
{
	struct pdiag_watch_metric *m = &w->list[i];
	const struct pdiag_metric_value *v = pdiag_metrics_value(w->metrics, m->index);

	m->fresh = v->fresh;
	/* What is not read at each look is known as well as before. */
	if (!v->fresh)
		return !m->known_ns;
	m->last.size = sizeof(m->last);
	pdiag_detector_add(m->detector, pdiag_watch_from_monotonic(w, v->time_ns), usable(v),
		&m->last);
	take_in(w, i);
	m->handled = m->handled && pdiag_watch_is_on(m->last.alert);
	if (m->last.flags & PDIAG_DETECTION_LEARNING)
		m->known_ns = 0;
	else if (!m->known_ns)
		m->known_ns = w->now_ns;
	return !m->known_ns;
}

static bool is_surprised(const struct pdiag_watch_metric *m, double less)
{
	return (pdiag_watch_is_on(m->last.alert) && !m->handled) ||
		(m->fresh && m->last.surprise >= m->last.threshold - less);
}

/* Those that others make less enough for. */
static uint32_t count_with(const struct pdiag_watch *w, double less)
{
	uint32_t count = 0, seen = 0;

	for (uint32_t i = 0; i < w->count; i++)
		count += is_surprised(&w->list[i], less) &&
			pdiag_watch_is_first(w->list[i].choice, &seen);
	return count;
}

/* What none is surprised enough by alone, several may be. */
static void look_together(struct pdiag_watch *w)
{
	uint32_t need = TOGETHER_MOST;
	double less;

	while (need > 1 && count_with(w, TOGETHER_LESS * (need - 1)) < need)
		need--;
	less = TOGETHER_LESS * (need - 1);
	for (uint32_t i = 0; i < w->count && need > 1; i++)
		if (is_surprised(&w->list[i], less) && !pdiag_watch_is_on(w->list[i].last.alert) &&
			pdiag_detector_join(w->list[i].detector, &w->list[i].last))
			take_in(w, i);
}

static void ask_rule(struct pdiag_watch *w, struct pdiag_watch_rule *r)
{
	const struct pdiag_metric_value *v = pdiag_metrics_value(w->metrics, r->index);
	struct pdiag_rule_status before = r->last;

	if (!v->fresh)
		return;
	/* There is one again, after so long that it is another matter. */
	if (!isnan(v->value) && r->missing > PDIAG_WATCH_MISSING)
		r->handled = false;
	r->missing = isnan(v->value) ? r->missing + 1 : 0;
	r->last.size = sizeof(r->last);
	pdiag_rule_add(r->rule, v->time_ns, v->value, &r->last);
	r->handled = r->handled && pdiag_watch_is_on(r->last.alert);
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
	look_together(w);
	for (uint32_t i = 0; i < w->rule_count; i++)
		ask_rule(w, &w->rules[i]);
	w->info.learning = w->count && learning * 2 > w->count;
	w->info.surprise = w->group ? w->together.surprise : 0;
	return 1;
}

bool pdiag_watch_is_off(const struct pdiag_watch_metric *m)
{
	return !m->handled && m->last.surprise >= OFF;
}

bool pdiag_watch_is_broken(const struct pdiag_watch_rule *r)
{
	return pdiag_watch_is_on(r->last.alert) && !r->handled && r->missing <= PDIAG_WATCH_MISSING;
}

bool pdiag_watch_is_alarming(const struct pdiag_watch *w, const struct pdiag_watch_metric *m)
{
	if (!pdiag_watch_is_on(m->last.alert) || m->last.flags & PDIAG_DETECTION_MISSING)
		return false;
	return !m->handled || pdiag_watch_is_again(w, m);
}

bool pdiag_watch_alarm(const struct pdiag_watch *w, uint32_t *rule)
{
	for (*rule = 0; *rule < w->rule_count; (*rule)++)
		if (pdiag_watch_is_broken(&w->rules[*rule]))
			return true;
	*rule = PDIAG_WATCH_NONE;
	for (uint32_t i = 0; i < w->count; i++)
		if (pdiag_watch_is_alarming(w, &w->list[i]))
			return true;
	return false;
}
