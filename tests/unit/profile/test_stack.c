/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One stack out of the tree: its names, and where who woke it begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "profile/stack.h"
#include "support/fail_alloc.h"
#include "support/made_profile.h"

static struct pdiag_module mark = { .kind = PDIAG_MODULE_MARK, .path = PDIAG_WAKER_MARK };
static struct pdiag_module other = { .kind = PDIAG_MODULE_MARK, .path = "other" };

struct fixture {
	struct pdiag *context;
	struct pdiag_profile *profile;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || pdiag_open(NULL, &f->context))
		return -1;
	f->profile = made_profile(f->context);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pdiag_close(f->context);
	free(f);
	return 0;
}

static uint32_t on(struct fixture *f, uint32_t node, const char *frame)
{
	return pdiag_profile_node(f->profile, node, made_frame(f->profile, frame));
}

static uint32_t mark_on(struct fixture *f, uint32_t node, struct pdiag_module *module)
{
	return pdiag_profile_node(f->profile, node, pdiag_profile_frame(f->profile, module, 0));
}

static void test_take(void **state)
{
	struct fixture *f = *state;
	struct pdiag_stack_symbols s = { .depth = 0 };
	uint32_t node = on(f, on(f, on(f, 0, "u:main"), "u:serve"), "k:sys_read");

	assert_int_equal(pdiag_stack_take(f->profile, node, &s), 0);
	assert_int_equal(s.depth, 3);
	assert_string_equal(s.list[0]->name, "sys_read");
	assert_string_equal(s.list[2]->name, "main");
	/* Once more with another; a frame that nobody looked up has no name. */
	node = mark_on(f, on(f, 0, "u:main"), &other);
	assert_int_equal(pdiag_stack_take(f->profile, node, &s), 0);
	assert_int_equal(s.depth, 2);
	assert_null(s.list[0]);
	assert_int_equal(pdiag_stack_take(f->profile, 0, &s), 0);
	assert_int_equal(s.depth, 0);
	pdiag_stack_symbols_free(&s);
	assert_null(s.list);
}

static void test_own(void **state)
{
	struct fixture *f = *state;
	uint32_t own = on(f, mark_on(f, on(f, 0, "u:main"), &other), "k:schedule");
	uint32_t leaf = on(f, mark_on(f, own, &mark), "u:wake");
	struct pdiag_entry e = { .node = leaf, .flags = PDIAG_STACK_WAKER };

	assert_int_equal(pdiag_stack_own(f->profile, &e), own);
	/* It does not say that there is one; and there is none. */
	e.flags = 0;
	assert_int_equal(pdiag_stack_own(f->profile, &e), leaf);
	e = (struct pdiag_entry){ .node = own, .flags = PDIAG_STACK_WAKER };
	assert_int_equal(pdiag_stack_own(f->profile, &e), own);
}

static void test_no_memory(void **state)
{
	struct fixture *f = *state;
	struct pdiag_stack_symbols s = { .depth = 0 };
	uint32_t node = on(f, 0, "u:main");

	FAIL_ALLOC_OR_SKIP();
	fail_alloc_start(0);
	assert_int_equal(pdiag_stack_take(f->profile, node, &s), -ENOMEM);
	assert_true(fail_alloc_stop());
	assert_int_equal(pdiag_stack_take(f->profile, node, &s), 0);
	assert_int_equal(s.depth, 1);
	pdiag_stack_symbols_free(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_take), TEST(test_own), TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
