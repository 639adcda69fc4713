/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Absences against a plain model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/switches.h"

#define TIDS 300

static void test_model(void **state)
{
	struct pdiag_absence model[TIDS] = { { 0 } }, got;
	struct pdiag_switches s = { 0 };
	bool away[TIDS] = { false };
	uint64_t before, last;
	(void)state;

	srand(3);
	for (uint32_t step = 1; step < 100000; step++) {
		int tid = rand() % TIDS;

		switch (rand() % 3) {
		case 0:
			last = model[tid].since;
			model[tid] = (struct pdiag_absence){ .pid = tid / 4, .tid = tid,
				.cpu = 1, .stack = step, .since = step };
			assert_int_equal(pdiag_switches_leave(&s, &model[tid], &before), 0);
			assert_int_equal(before, away[tid] ? last : 0);
			away[tid] = true;
			break;
		case 1:
			pdiag_switches_preempted(&s, tid);
			model[tid].preempted = true;
			break;
		default:
			assert_int_equal(pdiag_switches_return(&s, tid, &got), away[tid]);
			if (!away[tid])
				break;
			assert_int_equal(got.tid, tid);
			assert_int_equal(got.stack, model[tid].stack);
			assert_int_equal(got.since, model[tid].since);
			assert_int_equal(got.preempted, model[tid].preempted);
			away[tid] = false;
		}
	}
	for (int tid = 0; tid < TIDS; tid++)
		assert_int_equal(pdiag_switches_return(&s, tid, &got), away[tid]);
	assert_int_equal(s.count, 0);
	pdiag_switches_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
