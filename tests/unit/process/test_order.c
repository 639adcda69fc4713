/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc is read now, while events of before still wait: each script seeds first, and then gets
 * what is older.
 */
#include "unit/process/script.h"

static struct table t;

static int begin(void **state)
{
	(void)state;
	table_begin(&t);
	return 0;
}

static int end(void **state)
{
	(void)state;
	table_end(&t);
	return 0;
}

static void seed(int32_t pid, const char *name, const char *path)
{
	comm(&t, pid, pid, SEEDED, name);
	map(&t, pid, SEEDED, 0x400000, 0x1000, 0, path);
	map(&t, pid, SEEDED, 0x7000000, 0x1000, 0, "/lib/libc");
}

static void is_as_seeded(int32_t pid, const char *path)
{
	at(&t, pid, 0x400000, path, 0);
	at(&t, pid, 0x7000000, "/lib/libc", 0);
}

static void seeded(void **state)
{
	(void)state;
	seed(10, "one", "/bin/one");
	named(&t, 10, 10, "one", "one");
	is_as_seeded(10, "/bin/one");
	nowhere(&t, 10, 0x500000, PDIAG_REASON_NO_MAPPING);
}

static void seeded_twice(void **state)
{
	uint32_t serial, changes;

	(void)state;
	seed(10, "one", "/bin/one");
	serial = thread(&t, 10, 10)->process->serial;
	changes = thread(&t, 10, 10)->process->maps_changes;
	seed(10, "one", "/bin/one");
	assert_int_equal(thread(&t, 10, 10)->process->serial, serial);
	assert_int_equal(thread(&t, 10, 10)->process->maps_changes, changes);
	is_as_seeded(10, "/bin/one");
}

static void the_same_mappings_follow(void **state)
{
	uint32_t changes;

	(void)state;
	seed(10, "one", "/bin/one");
	changes = thread(&t, 10, 10)->process->maps_changes;
	map(&t, 10, 0, 0x400000, 0x1000, 0, "/bin/one");
	map(&t, 10, 0, 0x7000000, 0x1000, 0, "/lib/libc");
	assert_int_equal(thread(&t, 10, 10)->process->maps_changes, changes);
	is_as_seeded(10, "/bin/one");
}

static void a_mapping_that_was_replaced_follows(void **state)
{
	(void)state;
	seed(10, "one", "/bin/one");
	map(&t, 10, 0, 0x6fff000, 0x3000, 0, "/lib/old");
	map(&t, 10, 0, 0x7000000, 0x1000, 0, "/lib/libc");
	is_as_seeded(10, "/bin/one");
}

static void its_exec_follows(void **state)
{
	(void)state;
	seed(10, "one", "/bin/one");
	comm(&t, 10, 10, EXEC, "one");
	map(&t, 10, 0, 0x400000, 0x1000, 0, "/bin/one");
	map(&t, 10, 0, 0x7000000, 0x1000, 0, "/lib/libc");
	is_as_seeded(10, "/bin/one");
	named(&t, 10, 10, "one", "one");
}

static void its_fork_follows(void **state)
{
	uint32_t serial;

	(void)state;
	seed(5, "sh", "/bin/sh");
	seed(10, "one", "/bin/one");
	serial = thread(&t, 10, 10)->process->serial;
	forked(&t, 5, 5, 10, 10);
	is_as_seeded(10, "/bin/one");
	named(&t, 10, 10, "one", "one");
	assert_int_equal(thread(&t, 10, 10)->process->serial, serial);
	/* So does what it did then. */
	comm(&t, 10, 10, EXEC, "one");
	map(&t, 10, 0, 0x400000, 0x1000, 0, "/bin/one");
	at(&t, 10, 0x400000, "/bin/one", 0);
}

static void fork_of_an_unknown_parent_follows(void **state)
{
	(void)state;
	seed(10, "one", "/bin/one");
	forked(&t, 5, 5, 10, 10);
	is_as_seeded(10, "/bin/one");
}

static void a_former_life_follows(void **state)
{
	(void)state;
	seed(5, "sh", "/bin/sh");
	seed(10, "two", "/bin/two");
	/* The one before it by the same number: all of it, then its own beginning. */
	forked(&t, 5, 5, 10, 10);
	comm(&t, 10, 10, EXEC, "one");
	map(&t, 10, 0, 0x400000, 0x1000, 0, "/bin/one");
	at(&t, 10, 0x400000, "/bin/one", 0);
	ended(&t, 10, 10);
	forked(&t, 5, 5, 10, 10);
	at(&t, 10, 0x400000, "/bin/sh", 0);
	comm(&t, 10, 10, EXEC, "two");
	map(&t, 10, 0, 0x400000, 0x1000, 0, "/bin/two");
	map(&t, 10, 0, 0x7000000, 0x1000, 0, "/lib/libc");
	is_as_seeded(10, "/bin/two");
	assert_false(thread(&t, 10, 10)->process->exited);
}

static void only_the_end_of_a_former_life_follows(void **state)
{
	(void)state;
	seed(10, "two", "/bin/two");
	ended(&t, 10, 10);
	is_as_seeded(10, "/bin/two");
	forked(&t, 5, 5, 10, 10);
	comm(&t, 10, 10, EXEC, "two");
	map(&t, 10, 0, 0x400000, 0x1000, 0, "/bin/two");
	at(&t, 10, 0x400000, "/bin/two", 0);
}

static void a_later_life_follows(void **state)
{
	(void)state;
	seed(5, "sh", "/bin/sh");
	seed(10, "one", "/bin/one");
	forked(&t, 5, 5, 10, 10);
	/* The second fork cannot be the seeded one's. */
	forked(&t, 5, 5, 10, 10);
	at(&t, 10, 0x400000, "/bin/sh", 0);
	named(&t, 10, 10, "sh", "sh");
}

static void a_later_life_follows_though_a_thread_seems_to_be_left(void **state)
{
	(void)state;
	seed(5, "sh", "/bin/sh");
	seed(10, "one", "/bin/one");
	comm(&t, 10, 11, SEEDED, "worker");
	/* The end of the worker was lost. */
	ended(&t, 10, 10);
	forked(&t, 5, 5, 10, 10);
	at(&t, 10, 0x400000, "/bin/sh", 0);
}

static void threads_follow(void **state)
{
	uint32_t serial;

	(void)state;
	seed(10, "one", "/bin/one");
	comm(&t, 10, 11, SEEDED, "worker");
	serial = thread(&t, 10, 11)->serial;
	forked(&t, 10, 10, 10, 11);
	named(&t, 10, 11, "worker", "one");
	assert_int_equal(thread(&t, 10, 11)->serial, serial);
	comm(&t, 10, 11, 0, "worker");
	/* A second fork is another thread. */
	forked(&t, 10, 10, 10, 11);
	named(&t, 10, 11, "one", "one");
	assert_true(thread(&t, 10, 11)->serial != serial);
}

static void nobody_was_there(void **state)
{
	(void)state;
	comm(&t, 10, 10, SEEDED | GONE, "[exited]");
	nowhere(&t, 10, 0x400000, PDIAG_REASON_PROCESS_GONE);
	named(&t, 10, 10, "[exited]", "[exited]");
	assert_true(thread(&t, 10, 10)->process->gone);
	/* What it did after it was sampled is still to come. */
	map(&t, 10, 0, 0x500000, 0x1000, 0, "/lib/x");
	comm(&t, 10, 10, 0, "ten");
	at(&t, 10, 0x500000, "/lib/x", 0);
	nowhere(&t, 10, 0x400000, PDIAG_REASON_PROCESS_GONE);
	named(&t, 10, 10, "ten", "ten");
	comm(&t, 10, 10, EXEC, "eleven");
	assert_false(thread(&t, 10, 10)->process->gone);
	nowhere(&t, 10, 0x500000, PDIAG_REASON_NO_MAPPING);
	/* Without an end told, it goes when it is not seen any more. */
	comm(&t, 20, 20, SEEDED | GONE, "[exited]");
	pdiag_processes_prune(t.p, UINT64_MAX);
	assert_false(thread(&t, 10, 10)->process->exited);
}

static void child_of_one_that_is_gone(void **state)
{
	(void)state;
	comm(&t, 5, 5, SEEDED | GONE, "sh");
	forked(&t, 5, 5, 10, 10);
	assert_false(thread(&t, 10, 10)->process->seeded);
	comm(&t, 10, 10, SEEDED, "one");
	map(&t, 10, SEEDED, 0x400000, 0x1000, 0, "/bin/one");
	at(&t, 10, 0x400000, "/bin/one", 0);
}

static void maps_not_to_be_read(void **state)
{
	(void)state;
	comm(&t, 10, 10, SEEDED, "secret");
	map(&t, 10, SEEDED, 0, UINT64_MAX, 0, "//denied");
	nowhere(&t, 10, 0x400000, PDIAG_REASON_NO_PERMISSION);
	map(&t, 10, 0, 0x500000, 0x1000, 0, "/lib/x");
	at(&t, 10, 0x500010, "/lib/x", 0x10);
	nowhere(&t, 10, 0x400000, PDIAG_REASON_NO_PERMISSION);
	nowhere(&t, 10, 0x600000, PDIAG_REASON_NO_PERMISSION);
	forked(&t, 10, 10, 20, 20);
	nowhere(&t, 20, 0x600000, PDIAG_REASON_NO_PERMISSION);
	comm(&t, 20, 20, EXEC, "open");
	nowhere(&t, 20, 0x600000, PDIAG_REASON_NO_MAPPING);
}

static void kernel_threads(void **state)
{
	struct pdiag_record r = record(PDIAG_RECORD_FORK, SEEDED, 30, 30);

	(void)state;
	comm(&t, 30, 30, SEEDED, "kworker/0:1");
	r.fork.ppid = r.fork.ptid = 2;
	put(&t, &r);
	assert_true(thread(&t, 30, 30)->process->kernel_thread);
	nowhere(&t, 30, 0x400000, PDIAG_REASON_NO_MAPPING);
	/* A helper that it starts is one until it execs. */
	forked(&t, 30, 30, 31, 31);
	assert_true(thread(&t, 31, 31)->process->kernel_thread);
	comm(&t, 31, 31, EXEC, "modprobe");
	assert_false(thread(&t, 31, 31)->process->kernel_thread);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(seeded),
		TEST(seeded_twice),
		TEST(the_same_mappings_follow),
		TEST(a_mapping_that_was_replaced_follows),
		TEST(its_exec_follows),
		TEST(its_fork_follows),
		TEST(fork_of_an_unknown_parent_follows),
		TEST(a_former_life_follows),
		TEST(only_the_end_of_a_former_life_follows),
		TEST(a_later_life_follows),
		TEST(a_later_life_follows_though_a_thread_seems_to_be_left),
		TEST(threads_follow),
		TEST(nobody_was_there),
		TEST(child_of_one_that_is_gone),
		TEST(maps_not_to_be_read),
		TEST(kernel_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
