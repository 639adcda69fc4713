/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../support/fail_alloc.h"
#include "util/strings.h"

static void equal_text_equal_pointer(void **state)
{
	struct pdiag_strings s = { 0 };
	const char *a, *ab, *empty;
	char text[] = "ab";

	(void)state;
	ab = pdiag_strings_add(&s, text);
	assert_ptr_not_equal(ab, text);
	a = pdiag_strings_add_len(&s, "abc", 1);
	empty = pdiag_strings_add(&s, "");
	assert_string_equal(ab, "ab");
	assert_string_equal(a, "a");
	assert_string_equal(empty, "");
	text[0] = 'x';
	assert_string_equal(ab, "ab");
	assert_ptr_equal(pdiag_strings_add(&s, "a"), a);
	assert_ptr_equal(pdiag_strings_add_len(&s, "abX", 2), ab);
	assert_ptr_equal(pdiag_strings_add_len(&s, "x", 0), empty);
	assert_int_equal(s.count, 3);
	pdiag_strings_free(&s);
	assert_int_equal(s.count, 0);
}

static void ends_at_a_nul(void **state)
{
	struct pdiag_strings s = { 0 };
	const char *ab = pdiag_strings_add(&s, "ab");

	(void)state;
	assert_ptr_equal(pdiag_strings_add_len(&s, "ab\0cd", 5), ab);
	assert_ptr_equal(pdiag_strings_add_len(&s, "ab\0\0\0\0\0\0\0\0\0\0", 12), ab);
	assert_int_equal(s.count, 1);
	pdiag_strings_free(&s);
}

static void many_stay_where_they_are(void **state)
{
	struct pdiag_strings s = { 0 };
	const char *first[5000];
	char text[32];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			const char *p;

			sprintf(text, "name-%d", i);
			p = pdiag_strings_add(&s, text);
			if (!round)
				first[i] = p;
			assert_ptr_equal(p, first[i]);
			assert_ptr_equal(s.list[i], p);
		}
	assert_int_equal(s.count, 5000);
	for (int i = 0; i < 5000; i++) {
		sprintf(text, "name-%d", i);
		assert_string_equal(first[i], text);
	}
	pdiag_strings_free(&s);
}

static void out_of_memory(void **state)
{
	const char *p, *q;
	unsigned long n;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		struct pdiag_strings s = { 0 };

		fail_alloc_start(n);
		p = pdiag_strings_add(&s, "text");
		if (!fail_alloc_stop()) {
			assert_string_equal(p, "text");
			pdiag_strings_free(&s);
			break;
		}
		assert_null(p);
		assert_int_equal(s.count, 0);
		q = pdiag_strings_add(&s, "text");
		assert_string_equal(q, "text");
		assert_ptr_equal(pdiag_strings_add(&s, "text"), q);
		pdiag_strings_free(&s);
	}
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_text_equal_pointer),
		cmocka_unit_test(ends_at_a_nul),
		cmocka_unit_test(many_stay_where_they_are),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
