/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "culprit/doing.h"
#include "culprit/gather.h"

static enum pdiag_heed heed(enum pdiag_state state, const char *leaf, const char *next,
	double *most)
{
	const struct pdiag_symbol a = { .name = leaf, .kind = PDIAG_FRAME_KERNEL };
	const struct pdiag_symbol b = { .name = next, .kind = PDIAG_FRAME_KERNEL };
	const struct pdiag_symbol c = { .name = "wait_for_vfork_done", .kind = PDIAG_FRAME_USER };
	const struct pdiag_symbol *frames[] = { &a, &b, &c };

	return pdiag_heed_wait(state, frames, 3, most);
}

static void test_heed(void **state)
{
	double most;

	(void)state;
	assert_int_equal(heed(PDIAG_STATE_IO, "io_schedule", "x", &most), PDIAG_HEED_FULL);
	assert_true(isinf(most));
	assert_int_equal(heed(PDIAG_STATE_IO, "schedule", "io_cqring_wait", &most),
		PDIAG_HEED_SOME);
	assert_true(most == 0.1);
	assert_int_equal(heed(PDIAG_STATE_PREEMPTED, "x", "y", &most), PDIAG_HEED_QUEUE);
	assert_int_equal(heed(PDIAG_STATE_FUTEX, "futex_wait", "x", &most), PDIAG_HEED_SOME);
	assert_int_equal(heed(PDIAG_STATE_SLEEP, "do_nanosleep", "x", &most), PDIAG_HEED_SLIGHT);
	assert_int_equal(heed(PDIAG_STATE_POLL, "do_poll", "x", &most), PDIAG_HEED_SLIGHT);
	assert_true(most == 0.1);
	/* Functions of user space say nothing about that. */
	assert_int_equal(heed(PDIAG_STATE_CHILD, "do_wait", "x", &most), PDIAG_HEED_SLIGHT);
	assert_int_equal(heed(PDIAG_STATE_CHILD, "schedule", "wait_for_vfork_done", &most),
		PDIAG_HEED_FULL);
	assert_int_equal(heed(PDIAG_STATE_NETWORK, "tcp_sendmsg_locked", "x", &most),
		PDIAG_HEED_HALF);
	assert_int_equal(heed(PDIAG_STATE_NETWORK, "tcp_recvmsg", "x", &most), PDIAG_HEED_SOME);
	assert_int_equal(heed(PDIAG_STATE_BLOCKED, "schedule", "kthread", &most), PDIAG_HEED_REST);
	assert_int_equal(pdiag_heed_wait(PDIAG_STATE_BLOCKED, NULL, 0, &most), PDIAG_HEED_SOME);
}

static void test_weight(void **state)
{
	(void)state;
	assert_true(pdiag_heed_weight(PDIAG_HEED_REST) == 0);
	assert_true(pdiag_heed_weight(PDIAG_HEED_QUEUE) == 0);
	for (int h = PDIAG_HEED_SLIGHT; h <= PDIAG_HEED_FULL; h++)
		assert_true(pdiag_heed_weight(h) > pdiag_heed_weight(h - 1));
	assert_true(pdiag_heed_weight(PDIAG_HEED_FULL) == 1);
	for (int s = PDIAG_STATE_RUNNING; s <= PDIAG_STATE_PAGE_FAULT; s++) {
		assert_int_equal(pdiag_doing_state(pdiag_doing(s, PDIAG_HEED_HALF)), s);
		assert_int_equal(pdiag_doing_heed(pdiag_doing(s, PDIAG_HEED_HALF)),
			PDIAG_HEED_HALF);
	}
}

static void test_memory(void **state)
{
	struct pdiag_symbol s = { .name = "clear_page_erms", .kind = PDIAG_FRAME_KERNEL };

	(void)state;
	assert_true(pdiag_finds_memory(&s));
	s.name = "__alloc_pages_noprof";
	assert_true(pdiag_finds_memory(&s));
	s.name = "vfs_read";
	assert_false(pdiag_finds_memory(&s));
	s.name = "clear_page_erms";
	s.kind = PDIAG_FRAME_USER;
	assert_false(pdiag_finds_memory(&s));
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(pdiag_group_name("kworker/0:1H"), 7);
	assert_int_equal(pdiag_group_name("kworker/u4:2-ext4"), 7);
	assert_int_equal(pdiag_group_name("ksoftirqd/11"), 9);
	assert_int_equal(pdiag_group_name("jbd2/vda1-8"), 11);
	assert_int_equal(pdiag_group_name("/0"), 2);
	assert_int_equal(pdiag_group_name(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heed),
		cmocka_unit_test(test_weight),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
