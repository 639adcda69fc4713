/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where it is, in words: of code that has no name, and of what is no code at all. */
#include "unit/culprit/scene.h"

static const char *told_of(struct scene *s, const char *process)
{
	compare(s);
	assert_non_null(of_process(s, process));
	return of_process(s, process)->sentence;
}

/* Callers that are no addresses part what ends at the same place, and say nothing. */
static void test_nowhere(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 0);
	window_run(s->trouble, "sh", 9, 3, "n#1:[unknown]<x@/bin/dash:[unknown dash]");
	window_run(s->trouble, "sh", 9, 2,
		"n#2:[unknown]<n#3:[unknown]<x@/bin/dash:[unknown dash]");
	window_run(s->trouble, "sh", 9, 2, "x@/bin/dash:[unknown dash]");
	window_run(s->trouble, "sh", 9, 1, "n#4:[unknown]<u:getenv");
	assert_string_equal(told_of(s, "sh"),
		"sh (pid 9) uses 0.80 CPUs in code of dash without a name, normally 0");
	c = nth(s, PDIAG_CULPRIT_STACK, 0);
	assert_int_equal(c->depth, 1);
	assert_string_equal(c->frames[0]->name, "[unknown dash]");
	assert_string_equal(c->sentence,
		"sh (pid 9) uses 0.70 CPUs in code of dash without a name, normally 0");
}

/* Nothing but such words: no place is told, and it is no thread of the kernel for that. */
static void test_nowhere_at_all(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 0);
	window_run(s->trouble, "lost", 9, 9, "n:[unknown]");
	assert_string_equal(told_of(s, "lost"), "lost (pid 9) uses 0.90 CPUs, normally 0");
	assert_null(nth(s, PDIAG_CULPRIT_STACK, 0));
}

/* As a thread of the kernel it would be ranked behind the other. */
static void test_nowhere_and_kernel(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 0);
	window_run(s->trouble, "lost", 9, 6, "n:[unknown]<k:sys_write");
	window_run(s->trouble, "other", 8, 5, "u:main");
	assert_string_equal(told_of(s, "lost"),
		"lost (pid 9) uses 0.60 CPUs in sys_write, normally 0");
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "lost");
}

/* What has no name is told by what is known of it. */
static void test_unnamed(void **state)
{
	static const struct {
		const char *frames, *where;
	} cases[] = {
		{ "u:main<x@/bin/dash:[unknown dash]", " in code of dash without a name" },
		{ "x@/bin/dash:[unknown dash]<k:sys_write",
			" in code of dash without a name (kernel: sys_write)" },
		{ "u:main<x@[kernel]:[unknown kernel]", " in main" },
		{ "x@[kernel]:[unknown kernel]", " in the kernel" },
		{ "u:main<x@[jit]:[unknown jit]", " in run-time code without a name" },
		{ "x@:[unknown]", "" },
		{ "x@:[unknown]<k:sys_write", " in sys_write" },
		{ "x@/tmp/a\nb:[unknown]", " in code of a\\x0ab without a name" },
	};
	char want[128], name[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene *s = *state;

		s->trouble = window_new(s->context, 10);
		snprintf(name, sizeof(name), "case%zu", i);
		usual(s->trouble, 10, 0);
		window_run(s->trouble, name, 9, 9, cases[i].frames);
		snprintf(want, sizeof(want), "%s (pid 9) uses 0.90 CPUs%s, normally 0", name,
			cases[i].where);
		assert_string_equal(told_of(s, name), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nowhere), TEST(test_nowhere_at_all), TEST(test_nowhere_and_kernel),
		TEST(test_unnamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
