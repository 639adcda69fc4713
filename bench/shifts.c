/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Detectors at steps of a second, as a watch has them: faults of 5 to 60 s of several strengths are
 * added to made-up series and to recorded ones. Told are the part that was found, after how many
 * points, alerts for each fault, and false alarms. Even seeds are for tuning, odd ones to report.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/pdiag.h>

#include "rows.h"
#include "series.h"

#define STEP_NS 1000000000ull
#define POINTS 40000u
#define FIRST 600u   /* point that may have a fault */
#define BEHIND 10u   /* an alert that begins so soon after a fault is of it */
#define STRENGTHS 5u
#define DELAYS 64u
#define QUIET_SEEDS 6u

enum shape { SHAPE_SHIFT, SHAPE_RAMP, SHAPE_PULSES, SHAPES };

static const char *const shape_name[SHAPES] = { "shift", "ramp", "pulses" };
static const double strength[STRENGTHS] = { 3, 4.5, 6, 12, 24 };

/* What was found. */
struct tally {
	uint32_t faults[SHAPES][STRENGTHS], hits[SHAPES][STRENGTHS];
	uint32_t delay[STRENGTHS][DELAYS]; /* of shifts */
	uint32_t begun;	/* alerts that began in or just behind a fault */
	uint32_t outside;
	uint64_t points; /* outside of faults */
};

/* Points from fault to fault, on the average. */
static double every = 600;

struct fault {
	uint64_t random;
	enum shape shape;
	uint32_t level;	/* of strength[] */
	uint32_t begin, length;
	int found;
};

static double uniform(struct fault *f)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return ((double)(f->random >> 11) + 0.5) / 9007199254740992.0;
}

static void next_fault(struct fault *f, uint32_t from)
{
	f->shape = (enum shape)(uniform(f) * SHAPES);
	f->begin = from + (uint32_t)((0.2 + 1.6 * uniform(f)) * every);
	f->length = 5 + (uint32_t)(uniform(f) * 56);
	f->found = 0;
}

static double strength_at(const struct fault *f, uint32_t i)
{
	uint32_t at = i - f->begin;
	double part = 1;

	if (i < f->begin || at >= f->length)
		return 0;
	if (f->shape == SHAPE_RAMP)
		part = at * 2 < f->length ? 2.0 * (at + 1) / f->length : 1;
	else if (f->shape == SHAPE_PULSES)
		part = at % 5 < 3;
	return strength[f->level] * (part < 1 ? part : 1);
}

/* After the point `i`, whose alert is known. */
static void count(struct tally *t, struct fault *f, uint32_t i, uint32_t alert)
{
	int in = i >= f->begin && i < f->begin + f->length + BEHIND;

	t->points += !in;
	if (i == f->begin)
		t->faults[f->shape][f->level]++;
	if (alert == PDIAG_ALERT_BEGIN && in) {
		t->begun++;
		if (!f->found) {
			uint32_t late = i - f->begin;

			t->hits[f->shape][f->level]++;
			if (f->shape == SHAPE_SHIFT)
				t->delay[f->level][late < DELAYS ? late : DELAYS - 1]++;
		}
		f->found = 1;
	} else if (alert == PDIAG_ALERT_BEGIN) {
		t->outside++;
	}
	if (i >= f->begin + f->length + BEHIND)
		next_fault(f, i);
}

static uint32_t percentile(const uint32_t *delay, double part)
{
	uint32_t all = 0, sum = 0, i;

	for (i = 0; i < DELAYS; i++)
		all += delay[i];
	for (i = 0; i < DELAYS - 1; i++) {
		sum += delay[i];
		if (sum >= part * all)
			break;
	}
	return i;
}

static void add_up(struct tally *to, const struct tally *t)
{
	uint32_t *a = (uint32_t *)to;
	const uint32_t *b = (const uint32_t *)t;

	for (size_t i = 0; i < offsetof(struct tally, points) / sizeof(*a); i++)
		a[i] += b[i];
	to->points += t->points;
}

/* Of alerts that began, by what was surprising and how. */
struct quiet {
	double begun[4][4];
	double points;
};

static void quiet_ask(struct pdiag_detector *d, uint64_t time_ns, double x, struct quiet *q)
{
	struct pdiag_detection r = { .size = sizeof(r) };

	pdiag_detector_add(d, time_ns, x, &r);
	if (r.alert == PDIAG_ALERT_BEGIN)
		q->begun[r.feature & 3][r.kind & 3]++;
	q->points++;
}

static void add_quiet(struct quiet *to, const struct quiet *q)
{
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 4; k++)
			to->begun[i][k] += q->begun[i][k];
	to->points += q->points;
}

static void show_head(void)
{
	printf("%-28s", "");
	for (int s = 0; s < SHAPES; s++)
		for (unsigned int l = 0; l < STRENGTHS; l++)
			printf(" %s%-3.4g", l ? "" : shape_name[s], strength[l]);
	printf("  points to find shifts, p50/p95       per fault  outside/day |"
	       " quiet, a day: new, rare, shift\n");
}

static void show(const char *name, const struct tally *t, const struct quiet *q)
{
	double days = q->points / 86400, kind[4] = { 0 };
	uint32_t hits = 0;

	printf("%-28s", name);
	for (int s = 0; s < SHAPES; s++) {
		printf(" |");
		for (unsigned int l = 0; l < STRENGTHS; l++) {
			hits += t->hits[s][l];
			printf(" %3.0f%%", 100.0 * t->hits[s][l] /
				(t->faults[s][l] ? t->faults[s][l] : 1));
		}
	}
	printf(" |");
	for (unsigned int l = 0; l < STRENGTHS; l++)
		printf(" %2u/%-2u", percentile(t->delay[l], 0.5) + 1,
			percentile(t->delay[l], 0.95) + 1);
	for (int i = 0; i < 4; i++)
		for (int k = 1; k < 4; k++)
			kind[k] += q->begun[i][k] / days;
	printf(" | %5.2f %8.1f |%7.2f%7.2f%7.2f\n", hits ? (double)t->begun / hits : 0,
		86400.0 * t->outside / (double)(t->points ? t->points : 1), kind[1], kind[2],
		kind[3]);
}

static struct pdiag_detector *make(double resolution, uint32_t flags, double false_alarms)
{
	struct pdiag_detector_options o = { .size = sizeof(o), .resolution = resolution,
		.flags = flags, .false_alarms = false_alarms };
	struct pdiag_detector *d = NULL;

	if (pdiag_detector_new(&o, &d)) {
		fprintf(stderr, "%s\n", pdiag_errmsg());
		exit(1);
	}
	return d;
}

static uint32_t ask(struct pdiag_detector *d, uint64_t time_ns, double x)
{
	struct pdiag_detection r = { .size = sizeof(r) };

	pdiag_detector_add(d, time_ns, x, &r);
	return r.alert;
}

static void run_made(enum series_family family, uint64_t seed, uint32_t level, double alarms,
	struct tally *t)
{
	struct fault f = { .random = seed * 7919 + 88172645463325252ull + family,
		.level = level };
	struct pdiag_detector *d = make(0, 0, alarms);
	struct series s;

	series_begin(&s, family, seed, STEP_NS, 0);
	next_fault(&f, FIRST);
	for (uint32_t i = 0; i < POINTS; i++) {
		uint64_t now = s.time_ns;

		s.extra = strength_at(&f, i);
		count(t, &f, i, ask(d, now, series_next(&s)));
	}
	pdiag_detector_free(d);
}

/* False alarms a day in a series in which nothing happens, from the first point on. */
static void quiet_made(enum series_family family, uint64_t seed, double alarms, struct quiet *q)
{
	for (uint64_t k = 0; k < QUIET_SEEDS; k++) {
		struct pdiag_detector *d = make(0, 0, alarms);
		struct series s;

		series_begin(&s, family, seed + 100 + 2 * k, STEP_NS, 0);
		for (uint32_t i = 0; i < 2 * POINTS; i++) {
			uint64_t now = s.time_ns;

			quiet_ask(d, now, series_next(&s), q);
		}
		pdiag_detector_free(d);
	}
}

static void made(uint64_t seed, double alarms)
{
	struct tally all = { .outside = 0 };
	struct quiet sum = { .points = 0 };

	for (int k = 0; k < SERIES_FAMILIES; k++) {
		struct tally t = { .outside = 0 };
		struct quiet q = { .points = 0 };

		quiet_made((enum series_family)k, seed, alarms, &q);
		for (uint32_t i = 0; i < 2 * STRENGTHS; i++)
			run_made((enum series_family)k, seed + i / STRENGTHS * 2, i % STRENGTHS,
				alarms, &t);
		show(series_family_name[k], &t, &q);
		add_up(&all, &t);
		add_quiet(&sum, &q);
	}
	show("all", &all, &sum);
}

static void run_column(const struct rows *r, const struct rows_column *c, uint64_t seed,
	uint32_t level, double alarms, struct tally *t)
{
	struct fault f = { .random = seed * 7919 + 88172645463325252ull, .level = level };
	struct pdiag_detector *d = make(c->resolution, PDIAG_DETECTOR_ONLY_HIGH, alarms);

	next_fault(&f, 60);
	for (uint32_t i = 0; i < r->count; i++)
		count(t, &f, i, ask(d, r->time_ns[i],
			c->value[i] + c->unit * strength_at(&f, i)));
	pdiag_detector_free(d);
}

static void quiet_column(const struct rows *r, const struct rows_column *c, double alarms,
	struct quiet *q)
{
	struct pdiag_detector *d = make(c->resolution, PDIAG_DETECTOR_ONLY_HIGH, alarms);

	for (uint32_t i = 0; i < r->count; i++)
		quiet_ask(d, r->time_ns[i], c->value[i], q);
	pdiag_detector_free(d);
}

/* How often any of the columns, as a group, begins an incident when nothing is added. */
static uint32_t quiet_group(const struct rows *r, double alarms)
{
	struct pdiag_detector_group_options o = { .size = sizeof(o), .members = r->columns };
	struct pdiag_detector *d[ROWS_COLUMNS];
	struct pdiag_detector_group *g = NULL;
	uint32_t begun = 0;

	if (pdiag_detector_group_new(&o, &g))
		return 0;
	for (uint32_t k = 0; k < r->columns; k++)
		d[k] = make(r->column[k].resolution, PDIAG_DETECTOR_ONLY_HIGH,
			alarms / r->columns);
	for (uint32_t i = 0; i < r->count; i++)
		for (uint32_t k = 0; k < r->columns; k++) {
			struct pdiag_detection e = { .size = sizeof(e) };
			struct pdiag_incident in = { .size = sizeof(in) };

			pdiag_detector_add(d[k], r->time_ns[i], r->column[k].value[i], &e);
			pdiag_detector_group_add(g, k, &e, &in);
			begun += in.alert == PDIAG_ALERT_BEGIN;
		}
	for (uint32_t k = 0; k < r->columns; k++)
		pdiag_detector_free(d[k]);
	pdiag_detector_group_free(g);
	return begun;
}

static int recorded(const char *path, uint64_t seed, double alarms)
{
	struct tally all = { .outside = 0 };
	struct rows *r = rows_read(path);
	struct quiet sum = { .points = 0 };

	if (!r)
		return 1;
	for (uint32_t k = 0; k < r->columns; k++) {
		struct rows_column *c = &r->column[k];
		struct tally t = { .outside = 0 };
		struct quiet q = { .points = 0 };

		quiet_column(r, c, alarms, &q);
		for (uint32_t i = 0; i < 4 * STRENGTHS; i++)
			run_column(r, c, seed + i / STRENGTHS * 2, i % STRENGTHS, alarms, &t);
		show(c->name, &t, &q);
		add_up(&all, &t);
		add_quiet(&sum, &q);
	}
	show("all", &all, &sum);
	printf("%u columns, %u points; as a group with 0.5 a day: %u incidents\n", r->columns,
		r->count, quiet_group(r, 0.5));
	rows_free(r);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 && !strcmp(argv[1], "report") ? 1 : 0;
	double alarms = argc > 2 ? atof(argv[2]) : 0.1;

	if (argc < 2 || (seed == 0 && strcmp(argv[1], "tune"))) {
		fprintf(stderr, "Usage: bench_shifts tune|report [FALSE_ALARMS [ROWS]]\n");
		return 2;
	}
	if (argc > 4)
		every = atof(argv[4]);
	printf("false alarms asked for: %g a day; steps of 1 s\n", alarms);
	show_head();
	if (argc > 3 && *argv[3])
		return recorded(argv[3], seed, alarms);
	made(seed, alarms);
	return 0;
}
