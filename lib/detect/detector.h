/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A detector: three features of a series, each judged by its range and its tail. */
#ifndef PDIAG_DETECT_DETECTOR_H
#define PDIAG_DETECT_DETECTOR_H

#include <pdiag/detect.h>

#include "detect/alert.h"
#include "detect/day.h"
#include "detect/range.h"
#include "detect/shift.h"
#include "detect/tail.h"

#define PDIAG_FEATURES 3u

/* All that is saved. */
struct pdiag_learned {
	struct pdiag_range range[PDIAG_FEATURES];
	struct pdiag_tail tail[PDIAG_FEATURES];
	struct pdiag_shift shift; /* of the value */
	struct pdiag_day day;
	struct pdiag_alert_state alert;
	struct pdiag_alert_state single; /* what tails take for one event */
	double fast, slow; /* means, for the trend */
	double step_ns;	   /* usual time between points; 0: not known */
	double score;	   /* of what came before, less by the time since */
	uint64_t time_ns;  /* of the last point */
	uint64_t away_ns;  /* since when the value is off its local mean; 0: it is not */
	uint64_t counter;  /* the last reading */
	uint64_t counter_ns;
	uint32_t points;   /* seen; stays at its maximum */
	uint32_t steps;	   /* that the usual one is made of */
	uint32_t counting; /* 1: there was a reading */
};

struct pdiag_detector {
	struct pdiag_learned learned;
	struct pdiag_detector_options options; /* none is 0 */
	struct pdiag_range_scale range_scale;
	struct pdiag_tail_scale tail_scale;
	struct pdiag_shift_scale shift_scale;
	double slow_most; /* decades that a slow feature can tell after all of the memory */
	double threshold; /* for this step: */
	double threshold_step_ns;
	struct pdiag_judged last; /* what was told of the last point, ... */
	double value;		  /* ... which was this */
	uint32_t feature, kind;	  /* 0: nothing */
};

/*
 * Others are surprised, too, so an alert begins at the last point, whatever the threshold; *last is
 * what was told of it, and tells that then. 0: it does not: there is one, there was one just now,
 * nothing is surprising, or it is still learning.
 */
int pdiag_detector_join(struct pdiag_detector *d, struct pdiag_detection *last);

_Static_assert(sizeof(struct pdiag_detector) <= 2048, "2 KB a metric");

#endif
