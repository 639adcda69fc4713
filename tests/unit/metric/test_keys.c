/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of keys and numbers: whatever the text before was, each is read as if it were alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metric/keys.h"
#include "metric/scan.h"

enum { A, B, SUM };

static const struct pdiag_metric_key keys[] = {
	PDIAG_METRIC_KEY("a", A), PDIAG_METRIC_KEY("b:", B), PDIAG_METRIC_KEY("sum_1", SUM),
	PDIAG_METRIC_KEY("sum_2", SUM),
};

static struct pdiag_metric_keys_hint hint;
static uint64_t values[3];

static uint64_t read_text(const char *text)
{
	memset(values, 0, sizeof(values));
	return pdiag_metric_keys(&hint, text, strlen(text), keys, 4, values);
}

#define IS(text, have, a, b, sum)                                                                  \
	do {                                                                                       \
		assert_int_equal(read_text(text), have);                                           \
		assert_true(!((have) & 1) || values[A] == (a));                                    \
		assert_true(!((have) & 2) || values[B] == (b));                                    \
		assert_true(!((have) & 4) || values[SUM] == (sum));                                \
	} while (0)

static void texts(void **state)
{
	(void)state;
	IS("a 1\nx 9\nb: 2 kB\nsum_1 3\nsum_2 4\n", 7, 1, 2, 7);
	IS("a 5\nx 9\nb:\t6\nsum_1 7\nsum_2 8\n", 7, 5, 6, 15);
	/* As many lines, in another order. */
	IS("x 9\na 5\nsum_1 7\nb: 6\nsum_2 8\n", 7, 5, 6, 15);
	IS("x 9\na 5\nsum_2 7\nb: 6\nsum_1 8\n", 7, 5, 6, 15);
	/* One less, one more; one that is no key any more. */
	IS("a 5\nsum_2 7\n", 5, 5, 0, 7);
	IS("a 5\nsum_2 7\nb: 1\n", 7, 5, 1, 7);
	IS("a 5\nsum_2 7\nbb: 1\n", 5, 5, 0, 7);
	IS("a 5\nsum_2 7\n", 5, 5, 0, 7);
	IS("a 5\nsum_2 7\nb: x\n", 5, 5, 0, 7);
	IS("a 6\nsum_2 8\nb: 3\n", 7, 6, 3, 8);
	IS("a 6\nsum_2 8\nsum_1 3\n", 5, 6, 0, 11);
	/* A sum of which a part is no number, or that is too large. */
	IS("a 6\nsum_2 8\nsum_1 -\n", 1, 6, 0, 0);
	IS("sum_2 18446744073709551615\nsum_1 1\n", 0, 0, 0, 0);
	IS("sum_2 18446744073709551615\nsum_1 0\n", 4, 0, 0, UINT64_MAX);
	IS("", 0, 0, 0, 0);
	IS("a 1", 0, 0, 0, 0);
	IS("a 18446744073709551616\n", 0, 0, 0, 0);
	IS("\n\n\na 1\n\n", 1, 1, 0, 0);
}

/* A key that stands where another line was is found before long. */
static void in_its_place(void **state)
{
	int reads = 0;

	(void)state;
	read_text("a 5\nb: 1\nsum_2 7\n");
	IS("a 5\nx: 1\nsum_2 7\n", 5, 5, 0, 7);
	while (read_text("a 5\nb: 1\nsum_2 7\n") != 7)
		assert_true(++reads < 20);
}

/* More lines than are remembered. */
static void many_lines(void **state)
{
	char text[8192];
	size_t len;

	(void)state;
	for (unsigned int lines = 250; lines < 260; lines++) {
		len = (size_t)sprintf(text, "b: 7\n");
		for (unsigned int i = 0; i < lines; i++)
			len += (size_t)sprintf(text + len, "line_%u 5\n", i);
		sprintf(text + len, "a %u\n", lines);
		for (int again = 0; again < 3; again++)
			IS(text, 3, lines, 7, 0);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		double value;
	} decimals[] = {
		{ "0.00", 0 }, { " 12.34 ", 12.34 }, { "7", 7 }, { "1.", 1 }, { "3.5x", 3.5 },
	};
	struct pdiag_scan s;
	uint64_t v;
	double d = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(decimals) / sizeof(decimals[0]); i++) {
		s = (struct pdiag_scan){ decimals[i].text,
			decimals[i].text + strlen(decimals[i].text) };
		assert_true(pdiag_scan_decimal(&s, &d));
		assert_true(d > decimals[i].value - 1e-9 && d < decimals[i].value + 1e-9);
	}
	s = (struct pdiag_scan){ "18446744073709551615 18446744073709551616", NULL };
	s.end = s.p + strlen(s.p);
	assert_true(pdiag_scan_u64(&s, &v));
	assert_true(v == UINT64_MAX);
	assert_false(pdiag_scan_u64(&s, &v));
	assert_ptr_equal(s.p, s.end);
	s = (struct pdiag_scan){ "-1", NULL };
	s.end = s.p + 2;
	assert_false(pdiag_scan_u64(&s, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts), cmocka_unit_test(in_its_place),
		cmocka_unit_test(many_lines), cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
