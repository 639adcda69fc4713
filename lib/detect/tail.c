/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Four quantiles of |z| are followed, each a fifth of the one before. Beyond the last the tail is
 * taken on as a generalised Pareto distribution: the quantiles' distances give its scale, and how
 * these grow its shape. So a series with heavy tails is not found surprising for having them.
 */
#include "detect/tail.h"

#include <math.h>
#include <string.h>

#include "detect/scales.h"

#define WARM_POINTS 20u
#define Z_MAX 1000.0
#define LEVEL_MIN 0.05
#define SHAPE_MIN 0.05
#define SHAPE_MAX 0.5
#define LN5 1.6094379124341003
#define LOG10_4 0.60205999132796239
#define LOG10_5 0.69897000433601880

static const double share[PDIAG_TAIL_LEVELS] = { 1 / 4.0, 1 / 20.0, 1 / 100.0, 1 / 500.0 };
/* Those of normal noise, to begin with. */
static const double normal[PDIAG_TAIL_LEVELS] = { 1.15, 1.96, 2.58, 3.09 };

/* Decades of z. Between the quantiles it is a straight line. */
static double judge(const double *level, double z)
{
	double step = level[3] - level[2], shape, grow, scale;

	if (z <= level[0])
		return LOG10_4 * z / level[0];
	if (z <= level[1])
		return LOG10_4 + LOG10_5 * (z - level[0]) / (level[1] - level[0]);
	if (z <= level[2])
		return LOG10_4 + LOG10_5 * (1 + (z - level[1]) / (level[2] - level[1]));
	if (z <= level[3])
		return LOG10_4 + LOG10_5 * (2 + (z - level[2]) / step);
	/* Two quantiles further on their distance is 25 to the shape as large. */
	shape = log(step / (level[1] - level[0])) / (2 * LN5);
	shape = shape < SHAPE_MIN ? SHAPE_MIN : shape > SHAPE_MAX ? SHAPE_MAX : shape;
	grow = exp(LN5 * shape);
	scale = shape * step * grow / (grow - 1);
	return LOG10_4 + 3 * LOG10_5 + log10(1 + shape * (z - level[3]) / scale) / shape;
}

static void follow(double *level, double z, double rate)
{
	for (unsigned int i = PDIAG_TAIL_LEVELS; i-- > 0;) {
		double gap = i ? level[i] - level[i - 1] : level[0] * LN5;

		level[i] += gap / LN5 * rate * ((z > level[i] ? 1 / share[i] : 0) - 1);
	}
	if (level[0] < LEVEL_MIN)
		level[0] = LEVEL_MIN;
	for (unsigned int i = 1; i < PDIAG_TAIL_LEVELS; i++)
		if (level[i] < level[i - 1] + LEVEL_MIN)
			level[i] = level[i - 1] + LEVEL_MIN;
}

/* Of a series that never moved one cannot tell how far it moves, only how long it did not. */
static double moved(const struct pdiag_tail *t, double distance)
{
	return distance > 0 && t->points > WARM_POINTS ? log10(t->same + 1.0) : 0;
}

static double surprise_of(struct pdiag_tail *t, double z, double memory)
{
	double rate = 1.0 / (t->points + 1.0), surprise, most;

	if (t->points <= WARM_POINTS)
		return 0;
	z = z > Z_MAX ? Z_MAX : z;
	surprise = judge(t->level, z);
	rate = rate > 0.02 ? 0.02 : rate < 1 / memory ? 1 / memory : rate;
	follow(t->level, z, rate);
	if (surprise < 2)
		return surprise;
	/* So few points cannot tell more. */
	most = 2 * log10(t->points);
	return surprise < most ? surprise : most;
}

static void learn(struct pdiag_tail *t, double x, double d)
{
	double slow = pdiag_rate(t->points, PDIAG_SLOW_POINTS);

	t->mean += pdiag_rate(t->points, PDIAG_LOCAL_POINTS) * d;
	t->variance = (1 - slow) * (t->variance + slow * d * d);
	/* What is left of very old movement is none. */
	if (t->variance < 1e-24 * x * x || t->variance < 1e-280)
		t->variance = 0;
	t->same = t->variance > 0 ? 0 : t->same + (t->same < UINT32_MAX);
	t->points += t->points < UINT32_MAX;
}

void pdiag_tail_add(struct pdiag_tail *t, double x, double memory, double resolution,
	struct pdiag_judged *j)
{
	double d = x - t->mean, distance = fabs(d), spread;

	if (!t->points) {
		*j = (struct pdiag_judged){ .low = x, .high = x };
		t->mean = x;
		t->points = 1;
		memcpy(t->level, normal, sizeof(t->level));
		return;
	}
	/* Rounding in the last digits is no movement, either. */
	if (distance <= resolution || distance <= 1e-12 * fabs(x))
		d = distance = 0;
	spread = sqrt(t->variance);
	j->low = t->mean - t->level[PDIAG_TAIL_LEVELS - 1] * spread;
	j->high = t->mean + t->level[PDIAG_TAIL_LEVELS - 1] * spread;
	j->direction = (d > 0) - (d < 0);
	j->surprise = spread > 0 ? surprise_of(t, distance / spread, memory) : moved(t, distance);
	learn(t, x, d);
}

void pdiag_tail_gap(struct pdiag_tail *t, double x)
{
	if (t->points)
		t->mean = x;
}
