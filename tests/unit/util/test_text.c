/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../support/fail_alloc.h"
#include "util/text.h"

static void is_built(void **state)
{
	struct pdiag_text t = { 0 };

	(void)state;
	pdiag_text_str(&t, "a");
	pdiag_text_char(&t, ';');
	pdiag_text_add(&t, "bcdef", 3);
	pdiag_text_add(&t, NULL, 0);
	pdiag_text_u64(&t, 0);
	pdiag_text_char(&t, ' ');
	pdiag_text_u64(&t, UINT64_MAX);
	pdiag_text_printf(&t, "[%s %d]", "x", -5);
	pdiag_text_printf(&t, "%s", "");
	assert_string_equal(t.data, "a;bcd0 18446744073709551615[x -5]");
	assert_int_equal(t.len, strlen(t.data));
	assert_int_equal(t.error, 0);
	pdiag_text_free(&t);
	assert_null(t.data);
	assert_int_equal(t.len, 0);
}

static void holds_any_byte(void **state)
{
	struct pdiag_text t = { 0 };

	(void)state;
	pdiag_text_char(&t, '\0');
	pdiag_text_add(&t, "\n\0", 2);
	assert_int_equal(t.len, 3);
	assert_memory_equal(t.data, "\0\n\0", 4);
	pdiag_text_free(&t);
}

static void grows(void **state)
{
	struct pdiag_text t = { 0 };
	char big[3001];

	(void)state;
	memset(big, 'x', 3000);
	big[3000] = '\0';
	for (int i = 0; i < 100; i++) {
		pdiag_text_printf(&t, "%s", big);
		pdiag_text_char(&t, 'y');
		assert_int_equal(strlen(t.data), t.len);
	}
	assert_int_equal(t.len, 100 * 3001);
	for (size_t i = 0; i < t.len; i++)
		assert_int_equal(t.data[i], i % 3001 == 3000 ? 'y' : 'x');
	pdiag_text_free(&t);
}

static void too_long_is_refused(void **state)
{
	struct pdiag_text t = { 0 };

	(void)state;
	pdiag_text_str(&t, "abc");
	pdiag_text_add(&t, "x", SIZE_MAX - 3);
	assert_int_equal(t.error, -ENOMEM);
	assert_string_equal(t.data, "abc");
	pdiag_text_free(&t);
	pdiag_text_add(&t, "x", SIZE_MAX);
	assert_int_equal(t.error, -ENOMEM);
	pdiag_text_free(&t);
}

static void the_first_failure_sticks(void **state)
{
	struct pdiag_text t = { 0 };

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	pdiag_text_str(&t, "abc");
	fail_alloc_start(0);
	pdiag_text_str(&t, "a text that needs more room than there is");
	assert_true(fail_alloc_stop());
	assert_int_equal(t.error, -ENOMEM);
	pdiag_text_char(&t, 'x');
	pdiag_text_u64(&t, 5);
	pdiag_text_printf(&t, "%d", 5);
	assert_string_equal(t.data, "abc");
	assert_int_equal(t.len, 3);
	pdiag_text_free(&t);
	assert_int_equal(t.error, 0);
	fail_alloc_start(0);
	pdiag_text_printf(&t, "%d", 5);
	assert_true(fail_alloc_stop());
	assert_int_equal(t.error, -ENOMEM);
	assert_null(t.data);
	pdiag_text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_built),
		cmocka_unit_test(holds_any_byte),
		cmocka_unit_test(grows),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(the_first_failure_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
