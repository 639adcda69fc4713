/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Made-up series of many families, with events in them, the same ones for the same seed. */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stdint.h>

/* What the value is like when nothing happens. */
enum series_family {
	SERIES_NOISE,	   /* normal, independent */
	SERIES_SLOW,	   /* AR(1), 0.9 */
	SERIES_DAILY,	   /* AR(1), 0.5, with a daily cycle */
	SERIES_COUNTS,	   /* Poisson, mean 2 */
	SERIES_DAY_COUNTS, /* Poisson, mean 20 to 80 over the day */
	SERIES_HEAVY,	   /* Student's t, 3 degrees of freedom */
	SERIES_LATENCY,	   /* log-normal */
	SERIES_BUSY,	   /* 0 to 100 %, clipped */
	SERIES_WANDER,	   /* a random walk that is pulled back, with noise */
	SERIES_STEPS,	   /* mostly constant */
	SERIES_BURSTS,	   /* noise, and high for 8 points each 300 */
	SERIES_MACHINE,	   /* a part of a CPU: mean and noise change, bursts, ramps, restarts */
	SERIES_RATE,	   /* events a second: mostly few, in clusters, over four decades */
	SERIES_FAMILIES,
};

enum series_event {
	SERIES_SPIKE6,	/* one point, by so many standard deviations */
	SERIES_SPIKE12,
	SERIES_SHIFT3,	/* all of its points */
	SERIES_SHIFT6,
	SERIES_SHIFT12,
	SERIES_VARIANCE, /* the noise is four times as large */
	SERIES_DRIFT,	/* up to 6 standard deviations, slowly */
	SERIES_EVENTS,
};

struct series {
	enum series_family family;
	int event;	 /* that is on, enum series_event; -1: none */
	uint64_t random;
	uint64_t step_ns, time_ns;
	uint64_t every;	 /* points from event to event; 0: there are none */
	uint64_t point, begin, end, number;
	double state, walk;
	double extra;	 /* standard deviations to be added by who uses it */
	double level, level_to, noise, burst;
	uint32_t burst_left, restart_left;
};

extern const char *const series_family_name[SERIES_FAMILIES];
extern const char *const series_event_name[SERIES_EVENTS];

void series_begin(struct series *s, enum series_family family, uint64_t seed, uint64_t step_ns,
	uint64_t every);
/* The value at s->time_ns; s->event says if an event is on. */
double series_next(struct series *s);

#endif
