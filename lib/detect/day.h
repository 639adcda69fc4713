/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mean of each hour of the day. */
#ifndef PDIAG_DETECT_DAY_H
#define PDIAG_DETECT_DAY_H

#include <stdbool.h>
#include <stdint.h>

#define PDIAG_DAY_HOURS 24u

struct pdiag_day {
	double mean[PDIAG_DAY_HOURS];
	double hours[PDIAG_DAY_HOURS];	  /* that were seen of each, in hours */
	uint32_t points[PDIAG_DAY_HOURS]; /* likewise */
};

/*
 * What is expected at this time; false if that hour is not known well enough. Then take the value,
 * `step_ns` after the one before.
 */
bool pdiag_day_add(struct pdiag_day *day, uint64_t time_ns, uint64_t step_ns, double x,
	double *expected);
/* Points of that hour so far, of all days. */
uint32_t pdiag_day_points(const struct pdiag_day *day, uint64_t time_ns);

#endif
