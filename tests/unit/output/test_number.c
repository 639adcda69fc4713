/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "output/number.h"
#include "output/output.h"

#define EXPECT(call, text) \
	do { \
		struct pdiag_text t = { 0 }; \
		call; \
		assert_string_equal(t.data, text); \
		pdiag_text_free(&t); \
	} while (0)

static void grouped(void **state)
{
	(void)state;
	EXPECT(pdiag_number_grouped(&t, 0), "0");
	EXPECT(pdiag_number_grouped(&t, 999), "999");
	EXPECT(pdiag_number_grouped(&t, 1000), "1,000");
	EXPECT(pdiag_number_grouped(&t, 1234567), "1,234,567");
	EXPECT(pdiag_number_grouped(&t, UINT64_MAX), "18,446,744,073,709,551,615");
}

static void fixed_and_percent(void **state)
{
	(void)state;
	EXPECT(pdiag_number_fixed(&t, 1234, 2), "12.34");
	EXPECT(pdiag_number_fixed(&t, 5, 2), "0.05");
	EXPECT(pdiag_number_fixed(&t, 7, 0), "7");
	EXPECT(pdiag_number_fixed(&t, UINT64_MAX, 9), "18446744073.709551615");
	EXPECT(pdiag_number_percent(&t, 1, 3), "33.33 %");
	EXPECT(pdiag_number_percent(&t, 2, 3), "66.67 %");
	EXPECT(pdiag_number_percent(&t, UINT64_MAX, UINT64_MAX), "100.00 %");
	EXPECT(pdiag_number_percent(&t, 1, 0), "0.00 %");
	assert_int_equal(pdiag_number_ratio(UINT64_MAX, 10000, 1), UINT64_MAX);
}

static void spans(void **state)
{
	(void)state;
	EXPECT(pdiag_number_span(&t, 0), "0 ns");
	EXPECT(pdiag_number_span(&t, 999), "999 ns");
	EXPECT(pdiag_number_span(&t, 1000), "1.00 \xc2\xb5s");
	EXPECT(pdiag_number_span(&t, 12345), "12.3 \xc2\xb5s");
	EXPECT(pdiag_number_span(&t, 999999), "1.00 ms");
	EXPECT(pdiag_number_span(&t, 123456789), "123 ms");
	EXPECT(pdiag_number_span(&t, 1500000000), "1.50 s");
	EXPECT(pdiag_number_span(&t, 86400000000000), "86400 s");
}

static void dates(void **state)
{
	(void)state;
	/* In UTC, wherever the program thinks it is. */
	setenv("TZ", "Asia/Tokyo", 1);
	EXPECT(pdiag_number_date(&t, 0), "1970-01-01 00:00:00 UTC");
	EXPECT(pdiag_number_date(&t, 1709210096ull * 1000000000), "2024-02-29 12:34:56 UTC");
}

static uint64_t sum_of(const uint64_t *ns, size_t count, uint64_t unit, uint64_t *units)
{
	struct pdiag_rounding r = { 0 };
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += units[i] = pdiag_rounding_next(&r, ns[i], unit);
	return sum;
}

static void rounding_keeps_the_sum(void **state)
{
	uint64_t ns[1000], units[1000], total = 0, seed = 1;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		ns[i] = 1000 + (seed >> 33) % 100000;
		total += ns[i];
	}
	assert_in_range(sum_of(ns, 1000, 1000, units), total / 1000, total / 1000 + 1);
	for (int i = 0; i < 1000; i++)
		assert_in_range(units[i], ns[i] / 1000, ns[i] / 1000 + 1);
}

static void rounding_leaves_whole_numbers(void **state)
{
	const uint64_t ns[] = { 3000, 1500, 2000, 1500, 7000 };
	uint64_t units[5];

	(void)state;
	assert_int_equal(sum_of(ns, 5, 1000, units), 15);
	assert_int_equal(units[0], 3);
	assert_int_equal(units[2], 2);
	assert_int_equal(units[4], 7);
	assert_int_equal(units[1] + units[3], 3);
}

static void rounding_drops_no_line(void **state)
{
	const uint64_t ns[] = { 1, 1, 1, UINT64_MAX / 4 };
	uint64_t units[4];

	(void)state;
	sum_of(ns, 4, 1000, units);
	assert_int_equal(units[0], 1);
	assert_int_equal(units[1], 1);
	assert_int_equal(units[2], 1);
	/* What was given too much is taken back, but never a whole unit of a line. */
	assert_int_equal(units[3], UINT64_MAX / 4 / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grouped),
		cmocka_unit_test(fixed_and_percent),
		cmocka_unit_test(spans),
		cmocka_unit_test(dates),
		cmocka_unit_test(rounding_keeps_the_sum),
		cmocka_unit_test(rounding_leaves_whole_numbers),
		cmocka_unit_test(rounding_drops_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
