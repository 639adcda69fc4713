/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The history of a metric as a series. */
#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "trend/trend.h"
#include "util/array.h"

struct points {
	struct pdiag_trend_point *list;
	size_t count, cap;
};

static int add_point(void *user, const struct pdiag_metric_point *p)
{
	struct points *points = user;

	if (pdiag_array_reserve(&points->list, &points->cap, points->count + 1,
		    sizeof(*points->list)))
		return pdiag_fail_memory("reading the history of a metric");
	points->list[points->count++] = (struct pdiag_trend_point){
		.time_ns = p->time_ns,
		.realtime_ns = p->realtime_ns,
		.value = p->mean,
		.min = p->min,
		.max = p->max,
		.zone_s = p->zone_s,
		.gap = p->gap,
	};
	return 0;
}

int pdiag_trend_add_metric(struct pdiag_trend *trend, const struct pdiag_metrics *metrics,
	uint32_t index, const char *panel)
{
	const struct pdiag_metric *metric = pdiag_metrics_describe(metrics, index);
	const struct pdiag_trend_options *o = &trend->options;
	struct pdiag_trend_series series = { .size = sizeof(series), .panel = panel };
	struct points points = { 0 };
	int ret;

	pdiag_error_clear();
	if (!metric)
		return pdiag_fail(EINVAL, "pdiag_trend_add_metric: there is no metric %u of %u",
			index, pdiag_metrics_count(metrics));
	ret = pdiag_metrics_each_point(metrics, index, o->from_ns,
		o->to_ns ? o->to_ns : UINT64_MAX, 0, add_point, &points);
	if (!ret) {
		series.name = metric->name;
		series.unit = metric->unit;
		series.points = points.list;
		series.count = points.count;
		series.per_second = metric->kind == PDIAG_METRIC_COUNTER;
		ret = pdiag_trend_add_series(trend, &series);
	}
	free(points.list);
	return ret;
}
