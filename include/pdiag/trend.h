/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trend charts: metrics over time as one self-contained SVG, with straight lines from point to
 * point, gaps where nothing is known, events shaded with their onset and peak, and the time on both
 * clocks.
 */
#ifndef PDIAG_TREND_H
#define PDIAG_TREND_H

#include <pdiag/event.h>
#include <pdiag/metric.h>
#include <pdiag/output.h>
#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_trend;

struct pdiag_trend_options {
	size_t size;	   /* sizeof(struct pdiag_trend_options) */
	const char *title; /* NULL: made from what is drawn */
	uint64_t from_ns;  /* CLOCK_MONOTONIC; 0: from the first point on */
	uint64_t to_ns;	   /* 0: up to the last */
	uint32_t width;	   /* pixels; 0: 1,200 */
	uint32_t height;   /* of a panel, pixels; 0: 180 */
	uint32_t flags;	   /* 0 */
	uint32_t reserved; /* 0 */
};

struct pdiag_trend_point {
	uint64_t time_ns;     /* CLOCK_MONOTONIC */
	uint64_t realtime_ns; /* since 1970, UTC; 0: not known */
	double value;	      /* NaN, infinite or beyond 1e300: not known */
	double min, max;      /* of the step; both NaN or equal to value: nothing to show */
	int32_t zone_s;	      /* local time minus UTC, s */
	uint32_t gap;	      /* 1: nothing is known of the time between the point before and it */
};

struct pdiag_trend_series {
	size_t size;	  /* sizeof(struct pdiag_trend_series) */
	const char *name; /* "system.cpu.load_average.1m" */
	const char *unit; /* of UCUM, as pdiag_metric has it; "": none */
	const char *panel; /* series of the same panel and unit share their axis; NULL: one of its
			      own */
	const struct pdiag_trend_point *points; /* oldest first */
	size_t count;
	double low, high;    /* from where to where it is ordinary, to be shown; equal: not known */
	uint32_t per_second; /* 1: `unit` a second */
	uint32_t reserved;   /* 0 */
};

/* options may be NULL. Errors: -EINVAL, -E2BIG, -ENOMEM. */
PDIAG_API int pdiag_trend_new(struct pdiag *context, const struct pdiag_trend_options *options,
	struct pdiag_trend **out);
/* NULL is fine. */
PDIAG_API void pdiag_trend_free(struct pdiag_trend *trend);
/* Points are copied. Errors: -EINVAL (a name is missing, points are not in order, or a time is
 * beyond 73 years), -E2BIG, -ENOMEM. */
PDIAG_API int pdiag_trend_add_series(
	struct pdiag_trend *trend, const struct pdiag_trend_series *series);
/* The history of a metric as it is now. `panel` as above. Errors: -EINVAL, -ENOMEM. */
PDIAG_API int pdiag_trend_add_metric(struct pdiag_trend *trend,
	const struct pdiag_metrics *metrics, uint32_t index, const char *panel);
/* Its time is shaded in all panels. It is copied. Errors: -EINVAL, -ENOMEM. */
PDIAG_API int pdiag_trend_add_event(struct pdiag_trend *trend, const struct pdiag_event *event);
/* Draw. With many points to a pixel what is drawn of them is their range and mean. Errors: -EINVAL
 * (nothing was added), -ENOMEM, and others from the sink. */
PDIAG_API int pdiag_trend_write(struct pdiag_trend *trend, const struct pdiag_sink *sink);

PDIAG_END_DECLS

#endif
