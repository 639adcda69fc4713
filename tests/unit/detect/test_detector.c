/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "detect/detector.h"
#include "made.h"

#define GOLDEN_SUM 37.912746
#include "support/fail_alloc.h"

static struct pdiag_detector *make(double false_alarms, uint32_t flags)
{
	struct pdiag_detector_options o = { .size = sizeof(o), .false_alarms = false_alarms,
		.flags = flags };
	struct pdiag_detector *d;

	assert_int_equal(pdiag_detector_new(&o, &d), 0);
	return d;
}

static struct pdiag_detection add(struct pdiag_detector *d, uint64_t time_ns, double x)
{
	struct pdiag_detection r = { .size = sizeof(r) };

	assert_int_equal(pdiag_detector_add(d, time_ns, x, &r), 0);
	assert_true(r.score >= 0 && r.score < 1 && r.surprise >= 0 && isfinite(r.surprise));
	assert_true(r.alert == PDIAG_ALERT_NONE || r.feature);
	return r;
}

/* Noise about 10 for so many seconds; how many alerts began. */
static unsigned int quiet(struct pdiag_detector *d, uint64_t *t, uint64_t *random, unsigned int n)
{
	unsigned int alerts = 0;

	for (unsigned int i = 0; i < n; i++, *t += SECOND)
		alerts += add(d, *t, 10 + made_noise(random)).alert == PDIAG_ALERT_BEGIN;
	return alerts;
}

static void options(void **state)
{
	struct pdiag_detector_options o = { .size = sizeof(o) };
	struct pdiag_detector *d;

	(void)state;
	assert_int_equal(pdiag_detector_new(NULL, NULL), -EINVAL);
	assert_int_equal(pdiag_detector_new(NULL, &d), 0);
	pdiag_detector_free(d);
	pdiag_detector_free(NULL);
	o.false_alarms = -1;
	assert_int_equal(pdiag_detector_new(&o, &d), -EINVAL);
	assert_null(d);
	o.false_alarms = NAN;
	assert_int_equal(pdiag_detector_new(&o, &d), -EINVAL);
	o.false_alarms = 0;
	o.resolution = INFINITY;
	assert_int_equal(pdiag_detector_new(&o, &d), -EINVAL);
	o.resolution = 0;
	o.memory = 999;
	assert_int_equal(pdiag_detector_new(&o, &d), -EINVAL);
	o.memory = 0;
	o.flags = PDIAG_DETECTOR_ONLY_HIGH | PDIAG_DETECTOR_ONLY_LOW;
	assert_int_equal(pdiag_detector_new(&o, &d), -EINVAL);
	o.flags = 1u << 31;
	assert_int_equal(pdiag_detector_new(&o, &d), -EINVAL);
	o.flags = 0;
	o.size = 8;
	assert_int_equal(pdiag_detector_new(&o, &d), -EINVAL);
}

/* These are scored by others: a change is a new detector, not a correction. */
static void defaults_are_frozen(void **state)
{
	struct pdiag_detector *d;
	struct pdiag_detection r;

	(void)state;
	assert_int_equal(pdiag_detector_new(NULL, &d), 0);
	assert_true(d->options.false_alarms == 0.1);
	assert_true(d->options.resolution == 0);
	assert_int_equal(d->options.memory, 10000);
	assert_int_equal(d->options.flags, 0);
	add(d, BEGIN_NS, 1);
	r = add(d, BEGIN_NS + SECOND, 1);
	assert_true(fabs(r.threshold - 5.9365137424788932) < 1e-9);
	pdiag_detector_free(d);
}

/* Noise at 5 minutes, with a day's cycle, a spike, a shift, a drift, and what recurs. */
static void scores_are_frozen(void **state)
{
	static const struct {
		unsigned int at;
		double score;
	} want[] = {
#include "golden.inc"
	};
	uint64_t random = 88172645463325252ull, t = BEGIN_NS;
	struct pdiag_detector *d = make(0, 0);
	double sum = 0, shift = 0;
	unsigned int k = 0;

	(void)state;
	for (unsigned int i = 0; i < 6000; i++, t += 300 * SECOND) {
		unsigned int hour = i / 12 % 24;
		double x = 50 + made_noise(&random) + (hour < 12 ? hour : 24 - hour), score;

		shift = i >= 3000 && i < 3200 ? 15 : i >= 4000 && i < 4400 ? (i - 4000) * 0.05 : 0;
		score = add(d, t, x + shift + (i == 2000 ? 40 : 0) +
			(i >= 4800 && i % 150 < 2 ? 12 : 0)).score;
		sum += score;
		if (score < 0.38)
			continue;
		if (getenv("PDIAG_GOLDEN_UPDATE")) {
			printf("\t\t{ %u, %.9f },\n", i, score);
			continue;
		}
		assert_true(k < sizeof(want) / sizeof(want[0]));
		assert_int_equal(i, want[k].at);
		assert_true(fabs(score - want[k].score) < 1e-6);
		k++;
	}
	if (getenv("PDIAG_GOLDEN_UPDATE")) {
		printf("sum %.6f\n", sum);
		skip();
	}
	assert_int_equal(k, sizeof(want) / sizeof(want[0]));
	assert_true(fabs(sum - GOLDEN_SUM) < 1e-4);
	pdiag_detector_free(d);
}

static void an_alert_begins_and_ends(void **state)
{
	struct pdiag_detector *d = make(1, 0);
	uint64_t random = 12345, t = BEGIN_NS, from;
	struct pdiag_detection r;
	unsigned int i;

	(void)state;
	assert_int_equal(quiet(d, &t, &random, 3000), 0);
	from = t;
	for (i = 0; i < 60; i++, t += SECOND) {
		r = add(d, t, 40 + made_noise(&random));
		assert_int_equal(r.alert, i ? PDIAG_ALERT_ON : PDIAG_ALERT_BEGIN);
		assert_int_equal(r.onset_ns, from);
		assert_int_equal(r.direction, 1);
		assert_true(r.peak >= r.threshold);
		if (!i)
			assert_true(r.low > 4 && r.low < 9 && r.high > 11 && r.high < 16 &&
				r.surprise >= r.threshold && r.expected > 8 && r.expected < 12);
	}
	for (i = 0; i < 60; i++, t += SECOND) {
		r = add(d, t, 10 + made_noise(&random));
		if (r.alert == PDIAG_ALERT_END)
			break;
	}
	assert_true(i >= 4 && i < 40);
	t += SECOND;
	assert_int_equal(quiet(d, &t, &random, 3000), 0);
	pdiag_detector_free(d);
}

static void what_lasts_is_accepted(void **state)
{
	struct pdiag_detector *d = make(1, 0);
	uint64_t random = 7, t = BEGIN_NS;
	struct pdiag_detection r = { .alert = 0 };
	unsigned int begun = 0, i;

	(void)state;
	quiet(d, &t, &random, 3000);
	for (i = 0; i < 2000 && !(r.flags & PDIAG_DETECTION_ACCEPTED); i++, t += SECOND) {
		r = add(d, t, 40 + made_noise(&random));
		begun += r.alert == PDIAG_ALERT_BEGIN;
	}
	assert_int_equal(begun, 1);
	assert_int_equal(r.alert, PDIAG_ALERT_END);
	assert_true(i < 1100);
	for (i = 0; i < 2000; i++, t += SECOND)
		assert_int_equal(add(d, t, 40 + made_noise(&random)).alert, PDIAG_ALERT_NONE);
	pdiag_detector_free(d);
}

/* At steps of a second, with the default of one false alarm in ten days. */
static void a_step_is_found_by_a_few_points(void **state)
{
	struct pdiag_detector *d = make(0, 0);
	uint64_t random = 4242, t = BEGIN_NS, from;
	struct pdiag_detection r;
	unsigned int i;

	(void)state;
	assert_int_equal(quiet(d, &t, &random, 5000), 0);
	from = t;
	for (i = 0; i < 10; i++, t += SECOND) {
		r = add(d, t, 14 + made_noise(&random));
		if (r.alert == PDIAG_ALERT_BEGIN)
			break;
	}
	assert_true(i > 0 && i < 6);
	assert_int_equal(r.feature, PDIAG_FEATURE_VALUE);
	assert_int_equal(r.kind, PDIAG_SURPRISE_SHIFT);
	assert_string_equal(pdiag_surprise_text(r.kind), "shift");
	assert_int_equal(r.direction, 1);
	assert_true(r.onset_ns >= from - 3 * SECOND && r.onset_ns <= t);
	assert_true(r.low > 4 && r.low < 9 && r.high > 11 && r.high < 15);
	pdiag_detector_free(d);
}

/* The same fault each five minutes or so is one each time. */
static void what_comes_again_is_found_again(void **state)
{
	struct pdiag_detector *d = make(0, 0);
	uint64_t random = 4242, t = BEGIN_NS;
	unsigned int alerts = 0;

	(void)state;
	assert_int_equal(quiet(d, &t, &random, 1000), 0);
	for (unsigned int k = 0; k < 30; k++) {
		for (unsigned int i = 0; i < 30; i++, t += SECOND)
			alerts += add(d, t, 25 + made_noise(&random)).alert ==
				PDIAG_ALERT_BEGIN;
		assert_int_equal(alerts, k + 1);
		assert_int_equal(quiet(d, &t, &random, 280 + k * 37 % 100), 0);
	}
	pdiag_detector_free(d);
}

/* But the one that comes by the clock is a job. */
static void what_comes_by_the_clock_is_ordinary(void **state)
{
	struct pdiag_detector *d = make(0, 0);
	uint64_t random = 4242, t = BEGIN_NS;
	unsigned int alerts = 0;

	(void)state;
	assert_int_equal(quiet(d, &t, &random, 1000), 0);
	for (unsigned int k = 0; k < 30; k++) {
		for (unsigned int i = 0; i < 30; i++, t += SECOND)
			alerts += add(d, t, 25 + made_noise(&random)).alert ==
				PDIAG_ALERT_BEGIN;
		quiet(d, &t, &random, 300);
	}
	assert_in_range(alerts, 4, 8);
	pdiag_detector_free(d);
}

/* Whoever knows of others that are surprised may take less for enough. */
static void joins_others(void **state)
{
	struct pdiag_detector *d = make(0, 0);
	uint64_t random = 4242, t = BEGIN_NS;
	struct pdiag_detection r = { .size = sizeof(r) };

	(void)state;
	r = add(d, t, 10);
	assert_int_equal(pdiag_detector_join(d, &r), 0);
	t += SECOND;
	assert_int_equal(quiet(d, &t, &random, 3000), 0);
	r = add(d, t, NAN);
	assert_int_equal(pdiag_detector_join(d, &r), 0);
	r = add(d, t, 14.5);
	assert_int_equal(r.alert, PDIAG_ALERT_NONE);
	assert_true(r.surprise > 2 && r.surprise < r.threshold);
	assert_int_equal(pdiag_detector_join(d, &r), 1);
	assert_int_equal(r.alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(r.onset_ns, t);
	assert_int_equal(r.direction, 1);
	assert_int_equal(pdiag_detector_join(d, &r), 0);
	t += SECOND;
	r = add(d, t, 14.5);
	assert_int_equal(r.alert, PDIAG_ALERT_ON);
	for (unsigned int i = 0; i < 5; i++)
		r = add(d, t += SECOND, 10);
	assert_int_equal(r.alert, PDIAG_ALERT_END);
	/* It has only just ended. */
	r = add(d, t += SECOND, 14.5);
	assert_int_equal(pdiag_detector_join(d, &r), 0);
	pdiag_detector_free(d);
}

/* Within a minute, if it is large. */
static void a_young_series_has_alerts(void **state)
{
	struct pdiag_detector *d = make(0, 0);
	uint64_t random = 11, t = BEGIN_NS;
	struct pdiag_detection r;
	unsigned int i;

	(void)state;
	for (i = 0; i < 60; i++, t += SECOND) {
		r = add(d, t, 10 + made_noise(&random));
		assert_int_equal(r.alert, PDIAG_ALERT_NONE);
		assert_int_equal(r.flags & PDIAG_DETECTION_LEARNING,
			i < 40 ? PDIAG_DETECTION_LEARNING : 0);
	}
	for (i = 0; i < 10; i++, t += SECOND)
		if (add(d, t, 60 + made_noise(&random)).alert == PDIAG_ALERT_BEGIN)
			break;
	assert_true(i < 10);
	pdiag_detector_free(d);
}

static void one_side(void **state)
{
	struct pdiag_detector *high = make(1, PDIAG_DETECTOR_ONLY_HIGH);
	struct pdiag_detector *low = make(1, PDIAG_DETECTOR_ONLY_LOW);
	uint64_t a = 5, b = 5, t = BEGIN_NS, u = BEGIN_NS;

	(void)state;
	quiet(high, &t, &a, 3000);
	quiet(low, &u, &b, 3000);
	assert_int_equal(add(high, t, -50).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(low, t, -50).alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(add(low, t, -50).direction, -1);
	pdiag_detector_free(high);
	pdiag_detector_free(low);
}

static void what_is_no_number_is_missing(void **state)
{
	static const double bad[] = { NAN, -NAN, INFINITY, -INFINITY, 1e200, -1e300 };
	struct pdiag_detector *d = make(1, 0), before;
	uint64_t random = 99, t = BEGIN_NS;
	struct pdiag_detection r;

	(void)state;
	quiet(d, &t, &random, 1000);
	before = *d;
	for (unsigned int i = 0; i < 6; i++) {
		r = add(d, t, bad[i]);
		assert_int_equal(r.flags, PDIAG_DETECTION_MISSING);
		assert_true(r.score == 0 && r.surprise == 0);
	}
	assert_memory_equal(&before, d, sizeof(before));
	/* In an alert it goes on. */
	assert_int_equal(add(d, t, 100).alert, PDIAG_ALERT_BEGIN);
	r = add(d, t + SECOND, NAN);
	assert_int_equal(r.alert, PDIAG_ALERT_ON);
	assert_int_equal(r.onset_ns, t);
	pdiag_detector_free(d);
}

static void constant_series(void **state)
{
	struct pdiag_detector *d = make(1, 0);
	uint64_t t = BEGIN_NS;

	(void)state;
	for (unsigned int i = 0; i < 200000; i++, t += SECOND)
		assert_true(add(d, t, 0.1).surprise == 0);
	/* As likely as once in all that time: 5.3 decades, less half of one. */
	assert_true(fabs(add(d, t, 0.2).surprise - (log10(199999) - log10(3))) < 0.01);
	pdiag_detector_free(d);
	/* Nothing but rounding. */
	d = make(1, 0);
	for (unsigned int i = 0; i < 5000; i++, t += SECOND)
		assert_true(add(d, t, 1e15 + (i & 1) * 0.125).surprise < 4);
	pdiag_detector_free(d);
}

static void resolution(void **state)
{
	struct pdiag_detector_options o = { .size = sizeof(o), .resolution = 1 };
	struct pdiag_detector *d;
	uint64_t t = BEGIN_NS;

	(void)state;
	assert_int_equal(pdiag_detector_new(&o, &d), 0);
	for (unsigned int i = 0; i < 5000; i++, t += SECOND)
		assert_true(add(d, t, 100 + (i % 97 == 0) * 0.9).surprise == 0);
	assert_true(add(d, t, 105).surprise > 3);
	pdiag_detector_free(d);
}

static void large_and_small(void **state)
{
	static const double scale[] = { 1e149, 1e-140, 1e-300, 5e-324 };
	uint64_t random = 3, t = BEGIN_NS;

	(void)state;
	for (unsigned int k = 0; k < 4; k++) {
		struct pdiag_detector *d = make(1, 0);

		for (unsigned int i = 0; i < 3000; i++, t += SECOND)
			add(d, t, scale[k] * made_noise(&random));
		add(d, t, -1e150);
		add(d, t, 1e150);
		for (unsigned int i = 0; i < 3000; i++, t += SECOND)
			add(d, t, scale[k] * made_noise(&random));
		pdiag_detector_free(d);
	}
}

static void times(void **state)
{
	struct pdiag_detector *d = make(1, 0);
	uint64_t random = 3, t = BEGIN_NS;
	struct pdiag_detection r;

	(void)state;
	quiet(d, &t, &random, 500);
	/* Standing still, back, to the ends of time: no failure, no alert. */
	add(d, t, 10);
	add(d, t, 10);
	add(d, 0, 10);
	add(d, UINT64_MAX, 10);
	add(d, 0, 10);
	r = add(d, t, 10);
	assert_int_equal(r.alert, PDIAG_ALERT_NONE);
	t += SECOND;
	quiet(d, &t, &random, 10);
	assert_true(d->learned.step_ns > 0.9 * SECOND && d->learned.step_ns < 1.1 * SECOND);
	r = add(d, t + 3600 * SECOND, 10);
	assert_int_equal(r.flags & PDIAG_DETECTION_GAP, PDIAG_DETECTION_GAP);
	assert_int_equal(r.alert, PDIAG_ALERT_NONE);
	pdiag_detector_free(d);
}

/* No point to come changes what was said: any beginning tells the same. */
static void causal(void **state)
{
	struct pdiag_detector *a = make(0, 0), *b = make(0, 0);
	uint64_t random = 17, t = BEGIN_NS;

	(void)state;
	for (unsigned int i = 0; i < 2000; i++, t += SECOND) {
		double x = made_noise(&random);
		struct pdiag_detection p = add(a, t, x), q = add(b, t, x);

		assert_memory_equal(&p, &q, sizeof(p));
		/* Another one goes another way afterwards. */
		if (i == 1000) {
			add(a, t, 1e9);
			break;
		}
	}
	pdiag_detector_free(a);
	pdiag_detector_free(b);
}

static void counters(void **state)
{
	struct pdiag_detection r = { .size = sizeof(r) };
	struct pdiag_detector *d = make(0, 0), *d32 = make(0, PDIAG_DETECTOR_COUNTER32);

	(void)state;
	assert_int_equal(pdiag_detector_add_counter(d, BEGIN_NS, 1000, &r), 0);
	assert_int_equal(r.flags, PDIAG_DETECTION_MISSING);
	assert_int_equal(pdiag_detector_add_counter(d, BEGIN_NS + 2 * SECOND, 1500, &r), 0);
	assert_true(r.value == 250);
	/* Time stands still. */
	assert_int_equal(pdiag_detector_add_counter(d, BEGIN_NS + 2 * SECOND, 1600, &r), 0);
	assert_int_equal(r.flags, PDIAG_DETECTION_MISSING);
	assert_int_equal(pdiag_detector_add_counter(d, BEGIN_NS + 3 * SECOND, 5, &r), 0);
	assert_int_equal(r.flags, PDIAG_DETECTION_MISSING | PDIAG_DETECTION_RESTART);
	assert_int_equal(pdiag_detector_add_counter(d, BEGIN_NS + 4 * SECOND, 15, &r), 0);
	assert_true(r.value == 10);
	/* Round, and begun again. */
	assert_int_equal(pdiag_detector_add_counter(d32, BEGIN_NS, 0xfffffff0, &r), 0);
	assert_int_equal(pdiag_detector_add_counter(d32, BEGIN_NS + SECOND, 0x10, &r), 0);
	assert_true(r.value == 32);
	assert_int_equal(pdiag_detector_add_counter(d32, BEGIN_NS + 2 * SECOND, 0x70000000, &r), 0);
	assert_int_equal(pdiag_detector_add_counter(d32, BEGIN_NS + 3 * SECOND, 0x10, &r), 0);
	assert_int_equal(r.flags, PDIAG_DETECTION_MISSING | PDIAG_DETECTION_RESTART);
	pdiag_detector_free(d);
	pdiag_detector_free(d32);
}

static void output_struct(void **state)
{
	struct pdiag_detector *d = make(0, 0);
	struct pdiag_detection r = { .size = 8 };

	(void)state;
	assert_int_equal(pdiag_detector_add(d, BEGIN_NS, 1, &r), -EINVAL);
	assert_int_equal(pdiag_detector_add(d, BEGIN_NS, 1, NULL), 0);
	pdiag_detector_free(d);
}

static void out_of_memory(void **state)
{
	struct pdiag_detector *d;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		int ret;

		fail_alloc_start(n);
		ret = pdiag_detector_new(NULL, &d);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(d);
	}
	/* And none in use. */
	fail_alloc_start_all(0);
	for (unsigned int i = 0; i < 500; i++)
		assert_int_equal(pdiag_detector_add(d, BEGIN_NS + i * SECOND, i % 7, NULL), 0);
	assert_int_equal(fail_alloc_stop(), 0);
	pdiag_detector_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(defaults_are_frozen),
		cmocka_unit_test(scores_are_frozen),
		cmocka_unit_test(an_alert_begins_and_ends),
		cmocka_unit_test(what_lasts_is_accepted),
		cmocka_unit_test(a_step_is_found_by_a_few_points),
		cmocka_unit_test(what_comes_again_is_found_again),
		cmocka_unit_test(what_comes_by_the_clock_is_ordinary),
		cmocka_unit_test(joins_others),
		cmocka_unit_test(a_young_series_has_alerts),
		cmocka_unit_test(one_side),
		cmocka_unit_test(what_is_no_number_is_missing),
		cmocka_unit_test(constant_series),
		cmocka_unit_test(resolution),
		cmocka_unit_test(large_and_small),
		cmocka_unit_test(times),
		cmocka_unit_test(causal),
		cmocka_unit_test(counters),
		cmocka_unit_test(output_struct),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
