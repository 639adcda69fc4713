/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How rare the distance of a point from the local mean is, is a number of decades, whatever the
 * distances are distributed like. The sum of these, less a constant that exceeds their mean, is a
 * random walk that is pulled to 0: runs of points further out than usual. What the largest sums of
 * runs are like is learned as distances are, and that makes good for points that depend on each
 * other.
 */
#include "detect/shift.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "detect/scales.h"

#define WARM_POINTS 20u
#define GUESS_POINTS 200u
/*
 * What is told of a series that young is learned all the same. Later it counts this much, and more
 * if it lasts but a moment. If it comes so often within the memory, or by the clock so many times,
 * give or take this part of the gap between: then it is ordinary, whatever was before.
 */
#define YOUNG_POINTS 200u
#define TOLD_PART 0.02
#define BLIP_POINTS 3u
#define BLIP_PART 0.5
#define TOLD_OFTEN 20.0
#define REGULAR 3u
#define GAP_PART 20u
#define Z_MAX 10000.0
#define SPREAD_LEAST 0.5
#define LEVEL_MIN 0.05
#define LOG10_4 0.60205999132796239
#define LOG10_5 0.69897000433601880
/* A point adds no more than so many decades, and takes away one. */
#define RUN_STEP 6.0
#define USUAL 1.0
#define CLIP 4
#define SUMS_BASE 1.0
#define SUMS_LEAST 0.5
#define SUMS_EXCESS 0.7
#define SUMS_SHAPE 0.2
#define FAR_SHAPE 0.4
/* log10(PDIAG_PEAKS_EVERY) */
#define PEAKS_DECADES 1.6989700043360187
/* Of normal noise, in mean distances. */
#define FAR_BASE 3.0
#define FAR_EXCESS 0.7
/* After an alert the mean has to be found again. */
#define SETTLE_POINTS 10u
#define SETTLE_RATE 0.2

static const double every[2] = { 4, 20 };
static const double normal[2] = { 1.44, 2.46 };

static void begin(struct pdiag_shift *s, double x)
{
	memset(s, 0, sizeof(*s));
	s->now.mean = x;
	memcpy(s->now.level, normal, sizeof(normal));
	s->before = s->now;
	pdiag_peaks_begin(&s->far, FAR_BASE, FAR_EXCESS);
	pdiag_peaks_begin(&s->sums, SUMS_BASE, SUMS_EXCESS);
	s->points = 1;
}

/* In spreads. Of what does not move, in changes that matter. */
static double distance_of(
	const struct pdiag_shift_usual *u, const struct pdiag_shift_scale *scale, double d)
{
	double least = SPREAD_LEAST * scale->resolution;
	double spread = u->spread > least ? u->spread : least;
	double z = fabs(d) < Z_MAX * spread ? fabs(d) / spread : Z_MAX;

	return d != 0 ? z : 0;
}

/* From the local mean. Rounding in the last digits is nothing. */
static double away(const struct pdiag_shift *s, double x)
{
	double d = x - s->now.mean;

	return fabs(d) <= 1e-12 * fabs(x) ? 0 : d;
}

/* Decades of a distance: straight lines up to the base of the far ones. */
static double decades(const struct pdiag_shift *s, double z)
{
	const double *level = s->before.level;
	double low = LOG10_4 + LOG10_5;

	if (z > s->far.base)
		return pdiag_peaks_judge(&s->far, z, FAR_SHAPE);
	if (z <= level[0])
		return LOG10_4 * z / level[0];
	if (z <= level[1])
		return LOG10_4 + LOG10_5 * (z - level[0]) / (level[1] - level[0]);
	return low + (PEAKS_DECADES - low) * (z - level[1]) / (s->far.base - level[1]);
}

static double rate_of(const struct pdiag_shift *s, const struct pdiag_shift_scale *scale)
{
	/* A guess of how often something is counts like so many points. */
	return pdiag_rate(s->points + GUESS_POINTS, scale->memory);
}

/* What a point that far adds to a run. */
static double step_of(double surprise)
{
	return (surprise < RUN_STEP ? surprise : RUN_STEP) - USUAL;
}

/*
 * A run is over, or told of. How far its points went is learned first: its sum is what it would be
 * if that had been known, as the next one like it will be.
 */
static void learn_run(struct pdiag_shift *s, struct pdiag_shift_run *r, double rate, double part)
{
	double before = step_of(decades(s, r->far)), after;

	pdiag_peaks_learn(&s->far, r->far, rate, part);
	after = step_of(decades(s, r->far));
	if (before > 0 && after < before)
		r->most *= after > 0 ? after / before : 0;
	pdiag_peaks_learn(&s->sums, r->most, rate, part);
	r->sum = r->most = r->far = 0;
}

static void follow(struct pdiag_shift *s, struct pdiag_shift_run *r, double step, double z,
	uint64_t time_ns, double rate)
{
	if (r->sum <= 0) {
		if (step <= 0)
			return;
		r->begin_ns = time_ns;
	}
	r->sum += step;
	if (r->sum > r->most)
		r->most = r->sum;
	if (z > r->far)
		r->far = z;
	if (r->sum <= 0)
		learn_run(s, r, rate, 1);
}

static void learn_levels(double *level, double z, double slow)
{
	for (unsigned int i = 0; i < 2; i++) {
		double gap = i ? level[1] - level[0] : level[0] * 1.6;
		double rate = slow * 4 * every[i] > 1 ? 0.25 / every[i] : slow;

		level[i] += gap * 0.62 * rate * (z > level[i] ? every[i] - 1 : -1);
	}
	if (level[0] < LEVEL_MIN)
		level[0] = LEVEL_MIN;
	if (level[1] < level[0] + LEVEL_MIN)
		level[1] = level[0] + LEVEL_MIN;
}

/* What is further out moves mean and spread no more than that. */
static double clip_of(const struct pdiag_shift *s)
{
	return s->far.base + CLIP * s->far.excess;
}

static void learn(struct pdiag_shift *s, const struct pdiag_shift_scale *scale, double d,
	double rate)
{
	double z = distance_of(&s->now, scale, d), most = clip_of(s) * s->now.spread;

	learn_levels(s->now.level, z, pdiag_rate(s->points, scale->memory));
	pdiag_peaks_point(&s->far, s->now.level[1] + LEVEL_MIN, rate);
	pdiag_peaks_point(&s->sums, SUMS_LEAST, rate);
	if (s->points > WARM_POINTS && fabs(d) > most && most > 0)
		d = d > 0 ? most : -most;
	s->now.mean += d * (s->settle ? SETTLE_RATE : pdiag_rate(s->points, PDIAG_LOCAL_POINTS));
	s->now.spread += (fabs(d) - s->now.spread) * pdiag_rate(s->points, PDIAG_SLOW_POINTS);
	s->told -= s->told / scale->memory;
	s->settle -= s->settle > 0;
	s->points += s->points < UINT32_MAX;
	if (s->run[0].sum <= 0 && s->run[1].sum <= 0)
		s->before = s->now;
}

static void judge(struct pdiag_shift *s, const struct pdiag_shift_scale *scale, uint64_t time_ns,
	double d, const struct pdiag_judged *one, struct pdiag_judged *run)
{
	double z = fabs(d) > scale->resolution ? distance_of(&s->before, scale, d) : 0;
	double rate = rate_of(s, scale), step = step_of(one->surprise);
	unsigned int worst;

	if (scale->sides & PDIAG_SHIFT_UP)
		follow(s, &s->run[0], d > 0 ? step : -USUAL, d > 0 ? z : 0, time_ns, rate);
	if (scale->sides & PDIAG_SHIFT_DOWN)
		follow(s, &s->run[1], d < 0 ? step : -USUAL, d < 0 ? z : 0, time_ns, rate);
	worst = s->run[1].sum > s->run[0].sum;
	/* Of the first one all is said. */
	if (s->run[worst].sum <= 0 || s->run[worst].begin_ns == time_ns)
		return;
	run->surprise = pdiag_peaks_judge(&s->sums, s->run[worst].sum, SUMS_SHAPE);
	run->direction = worst ? -1 : 1;
}

void pdiag_shift_look(const struct pdiag_shift *s, const struct pdiag_shift_scale *scale, double x,
	struct pdiag_judged *one)
{
	double d = away(s, x);

	*one = (struct pdiag_judged){ .direction = (d > 0) - (d < 0) };
	pdiag_shift_band(s, scale, &one->low, &one->high);
	if (s->points <= WARM_POINTS || fabs(d) <= scale->resolution)
		return;
	one->surprise = decades(s, distance_of(&s->before, scale, d));
	/* Of what never moved one cannot tell how far it moves, only how long it did not. */
	if (d != 0 && s->before.spread <= 0 && scale->resolution <= 0)
		one->surprise = log10(s->points);
}

void pdiag_shift_band(const struct pdiag_shift *s, const struct pdiag_shift_scale *scale,
	double *low, double *high)
{
	double width = (s->far.base + s->far.excess) * s->before.spread;

	width = width > scale->resolution ? width : scale->resolution;
	*low = s->before.mean - width;
	*high = s->before.mean + width;
}

void pdiag_shift_add(struct pdiag_shift *s, const struct pdiag_shift_scale *scale,
	uint64_t time_ns, double x, struct pdiag_judged *one, struct pdiag_judged *run)
{
	double d;

	if (!s->points)
		begin(s, x);
	pdiag_shift_look(s, scale, x, one);
	*run = (struct pdiag_judged){ .low = one->low, .high = one->high };
	d = away(s, x);
	if (s->points > WARM_POINTS && s->settle < SETTLE_POINTS / 2)
		judge(s, scale, time_ns, d, one, run);
	else
		one->surprise = 0;
	learn(s, scale, d, rate_of(s, scale));
}

static void see_gap(struct pdiag_shift *s, uint64_t time_ns)
{
	uint64_t gap = s->told_ns && time_ns > s->told_ns ? time_ns - s->told_ns : 0;
	uint64_t apart = gap > s->gap_ns ? gap - s->gap_ns : s->gap_ns - gap;

	if (gap && s->gap_ns && apart <= gap / GAP_PART)
		s->regular += s->regular < UINT32_MAX;
	else
		s->regular = 0;
	s->gap_ns = gap;
	s->told_ns = time_ns;
}

void pdiag_shift_told(struct pdiag_shift *s, uint64_t time_ns)
{
	see_gap(s, time_ns);
	/* Nothing of it is ordinary, its points before it was found included. */
	s->now = s->before;
	s->told++;
}

/* Is it something that is done again and again? */
static bool is_job(const struct pdiag_shift *s)
{
	return s->told > TOLD_OFTEN || s->regular >= REGULAR;
}

/* How much of it counts as ordinary. */
static double told_part(const struct pdiag_shift *s, uint32_t lasted)
{
	if (s->points < YOUNG_POINTS || is_job(s))
		return 1;
	return lasted <= BLIP_POINTS ? BLIP_PART : TOLD_PART;
}

void pdiag_shift_resume(struct pdiag_shift *s, const struct pdiag_shift_scale *scale, double x,
	uint32_t lasted)
{
	double part = told_part(s, lasted), z, low, high;

	if (is_job(s)) {
		pdiag_peaks_doubt(&s->far);
		pdiag_peaks_doubt(&s->sums);
	}
	for (unsigned int i = 0; i < 2; i++) {
		z = s->run[i].far < clip_of(s) ? s->run[i].far : clip_of(s);
		if (z > 1)
			s->now.spread += part * (z - 1) * s->now.spread / PDIAG_SLOW_POINTS;
		learn_run(s, &s->run[i], rate_of(s, scale), part);
	}
	pdiag_shift_band(s, scale, &low, &high);
	if (x < low || x > high)
		s->now.mean = x;
	s->before = s->now;
	s->settle = SETTLE_POINTS;
}
