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

static struct pdiag_rule *make(struct pdiag_rule_options o)
{
	struct pdiag_rule *r;

	o.size = sizeof(o);
	assert_int_equal(pdiag_rule_new(&o, &r), 0);
	return r;
}

static struct pdiag_rule_status add(struct pdiag_rule *r, double seconds, double value)
{
	struct pdiag_rule_status s = { .size = sizeof(s) };

	assert_int_equal(pdiag_rule_add(r, (uint64_t)(seconds * 1e9), value, &s), 0);
	return s;
}

static void options(void **state)
{
	struct pdiag_rule_options o = { .size = sizeof(o), .threshold = NAN };
	struct pdiag_rule_status s = { .size = 8 };
	struct pdiag_rule *r;

	(void)state;
	assert_int_equal(pdiag_rule_new(NULL, &r), -EINVAL);
	assert_int_equal(pdiag_rule_new(&o, &r), -EINVAL);
	o.threshold = 1;
	o.hysteresis = -1;
	assert_int_equal(pdiag_rule_new(&o, &r), -EINVAL);
	o.hysteresis = 0;
	o.scale = -2;
	assert_int_equal(pdiag_rule_new(&o, &r), -EINVAL);
	o.scale = 0;
	o.flags = 2;
	assert_int_equal(pdiag_rule_new(&o, &r), -EINVAL);
	o.flags = 0;
	assert_int_equal(pdiag_rule_new(&o, &r), 0);
	assert_int_equal(pdiag_rule_add(r, 0, 1, &s), -EINVAL);
	assert_int_equal(pdiag_rule_add(r, 0, 1, NULL), 0);
	pdiag_rule_free(r);
	pdiag_rule_free(NULL);
}

static void load_at_or_above(void **state)
{
	struct pdiag_rule *r = make((struct pdiag_rule_options){ .threshold = 8 });

	(void)state;
	assert_int_equal(add(r, 1, 7.99).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 2, 8).alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(add(r, 3, 9).alert, PDIAG_ALERT_ON);
	assert_true(add(r, 4, 8).peak == 9);
	assert_int_equal(add(r, 4, 8).onset_ns, 2 * SECOND);
	assert_int_equal(add(r, 5, 7.9).alert, PDIAG_ALERT_END);
	assert_int_equal(add(r, 6, 7).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 6, 7).onset_ns, 0);
	pdiag_rule_free(r);
}

/* 1.5 for each of 4 CPUs. */
static void load_as_a_fraction(void **state)
{
	struct pdiag_rule *r = make((struct pdiag_rule_options){ .threshold = 1.5, .scale = 4 });

	(void)state;
	assert_int_equal(add(r, 1, 5.9).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 2, 6).alert, PDIAG_ALERT_BEGIN);
	assert_true(add(r, 3, 8).value == 2);
	pdiag_rule_free(r);
}

static void hold(void **state)
{
	struct pdiag_rule *r = make(
		(struct pdiag_rule_options){ .threshold = 8, .hold_ns = 10 * SECOND });

	(void)state;
	assert_int_equal(add(r, 1, 9).waiting, 1);
	assert_int_equal(add(r, 10, 9).alert, PDIAG_ALERT_NONE);
	/* A moment below: all over again. */
	assert_int_equal(add(r, 10.5, 7).waiting, 0);
	assert_int_equal(add(r, 11, 9).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 20.9, 9).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 21, 9).alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(add(r, 22, 9).onset_ns, 11 * SECOND);
	pdiag_rule_free(r);
}

static void hysteresis_and_release(void **state)
{
	struct pdiag_rule *r = make((struct pdiag_rule_options){ .threshold = 8, .hysteresis = 2,
		.release_ns = 5 * SECOND });

	(void)state;
	assert_int_equal(add(r, 1, 8).alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(add(r, 2, 6).alert, PDIAG_ALERT_ON);
	assert_int_equal(add(r, 9, 6).alert, PDIAG_ALERT_ON);
	assert_int_equal(add(r, 10, 5.9).alert, PDIAG_ALERT_ON);
	assert_int_equal(add(r, 14, 6.1).alert, PDIAG_ALERT_ON);
	assert_int_equal(add(r, 15, 5).alert, PDIAG_ALERT_ON);
	assert_int_equal(add(r, 20, 5).alert, PDIAG_ALERT_END);
	pdiag_rule_free(r);
}

static void cool_down(void **state)
{
	struct pdiag_rule *r = make(
		(struct pdiag_rule_options){ .threshold = 8, .cooldown_ns = 60 * SECOND });

	(void)state;
	assert_int_equal(add(r, 1, 8).alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(add(r, 2, 7).alert, PDIAG_ALERT_END);
	assert_int_equal(add(r, 3, 8).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 61, 8).waiting, 2);
	assert_int_equal(add(r, 62, 8).alert, PDIAG_ALERT_BEGIN);
	pdiag_rule_free(r);
}

static void below(void **state)
{
	struct pdiag_rule *r = make((struct pdiag_rule_options){ .threshold = 100, .hysteresis = 50,
		.flags = PDIAG_RULE_BELOW });

	(void)state;
	assert_int_equal(add(r, 1, 101).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 2, 100).alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(add(r, 3, 20).alert, PDIAG_ALERT_ON);
	assert_int_equal(add(r, 4, 150).alert, PDIAG_ALERT_ON);
	assert_true(add(r, 4, 150).peak == 20);
	assert_int_equal(add(r, 5, 151).alert, PDIAG_ALERT_END);
	pdiag_rule_free(r);
}

static void gaps_nan_and_time(void **state)
{
	struct pdiag_rule *r = make((struct pdiag_rule_options){ .threshold = 8,
		.hold_ns = 10 * SECOND, .gap_ns = 5 * SECOND });

	(void)state;
	add(r, 1, 9);
	/* Nobody knows what was in between. */
	assert_int_equal(add(r, 60, 9).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 64, NAN).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 64, 9).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 3, 9).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 68, INFINITY).alert, PDIAG_ALERT_NONE);
	assert_int_equal(add(r, 70, 9).alert, PDIAG_ALERT_BEGIN);
	assert_int_equal(add(r, 71, NAN).alert, PDIAG_ALERT_ON);
	pdiag_rule_free(r);
}

static void out_of_memory(void **state)
{
	struct pdiag_rule_options o = { .size = sizeof(o), .threshold = 1 };
	struct pdiag_rule *r;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		int ret;

		fail_alloc_start(n);
		ret = pdiag_rule_new(&o, &r);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(r);
	}
	pdiag_rule_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(load_at_or_above),
		cmocka_unit_test(load_as_a_fraction),
		cmocka_unit_test(hold),
		cmocka_unit_test(hysteresis_and_release),
		cmocka_unit_test(cool_down),
		cmocka_unit_test(below),
		cmocka_unit_test(gaps_nan_and_time),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
