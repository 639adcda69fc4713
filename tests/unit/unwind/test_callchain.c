/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/perf_event.h>

#include <pdiag/profile.h>

#include "unwind/unwind.h"
#include "util/array.h"

#define KERNEL ((uint64_t)PERF_CONTEXT_KERNEL)
#define USER ((uint64_t)PERF_CONTEXT_USER)
#define GUEST ((uint64_t)PERF_CONTEXT_GUEST)
#define K(n) (0xffffffff81000000ull + (n))
#define U(n) (0x0000555500000000ull + (n))

static struct pdiag_unwound out;

static void frame(uint32_t i, uint64_t address, bool kernel)
{
	assert_true(i < out.nr);
	assert_int_equal(out.frames[i].address, address);
	assert_int_equal(out.frames[i].kernel, kernel);
}

#define UNWIND(max_depth, ...) \
	do { \
		const uint64_t ips[] = { __VA_ARGS__ }; \
		pdiag_unwind_callchain(ips, PDIAG_COUNT(ips), max_depth, &out); \
	} while (0)

static void kernel_and_user(void **state)
{
	(void)state;
	UNWIND(127, KERNEL, K(16), K(32), USER, U(16), U(32), U(48));
	assert_int_equal(out.nr, 5);
	assert_int_equal(out.flags, 0);
	frame(0, K(16), true);
	frame(1, K(31), true);
	/* Where user space was left is exact, too. */
	frame(2, U(16), false);
	frame(3, U(31), false);
	frame(4, U(47), false);
}

static void user_alone(void **state)
{
	(void)state;
	UNWIND(127, USER, U(16), U(32));
	assert_int_equal(out.nr, 2);
	assert_int_equal(out.flags, 0);
	frame(0, U(16), false);
	frame(1, U(31), false);
}

static void user_part_missing(void **state)
{
	(void)state;
	UNWIND(127, KERNEL, K(16), USER);
	assert_int_equal(out.nr, 1);
	assert_int_equal(out.flags, PDIAG_STACK_NO_USER);
	UNWIND(127, KERNEL, K(16), USER, 0);
	assert_int_equal(out.flags, PDIAG_STACK_NO_USER);
	/* A kernel thread has none to miss. */
	UNWIND(127, KERNEL, K(16), K(32));
	assert_int_equal(out.flags, 0);
}

static void no_mark(void **state)
{
	(void)state;
	UNWIND(127, K(16), K(32), U(16));
	assert_int_equal(out.nr, 3);
	frame(0, K(16), true);
	frame(1, K(31), true);
	frame(2, U(15), false);
}

static void foreign_contexts_are_left_out(void **state)
{
	(void)state;
	UNWIND(127, GUEST, K(16), U(32), KERNEL, K(48), (uint64_t)-640, 77, USER, U(16));
	assert_int_equal(out.nr, 2);
	frame(0, K(48), true);
	frame(1, U(16), false);
}

/* It is on the user's stack: whoever has it there makes no kernel frames by it. */
static void marks_behind_user_frames_are_none(void **state)
{
	(void)state;
	UNWIND(127, KERNEL, K(16), USER, U(16), KERNEL, K(32), USER, U(32));
	assert_int_equal(out.nr, 3);
	frame(0, K(16), true);
	frame(1, U(16), false);
	frame(2, U(31), false);
}

static void what_is_no_address(void **state)
{
	(void)state;
	UNWIND(127, USER, U(16), 0, 1, 4095, 0x1234567890abcdefull, K(16), 0xffffffffff600400ull,
		U(32));
	assert_int_equal(out.nr, 3);
	frame(0, U(16), false);
	frame(1, 0xffffffffff6003ffull, false);
	frame(2, U(31), false);
	/* The leaf was no address: the next is a return address all the same. */
	UNWIND(127, USER, 0, U(32));
	assert_int_equal(out.nr, 1);
	frame(0, U(31), false);
	UNWIND(127, KERNEL, 0xffff888000000000ull, 0x8000000000000000ull, 0,
		0xff00000000000000ull);
	assert_int_equal(out.nr, 1);
}

static void empty(void **state)
{
	(void)state;
	pdiag_unwind_callchain(NULL, 0, 127, &out);
	assert_int_equal(out.nr, 0);
	assert_int_equal(out.flags, 0);
	UNWIND(127, KERNEL);
	assert_int_equal(out.nr, 0);
}

static void truncated(void **state)
{
	(void)state;
	UNWIND(3, KERNEL, K(1), USER, U(1), U(2));
	assert_int_equal(out.flags, PDIAG_STACK_TRUNCATED);
	/* Marks do not count. */
	UNWIND(4, KERNEL, K(1), USER, U(1), U(2));
	assert_int_equal(out.flags, 0);
	/* What was dropped does: the kernel stopped at its limit all the same. */
	UNWIND(3, KERNEL, K(1), USER, U(1), 0);
	assert_int_equal(out.flags, PDIAG_STACK_TRUNCATED);
}

static void longer_than_we_keep(void **state)
{
	static uint64_t ips[PDIAG_UNWIND_MAX + 10];

	(void)state;
	ips[0] = USER;
	for (uint32_t i = 1; i < PDIAG_COUNT(ips); i++)
		ips[i] = U(i * 16);
	pdiag_unwind_callchain(ips, PDIAG_UNWIND_MAX + 1, 0, &out);
	assert_int_equal(out.nr, PDIAG_UNWIND_MAX);
	assert_int_equal(out.flags, 0);
	pdiag_unwind_callchain(ips, PDIAG_COUNT(ips), 0, &out);
	assert_int_equal(out.nr, PDIAG_UNWIND_MAX);
	assert_int_equal(out.flags, PDIAG_STACK_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_and_user),
		cmocka_unit_test(user_alone),
		cmocka_unit_test(user_part_missing),
		cmocka_unit_test(no_mark),
		cmocka_unit_test(foreign_contexts_are_left_out),
		cmocka_unit_test(marks_behind_user_frames_are_none),
		cmocka_unit_test(what_is_no_address),
		cmocka_unit_test(empty),
		cmocka_unit_test(truncated),
		cmocka_unit_test(longer_than_we_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
