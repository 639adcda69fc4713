/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Series and events made by hand, for charts. The same on every machine. */
#ifndef TESTS_SUPPORT_MADE_TREND_H
#define TESTS_SUPPORT_MADE_TREND_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <pdiag/context.h>
#include <pdiag/trend.h>

#include "event/event.h"

#define MADE_SECOND 1000000000ull
#define MADE_BOOT (86400ull * MADE_SECOND)	/* CLOCK_MONOTONIC where series begin */
#define MADE_WALL (1795530900ull * MADE_SECOND) /* 2026-11-24 14:35:00 UTC */
#define MADE_ZONE 3600

/* 0 to 1, always the same ones. */
static inline double made_noise(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (double)(*seed >> 40) / 16777216;
}

/* Points a step apart, all with one value; the caller changes them. */
static inline struct pdiag_trend_point *made_points(size_t count, uint64_t step_ns, double value)
{
	struct pdiag_trend_point *p = calloc(count ? count : 1, sizeof(*p));

	if (!p)
		abort();
	for (size_t i = 0; i < count; i++)
		p[i] = (struct pdiag_trend_point){ .time_ns = MADE_BOOT + i * step_ns,
			.realtime_ns = MADE_WALL + i * step_ns, .value = value, .min = NAN,
			.max = NAN, .zone_s = MADE_ZONE };
	return p;
}

static inline struct pdiag_trend_series made_series(const char *name, const char *unit,
	const struct pdiag_trend_point *points, size_t count)
{
	return (struct pdiag_trend_series){ .size = sizeof(struct pdiag_trend_series),
		.name = name, .unit = unit, .points = points, .count = count };
}

static inline void made_add(struct pdiag_trend *trend, struct pdiag_trend_series series,
	const char *panel, uint32_t per_second)
{
	series.panel = panel;
	series.per_second = per_second;
	if (pdiag_trend_add_series(trend, &series))
		abort();
}

/* An event from `from` to `to` seconds after the begin; to 0: it goes on for 20 s. */
static inline struct pdiag_event *made_event(struct pdiag *context, const char *sentence,
	uint32_t severity, double from, double to)
{
	struct pdiag_event *e;
	uint64_t onset = (uint64_t)(from * 1e9), end = (uint64_t)(to * 1e9);

	if (pdiag_event_new(context, &e) ||
		pdiag_event_set_text(e, PDIAG_EVENT_SENTENCE, sentence))
		abort();
	e->info = (struct pdiag_event_info){
		.id = 7, .onset_ns = MADE_BOOT + onset, .onset_realtime_ns = MADE_WALL + onset,
		.detected_ns = MADE_BOOT + onset + 2100000000ull,
		.detected_realtime_ns = MADE_WALL + onset + 2100000000ull,
		.duration_ns = to > 0 ? end - onset : 20 * MADE_SECOND,
		.zone_s = MADE_ZONE, .severity = severity, .direction = 1,
		.phase = to > 0 ? PDIAG_EVENT_ENDED : PDIAG_EVENT_BEGUN, .cpus = 2,
	};
	e->info.peak_ns = e->info.onset_ns + e->info.duration_ns / 3;
	e->info.peak_realtime_ns = e->info.onset_realtime_ns + e->info.duration_ns / 3;
	if (to > 0) {
		e->info.end_ns = MADE_BOOT + end;
		e->info.end_realtime_ns = MADE_WALL + end;
	}
	return e;
}

#endif
