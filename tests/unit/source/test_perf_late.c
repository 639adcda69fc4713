/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes twice from threads that were made while events were being opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "source/perf_late.h"
#include "source/perf_layout.h"

static bool sample(struct pdiag_perf_late *l, int tid, uint64_t id, uint32_t ring)
{
	struct pdiag_perf_sample s = { .header = { .type = PERF_RECORD_SAMPLE,
						 .size = sizeof(s) },
		.tid = (uint32_t)tid, .id = id };

	return pdiag_perf_late_twice(l, &s.header, ring);
}

static bool other(struct pdiag_perf_late *l, uint32_t type, int tid, uint64_t id, uint32_t ring)
{
	struct {
		struct perf_event_header header;
		struct pdiag_perf_id id;
	} r = { .header = { .type = type, .size = sizeof(r) },
		.id = { .tid = (uint32_t)tid, .id = id } };

	return pdiag_perf_late_twice(l, &r.header, ring);
}

static void test_nobody_came_late(void **state)
{
	struct pdiag_perf_late l = { 0 };
	(void)state;

	assert_false(sample(&l, 1, 100, 0));
	assert_false(other(&l, PERF_RECORD_COMM, 1, 100, 0));
}

static void test_own_event_only(void **state)
{
	struct pdiag_perf_late l = { 0 };
	(void)state;

	assert_int_equal(pdiag_perf_late_put(&l, 100, -1, 7, 0), 0);
	for (int i = 0; i < 3; i++)
		assert_false(sample(&l, 7, 100, 0));
	/* Others have nothing to do with it. */
	assert_false(sample(&l, 8, 50, 0));
	assert_false(sample(&l, 7, 100, 0));
	pdiag_perf_late_free(&l);
}

static void test_inherited_too(void **state)
{
	struct pdiag_perf_late l = { 0 };
	(void)state;

	/* On two rings; it has inherited the event of the first only. */
	assert_int_equal(pdiag_perf_late_put(&l, 100, -1, 7, 0), 0);
	assert_int_equal(pdiag_perf_late_put(&l, 101, -1, 7, 1), 0);
	assert_false(sample(&l, 7, 50, 0));
	assert_true(sample(&l, 7, 100, 0));
	assert_false(sample(&l, 7, 50, 0));
	assert_true(other(&l, PERF_RECORD_COMM, 7, 100, 0));
	assert_false(other(&l, PERF_RECORD_LOST, 7, 100, 0));
	assert_false(sample(&l, 7, 101, 1));
	/* What it made has both from it. */
	assert_true(sample(&l, 9, 100, 0));
	assert_false(sample(&l, 9, 101, 1));
	pdiag_perf_late_free(&l);
}

static void test_short_records(void **state)
{
	struct perf_event_header h = { .type = PERF_RECORD_SAMPLE, .size = sizeof(h) };
	struct pdiag_perf_late l = { 0 };
	(void)state;

	assert_int_equal(pdiag_perf_late_put(&l, 0, -1, 0, 0), 0);
	assert_false(pdiag_perf_late_twice(&l, &h, 0));
	h.type = PERF_RECORD_COMM;
	assert_false(pdiag_perf_late_twice(&l, &h, 0));
	pdiag_perf_late_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_came_late),
		cmocka_unit_test(test_own_event_only),
		cmocka_unit_test(test_inherited_too),
		cmocka_unit_test(test_short_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
