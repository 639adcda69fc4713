/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../support/fail_alloc.h"
#include "util/array.h"
#include "util/cpu_list.h"

static void check(const char *text, const int *want, uint32_t count)
{
	uint32_t have;
	int *cpus;

	assert_int_equal(pdiag_cpu_list_parse(text, &cpus, &have), 0);
	assert_int_equal(have, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(cpus[i], want[i]);
	free(cpus);
}
#define CHECK(text, ...) check(text, (int[]){ __VA_ARGS__ }, PDIAG_COUNT(((int[]){ __VA_ARGS__ })))

static void lists(void **state)
{
	(void)state;
	CHECK("0", 0);
	CHECK("7\n", 7);
	CHECK("0-3,8", 0, 1, 2, 3, 8);
	CHECK("8,0-1", 0, 1, 8);
	CHECK("1-3,2-4,3", 1, 2, 3, 4);
	CHECK(" 1 , 3-3 \n", 1, 3);
	CHECK("65535", 65535);
	CHECK("0007", 7);
}

static void no_lists(void **state)
{
	static const char *const texts[] = {"", "\n", ",", "1,", ",1", "1,,2", "a", "1a", "-1",
		"1-", "3-1", "1-2-3", "1 2", "65536", "0-65536", "99999999999999999999", "0x1",
		"+1", "1;2"};
	uint32_t count;
	int *cpus;

	(void)state;
	for (size_t i = 0; i < PDIAG_COUNT(texts); i++) {
		assert_int_equal(pdiag_cpu_list_parse(texts[i], &cpus, &count), -EINVAL);
		assert_null(cpus);
	}
}

static void out_of_memory(void **state)
{
	unsigned long n;
	uint32_t count;
	int *cpus, ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_cpu_list_parse("0-3", &cpus, &count);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(cpus);
	}
	assert_int_equal(ret, 0);
	assert_int_equal(n, 2);
	free(cpus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(no_lists),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
