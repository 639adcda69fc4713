/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process usually is like: for each quantity a mean and a spread that fade with time, by
 * weights of seconds and not of looks. What is far off moves them little, so that one bad minute
 * does not become usual.
 */
#include <math.h>

#include "portrait/portrait.h"

#define MEMORY_S 3600.0	  /* time in which the past fades */
#define CLIP 4.0	  /* spreads; further than this nothing pulls */
#define RELATIVE 0.1	  /* of the mean: below this nobody cares */
#define DEVIATION_MAX 1e6
#define CAP 100.0	  /* of what one quantity adds to abnormality */
#define CALM 3.0	  /* deviations up to here are normal */
#define FELL 0.5	  /* less than usual is half as strange as more */

static const float floors[PDIAG_QUANTITY_COUNT] = {
	[PDIAG_QUANTITY_CPU_USER] = 0.02f,
	[PDIAG_QUANTITY_CPU_SYSTEM] = 0.02f,
	[PDIAG_QUANTITY_RUN_DELAY] = 0.02f,
	[PDIAG_QUANTITY_VOLUNTARY] = 100,
	[PDIAG_QUANTITY_INVOLUNTARY] = 50,
	[PDIAG_QUANTITY_FAULTS_MINOR] = 500,
	[PDIAG_QUANTITY_FAULTS_MAJOR] = 2,
	[PDIAG_QUANTITY_RESIDENT] = 16 << 20,
	[PDIAG_QUANTITY_GROWTH] = 512 << 10,
	[PDIAG_QUANTITY_STORAGE_READ] = 512 << 10,
	[PDIAG_QUANTITY_STORAGE_WRITE] = 512 << 10,
	[PDIAG_QUANTITY_CALLS_READ] = 200,
	[PDIAG_QUANTITY_CALLS_WRITE] = 200,
	[PDIAG_QUANTITY_THREADS] = 3,
	[PDIAG_QUANTITY_BLOCKED_IO] = 0.02f,
	[PDIAG_QUANTITY_MIGRATIONS] = 50,
	[PDIAG_QUANTITY_CHILDREN_CPU] = 0.02f,
	[PDIAG_QUANTITY_OFF_FUTEX] = 0.1f,
	[PDIAG_QUANTITY_OFF_IO] = 0.05f,
	[PDIAG_QUANTITY_OFF_NETWORK] = 0.1f,
	[PDIAG_QUANTITY_OFF_LOCK] = 0.05f,
	[PDIAG_QUANTITY_OFF_OTHER] = 0.5f,
};

double pdiag_quantity_floor(uint32_t quantity)
{
	return quantity < PDIAG_QUANTITY_COUNT ? (double)floors[quantity] : 0;
}

/* The least spread that a change is measured by. */
static double least(const struct pdiag_usual *u, uint32_t q)
{
	double part = RELATIVE * fabs((double)u->mean[q]);
	double floor = (double)floors[q];

	return part > floor ? part : floor;
}

static double spread_of(const struct pdiag_usual *u, uint32_t q)
{
	double spread = (double)u->spread[q], low = least(u, q);

	return spread > low ? spread : low;
}

/* A mean that is not known yet is NaN. */
void pdiag_usual_init(struct pdiag_usual *u)
{
	*u = (struct pdiag_usual){ .samples = 0 };
	for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++)
		u->mean[q] = NAN;
}

/* Of so many seconds, after `before` that were known, in `samples`. */
static void add_one(struct pdiag_usual *u, uint32_t q, double value, double seconds,
	double before, uint32_t samples)
{
	double share, off, limit, mean = (double)u->mean[q];

	if (!isfinite(value) || !(seconds > 0))
		return;
	if (!isfinite(mean)) {
		u->mean[q] = (float)value;
		return;
	}
	share = seconds / (fmin(before, MEMORY_S) + seconds);
	/* A long pause is one look all the same. */
	if (samples && share > 0.5)
		share = 0.5;
	off = value - mean;
	if (samples >= PDIAG_PORTRAIT_WARM) {
		limit = CLIP * spread_of(u, q);
		off = off > limit ? limit : off < -limit ? -limit : off;
	}
	u->mean[q] = (float)(mean + share * off);
	/* 1.25 mean deviations are a standard deviation of what is normal. */
	if (samples)
		u->spread[q] += (float)(share * (1.25 * fabs(off) - (double)u->spread[q]));
}

void pdiag_usual_add(struct pdiag_usual *u, const double *values, double seconds)
{
	for (uint32_t q = 0; q < PDIAG_QUANTITY_OFF_FUTEX; q++)
		add_one(u, q, values[q], seconds, (double)u->seconds, u->samples);
	u->seconds += (float)seconds;
	u->samples += u->samples < UINT32_MAX;
}

/* They have their own times. */
void pdiag_usual_add_waits(struct pdiag_usual *u, const double *values, double seconds)
{
	for (uint32_t q = PDIAG_QUANTITY_OFF_FUTEX; q < PDIAG_QUANTITY_COUNT; q++)
		add_one(u, q, values[q - PDIAG_QUANTITY_OFF_FUTEX], seconds,
			(double)u->wait_seconds, u->profiles);
	u->wait_seconds += (float)seconds;
	u->profiles += u->profiles < UINT32_MAX;
}

uint32_t pdiag_usual_samples(const struct pdiag_usual *u, uint32_t q)
{
	return q < PDIAG_QUANTITY_OFF_FUTEX ? u->samples : u->profiles;
}

double pdiag_usual_deviation(const struct pdiag_usual *u, uint32_t q, double now)
{
	double d;

	if (pdiag_usual_samples(u, q) < PDIAG_PORTRAIT_WARM || !isfinite(now - (double)u->mean[q]))
		return 0;
	d = (now - (double)u->mean[q]) / spread_of(u, q);
	return d > DEVIATION_MAX ? DEVIATION_MAX : d < -DEVIATION_MAX ? -DEVIATION_MAX : d;
}

/* The three that are furthest off: more tell mostly the same once more. */
double pdiag_portrait_abnormality(const struct pdiag_portrait_value *values)
{
	double top[3] = { 0 };

	for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++) {
		double d = values[q].deviation;

		d = d < 0 ? -d * FELL : d;
		d = d > CALM ? d - CALM : 0;
		d = d > CAP ? CAP : d;
		for (int i = 0; i < 3; i++) {
			double other = top[i];

			if (d <= other)
				continue;
			top[i] = d;
			d = other;
		}
	}
	return sqrt(top[0] * top[0] + top[1] * top[1] + top[2] * top[2]);
}
