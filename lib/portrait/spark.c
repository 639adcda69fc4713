/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small history that always covers all: when it is full, two points become one. A point is a
 * part of the largest that its line has had.
 */
#include <math.h>
#include <string.h>

#include "portrait/portrait.h"

#define FULL 32767
#define UNKNOWN INT16_MIN
#define LARGEST 1e30

static double get(const struct pdiag_spark *s, uint32_t line, uint32_t i)
{
	int16_t v = s->points[line][i];

	return v == UNKNOWN ? NAN : (double)v / FULL * (double)s->largest[line];
}

static int16_t code(double value, double largest)
{
	return largest > 0 ? (int16_t)lrint(value / largest * FULL) : 0;
}

static void rescale(struct pdiag_spark *s, uint32_t line, float largest)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (s->points[line][i] != UNKNOWN)
			s->points[line][i] = code(get(s, line, i), (double)largest);
	s->largest[line] = largest;
}

static void put(struct pdiag_spark *s, uint32_t line, uint32_t i, double value)
{
	float size = (float)fabs(value);

	if (!isfinite(value) || fabs(value) > LARGEST) {
		s->points[line][i] = UNKNOWN;
		return;
	}
	if (size > s->largest[line])
		rescale(s, line, size);
	s->points[line][i] = code(value, (double)s->largest[line]);
}

/* What is known of the two. */
static double middle(double a, double b)
{
	return !isfinite(a) ? b : !isfinite(b) ? a : (a + b) / 2;
}

static void halve(struct pdiag_spark *s)
{
	for (uint32_t line = 0; line < PDIAG_PORTRAIT_LINES; line++)
		for (uint32_t i = 0; i + 1 < s->count; i += 2)
			put(s, line, i / 2, middle(get(s, line, i), get(s, line, i + 1)));
	s->count /= 2;
	s->step *= 2;
}

/* A point of so many seconds, of those that were added up. */
static void point(struct pdiag_spark *s, float seconds)
{
	float left = s->seconds - seconds;

	s->count++;
	for (uint32_t line = 0; line < PDIAG_PORTRAIT_LINES; line++) {
		double mean = (double)s->sum[line] / (double)s->seconds;

		put(s, line, s->count - 1, mean);
		s->sum[line] = left > 0 ? (float)(mean * (double)left) : 0;
	}
	s->seconds = left > 0 ? left : 0;
	if (s->count == PDIAG_PORTRAIT_POINTS)
		halve(s);
}

/* What is not known in a part of a point is not known in all of it. */
void pdiag_spark_add(struct pdiag_spark *s, const double *values, double seconds)
{
	if (!(seconds > 0))
		return;
	if (!(s->step > 0))
		s->step = (float)seconds;
	for (uint32_t line = 0; line < PDIAG_PORTRAIT_LINES; line++)
		s->sum[line] += (float)(values[line] * seconds);
	s->seconds += (float)seconds;
	/* A long pause is several points. */
	while (s->seconds >= 1.5f * s->step)
		point(s, s->step);
	/* Half a look early is as good as half a look late. */
	if (s->seconds + (float)fmin(seconds, (double)s->step) / 2 >= s->step)
		point(s, s->seconds);
}

uint32_t pdiag_spark_count(const struct pdiag_spark *s)
{
	return s->count + (s->seconds > 0);
}

double pdiag_spark_at(const struct pdiag_spark *s, uint32_t line, uint32_t i)
{
	if (line >= PDIAG_PORTRAIT_LINES || i >= pdiag_spark_count(s))
		return NAN;
	return i < s->count ? get(s, line, i) : (double)s->sum[line] / (double)s->seconds;
}
