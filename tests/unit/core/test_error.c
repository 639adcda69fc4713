/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "core/error.h"

static void keeps_the_last(void **state)
{
	(void)state;
	assert_int_equal(pdiag_fail(ENOENT, "no file %s", "x"), -ENOENT);
	assert_string_equal(pdiag_errmsg(), "no file x");
	assert_int_equal(pdiag_fail_memory("testing"), -ENOMEM);
	assert_string_equal(pdiag_errmsg(), "out of memory while testing");
	pdiag_error_clear();
	assert_string_equal(pdiag_errmsg(), "");
}

static void control_characters_are_replaced(void **state)
{
	char all[256];
	const unsigned char *have;

	(void)state;
	for (int i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	pdiag_fail(EINVAL, "%s", all);
	have = (const unsigned char *)pdiag_errmsg();
	for (int i = 0; i < 255; i++)
		assert_int_equal(have[i], i + 1 < 32 || i + 1 == 127 ? '?' : i + 1);
	assert_int_equal(have[255], 0);
}

static void long_ones_are_cut(void **state)
{
	char big[5000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(pdiag_fail(EIO, "file %s", big), -EIO);
	assert_int_equal(strlen(pdiag_errmsg()), 1023);
	assert_memory_equal(pdiag_errmsg(), "file xxx", 8);
}

static void may_hold_the_last_one(void **state)
{
	(void)state;
	pdiag_fail(EIO, "inner");
	pdiag_fail(EIO, "outer: %s; %s", pdiag_errmsg(), pdiag_errmsg());
	assert_string_equal(pdiag_errmsg(), "outer: inner; inner");
}

static void *other_thread(void *seen)
{
	*(size_t *)seen = strlen(pdiag_errmsg());
	pdiag_fail(EIO, "of the other thread");
	return NULL;
}

static void one_a_thread(void **state)
{
	size_t seen = 1;
	pthread_t t;

	(void)state;
	pdiag_fail(EIO, "mine");
	assert_int_equal(pthread_create(&t, NULL, other_thread, &seen), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_int_equal(seen, 0);
	assert_string_equal(pdiag_errmsg(), "mine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_last),
		cmocka_unit_test(control_characters_are_replaced),
		cmocka_unit_test(long_ones_are_cut),
		cmocka_unit_test(may_hold_the_last_one),
		cmocka_unit_test(one_a_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
