/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How likely chance is, where that is known, and which way it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "culprit/chance.h"
#include "culprit/doing.h"

static void near(double is, double want)
{
	if (!(fabs(is - want) <= 1e-6 * fmax(1, fabs(want))))
		fail_msg("%.9g, not %.9g", is, want);
}

static void test_beta(void **state)
{
	(void)state;
	/* I_x(1, 1) = x; I_x(a, 1) = x^a; I_x(2, 3) is a binomial sum; symmetry. */
	near(pdiag_log_beta(0.3, 1, 1), log(0.3));
	near(pdiag_log_beta(0.3, 40, 1), 40 * log(0.3));
	near(pdiag_log_beta(0.3, 2, 3), log(1 - pow(0.7, 4) - 4 * 0.3 * pow(0.7, 3)));
	near(pdiag_log_beta(0.5, 7.5, 7.5), log(0.5));
	near(exp(pdiag_log_beta(0.7, 2.5, 1.5)) + exp(pdiag_log_beta(0.3, 1.5, 2.5)), 1);
	assert_true(isinf(pdiag_log_beta(0, 2, 3)));
	near(pdiag_log_beta(1, 2, 3), 0);
	/* Far out, where the likelihood itself is no number any more. */
	near(pdiag_log_beta(1e-3, 500, 1), 500 * log(1e-3));
}

static void test_t(void **state)
{
	(void)state;
	/* With one degree of freedom it is Cauchy's, with two it is known, too. */
	near(pdiag_log_t_tail(1, 1), log(0.25));
	near(pdiag_log_t_tail(3, 2), log(0.5 * (1 - 3 / sqrt(11))));
	near(pdiag_log_t_tail(2.228138852, 10), log(0.025));
	near(pdiag_log_t_tail(0, 5), log(0.5));
}

/* Decades of a part with these seconds in each ordinary window, and in the trouble. */
static double decades(const double *seconds, unsigned int count, double length, double trouble,
	double trouble_length)
{
	const bool has[2] = { true, false };
	struct pdiag_parts p;
	double out;
	uint32_t part;

	assert_int_equal(pdiag_parts_init(&p), 0);
	part = pdiag_parts_get(&p, PDIAG_ROOT_PIDS, PDIAG_PART_DOING,
		pdiag_doing(PDIAG_STATE_RUNNING, PDIAG_HEED_FULL));
	assert_int_not_equal(part, PDIAG_PART_NONE);
	for (unsigned int i = 0; i < count; i++) {
		pdiag_parts_add(&p, part, seconds[i], seconds[i] * 100);
		pdiag_parts_flush(&p, length, false, has);
	}
	pdiag_parts_add(&p, part, trouble, trouble * 100);
	pdiag_parts_flush(&p, trouble_length, true, has);
	pdiag_parts_link(&p);
	out = pdiag_chance(&p, part);
	pdiag_parts_free(&p);
	return out;
}

static void test_which_way(void **state)
{
	const double none[6] = { 0 }, steady[6] = { 2, 2, 2, 2, 2, 2 };
	const double wild[6] = { 0.2, 5, 1, 0.3, 4.5, 1 };

	(void)state;
	print_message("new hog, 1 window: %.1f; 6: %.1f; 3 s of 3 s: %.1f; a burst of 1 s: %.1f\n",
		decades(none, 1, 10, 10, 10), decades(none, 6, 10, 10, 10),
		decades(none, 6, 10, 3, 3), decades(none, 6, 10, 1, 10));
	print_message("from 0.2 CPUs to 0.8: steady, 1 window %.1f, 6: %.1f; wild %.1f\n",
		decades(steady, 1, 10, 8, 10), decades(steady, 6, 10, 8, 10),
		decades(wild, 6, 10, 8, 10));
	/* One that was never seen and now has a CPU, even for one window against one. */
	assert_true(decades(none, 1, 10, 10, 10) > 5);
	assert_true(decades(none, 6, 10, 10, 10) > decades(none, 1, 10, 10, 10));
	/* A burst may come now and then. */
	assert_true(decades(none, 6, 10, 1, 10) < 3);
	/* The same as ever, less, nothing at all. */
	assert_true(decades(steady, 6, 10, 2, 10) < 0.5);
	assert_true(decades(steady, 6, 10, 1, 10) < 0.1);
	assert_true(decades(steady, 6, 10, 0, 10) == 0);
	assert_true(decades(none, 0, 10, 10, 10) == 0);
	/* More windows tell more, where they are alike; where they differ it takes more. */
	assert_true(decades(steady, 6, 10, 8, 10) > decades(steady, 1, 10, 8, 10));
	assert_true(decades(steady, 6, 10, 8, 10) > 2 * decades(wild, 6, 10, 8, 10));
	assert_true(decades(wild, 6, 10, 5, 10) < 2);
}

/* The more, the less likely, until several threads at once make longer lumps; never beyond the
 * bounds, nor a NaN. */
static void test_monotonous(void **state)
{
	const double normal[4] = { 1, 1.2, 0.9, 1.1 };
	double last = 0, d;

	(void)state;
	for (double s = 1; s < 10; s *= 1.1) {
		d = decades(normal, 4, 15, s, 10);
		assert_true(d >= last && d <= 300);
		last = d;
	}
	assert_true(last > 5);
	for (double s = 10; s < 1e6; s *= 1.5) {
		d = decades(normal, 4, 15, s, 10);
		assert_true(d >= last - 0.5 && d <= 300);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beta),
		cmocka_unit_test(test_t),
		cmocka_unit_test(test_which_way),
		cmocka_unit_test(test_monotonous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
