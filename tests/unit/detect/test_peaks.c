/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "detect/peaks.h"
#include "made.h"

/* Peaks of an exponential distribution, one each 10 points: 10 to the -x of points have one of x
 * decades or more, ten times less. */
static void learn(struct pdiag_peaks *p, uint64_t *random, unsigned int count)
{
	for (unsigned int i = 0; i < 10 * count; i++) {
		pdiag_peaks_point(p, 0.1, 1e-4);
		if (i % 10 == 0)
			pdiag_peaks_learn(p, -log10(made_uniform(random) + 1e-12), 1e-4, 1);
	}
}

static void tells_decades(void **state)
{
	struct pdiag_peaks p;
	uint64_t random = 99;

	(void)state;
	pdiag_peaks_begin(&p, 1, 1);
	learn(&p, &random, 20000);
	/* About one in 50 points is above the base: 0.7 decades on that scale. */
	assert_true(p.base > 0.5 && p.base < 1.0);
	assert_true(p.often > 0.015 && p.often < 0.025);
	/* 3 decades of one in 10 points are 4; told is no more than that, and not much less. */
	assert_true(pdiag_peaks_judge(&p, 3, 0.4) < 4.3);
	assert_true(pdiag_peaks_judge(&p, 3, 0.4) > 3.0);
	assert_true(pdiag_peaks_judge(&p, 5, 0.4) < 6.3);
	assert_true(pdiag_peaks_judge(&p, 5, 0.4) > 4.0);
}

static void more_is_rarer(void **state)
{
	struct pdiag_peaks p;
	uint64_t random = 7;
	double last = -1;

	(void)state;
	pdiag_peaks_begin(&p, 1, 1);
	learn(&p, &random, 500);
	for (double x = 0; x < 1e6; x = x * 1.3 + 0.01) {
		double now = pdiag_peaks_judge(&p, x, 0.4);

		assert_true(now >= last && isfinite(now));
		last = now;
	}
}

/* What only few peaks have shown is not taken for known. */
static void few_are_less_certain(void **state)
{
	struct pdiag_peaks few, many;
	uint64_t a = 5, b = 5;

	(void)state;
	pdiag_peaks_begin(&few, 1, 0.43);
	pdiag_peaks_begin(&many, 1, 0.43);
	learn(&few, &a, 10);
	learn(&many, &b, 5000);
	assert_true(pdiag_peaks_judge(&few, 8, 0) + 1 < pdiag_peaks_judge(&many, 8, 0));
}

static void what_counts_less_changes_less(void **state)
{
	struct pdiag_peaks p, full, part;
	uint64_t random = 5;

	(void)state;
	pdiag_peaks_begin(&p, 1, 0.43);
	learn(&p, &random, 2000);
	full = part = p;
	pdiag_peaks_learn(&full, 100, 1e-4, 1);
	pdiag_peaks_learn(&part, 100, 1e-4, 0.02);
	assert_true(full.excess > 1.05 * p.excess);
	/* And none moves it by much. */
	assert_true(full.excess < 1.2 * p.excess);
	assert_true(part.excess > p.excess && part.excess < 1.002 * p.excess);
	/* What is below the base is nothing. */
	full = p;
	pdiag_peaks_learn(&full, p.base / 2, 1e-4, 1);
	assert_memory_equal(&full, &p, sizeof(p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_decades),
		cmocka_unit_test(more_is_rarer),
		cmocka_unit_test(few_are_less_certain),
		cmocka_unit_test(what_counts_less_changes_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
