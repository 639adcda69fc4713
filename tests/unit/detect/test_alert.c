/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When an alert is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include <pdiag/detect.h>

#include "detect/alert.h"

#define THRESHOLD 5.0

static struct pdiag_alert_state alert;

static uint32_t step(double surprise, double now)
{
	struct pdiag_judged j = { .low = -1, .high = 1, .surprise = surprise, .direction = 1 };
	int accepted;

	return pdiag_alert_step(&alert, &j, PDIAG_FEATURE_DAY, PDIAG_SURPRISE_RARE, THRESHOLD, now,
		&accepted);
}

static int setup(void **state)
{
	(void)state;
	alert = (struct pdiag_alert_state){ .feature = 0 };
	return step(10, 9) != PDIAG_ALERT_BEGIN;
}

static void back(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(step(0, 0.5), PDIAG_ALERT_ON);
	assert_int_equal(step(0, 2), PDIAG_ALERT_ON);
	for (int i = 0; i < 4; i++)
		assert_int_equal(step(0, 0.5), PDIAG_ALERT_ON);
	assert_int_equal(step(0, 0.5), PDIAG_ALERT_END);
}

/* An hour begins of which nothing is known. */
static void not_known(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++)
		assert_int_equal(step(THRESHOLD, NAN), PDIAG_ALERT_ON);
	for (int i = 0; i < 4; i++)
		assert_int_equal(step(1, NAN), PDIAG_ALERT_ON);
	assert_int_equal(step(1, NAN), PDIAG_ALERT_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(back, setup),
		cmocka_unit_test_setup(not_known, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
