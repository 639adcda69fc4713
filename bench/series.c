/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "series.h"

#include <math.h>

#define DAY_NS 86400e9

const char *const series_family_name[SERIES_FAMILIES] = { "noise", "slow", "daily", "counts",
	"day-counts", "heavy", "latency", "busy", "wander", "steps", "bursts", "machine", "rate" };
const char *const series_event_name[SERIES_EVENTS] = { "spike6", "spike12", "shift3", "shift6",
	"shift12", "variance", "drift" };

static double uniform(struct series *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return ((double)(s->random >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct series *s)
{
	double u = uniform(s), v = uniform(s);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

static double poisson(struct series *s, double mean)
{
	double limit = exp(-mean), p = 1;
	int k = -1;

	do {
		k++;
		p *= uniform(s);
	} while (p > limit);
	return k;
}

static double heavy(struct series *s)
{
	double a = normal(s), b = normal(s), c = normal(s);

	return normal(s) / sqrt((a * a + b * b + c * c) / 3);
}

void series_begin(struct series *s, enum series_family family, uint64_t seed, uint64_t step_ns,
	uint64_t every)
{
	*s = (struct series){ .family = family, .event = -1, .step_ns = step_ns, .every = every,
		.time_ns = 1700000000000000000ull };
	s->random = (seed + 1) * 2654435761u + (uint64_t)family * 977 + 88172645463325252ull;
	for (int i = 0; i < 20; i++)
		uniform(s);
	s->begin = every ? every : UINT64_MAX;
	s->end = s->begin;
}

static void next_event(struct series *s)
{
	if (!s->every)
		return;
	if (s->event >= 0 && s->point >= s->end) {
		s->event = -1;
		s->begin = s->number * s->every + s->every +
			(uint64_t)(uniform(s) * (double)s->every / 2);
	}
	if (s->event < 0 && s->point == s->begin) {
		s->event = (int)(s->number++ % SERIES_EVENTS);
		s->end = s->point + 5 + (uint64_t)(uniform(s) * 55);
		if (s->event <= SERIES_SPIKE12)
			s->end = s->point + 1;
		if (s->event == SERIES_DRIFT)
			s->end = s->point + 300;
	}
}

/* In standard deviations. */
static double added(const struct series *s)
{
	switch (s->event) {
	case SERIES_SPIKE6:
	case SERIES_SHIFT6:
		return 6;
	case SERIES_SPIKE12:
	case SERIES_SHIFT12:
		return 12;
	case SERIES_SHIFT3:
		return 3;
	case SERIES_DRIFT:
		return 6 * (double)(s->point - s->begin) / (double)(s->end - s->begin);
	default:
		return 0;
	}
}

static double clip(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

/*
 * As the load of a server at steps of a second: every few minutes its level begins to move to
 * another one, a job of 2 to 30 s comes about each two minutes, and each half an hour it is
 * restarted: silent for 5 s, and busy for 20.
 */
static double machine(struct series *s, double n)
{
	double busy = 0;

	if (s->noise <= 0 || uniform(s) < 1 / 300.0) {
		s->level_to = 0.1 + 0.3 * uniform(s);
		s->noise = 0.01 + 0.03 * uniform(s);
	}
	s->level += (s->level_to - s->level) * 0.02;
	if (!s->burst_left && uniform(s) < 1 / 120.0) {
		s->burst_left = 2 + (uint32_t)(28 * uniform(s) * uniform(s));
		s->burst = 0.15 * exp(0.5 * normal(s));
	}
	if (!s->restart_left && uniform(s) < 1 / 1800.0)
		s->restart_left = 25;
	if (s->burst_left && s->burst_left--)
		busy = s->burst;
	if (s->restart_left && s->restart_left-- > 20)
		return 0.01;
	return s->level + busy + (s->restart_left ? 0.25 : 0) + s->noise * n;
}

static double rate(struct series *s)
{
	if (!s->burst_left && uniform(s) < 1 / 40.0) {
		s->burst_left = 1 + (uint32_t)(8 * uniform(s));
		s->burst = exp(3 + 1.2 * normal(s));
	}
	if (s->burst_left && s->burst_left--)
		return s->burst * (0.8 + 0.4 * uniform(s));
	return poisson(s, 3);
}

static double make(struct series *s, double add, double times)
{
	double day = sin(2 * M_PI * fmod((double)(s->time_ns / 1000) * 1000, DAY_NS) / DAY_NS);
	double n = normal(s) * times, mean = 50 + 30 * day;

	s->state = (s->family == SERIES_SLOW ? 0.9 : 0.5) * s->state + n;
	s->walk = 0.999 * s->walk + 0.1 * normal(s);
	switch (s->family) {
	case SERIES_NOISE:
		return 10 + n + add;
	case SERIES_SLOW:
		return 100 + s->state + add * 2.3;
	case SERIES_DAILY:
		return 50 + 20 * day + s->state + add * 1.15;
	case SERIES_COUNTS:
		return poisson(s, 2 * times) + floor(add * 1.4);
	case SERIES_DAY_COUNTS:
		return poisson(s, mean) + floor((add + (times > 1 ? n : 0)) * sqrt(mean));
	case SERIES_HEAVY:
		return 10 + heavy(s) * times + add * 1.7;
	case SERIES_LATENCY:
		return exp(0.5 * n) + add * 0.6;
	case SERIES_BUSY:
		return clip(30 + 5 * (s->state + add * 1.15), 0, 100);
	case SERIES_WANDER:
		return s->walk * 3 + n + add;
	case SERIES_STEPS:
		return 5 + (uniform(s) < 0.05 * times) + floor(add * 0.22 + 0.99 * (add > 0));
	case SERIES_MACHINE:
		return clip(machine(s, s->state * 0.87) + add * 0.06, 0, 2);
	case SERIES_RATE:
		return rate(s) * times + floor(add * 30);
	default:
		return 20 + n + (s->point % 300 < 8 ? 30 : 0) + add;
	}
}

double series_next(struct series *s)
{
	double x;

	next_event(s);
	x = make(s, added(s) + s->extra, s->event == SERIES_VARIANCE ? 4 : 1);
	s->point++;
	s->time_ns += s->step_ns;
	return x;
}
