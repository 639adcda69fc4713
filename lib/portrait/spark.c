/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small history that always covers all: when it is full, two points become one. */
#include <math.h>
#include <string.h>

#include "portrait/portrait.h"

/* The upper half of a float: three decimal digits are enough for a line of a few pixels. */
static uint16_t pack(double value)
{
	float f = isfinite(value) ? (float)value : 0;
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return (uint16_t)((bits + 0x7fffu) >> 16);
}

static double unpack(uint16_t half)
{
	uint32_t bits = (uint32_t)half << 16;
	float f;

	memcpy(&f, &bits, sizeof(f));
	return isfinite(f) ? (double)f : 0;
}

static void halve(struct pdiag_spark *s)
{
	for (uint32_t line = 0; line < 3; line++)
		for (uint32_t i = 0; i + 1 < s->count; i += 2)
			s->points[line][i / 2] = pack((unpack(s->points[line][i]) +
				unpack(s->points[line][i + 1])) / 2);
	s->count /= 2;
	s->step *= 2;
}

static void point(struct pdiag_spark *s)
{
	if (s->count == PDIAG_PORTRAIT_POINTS)
		halve(s);
	for (uint32_t line = 0; line < 3; line++)
		s->points[line][s->count] = pack((double)s->sum[line] / (double)s->seconds);
	s->count++;
	memset(s->sum, 0, sizeof(s->sum));
	s->seconds = 0;
}

void pdiag_spark_add(
	struct pdiag_spark *s, double cpu, double delay, double resident, double seconds)
{
	const double values[3] = { cpu, delay, resident };

	if (!(seconds > 0))
		return;
	if (!(s->step > 0))
		s->step = (float)seconds;
	for (uint32_t line = 0; line < 3; line++)
		if (isfinite(values[line]))
			s->sum[line] += (float)(values[line] * seconds);
	s->seconds += (float)seconds;
	/* Half a point early is as good as half a point late. */
	if (s->seconds >= 0.75f * s->step)
		point(s);
}

double pdiag_spark_at(const struct pdiag_spark *s, uint32_t line, uint32_t i)
{
	return line < 3 && i < s->count ? unpack(s->points[line][i]) : 0;
}
