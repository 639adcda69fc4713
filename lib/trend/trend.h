/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A trend chart as an object: the series and events that were added, as copies. */
#ifndef PDIAG_TREND_TREND_H
#define PDIAG_TREND_TREND_H

#include <pdiag/trend.h>

#include "core/context.h"

/* Monotonic clocks beyond this (73 years) are no such. */
#define PDIAG_TREND_TIME_MAX (INT64_MAX / 4)

struct pdiag_trend_line {
	char *name, *unit, *panel; /* panel: NULL, one of its own */
	struct pdiag_trend_point *points;
	size_t count;
	bool per_second;
	bool ranged; /* it is ordinary from low to high, of which one may be infinite */
	double low, high;
};

/* What a chart shows of an event. */
struct pdiag_trend_mark {
	char *sentence;
	uint64_t id, onset_ns, detected_ns, peak_ns; /* the last two: 0, not known */
	uint64_t last_ns;   /* its end, or the last that is known of it */
	uint64_t realtime_ns; /* of the onset */
	int32_t zone_s;
	uint32_t severity;
	bool ended;
};

struct pdiag_trend {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_trend_options options; /* defaults filled in */
	char *title;			    /* NULL: to be made */
	struct pdiag_trend_line *lines;
	size_t line_count, line_cap;
	struct pdiag_trend_mark *marks;
	size_t mark_count, mark_cap;
};

#endif
