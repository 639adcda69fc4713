/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process: made by hand, and a child that ends. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_begin(&f);
	f.options.families = PDIAG_METRICS_PROCESS;
	f.options.pid = 42;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_end(&f);
	return 0;
}

static void whole(void **state)
{
	(void)state;
	put(&f, "proc/42/stat",
		"42 (a) R 1 (b) S 1 42 42 0 -1 4194560 10 99 1 99 100 50 99 99 20 0 3 "
		"0 777\n");
	put(&f, "proc/42/status", "Name:\tx\nVmRSS:\t  100 kB\nRssAnon:\t 60 kB\nVmSwap:\t 5 kB\n"
		"voluntary_ctxt_switches:\t10\nnonvoluntary_ctxt_switches:\t5\n");
	put(&f, "proc/42/schedstat", "1000 1000000000 3\n");
	made(&f);
	is_value(&f, "process.threads.count", 3);
	is_value(&f, "process.memory.usage", 102400);
	is_value(&f, "process.memory.anonymous", 60 * 1024);
	is_value(&f, "process.swap.usage", 5 * 1024);
	is_absent(&f, "process.disk.io.read", "TASK_IO_ACCOUNTING");
	put(&f, "proc/42/stat",
		"42 (a) R 1 (b) S 1 42 42 0 -1 4194560 15 99 3 99 160 70 99 99 20 0 4 "
		"0 777\n");
	put(&f, "proc/42/status", "Name:\tx\nvoluntary_ctxt_switches:\t30\n"
		"nonvoluntary_ctxt_switches:\t6\n");
	put(&f, "proc/42/schedstat", "1000 1250000000 3\n");
	tick(&f, NS);
	is_value(&f, "process.paging.faults.minor", 5);
	is_value(&f, "process.paging.faults.major", 2);
	is_value(&f, "process.cpu.time.user", 0.6);
	is_value(&f, "process.cpu.time.system", 0.2);
	is_value(&f, "process.threads.count", 4);
	is_value(&f, "process.main_thread.context_switches.voluntary", 20);
	is_value(&f, "process.main_thread.context_switches.involuntary", 1);
	is_value(&f, "process.main_thread.run_delay", 0.25);
	is_missing(&f, "process.memory.usage");
}

static void odd_stat(void **state)
{
	static const char *const odd[] = { "", "42\n", "42 (a\n", "42 )\n", ")\n", ") ) )\n",
		"42 (a) S 1 42 42 0 -1 4194560\n", "42 (a) S 1 42 42 0 -1 4194560 x 0 -1 0 1x\n",
		"42 (a) S 1 1 1 0 -1 4 18446744073709551616 0 18446744073709551616\n" };

	(void)state;
	put(&f, "proc/42/stat", "42 (a) S 1 42 42 0 -1 4194560 10 99 1 99 100 50 99 99 20 0 3 0\n");
	made(&f);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		put(&f, "proc/42/stat", odd[i]);
		tick(&f, NS);
		is_missing(&f, "process.paging.faults.minor");
		is_missing(&f, "process.cpu.time.user");
		is_missing(&f, "process.threads.count");
	}
}

/* The pid may be another process any time after; this one is over. */
static void ends(void **state)
{
	pid_t child = fork();

	(void)state;
	if (!child) {
		pause();
		_exit(0);
	}
	f.options.root = NULL;
	f.options.pid = child;
	made(&f);
	tick(&f, NS);
	is_value(&f, "process.threads.count", 1);
	is_value(&f, "process.cpu.time.user", 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	for (int i = 0; i < 3; i++) {
		tick(&f, NS);
		is_absent(&f, "process.threads.count", "the process has ended");
		is_absent(&f, "process.main_thread.run_delay", "the process has ended");
	}
	pdiag_metrics_free(f.metrics);
	f.metrics = NULL;
	assert_int_equal(make(&f), -ESRCH);
	assert_non_null(strstr(pdiag_errmsg(), "there is no process"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_stat, setup, teardown),
		cmocka_unit_test_setup_teardown(ends, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
