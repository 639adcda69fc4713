/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detect/day.h"

#define HOUR_NS 3600000000000ull
/* A mean of fewer points, or of a shorter time, is none. */
#define KNOWN_POINTS 10u
#define KNOWN_HOURS 0.5
/* Yesterday's hour counts a fifth of what is expected today. */
#define RATE_A_DAY 0.2

uint32_t pdiag_day_points(const struct pdiag_day *day, uint64_t time_ns)
{
	return day->points[time_ns / HOUR_NS % PDIAG_DAY_HOURS];
}

bool pdiag_day_add(struct pdiag_day *day, uint64_t time_ns, uint64_t step_ns, double x,
	double *expected)
{
	unsigned int hour = (unsigned int)(time_ns / HOUR_NS % PDIAG_DAY_HOURS);
	bool known = day->points[hour] >= KNOWN_POINTS && day->hours[hour] >= KNOWN_HOURS;
	double part = (step_ns < HOUR_NS ? (double)step_ns : (double)HOUR_NS) / HOUR_NS, rate;

	/* Even of points that come at once there is a first one. */
	part = part < 1e-9 ? 1e-9 : part;
	*expected = day->mean[hour];
	if (day->hours[hour] < 1e6)
		day->hours[hour] += part;
	rate = part / day->hours[hour];
	rate = rate < RATE_A_DAY * part ? RATE_A_DAY * part : rate > 1 ? 1 : rate;
	day->mean[hour] += rate * (x - day->mean[hour]);
	day->points[hour] += day->points[hour] < UINT32_MAX;
	return known;
}
