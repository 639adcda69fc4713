/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "output/quantity.h"

static void check(const char *unit, bool per_second, double value, const char *wanted)
{
	struct pdiag_quantity q;
	struct pdiag_text t = { 0 };

	pdiag_quantity_init(&q, unit, per_second);
	pdiag_quantity_words(&t, &q, value);
	assert_int_equal(t.error, 0);
	assert_string_equal(t.data, wanted);
	pdiag_text_free(&t);
}

static void values(void **state)
{
	(void)state;
	check("By", false, 0, "0 B");
	check("By", false, 1023, "1,023 B");
	check("By", false, 1536, "1.5 KiB");
	check("By", true, 12.34 * 1048576, "12.3 MiB/s");
	check("By", false, 0x1p62, "4 EiB");
	check("1", false, 0.384, "38.4 %");
	check("s", true, 1.7, "170 %");
	check("s", false, 0.0123, "12.3 ms");
	check("s", false, 0, "0 s");
	check("s", false, 7200, "7,200 s");
	check("ms", false, 250, "250 ms");
	check("{thread}", false, 41, "41 threads");
	check("{thread}", false, 1, "1 thread");
	check("{switch}", true, 12345, "12.3 k switches/s");
	check("{thread}", false, 9876, "9,876 threads");
	check("", false, 3.14159, "3.14");
	check(NULL, true, 0.05, "0.05/s");
	check("Cel", false, -5, "\xe2\x88\x92" "5 Cel");
	check("", false, 999.96, "1,000");
	check("", false, 99.99, "100");
}

static void extremes(void **state)
{
	(void)state;
	check("By", false, NAN, "?");
	check("", false, INFINITY, "?");
	check("", false, -INFINITY, "?");
	check("", false, 1e301, "?");
	check("", false, 1.234e30, "1.23e30");
	check("", false, 9.999e29, "1e30");
	check("", false, 5e-324, "4.94e-324");
	check("", false, -2e-310, "\xe2\x88\x92" "2e-310");
	check("GiBy", false, 1e300, "1e305 B");
	check("By", true, 1e299, "1e299 B/s");
	check("s", false, 1e-15, "1e-15 s");
	check("", false, -1e-20, "\xe2\x88\x92" "1e-20");
	check("{\x01<}", false, 2, "2 \\x01?s");
	check("{}", false, 2, "2 {}");
}

static void tick(const char *unit, double low, double high, int want, double step,
	const char *first, const char *last)
{
	struct pdiag_quantity q;
	struct pdiag_text t = { 0 };
	double got;

	pdiag_quantity_init(&q, unit, false);
	got = pdiag_quantity_step(&q, low, high, want);
	assert_true(fabs(got - step) <= 1e-9 * step);
	pdiag_quantity_tick(&t, &q, low + got, got, high);
	pdiag_text_char(&t, '|');
	pdiag_quantity_tick(&t, &q, high, got, high);
	strchr(t.data, '|')[0] = '\0';
	assert_string_equal(t.data, first);
	assert_string_equal(t.data + strlen(t.data) + 1, last);
	pdiag_text_free(&t);
}

static void ticks(void **state)
{
	(void)state;
	tick("", 0, 40, 5, 10, "10", "40");
	tick("", 0, 1, 5, 0.2, "0.2", "1");
	tick("", 0, 2e6, 4, 5e5, "500 k", "2,000 k");
	tick("1", 0, 1, 5, 0.2, "20 %", "100 %");
	tick("By", 0, 0x1p30, 4, 0x1p28, "0.25 GiB", "1 GiB");
	tick("By", 0, 1000, 4, 256, "256 B", "1,000 B");
	tick("s", 0, 0.3, 5, 0.05, "50 ms", "300 ms");
	tick("", 0, 8e299, 4, 2e299, "2e299", "8e299");
	tick("", 31000, 35000, 4, 1000, "32 k", "35 k");
}

static void json(double value, const char *wanted)
{
	struct pdiag_text t = { 0 };

	pdiag_quantity_json(&t, value);
	assert_string_equal(t.data, wanted);
	pdiag_text_free(&t);
}

static void for_scripts(void **state)
{
	(void)state;
	json(NAN, "null");
	json(INFINITY, "null");
	json(0, "0");
	json(-0.0, "0");
	json(12.345, "12345e-3");
	json(-300, "-300");
	json(5e300, "null");
	json(1e300, "1e300");
	json(1e-300, "0");
	json(123456789, "123457e3");
}

/* A host program with commas in its numbers must not get them here. */
static void locales(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8")) {
		print_message("skipped: no locale with decimal commas is installed\n");
		skip();
	}
	check("By", false, 1536, "1.5 KiB");
	json(12.345, "12345e-3");
	setlocale(LC_ALL, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(extremes),
		cmocka_unit_test(ticks),
		cmocka_unit_test(for_scripts),
		cmocka_unit_test(locales),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
