/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "source/source.h"
#include "support/fail_alloc.h"

static void test_order(void **state)
{
	static const int a, b, c;
	const void *const records[] = { &a, &b, &c };
	struct pollfd p = { .events = POLLIN };
	struct pdiag_source *s;
	struct pdiag_raw raw;

	(void)state;
	assert_int_equal(pdiag_source_script_new(NULL, records, 3, &s), 0);
	assert_string_equal(s->ops->name, "script");
	assert_false(s->state.live);
	p.fd = s->fd;
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(s->ops->start(s), 0);
	assert_int_equal(s->ops->refresh(s), 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_false(s->state.ended);
		assert_int_equal(s->ops->next(s, &raw), 1);
		assert_ptr_equal(raw.data, records[i]);
		assert_int_equal(raw.format, PDIAG_RAW_RECORD);
		assert_int_equal(raw.cpu, -1);
	}
	assert_int_equal(s->ops->next(s, &raw), 0);
	assert_true(s->state.ended);
	assert_int_equal(s->ops->next(s, &raw), 0);
	assert_int_equal(s->ops->stop(s), 0);
	s->ops->close(s);
}

static void test_no_memory(void **state)
{
	struct pdiag_source *s = NULL;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	fail_alloc_start(0);
	assert_int_equal(pdiag_source_script_new(NULL, NULL, 0, &s), -ENOMEM);
	assert_true(fail_alloc_stop());
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
