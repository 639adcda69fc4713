/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "detect/shift.h"
#include "made.h"

static const struct pdiag_shift_scale both = { 0, 10000, PDIAG_SHIFT_UP | PDIAG_SHIFT_DOWN };
static const struct pdiag_shift_scale up = { 0, 10000, PDIAG_SHIFT_UP };

/* The largest surprise of single points and of runs in so many points of noise about `mean`. */
struct seen {
	double one, run;
};

static struct seen feed(struct pdiag_shift *s, const struct pdiag_shift_scale *scale,
	uint64_t *random, double mean, unsigned int count)
{
	struct seen seen = { 0, 0 };

	for (unsigned int i = 0; i < count; i++) {
		struct pdiag_judged one, run;

		pdiag_shift_add(s, scale, BEGIN_NS + (s->points + 1ull) * SECOND,
			mean + made_noise(random), &one, &run);
		assert_true(one.low <= one.high);
		seen.one = one.surprise > seen.one ? one.surprise : seen.one;
		seen.run = run.surprise > seen.run ? run.surprise : seen.run;
	}
	return seen;
}

static uint64_t now(const struct pdiag_shift *s)
{
	return BEGIN_NS + s->points * SECOND;
}

static void told(struct pdiag_shift *s, double x, uint32_t lasted)
{
	pdiag_shift_told(s, now(s));
	pdiag_shift_resume(s, &both, x, lasted);
}

static void several_tell_more_than_one(void **state)
{
	struct pdiag_shift s = { .points = 0 };
	uint64_t random = 31;
	struct seen quiet, seen;

	(void)state;
	feed(&s, &both, &random, 10, 2000);
	quiet = feed(&s, &both, &random, 10, 3000);
	assert_true(quiet.one < 5 && quiet.run < 5);
	seen = feed(&s, &both, &random, 13.5, 8);
	assert_true(seen.run > 6.5 && seen.run > seen.one + 1);
	assert_true(s.run[0].sum > 0 && s.run[1].sum == 0);
	assert_true(s.run[0].begin_ns >= BEGIN_NS + 5000 * SECOND);
}

static void one_direction(void **state)
{
	struct pdiag_shift s = { .points = 0 };
	uint64_t random = 31;

	(void)state;
	feed(&s, &up, &random, 10, 3000);
	assert_true(feed(&s, &up, &random, 0, 8).run < 4);
	assert_true(s.run[1].sum == 0);
}

/* An alert leaves what is ordinary as it was before the run. */
static void what_is_told_is_not_ordinary(void **state)
{
	struct pdiag_shift s = { .points = 0 }, before;
	uint64_t random = 31;
	double low, high, low2, high2;

	(void)state;
	feed(&s, &both, &random, 10, 3000);
	feed(&s, &both, &random, 10, 40);
	before = s;
	pdiag_shift_band(&s, &both, &low, &high);
	feed(&s, &both, &random, 16, 6);
	assert_true(s.now.mean > before.now.mean + 0.5);
	told(&s, 10, 30);
	pdiag_shift_band(&s, &both, &low2, &high2);
	assert_true(low2 > low - 0.5 && high2 < high + 0.5);
	/* Twenty more like it, and it is found as before. */
	for (unsigned int i = 0; i < 20; i++) {
		feed(&s, &both, &random, 10, 250 + i * 37 % 100);
		assert_true(feed(&s, &both, &random, 16, 3).run > 6.5);
		told(&s, 10, 30);
	}
}

/* What comes by the clock is somebody's job. */
static void jobs_become_ordinary(void **state)
{
	struct pdiag_shift s = { .points = 0 };
	uint64_t random = 31;
	unsigned int alerts = 0;

	(void)state;
	feed(&s, &both, &random, 10, 2000);
	for (unsigned int i = 0; i < 12; i++) {
		struct seen seen;

		feed(&s, &both, &random, 10, 300 + i % 3);
		seen = feed(&s, &both, &random, 16, 3);
		if (seen.run > 6 || seen.one > 6) {
			told(&s, 10, 30);
			alerts++;
		}
	}
	assert_in_range(alerts, 4, 7);
	/* What is more than that is still found. */
	feed(&s, &both, &random, 10, 300);
	assert_true(feed(&s, &both, &random, 60, 12).run > 5);
}

/* The first job of two points is a surprise, the others are none: what is known of runs is what the
 * others are like, and so six points are too many. */
static void what_was_new_once_is_not_new_again(void **state)
{
	struct pdiag_shift s = { .points = 0 };
	uint64_t random = 31;
	struct seen seen;

	(void)state;
	feed(&s, &both, &random, 10, 1000);
	for (unsigned int i = 0; i < 8; i++) {
		seen = feed(&s, &both, &random, 15, 2);
		feed(&s, &both, &random, 10, 200 + i * 37 % 100);
	}
	assert_true(seen.run < 4);
	assert_true(s.sums.square < 2);
	seen = feed(&s, &both, &random, 15, 6);
	assert_true(seen.run > 4.8);
}

/* But what lasts for a point and comes again is. */
static void blips_become_ordinary(void **state)
{
	struct pdiag_shift s = { .points = 0 };
	uint64_t random = 31;
	unsigned int alerts = 0;

	(void)state;
	feed(&s, &both, &random, 10, 2000);
	for (unsigned int i = 0; i < 60; i++) {
		struct seen seen = feed(&s, &both, &random, 20, 1);

		if (seen.one > 6.5) {
			told(&s, 10, 1);
			alerts++;
		}
		feed(&s, &both, &random, 10, 80 + i * 37 % 50);
	}
	assert_true(alerts > 0 && alerts < 25);
	assert_true(feed(&s, &both, &random, 20, 1).one < 6.5);
}

static void nothing_moves(void **state)
{
	static const struct pdiag_shift_scale least = { 1, 10000, 3 };
	struct pdiag_shift s = { .points = 0 };
	struct pdiag_judged one, run;

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		pdiag_shift_add(&s, &least, BEGIN_NS + i * SECOND, (i % 7) * 0.1, &one, &run);
		assert_true(one.surprise == 0 && run.surprise == 0);
	}
	/* A little more than what matters, then much more. */
	pdiag_shift_look(&s, &least, 1.8, &one);
	assert_true(one.surprise > 1 && one.surprise < 5 && one.direction == 1);
	pdiag_shift_look(&s, &least, 100, &one);
	assert_true(one.surprise > 6);
	assert_true(one.low <= -0.5 && one.high >= 1 && one.high < 5);
}

static void looking_changes_nothing(void **state)
{
	struct pdiag_shift s = { .points = 0 }, before;
	struct pdiag_judged one;
	uint64_t random = 31;

	(void)state;
	feed(&s, &both, &random, 10, 500);
	before = s;
	pdiag_shift_look(&s, &both, 40, &one);
	assert_memory_equal(&s, &before, sizeof(s));
	assert_int_equal(one.direction, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_tell_more_than_one),
		cmocka_unit_test(one_direction),
		cmocka_unit_test(what_is_told_is_not_ordinary),
		cmocka_unit_test(jobs_become_ordinary),
		cmocka_unit_test(what_was_new_once_is_not_new_again),
		cmocka_unit_test(blips_become_ordinary),
		cmocka_unit_test(nothing_moves),
		cmocka_unit_test(looking_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
