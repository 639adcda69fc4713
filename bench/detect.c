/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The detector with its default options beside a 3-sigma rule on an exponentially weighted mean:
 * what a point costs, false alarms on series in which nothing happens, and which events are found.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <pdiag/pdiag.h>

#include "series.h"

#define CLEAN_POINTS 100000u
#define EVENT_POINTS 300000u
#define SKIPPED 1000u /* both learn at first */
#define EVERY 4000u
#define SEEDS 3u
#define SPEED_POINTS 2000000u

struct sigma {
	double mean, variance;
	uint32_t points;
};

static int sigma_add(struct sigma *s, double x)
{
	double d = x - s->mean, rate = s->points < 50 ? 1.0 / (s->points + 1) : 0.02;
	int far = s->points > 50 && fabs(d) > 3 * sqrt(s->variance);

	s->mean += rate * d;
	s->variance = (1 - rate) * (s->variance + rate * d * d);
	s->points++;
	return far;
}

/* One after the other of two detectors over the same points. */
struct pair {
	struct pdiag_detector *detector;
	struct sigma sigma;
	int far;
};

static void pair_begin(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	if (pdiag_detector_new(NULL, &p->detector))
		fprintf(stderr, "%s\n", pdiag_errmsg());
}

/* Bit 0: an alert of ours begins, bit 1: one of the peer; bits 2 and 3: one is on. */
static int pair_add(struct pair *p, uint64_t time_ns, double x)
{
	struct pdiag_detection d = { .size = sizeof(d) };
	int far = sigma_add(&p->sigma, x), result;

	pdiag_detector_add(p->detector, time_ns, x, &d);
	result = (d.alert == PDIAG_ALERT_BEGIN ? 1 : 0) | (far && !p->far ? 2 : 0) |
		(d.alert == PDIAG_ALERT_BEGIN || d.alert == PDIAG_ALERT_ON ? 4 : 0) | (far ? 8 : 0);
	p->far = far;
	return result;
}

static void clean(enum series_family family, uint64_t step_ns)
{
	double days = (double)SEEDS * (CLEAN_POINTS - SKIPPED) * (double)step_ns / 86400e9;
	uint32_t alarms[2] = { 0 };
	struct series s;
	struct pair p;

	for (uint32_t seed = 0; seed < SEEDS; seed++) {
		series_begin(&s, family, seed, step_ns, 0);
		pair_begin(&p);
		for (uint32_t i = 0; i < CLEAN_POINTS; i++) {
			uint64_t t = s.time_ns;
			int got = pair_add(&p, t, series_next(&s));

			if (i >= SKIPPED) {
				alarms[0] += got & 1;
				alarms[1] += got >> 1 & 1;
			}
		}
		pdiag_detector_free(p.detector);
	}
	printf("%-11s %5.0f s %10.3f %10.2f %12.2f %10.2f\n", series_family_name[family],
		(double)step_ns / 1e9, alarms[0] / days, alarms[1] / days,
		1e5 * alarms[0] / SEEDS / (CLEAN_POINTS - SKIPPED),
		1e5 * alarms[1] / SEEDS / (CLEAN_POINTS - SKIPPED));
}

struct found {
	uint32_t events[SERIES_EVENTS], hits[2][SERIES_EVENTS], outside[2];
};

/* What begins up to 10 points after an event is of it. */
static void events(enum series_family family, uint64_t step_ns, uint64_t seed, struct found *f)
{
	int event = -1, seen = 0, now;
	uint32_t since = 1000;
	struct series s;
	struct pair p;

	series_begin(&s, family, seed, step_ns, EVERY);
	pair_begin(&p);
	for (uint32_t i = 0; i < EVENT_POINTS; i++) {
		uint64_t t = s.time_ns;
		int got = pair_add(&p, t, series_next(&s));

		now = s.event;
		if (now >= 0 && since) {
			event = now;
			seen = 0;
			f->events[event]++;
		}
		since = now >= 0 ? 0 : since + 1;
		for (int k = 0; k < 2; k++) {
			if (since <= 10 && event >= 0) {
				if (got >> k & 1 && !(seen >> k & 1)) {
					seen |= 1 << k;
					f->hits[k][event]++;
				}
			} else if (got >> k & 1) {
				f->outside[k]++;
			}
		}
	}
	pdiag_detector_free(p.detector);
}

static void all_events(uint64_t step_ns)
{
	struct found sum = { .events = { 0 } };

	printf("\nevents found, %.0f s steps (ours, peer)\n%-11s", (double)step_ns / 1e9, "");
	for (int i = 0; i < SERIES_EVENTS; i++)
		printf(" %9s", series_event_name[i]);
	printf("  begun outside\n");
	for (int k = 0; k <= SERIES_FAMILIES; k++) {
		struct found f = { .events = { 0 } };

		if (k < SERIES_FAMILIES)
			events((enum series_family)k, step_ns, 7, &f);
		else
			f = sum;
		printf("%-11s", k < SERIES_FAMILIES ? series_family_name[k] : "all");
		for (int i = 0; i < SERIES_EVENTS; i++) {
			printf(" %3.0f%% %3.0f%%", 100.0 * f.hits[0][i] / f.events[i],
				100.0 * f.hits[1][i] / f.events[i]);
			sum.events[i] += f.events[i];
			sum.hits[0][i] += f.hits[0][i];
			sum.hits[1][i] += f.hits[1][i];
		}
		printf("  %u %u\n", f.outside[0], f.outside[1]);
		sum.outside[0] += f.outside[0];
		sum.outside[1] += f.outside[1];
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void cost(void)
{
	static double value[4096];
	struct pdiag_detection d = { .size = sizeof(d) };
	unsigned char bytes[PDIAG_DETECTOR_STATE_MAX];
	double ours = 0, peer = 0, begin;
	volatile int far = 0;
	size_t used = 0;
	struct series s;
	struct pair p;

	series_begin(&s, SERIES_DAY_COUNTS, 1, 1000000000, EVERY);
	pair_begin(&p);
	for (uint32_t i = 0; i < 4096; i++)
		value[i] = series_next(&s);
	for (uint32_t done = 0; done < SPEED_POINTS; done += 4096) {
		begin = seconds();
		for (uint32_t i = 0; i < 4096; i++)
			pdiag_detector_add(p.detector, (done + i) * 1000000000ull, value[i], &d);
		ours += seconds() - begin;
		begin = seconds();
		for (uint32_t i = 0; i < 4096; i++)
			far += sigma_add(&p.sigma, value[i]);
		peer += seconds() - begin;
	}
	pdiag_detector_save(p.detector, bytes, sizeof(bytes), &used);
	pdiag_detector_free(p.detector);
	printf("a point: %.0f ns, the peer's %.0f ns, ratio %.1f; at most 300 ns\n",
		1e9 * ours / SPEED_POINTS, 1e9 * peer / SPEED_POINTS, ours / peer);
	printf("saved state: %zu bytes\n\n", used);
}

int main(void)
{
	static const uint64_t steps[] = { 1, 10, 60, 300 };

	cost();
	printf("false alarms, asked for 0.1 a day\n%-11s %7s %10s %10s %12s %10s\n", "", "step",
		"ours a day", "peer a day", "ours a 1e5", "peer a 1e5");
	for (int k = 0; k < SERIES_FAMILIES; k++)
		for (unsigned int i = 0; i < 4; i++)
			clean((enum series_family)k, steps[i] * 1000000000);
	all_events(1000000000);
	all_events(300000000000);
	return 0;
}
