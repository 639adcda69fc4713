/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include <pdiag/detect.h>

#include "support/fail_alloc.h"

#define SECOND 1000000000ull

static struct pdiag_detector_group *make(uint32_t members, double threshold)
{
	struct pdiag_detector_group_options o = { .size = sizeof(o), .members = members,
		.threshold = threshold };
	struct pdiag_detector_group *g;

	assert_int_equal(pdiag_detector_group_new(&o, &g), 0);
	return g;
}

static struct pdiag_incident add(struct pdiag_detector_group *g, uint32_t member, uint64_t seconds,
	double surprise, uint32_t alert)
{
	struct pdiag_detection d = { .size = sizeof(d), .time_ns = seconds * SECOND,
		.surprise = surprise, .threshold = 6, .alert = alert };
	struct pdiag_incident i = { .size = sizeof(i) };

	if (alert == PDIAG_ALERT_BEGIN || alert == PDIAG_ALERT_ON)
		d.onset_ns = (seconds - 2) * SECOND;
	assert_int_equal(pdiag_detector_group_add(g, member, &d, &i), 0);
	return i;
}

static void options(void **state)
{
	struct pdiag_detector_group_options o = { .size = sizeof(o) };
	struct pdiag_detection d = { .size = 8 };
	struct pdiag_detector_group *g;

	(void)state;
	assert_int_equal(pdiag_detector_group_new(NULL, &g), -EINVAL);
	assert_int_equal(pdiag_detector_group_new(&o, &g), -EINVAL);
	o.members = 65537;
	assert_int_equal(pdiag_detector_group_new(&o, &g), -EINVAL);
	o.members = 3;
	o.threshold = NAN;
	assert_int_equal(pdiag_detector_group_new(&o, &g), -EINVAL);
	g = make(3, 0);
	assert_int_equal(pdiag_detector_group_add(g, 0, &d, NULL), -EINVAL);
	d.size = sizeof(d);
	assert_int_equal(pdiag_detector_group_add(g, 3, &d, NULL), -EINVAL);
	assert_int_equal(pdiag_detector_group_add(g, 2, &d, NULL), 0);
	pdiag_detector_group_free(g);
	pdiag_detector_group_free(NULL);
}

/* One of 100 counts two decades less; ten at once only one. */
static void the_mean_of_odds(void **state)
{
	struct pdiag_detector_group *g = make(100, 0);

	(void)state;
	assert_true(fabs(add(g, 7, 1, 5, 0).surprise - 3) < 0.01);
	for (uint32_t i = 10; i < 19; i++)
		add(g, i, 2, 5, 0);
	assert_true(fabs(add(g, 50, 2, 0, 0).surprise - 4) < 0.01);
	/* After the window it is forgotten. */
	assert_true(add(g, 50, 20, 0, 0).surprise < 0.01);
	assert_int_equal(add(g, 50, 20, 0, 0).member, 0);
	pdiag_detector_group_free(g);
}

static void one_incident(void **state)
{
	struct pdiag_detector_group *g = make(3, 0);
	struct pdiag_incident i;

	(void)state;
	assert_int_equal(add(g, 0, 10, 1, 0).alert, PDIAG_ALERT_NONE);
	i = add(g, 1, 11, 7, PDIAG_ALERT_BEGIN);
	assert_int_equal(i.alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(i.onset_ns, 9 * SECOND);
	assert_int_equal(i.member, 1);
	i = add(g, 2, 11, 9, PDIAG_ALERT_BEGIN);
	assert_int_equal(i.alert, PDIAG_ALERT_ON);
	assert_int_equal(i.alerting, 2);
	assert_int_equal(i.member, 2);
	assert_true(i.peak > 8 && i.peak < 9);
	assert_int_equal(add(g, 1, 12, 0, PDIAG_ALERT_END).alert, PDIAG_ALERT_ON);
	assert_int_equal(add(g, 2, 29, 0, PDIAG_ALERT_ON).alert, PDIAG_ALERT_ON);
	i = add(g, 2, 30, 0, PDIAG_ALERT_END);
	assert_int_equal(i.alert, PDIAG_ALERT_ON);
	assert_int_equal(i.alerting, 0);
	/* It ends when the window is over, not in between. */
	for (uint64_t t = 30; t < 50; t++) {
		i = add(g, 0, t, 0, 0);
		if (i.alert == PDIAG_ALERT_END)
			break;
		assert_int_equal(i.alert, PDIAG_ALERT_ON);
	}
	assert_int_equal(i.alert, PDIAG_ALERT_END);
	assert_int_equal(add(g, 0, 60, 0, 0).alert, PDIAG_ALERT_NONE);
	pdiag_detector_group_free(g);
}

/* None is certain, all together are. */
static void together(void **state)
{
	struct pdiag_detector_group *g = make(4, 4);

	(void)state;
	for (uint32_t k = 0; k < 3; k++)
		assert_int_equal(add(g, k, 1, 4.1, 0).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(g, 3, 2, 4.1, 0).alert, PDIAG_ALERT_BEGIN);
	pdiag_detector_group_free(g);
}

static void strange_values(void **state)
{
	struct pdiag_detector_group *g = make(2, 0);

	(void)state;
	assert_true(add(g, 0, 1, NAN, 0).surprise < 0.01);
	assert_true(isfinite(add(g, 0, 1, INFINITY, 0).surprise));
	assert_true(isfinite(add(g, 1, 0, 1e300, 0).surprise));
	pdiag_detector_group_free(g);
}

static void out_of_memory(void **state)
{
	struct pdiag_detector_group_options o = { .size = sizeof(o), .members = 10 };
	struct pdiag_detector_group *g;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		int ret;

		fail_alloc_start(n);
		ret = pdiag_detector_group_new(&o, &g);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(g);
	}
	pdiag_detector_group_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(the_mean_of_odds),
		cmocka_unit_test(one_incident),
		cmocka_unit_test(together),
		cmocka_unit_test(strange_values),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
