/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "profile/profile.h"

static struct pdiag *context;
static struct pdiag_profile *p;
static uint32_t frame;

static int setup(void **state)
{
	(void)state;
	if (pdiag_open(NULL, &context) || pdiag_profile_new(context, &p))
		return -1;
	frame = pdiag_profile_frame(p, NULL, 4);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

static void all_of_it_is_copied(void **state)
{
	char name[] = "ns::f(int)", raw[] = "_ZN2ns1fEi", module[] = "/bin/x", file[] = "x.cc";
	struct pdiag_symbol s = { .name = name, .raw_name = raw, .module = module, .file = file,
		.address = 1, .size = 2, .offset = 3, .line = 4, .kind = PDIAG_FRAME_JIT,
		.reason = PDIAG_REASON_NO_MATCH };
	const struct pdiag_symbol *k;

	(void)state;
	assert_null(p->frames[frame].symbol);
	assert_int_equal(pdiag_profile_name(p, frame, &s), 0);
	memset(name, 'x', 5);
	raw[0] = module[0] = file[0] = 'y';
	k = p->frames[frame].symbol;
	assert_ptr_not_equal(k, &s);
	assert_string_equal(k->name, "ns::f(int)");
	assert_string_equal(k->raw_name, "_ZN2ns1fEi");
	assert_string_equal(k->module, "/bin/x");
	assert_string_equal(k->file, "x.cc");
	assert_null(k->caller);
	assert_int_equal(k->address, 1);
	assert_int_equal(k->size, 2);
	assert_int_equal(k->offset, 3);
	assert_int_equal(k->line, 4);
	assert_int_equal(k->kind, PDIAG_FRAME_JIT);
	assert_int_equal(k->reason, PDIAG_REASON_NO_MATCH);
}

static void a_chain_of_callers(void **state)
{
	struct pdiag_symbol s[3] = {
		{ .name = "inner", .raw_name = "inner", .module = "m", .caller = &s[1] },
		{ .name = "middle", .raw_name = "middle", .module = "m", .caller = &s[2] },
		{ .name = "outer", .raw_name = "outer", .module = "m" },
	};
	const struct pdiag_symbol *k;

	(void)state;
	assert_int_equal(pdiag_profile_name(p, frame, &s[0]), 0);
	k = p->frames[frame].symbol;
	memset(s, 0, sizeof(s));
	assert_string_equal(k->name, "inner");
	assert_string_equal(k->caller->name, "middle");
	assert_string_equal(k->caller->caller->name, "outer");
	assert_null(k->caller->caller->caller);
	assert_null(k->file);
}

static void a_ring_of_callers_ends(void **state)
{
	struct pdiag_symbol s = { .name = "n", .raw_name = "n", .module = "m", .caller = &s };
	const struct pdiag_symbol *k;
	int depth = 0;

	(void)state;
	assert_int_equal(pdiag_profile_name(p, frame, &s), 0);
	for (k = p->frames[frame].symbol; k; k = k->caller)
		depth++;
	assert_int_equal(depth, 64);
}

static void out_of_memory(void **state)
{
	struct pdiag_symbol outer = { .name = "o", .raw_name = "p", .module = "q" };
	struct pdiag_symbol s = { .name = "n", .raw_name = "r", .module = "m", .caller = &outer };
	unsigned long n;
	int ret;

	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		teardown(state);
		assert_int_equal(setup(state), 0);
		fail_alloc_start(n);
		ret = pdiag_profile_name(p, frame, &s);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(p->frames[frame].symbol);
	}
	assert_int_equal(ret, 0);
	assert_true(n >= 4);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_of_it_is_copied),
		TEST(a_chain_of_callers),
		TEST(a_ring_of_callers_ends),
		TEST(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
