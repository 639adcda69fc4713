/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../support/fail_alloc.h"
#include "util/arena.h"

static void keeps_all(void **state)
{
	struct pdiag_arena a = { 0 };
	unsigned char *p[3000];
	size_t len[3000];

	(void)state;
	for (size_t i = 0; i < 3000; i++) {
		len[i] = i % 500 == 499 ? 100000 + i : i * 7 % 300;
		p[i] = pdiag_arena_alloc(&a, len[i]);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		memset(p[i], (int)(i % 251), len[i]);
	}
	for (size_t i = 0; i < 3000; i++)
		for (size_t k = 0; k < len[i]; k++)
			assert_int_equal(p[i][k], i % 251);
	/* Large blocks of their own must not waste the rest of the one being filled. */
	assert_true(a.bytes < 3000 * 170 + 6 * 110000);
	pdiag_arena_free(&a);
	assert_int_equal(a.bytes, 0);
	assert_non_null(pdiag_arena_alloc(&a, 1));
	pdiag_arena_free(&a);
}

static void copies_text(void **state)
{
	struct pdiag_arena a = { 0 };

	(void)state;
	assert_string_equal(pdiag_arena_copy(&a, "abcdef", 3), "abc");
	assert_string_equal(pdiag_arena_copy(&a, "", 0), "");
	assert_null(pdiag_arena_copy(&a, "x", SIZE_MAX));
	pdiag_arena_free(&a);
}

static void too_much_is_refused(void **state)
{
	struct pdiag_arena a = { 0 };

	(void)state;
	assert_null(pdiag_arena_alloc(&a, SIZE_MAX));
	assert_null(pdiag_arena_alloc(&a, SIZE_MAX / 2 + 1));
	pdiag_arena_free(&a);
}

static void out_of_memory(void **state)
{
	struct pdiag_arena a = { 0 };
	char *before;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	fail_alloc_start(0);
	assert_null(pdiag_arena_alloc(&a, 10));
	assert_true(fail_alloc_stop());
	before = pdiag_arena_copy(&a, "kept", 4);
	fail_alloc_start(0);
	assert_null(pdiag_arena_alloc(&a, 1000000));
	assert_true(fail_alloc_stop());
	assert_string_equal(before, "kept");
	assert_non_null(pdiag_arena_alloc(&a, 10));
	pdiag_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_all),
		cmocka_unit_test(copies_text),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
