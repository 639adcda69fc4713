/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What metrics were: two rings of steps, of 1 s (the mean) and of 60 s (min, max, mean, last). */
#ifndef PDIAG_METRIC_HISTORY_H
#define PDIAG_METRIC_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include <pdiag/metric.h>

#define PDIAG_HISTORY_LEVELS 2

/* The clocks at the last sample of a step. */
struct pdiag_history_stamp {
	uint64_t time_ns, boottime_ns, realtime_ns;
	int32_t zone_s;
	uint32_t used;
};

/* The step that is growing, of one metric. */
struct pdiag_history_open {
	double sum, weight;
	float min, max, last;
};

struct pdiag_history_level {
	uint64_t step_ns;
	uint32_t slots;
	uint32_t width;	  /* floats a metric and step: 1 or 4 */
	uint64_t current; /* the step that is growing */
	float *values;	  /* by step, then by metric; NaN: nothing known */
	struct pdiag_history_stamp *stamps;
	struct pdiag_history_open *open;
};

struct pdiag_history {
	uint32_t columns; /* 0: there is none */
	uint64_t origin_ns; /* where steps begin, CLOCK_BOOTTIME */
	int started;
	struct pdiag_history_level levels[PDIAG_HISTORY_LEVELS];
	size_t bytes;
};

/* 0 or -ENOMEM; then it is as after _free. */
int pdiag_history_init(struct pdiag_history *h, uint32_t columns, uint32_t seconds);
void pdiag_history_free(struct pdiag_history *h);

/* A sample begins, at these clocks. */
void pdiag_history_tick(struct pdiag_history *h, const struct pdiag_history_stamp *stamp);
/* A value of this sample; weight: the time it is over. */
void pdiag_history_add(struct pdiag_history *h, uint32_t column, double value, double weight);

/* As pdiag_metrics_each_point(). */
int pdiag_history_each(const struct pdiag_history *h, uint32_t column, uint64_t from_ns,
	uint64_t to_ns, uint64_t step_ns, pdiag_metric_point_fn fn, void *user);

#endif
