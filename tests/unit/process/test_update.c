/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scripts of records, and what a lookup then finds. */
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

/* A process as its parent's fork, its exec and its loader make it. */
static void start(int32_t ppid, int32_t pid, const char *name, const char *path)
{
	forked(&t, ppid, ppid, pid, pid);
	comm(&t, pid, pid, EXEC, name);
	map(&t, pid, 0, 0x400000, 0x10000, 0x1000, path);
}

static void exec_and_map(void **state)
{
	(void)state;
	start(1, 10, "one", "/bin/one");
	named(&t, 10, 10, "one", "one");
	at(&t, 10, 0x400000, "/bin/one", 0x1000);
	at(&t, 10, 0x40ffff, "/bin/one", 0x10fff);
	nowhere(&t, 10, 0x410000, PDIAG_REASON_NO_MAPPING);
	nowhere(&t, 10, 0x3fffff, PDIAG_REASON_NO_MAPPING);
}

static void later_mapping_covers(void **state)
{
	(void)state;
	start(1, 10, "one", "/bin/one");
	map(&t, 10, 0, 0x404000, 0x1000, 0, "/lib/two");
	at(&t, 10, 0x403fff, "/bin/one", 0x4fff);
	at(&t, 10, 0x404000, "/lib/two", 0);
	at(&t, 10, 0x405000, "/bin/one", 0x6000);
}

static void exec_is_a_new_image(void **state)
{
	struct pdiag_process *p;
	uint32_t serial;

	(void)state;
	start(1, 10, "one", "/bin/one");
	serial = thread(&t, 10, 10)->process->serial;
	forked(&t, 10, 10, 10, 11);
	comm(&t, 10, 11, 0, "worker");
	named(&t, 10, 11, "worker", "one");
	comm(&t, 10, 10, EXEC, "two");
	p = thread(&t, 10, 10)->process;
	assert_true(p->serial != serial);
	assert_int_equal(p->born, t.now - 1);
	assert_true(p->seeded);
	nowhere(&t, 10, 0x400000, PDIAG_REASON_NO_MAPPING);
	map(&t, 10, 0, 0x400000, 0x10000, 0, "/bin/two");
	at(&t, 10, 0x400000, "/bin/two", 0);
	/* Its threads are gone: this one would be another. */
	named(&t, 10, 11, "two", "two");
}

static void names_of_threads(void **state)
{
	uint32_t serial;

	(void)state;
	start(1, 10, "one", "/bin/one");
	forked(&t, 10, 10, 10, 11);
	named(&t, 10, 11, "one", "one");
	serial = thread(&t, 10, 11)->serial;
	comm(&t, 10, 11, 0, "worker");
	named(&t, 10, 11, "worker", "one");
	named(&t, 10, 10, "one", "one");
	assert_int_equal(thread(&t, 10, 11)->serial, serial);
	/* A thread's thread is named like it. */
	forked(&t, 10, 11, 10, 12);
	named(&t, 10, 12, "worker", "one");
	comm(&t, 10, 10, 0, "main");
	named(&t, 10, 10, "main", "main");
	named(&t, 10, 12, "worker", "main");
	/* One that was never heard of. */
	named(&t, 10, 13, "main", "main");
}

static void child_of_a_thread_has_its_name(void **state)
{
	(void)state;
	start(1, 10, "one", "/bin/one");
	forked(&t, 10, 10, 10, 11);
	comm(&t, 10, 11, 0, "worker");
	forked(&t, 10, 11, 20, 20);
	named(&t, 20, 20, "worker", "worker");
}

static void child_shares_until_it_changes(void **state)
{
	struct pdiag_process *parent, *child;

	(void)state;
	start(1, 10, "one", "/bin/one");
	forked(&t, 10, 10, 20, 20);
	parent = thread(&t, 10, 10)->process;
	child = thread(&t, 20, 20)->process;
	assert_ptr_equal(parent->maps, child->maps);
	assert_true(parent->serial != child->serial);
	at(&t, 20, 0x400000, "/bin/one", 0x1000);
	map(&t, 20, 0, 0x500000, 0x1000, 0, "/lib/child");
	map(&t, 10, 0, 0x600000, 0x1000, 0, "/lib/parent");
	at(&t, 20, 0x500000, "/lib/child", 0);
	nowhere(&t, 20, 0x600000, PDIAG_REASON_NO_MAPPING);
	nowhere(&t, 10, 0x500000, PDIAG_REASON_NO_MAPPING);
	at(&t, 10, 0x600000, "/lib/parent", 0);
	/* Also when the parent is no more. */
	forked(&t, 20, 20, 30, 30);
	ended(&t, 20, 20);
	pdiag_processes_prune(t.p, UINT64_MAX);
	at(&t, 30, 0x500000, "/lib/child", 0);
}

static void ended_ones_are_found_until_pruned(void **state)
{
	uint64_t when;

	(void)state;
	start(1, 10, "one", "/bin/one");
	ended(&t, 10, 10);
	when = t.now;
	assert_true(thread(&t, 10, 10)->process->exited);
	at(&t, 10, 0x400000, "/bin/one", 0x1000);
	/* It was seen after its end, so it stays. */
	pdiag_processes_prune(t.p, when + 1);
	at(&t, 10, 0x400000, "/bin/one", 0x1000);
	pdiag_processes_prune(t.p, t.now + 1);
	nowhere(&t, 10, 0x400000, PDIAG_REASON_PROCESS_GONE);
	named(&t, 10, 10, "[exited]", "[exited]");
}

static void main_thread_ends_first(void **state)
{
	(void)state;
	start(1, 10, "one", "/bin/one");
	forked(&t, 10, 10, 10, 11);
	ended(&t, 10, 10);
	pdiag_processes_prune(t.p, t.now + 1);
	named(&t, 10, 11, "one", "one");
	assert_false(thread(&t, 10, 11)->process->exited);
	ended(&t, 10, 11);
	assert_true(thread(&t, 10, 11)->process->exited);
	at(&t, 10, 0x400000, "/bin/one", 0x1000);
	pdiag_processes_prune(t.p, UINT64_MAX);
	nowhere(&t, 10, 0x400000, PDIAG_REASON_PROCESS_GONE);
}

static void exec_by_another_thread(void **state)
{
	(void)state;
	start(1, 10, "one", "/bin/one");
	forked(&t, 10, 10, 10, 11);
	forked(&t, 10, 10, 10, 12);
	/* All end but the one that execs, which then takes the number of the first. */
	ended(&t, 10, 12);
	ended(&t, 10, 10);
	comm(&t, 10, 10, EXEC, "two");
	map(&t, 10, 0, 0x400000, 0x1000, 0, "/bin/two");
	assert_false(thread(&t, 10, 10)->process->exited);
	pdiag_processes_prune(t.p, UINT64_MAX);
	at(&t, 10, 0x400000, "/bin/two", 0);
	ended(&t, 10, 10);
	assert_true(thread(&t, 10, 10)->process->exited);
}

static void pid_is_used_again(void **state)
{
	uint32_t serial, thread_serial;

	(void)state;
	start(1, 10, "one", "/bin/one");
	serial = thread(&t, 10, 10)->process->serial;
	thread_serial = thread(&t, 10, 10)->serial;
	ended(&t, 10, 10);
	start(1, 10, "two", "/bin/two");
	assert_true(thread(&t, 10, 10)->process->serial != serial);
	assert_true(thread(&t, 10, 10)->serial != thread_serial);
	assert_false(thread(&t, 10, 10)->process->exited);
	at(&t, 10, 0x400000, "/bin/two", 0x1000);
	/* Also when the end was not told. */
	start(1, 10, "three", "/bin/three");
	at(&t, 10, 0x400000, "/bin/three", 0x1000);
	/* A child that does not exec. */
	forked(&t, 1, 1, 10, 10);
	nowhere(&t, 10, 0x400000, PDIAG_REASON_PROCESS_GONE);
}

static void tid_is_used_again(void **state)
{
	(void)state;
	start(1, 10, "one", "/bin/one");
	start(1, 20, "two", "/bin/two");
	forked(&t, 10, 10, 10, 11);
	comm(&t, 10, 11, 0, "worker");
	/* In another process, with the end not told. */
	forked(&t, 20, 20, 20, 11);
	named(&t, 20, 11, "two", "two");
	/* By the sample alone. */
	named(&t, 10, 11, "one", "one");
	/* As a process. */
	forked(&t, 20, 20, 11, 11);
	at(&t, 11, 0x400000, "/bin/two", 0x1000);
	/* The child takes the number of its parent's only thread. */
	forked(&t, 1, 1, 30, 30);
	ended(&t, 30, 30);
	forked(&t, 30, 30, 30, 31);
	pdiag_processes_prune(t.p, UINT64_MAX);
	forked(&t, 30, 31, 31, 31);
	assert_int_equal(thread(&t, 31, 31)->process->pid, 31);
}

static void events_of_unknown_processes(void **state)
{
	(void)state;
	/* Nothing begins at its beginning. */
	ended(&t, 40, 40);
	map(&t, 50, 0, 0x400000, 0x1000, 0, "/bin/fifty");
	at(&t, 50, 0x400000, "/bin/fifty", 0);
	nowhere(&t, 50, 0x500000, PDIAG_REASON_PROCESS_GONE);
	named(&t, 50, 50, "[exited]", "[exited]");
	comm(&t, 60, 61, 0, "late");
	named(&t, 60, 61, "late", "[exited]");
	forked(&t, 70, 70, 71, 71);
	nowhere(&t, 71, 1, PDIAG_REASON_PROCESS_GONE);
	forked(&t, 80, 80, 80, 81);
	assert_int_equal(thread(&t, 80, 81)->process->pid, 80);
	/* A later exec puts it right. */
	comm(&t, 50, 50, EXEC, "fifty");
	nowhere(&t, 50, 0x400000, PDIAG_REASON_NO_MAPPING);
	named(&t, 50, 50, "fifty", "fifty");
}

static void malformed_events(void **state)
{
	struct pdiag_record r = record(PDIAG_RECORD_SAMPLE, 0, 10, 10);

	(void)state;
	put(&t, &r);
	map(&t, 10, 0, 0x1000, 0, 0, "/empty");
	map(&t, -1, 0, 0x1000, 0x1000, 0, "[kernel.kallsyms]_text");
	map(&t, 0, 0, 0x1000, 0x1000, 0, "/idle");
	comm(&t, 0, 0, EXEC, "idle");
	comm(&t, -1, -1, 0, "none");
	forked(&t, 0, 0, 0, 0);
	forked(&t, 10, 10, 10, 10);
	forked(&t, 10, 10, -1, -1);
	ended(&t, 0, 0);
	ended(&t, -1, -1);
	named(&t, 0, 0, "swapper", "swapper");
	nowhere(&t, 0, 0x1000, PDIAG_REASON_NO_MAPPING);
	nowhere(&t, -1, 0x1000, PDIAG_REASON_PROCESS_GONE);
	/* A length that leads beyond the end. */
	map(&t, 20, 0, 0x1000, UINT64_MAX, 0, "/all");
	at(&t, 20, UINT64_MAX - 1, "/all", UINT64_MAX - 0x1001);
	nowhere(&t, 20, 0xfff, PDIAG_REASON_PROCESS_GONE);
}

static void idle_task_on_every_cpu(void **state)
{
	(void)state;
	assert_ptr_equal(thread(&t, 0, 0)->process, thread(&t, 0, 0)->process);
	assert_true(thread(&t, 0, 0)->process->kernel_thread);
	pdiag_processes_prune(t.p, UINT64_MAX);
	named(&t, 0, 0, "swapper", "swapper");
}

static void run_time_code(void **state)
{
	struct pdiag_module *first, *second;
	uint64_t value;

	(void)state;
	start(1, 10, "java", "/bin/java");
	map(&t, 10, 0, 0x7000000, 0x10000, 0x7000, "//anon");
	at(&t, 10, 0x7000123, "[jit]", 0x7000123);
	map(&t, 10, 0, 0x8000000, 0x1000, 0, "/memfd:jit (deleted)");
	at(&t, 10, 0x8000010, "[jit]", 0x8000010);
	first = pdiag_process_locate(t.p, thread(&t, 10, 10)->process, 0x7000000, false, &value);
	assert_int_equal(first->kind, PDIAG_MODULE_JIT);
	assert_int_equal(first->pid, 10);
	/* A child that runs its parent's code runs the parent's; its own is its own. */
	forked(&t, 10, 10, 20, 20);
	map(&t, 20, 0, 0x9000000, 0x1000, 0, "//anon");
	assert_ptr_equal(first, pdiag_process_locate(t.p, thread(&t, 20, 20)->process, 0x7000000,
		false, &value));
	second = pdiag_process_locate(t.p, thread(&t, 20, 20)->process, 0x9000000, false, &value);
	assert_int_equal(second->pid, 20);
	/* So is that of a later image. */
	comm(&t, 10, 10, EXEC, "java");
	map(&t, 10, 0, 0x7000000, 0x10000, 0, "//anon");
	assert_ptr_not_equal(first, pdiag_process_locate(t.p, thread(&t, 10, 10)->process,
		0x7000000, false, &value));
}

static void kernel_and_vdso(void **state)
{
	struct pdiag_module *m;
	uint64_t value;

	(void)state;
	start(1, 10, "one", "/bin/one");
	map(&t, 10, 0, 0x7fff00001000, 0x2000, 0, "[vdso]");
	at(&t, 10, 0x7fff00001a00, "[vdso]", 0xa00);
	map(&t, 10, 0, 0x7fff10001000, 0x2000, 0x7fff10001000, "[vdso]");
	at(&t, 10, 0x7fff10001a00, "[vdso]", 0xa00);
	/* That of a 32-bit process is another. */
	map(&t, 10, 0, 0xf7f01000, 0x2000, 0, "[vdso]");
	m = pdiag_process_locate(t.p, thread(&t, 10, 10)->process, 0xf7f01010, false, &value);
	assert_int_equal(m->kind, PDIAG_MODULE_FILE);
	assert_int_equal(m->reason, PDIAG_REASON_NO_SYMBOLS);
	m = pdiag_process_locate(t.p, thread(&t, 10, 10)->process, 0xffffffff81000000, true,
		&value);
	assert_int_equal(m->kind, PDIAG_MODULE_KERNEL);
	assert_int_equal(value, 0xffffffff81000000);
}

static void changes_are_counted(void **state)
{
	uint32_t changes;

	(void)state;
	start(1, 10, "one", "/bin/one");
	changes = thread(&t, 10, 10)->process->maps_changes;
	map(&t, 10, 0, 0x400000, 0x10000, 0x1000, "/bin/one");
	map(&t, 10, SEEDED, 0x400000, 0x10000, 0x1000, "/bin/one");
	assert_int_equal(thread(&t, 10, 10)->process->maps_changes, changes);
	map(&t, 10, 0, 0x500000, 0x1000, 0, "/lib/x");
	assert_true(thread(&t, 10, 10)->process->maps_changes > changes);
}

static void too_many_mappings(void **state)
{
	(void)state;
	start(1, 10, "one", "/bin/one");
	for (uint64_t i = 0; i < 65536 + 10; i++)
		map(&t, 10, 0, 0x1000000 + i * 0x2000, 0x1000, 0, "/lib/many");
	/* Bounded, the latest is there, and it is known to lack some. */
	assert_true(thread(&t, 10, 10)->process->map_count < 65536);
	at(&t, 10, 0x1000000 + (65536 + 9ull) * 0x2000, "/lib/many", 0);
}

static void memory_is_given_back(void **state)
{
	struct pdiag_thread *first;

	(void)state;
	start(1, 10, "one", "/bin/one");
	for (int32_t i = 0; i < 20000; i++) {
		int32_t pid = 1000 + i % 500;

		forked(&t, 10, 10, pid, pid);
		comm(&t, pid, pid, EXEC, "brief");
		map(&t, pid, 0, 0x400000, 0x1000, 0, "/bin/brief");
		forked(&t, pid, pid, pid, 5000 + pid);
		at(&t, pid, 0x400000, "/bin/brief", 0);
		ended(&t, pid, 5000 + pid);
		ended(&t, pid, pid);
		pdiag_processes_prune(t.p, t.now - 100);
	}
	/* What is freed is used again: the threads of all these had room for few. */
	first = thread(&t, 10, 10);
	assert_true(thread(&t, 10, 9999) - first < 500);
	at(&t, 10, 0x400000, "/bin/one", 0x1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(exec_and_map),
		TEST(later_mapping_covers),
		TEST(exec_is_a_new_image),
		TEST(names_of_threads),
		TEST(child_of_a_thread_has_its_name),
		TEST(child_shares_until_it_changes),
		TEST(ended_ones_are_found_until_pruned),
		TEST(main_thread_ends_first),
		TEST(exec_by_another_thread),
		TEST(pid_is_used_again),
		TEST(tid_is_used_again),
		TEST(events_of_unknown_processes),
		TEST(malformed_events),
		TEST(idle_task_on_every_cpu),
		TEST(run_time_code),
		TEST(kernel_and_vdso),
		TEST(changes_are_counted),
		TEST(too_many_mappings),
		TEST(memory_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
