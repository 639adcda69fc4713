/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is remembered of processes: within bounds, whoever was asked for last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "culprit/cgroup_memory.h"
#include "support/fail_alloc.h"

static int setup(void **state)
{
	return pdiag_open(NULL, (struct pdiag **)state);
}

static int teardown(void **state)
{
	pdiag_close(*state);
	return 0;
}

static void put(struct pdiag_cgroup_memory *m, int32_t pid, uint64_t began, uint64_t seen,
	const char *path)
{
	char name[] = "job";
	const struct pdiag_cgroup_owner owner = { pid, name, began, seen };

	pdiag_cgroup_remember(m, &owner, path);
}

static void is(struct pdiag_cgroup_memory *m, int32_t pid, uint64_t from, uint64_t to,
	const char *want)
{
	const char *path = pdiag_cgroup_recall(m, pid, "job", from, to);

	if (want)
		assert_non_null(path);
	else
		assert_null(path);
	if (want)
		assert_string_equal(path, want);
}

static void test_one(void **state)
{
	struct pdiag_cgroup_memory *m = pdiag_cgroup_memory_of(*state);

	assert_non_null(m);
	assert_ptr_equal(pdiag_cgroup_memory_of(*state), m);
}

static void test_time(void **state)
{
	struct pdiag_cgroup_memory *m = pdiag_cgroup_memory_of(*state);

	is(m, 7, 0, UINT64_MAX, NULL);
	put(m, 7, 100, 200, "/a");
	is(m, 7, 0, 99, NULL);
	is(m, 7, 0, 100, "/a");
	is(m, 7, 120, 130, "/a");
	is(m, 7, 200, 300, "/a");
	is(m, 7, 201, 300, NULL);
	is(m, 8, 120, 130, NULL);
	assert_null(pdiag_cgroup_recall(m, 7, "other", 120, 130));
	/* It is still there; and a look back does not make it go earlier. */
	put(m, 7, 100, 400, "/a");
	put(m, 7, 100, 300, "/a");
	is(m, 7, 390, 500, "/a");
	assert_int_equal(m->now.count, 1);
	/* The pid is another's. */
	put(m, 7, 450, 500, "/b");
	is(m, 7, 0, 440, "/a");
	is(m, 7, 420, 600, "/b");
	is(m, 7, 0, 600, "/b");
}

/* Two generations: who is asked for stays, the others go. */
static void test_bounds(void **state)
{
	struct pdiag_cgroup_memory *m = pdiag_cgroup_memory_of(*state);
	int32_t pid = 100;

	put(m, 7, 1, 2, "/stays");
	put(m, 8, 1, 2, "/goes");
	for (int round = 0; round < 4; round++) {
		for (uint32_t i = 0; i < PDIAG_CGROUPS_KEPT - 10; i++)
			put(m, pid++, 1, 2, "/crowd");
		is(m, 7, 1, 2, "/stays");
		assert_true(m->now.count <= PDIAG_CGROUPS_KEPT);
		assert_true(m->before.count <= PDIAG_CGROUPS_KEPT);
	}
	is(m, 8, 1, 2, NULL);
	is(m, 100, 1, 2, NULL);
	is(m, pid - 1, 1, 2, "/crowd");
}

/* Long paths fill a generation as well. */
static void test_text(void **state)
{
	struct pdiag_cgroup_memory *m = pdiag_cgroup_memory_of(*state);
	char path[4096];
	size_t most = PDIAG_CGROUPS_TEXT + (128 << 10);

	for (int32_t pid = 1; pid < 2000; pid++) {
		memset(path, 'x', sizeof(path) - 1);
		snprintf(path, sizeof(path), "/%04d", pid);
		path[5] = 'x';
		path[sizeof(path) - 1] = '\0';
		put(m, pid, 1, 2, path);
		/* One that is moved all the time. */
		put(m, 5000, 1, 2, path + 1);
		assert_true(m->now.strings.arena.bytes <= most);
		assert_true(m->before.strings.arena.bytes <= most);
	}
	is(m, 1999, 1, 2, path);
	is(m, 5000, 1, 2, path + 1);
	is(m, 1, 1, 2, NULL);
}

/* It is remembered, or it is not. */
static void test_no_memory(void **state)
{
	struct pdiag_cgroup_memory *m;
	const char *path;

	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		struct pdiag *context;

		assert_int_equal(pdiag_open(NULL, &context), 0);
		fail_alloc_start(n);
		m = pdiag_cgroup_memory_of(context);
		for (int32_t pid = 1; m && pid < 40; pid++)
			put(m, pid, 1, 2, pid % 2 ? "/odd" : "/even");
		path = m ? pdiag_cgroup_recall(m, 3, "job", 1, 2) : NULL;
		assert_true(!path || !strcmp(path, "/odd"));
		pdiag_close(context);
		if (!fail_alloc_stop())
			break;
	}
	assert_non_null(path);
	(void)state;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one), TEST(test_time), TEST(test_bounds), TEST(test_text),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
