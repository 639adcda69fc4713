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
/* Surprising runs, more than so many in 2,000 points, ... */
#define OFTEN_RUNS 2.0
#define OFTEN_KEPT 0.9995
/* ... are no more than this, unless the next one goes so much further. */
#define OFTEN_DECADES 2.5
#define OFTEN_FURTHER 1.5
/* What is further than all but 1 of 1,000 points is such a run. */
#define RUN_DECADES 3.0
#define LN5 1.6094379124341003
#define LOG10_4 0.60205999132796239
#define LOG10_5 0.69897000433601880

/* One of so many points exceeds it. */
static const double every[PDIAG_TAIL_LEVELS] = { 4, 20, 100, 500 };
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

/*
 * What was surprising again and again, of late, is less so, as long as it goes no further. The
 * levels learn the same, but slowly.
 */
static double less_if_often(const struct pdiag_tail *t, double z, double surprise)
{
	double part = (t->often - OFTEN_RUNS) / OFTEN_RUNS;

	if (part <= 0 || surprise <= OFTEN_DECADES || z > OFTEN_FURTHER * t->usual)
		return surprise;
	return part >= 1 ? OFTEN_DECADES : surprise - part * (surprise - OFTEN_DECADES);
}

static void count_runs(struct pdiag_tail *t, bool over)
{
	t->often *= OFTEN_KEPT;
	if (!over || judge(t->level, t->furthest) < RUN_DECADES)
		return;
	t->often++;
	t->usual += (t->furthest - t->usual) / (t->often < 4 ? t->often : 4);
}

static void move(double *level, unsigned int i, double z, double slow)
{
	double gap = i ? level[i] - level[i - 1] : level[0] * LN5;
	double rate = slow * 4 * every[i] > 1 ? 0.25 / every[i] : slow;

	level[i] += gap * (1 / LN5) * rate * (z > level[i] ? every[i] - 1 : -1);
}

/*
 * Far points come in runs, which tell of one event: for the outer levels a run is one point, as far
 * as its furthest. No point moves a level by more than a sixth or so of its distance.
 */
static void follow(struct pdiag_tail *t, double z, uint32_t memory, bool follows)
{
	double slow = pdiag_rate(t->points, memory), *level = t->level;
	bool over = false;

	if (z > level[2]) {
		t->furthest = t->run && t->furthest > z ? t->furthest : z;
		t->run = PDIAG_LOCAL_POINTS;
	} else if (t->run && !follows) {
		over = !--t->run;
	}
	count_runs(t, over);
	if (!t->run) {
		move(level, 3, over ? t->furthest : z, slow);
		move(level, 2, over ? t->furthest : z, slow);
	}
	move(level, 1, z, slow);
	move(level, 0, z, slow);
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

static double surprise_of(struct pdiag_tail *t, double z, uint32_t memory, bool follows)
{
	double surprise, most;

	if (t->points <= WARM_POINTS)
		return 0;
	z = z > Z_MAX ? Z_MAX : z;
	surprise = less_if_often(t, z, judge(t->level, z));
	follow(t, z, memory, follows);
	if (surprise < 2)
		return surprise;
	/* So few points cannot tell more. */
	most = 2 * log10(t->points);
	return surprise < most ? surprise : most;
}

static void learn(struct pdiag_tail *t, double x, double d, double most)
{
	double slow = pdiag_rate(t->points, PDIAG_SLOW_POINTS);

	t->mean += pdiag_rate(t->points, PDIAG_LOCAL_POINTS) * d;
	/* It gets used to an event slowly. */
	d = fabs(d) > most ? most : fabs(d);
	t->variance = (1 - slow) * (t->variance + slow * d * d);
	/* What is left of very old movement is none. */
	if (t->variance < 1e-24 * x * x || t->variance < 1e-280)
		t->variance = 0;
	t->same = t->variance > 0 ? 0 : t->same + (t->same < UINT32_MAX);
	t->points += t->points < UINT32_MAX;
}

void pdiag_tail_add(struct pdiag_tail *t, const struct pdiag_tail_scale *s, double x, bool follows,
	struct pdiag_judged *j)
{
	double d = x - t->mean, distance = fabs(d), spread, width;

	if (!t->points) {
		*j = (struct pdiag_judged){ .low = x, .high = x };
		t->mean = x;
		t->points = 1;
		memcpy(t->level, normal, sizeof(t->level));
		return;
	}
	/* Rounding in the last digits is no movement. */
	if (distance <= 1e-12 * fabs(x))
		d = distance = 0;
	spread = sqrt(t->variance);
	width = t->level[PDIAG_TAIL_LEVELS - 1] * spread;
	j->low = t->mean - width;
	j->high = t->mean + width;
	j->direction = (d > 0) - (d < 0);
	j->surprise = spread > 0 ? surprise_of(t, distance / spread, s->memory, follows) :
				   moved(t, distance);
	/* It is learned all the same: else the first that matters would seem to be the first. */
	if (distance <= s->resolution)
		j->surprise = 0;
	learn(t, x, d, follows && spread > 0 ? width : INFINITY);
}

void pdiag_tail_gap(struct pdiag_tail *t, double x)
{
	if (t->points)
		t->mean = x;
}
