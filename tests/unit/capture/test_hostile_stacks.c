/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A recording of a few KiB must not make the replay take gigabytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pdiag/context.h>

#include "capture/pipeline.h"

static void test_leaping_numbers(void **state)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_STACK, .cpu = -1 };
	const uint64_t ip = 0x400000;
	struct pdiag_pipeline p;
	struct pdiag *ctx;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	r.stack.ips = &ip;
	r.stack.nr = 1;
	for (uint32_t i = 1; i <= 4000; i++) {
		r.stack.id = i * 999000;
		assert_int_equal(pdiag_pipeline_record(&p, &r), 0);
	}
	assert_true(p.number_count < 2000000);
	/* A gap that damage can explain is taken. */
	r.stack.id = 5000;
	assert_int_equal(pdiag_pipeline_record(&p, &r), 0);
	assert_int_not_equal(p.numbers[5000], PDIAG_STACK_NONE);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaping_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
