/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation fails once, in every call: the table stays whole, and goes on afterwards. */
#include "unit/process/script.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/fail_alloc.h"

static struct table t;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The script, put as a whole; 0 or -ENOMEM of any of it. */
static int script(void)
{
	static const char *const names[] = { "/bin/a", "/bin/b", "//anon", "[vdso]", "[vsyscall]" };
	struct pdiag_record r;
	int ret = 0;

	for (int32_t pid = 10; pid < 14 && !ret; pid++) {
		r = record(PDIAG_RECORD_FORK, 0, pid, pid);
		r.fork.ppid = r.fork.ptid = pid - 1;
		ret = pdiag_processes_update(t.p, &r);
		for (size_t i = 0; i < 5 && !ret; i++) {
			r = mmap_record(pid, 0, 0x7f0000000000 + i * 0x10000 * (uint64_t)pid,
				0x10000, 0, names[i]);
			ret = pdiag_processes_update(t.p, &r);
		}
		r = record(PDIAG_RECORD_FORK, 0, pid, pid + 100);
		r.fork.ppid = r.fork.ptid = pid;
		if (!ret)
			ret = pdiag_processes_update(t.p, &r);
		r = record(PDIAG_RECORD_COMM, EXEC, pid, pid);
		r.comm.text = pid % 2 ? "odd" : "even";
		if (!ret)
			ret = pdiag_processes_update(t.p, &r);
		r = record(PDIAG_RECORD_EXIT, 0, pid, pid + 200);
		if (!ret)
			ret = pdiag_processes_update(t.p, &r);
	}
	return ret;
}

static void events(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		int ret;

		table_begin(&t);
		fail_alloc_start(n);
		ret = script();
		if (!fail_alloc_stop()) {
			assert_int_equal(ret, 0);
			table_end(&t);
			assert_true(n > 10);
			break;
		}
		assert_int_equal(ret, -ENOMEM);
		/* Told once more, it is all there. */
		assert_int_equal(script(), 0);
		named(&t, 13, 13, "odd", "odd");
		for (int32_t tid = 10; tid < 14; tid++)
			thread(&t, tid, tid + 100);
		pdiag_processes_prune(t.p, UINT64_MAX);
		table_end(&t);
	}
}

/* Tables that have just to grow. */
static void growth(void **state)
{
	struct pdiag_record r;
	int32_t pid = 2;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	table_begin(&t);
	for (unsigned int grown = 0; grown < 40 && pid < 100000; pid++) {
		r = mmap_record(pid, 0, 0x1000, 0x1000, 0, "/bin/a");
		for (unsigned long n = 0;; n++) {
			int ret;

			fail_alloc_start(n);
			ret = pdiag_processes_update(t.p, &r);
			if (!fail_alloc_stop())
				break;
			assert_int_equal(ret, -ENOMEM);
			grown += n > 1;
		}
		at(&t, pid, 0x1000, "/bin/a", 0);
	}
	for (int32_t i = 2; i < pid; i++)
		at(&t, i, 0x1000, "/bin/a", 0);
	table_end(&t);
}

static void samples(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	table_begin(&t);
	for (int32_t pid = 10; pid < 500; pid++)
		for (unsigned long n = 0;; n++) {
			struct pdiag_thread *th;

			fail_alloc_start(n);
			th = pdiag_processes_thread(t.p, pid, pid + 1000 * (pid % 2), 5);
			if (!fail_alloc_stop()) {
				assert_non_null(th);
				break;
			}
			assert_null(th);
		}
	pdiag_processes_prune(t.p, UINT64_MAX);
	table_end(&t);
}

static void lookups(void **state)
{
	struct pdiag_process *process;
	uint64_t value;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	table_begin(&t);
	process = thread(&t, 10, 10)->process;
	fail_alloc_start_all(0);
	assert_null(pdiag_process_locate(t.p, process, 1, false, &value));
	assert_null(pdiag_process_locate(t.p, process, 1, true, &value));
	fail_alloc_stop();
	assert_non_null(pdiag_process_locate(t.p, process, 1, false, &value));
	assert_non_null(pdiag_process_locate(t.p, process, 1, true, &value));
	/* From now on nothing is needed. */
	fail_alloc_start_all(0);
	assert_non_null(pdiag_process_locate(t.p, process, 2, false, &value));
	assert_non_null(pdiag_process_locate(t.p, process, 2, true, &value));
	assert_false(fail_alloc_stop());
	table_end(&t);
}

static void beginnings(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		struct pdiag_processes *p;
		struct pdiag *context;
		int ret;

		assert_int_equal(pdiag_open(NULL, &context), 0);
		fail_alloc_start(n);
		ret = pdiag_processes_new(context, false, NULL, NULL, &p);
		if (!fail_alloc_stop()) {
			assert_int_equal(ret, 0);
			pdiag_processes_free(p);
			pdiag_close(context);
			break;
		}
		assert_int_equal(ret, -ENOMEM);
		assert_null(p);
		pdiag_close(context);
	}
	pdiag_processes_free(NULL);
}

static void seeds(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		struct pdiag_thread *th;
		uint64_t value;
		int ret;

		assert_int_equal(pdiag_open(NULL, &t.context), 0);
		assert_int_equal(pdiag_processes_new(t.context, true, NULL, NULL, &t.p), 0);
		/* After the start of this process. */
		t.now = now();
		fail_alloc_start(n);
		ret = pdiag_processes_seed(t.p, getpid(), t.now);
		if (!fail_alloc_stop()) {
			assert_int_equal(ret, 0);
			table_end(&t);
			assert_true(n > 5);
			break;
		}
		assert_int_equal(ret, -ENOMEM);
		/* Half a seed is none: the next sample seeds the whole. */
		th = thread(&t, getpid(), getpid());
		assert_true(th->process->seeded);
		assert_int_equal(pdiag_process_locate(t.p, th->process, (uintptr_t)seeds, false,
			&value)->kind, PDIAG_MODULE_FILE);
		table_end(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events),
		cmocka_unit_test(growth),
		cmocka_unit_test(samples),
		cmocka_unit_test(lookups),
		cmocka_unit_test(beginnings),
		cmocka_unit_test(seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
