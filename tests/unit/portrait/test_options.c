/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Portraits as an object: options, limits, what may fail, files that make no sense. */
#include "unit/portrait/fixture.h"

#include <sys/resource.h>

#include "support/fail_alloc.h"

static void check(struct fixture *f, int want, const char *said)
{
	struct pdiag_portraits *p = (void *)1;
	int ret = pdiag_portraits_new(f->context, &f->options, &p);

	if (ret != want || (ret && !strstr(pdiag_errmsg(), said)))
		fail_msg("%d, not %d: %s", ret, want, pdiag_errmsg());
	assert_true(ret ? !p : !!p);
	pdiag_portraits_free(p);
}

static void options(void **state)
{
	struct {
		struct pdiag_portraits_options known;
		uint64_t later;
	} newer = { .known.size = sizeof(newer), .later = 1 };
	struct pdiag_portraits *p;
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	put(&f, "proc/", "");
	assert_int_equal(pdiag_portraits_new(f.context, &newer.known, &p), -E2BIG);
	newer.later = 0;
	assert_int_equal(pdiag_portraits_new(f.context, &newer.known, &p), 0);
	pdiag_portraits_free(p);
	check(&f, 0, "");
#define WRONG(field, value, code, said) do { \
		struct pdiag_portraits_options before = f.options; \
		f.options.field = (value); \
		check(&f, code, said); \
		f.options = before; \
	} while (0)
	WRONG(size, 8, -EINVAL, "size");
	WRONG(interval_ms, 99, -EINVAL, "interval_ms is 99");
	WRONG(interval_ms, 600001, -EINVAL, "interval_ms");
	WRONG(window_s, 9, -EINVAL, "window_s is 9");
	WRONG(window_s, 86401, -EINVAL, "window_s");
	WRONG(max, (4u << 20) + 1, -EINVAL, "max");
	WRONG(flags, 2, -EINVAL, "flags");
	WRONG(reserved, 1, -EINVAL, "reserved");
	WRONG(pid, -1, -EINVAL, "pid");
	WRONG(pid, 77, -ESRCH, "77");
	WRONG(root, "/nowhere/at/all", -ENOENT, "/nowhere/at/all");
	WRONG(interval_ms, 100, 0, "");
	WRONG(interval_ms, 600000, 0, "");
	WRONG(window_s, 10, 0, "");
	WRONG(window_s, 86400, 0, "");
	assert_int_equal(pdiag_portraits_new(NULL, NULL, &p), -EINVAL);
	assert_int_equal(pdiag_portraits_new(f.context, NULL, NULL), -EINVAL);
	assert_int_equal(pdiag_portraits_new(f.context, NULL, &p), 0);
	pdiag_portraits_free(p);
	pdiag_portraits_free(NULL);
	fixture_end(&f);
}

static void info(void **state)
{
	struct pdiag_portraits_info i = { .size = 4 };
	struct fixture f;
	struct made m = { .pid = 10, .start = 5, .threads = 3 };

	(void)state;
	fixture_begin(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	assert_int_equal(pdiag_portraits_get_info(f.portraits, &i), -EINVAL);
	i = info_of(&f);
	assert_int_equal(i.samples, 0);
	sample(&f, 0);
	sample(&f, 10);
	i = info_of(&f);
	assert_int_equal(i.samples, 2);
	assert_int_equal(i.processes, 1);
	assert_int_equal(i.threads, 3);
	assert_int_equal(i.time_ns, f.mono);
	assert_true(i.bytes > 32768 && i.bytes < 70000);
	assert_int_equal(i.late, 0);
	fixture_end(&f);
}

/* What cannot be read is said once. */
static void limits(void **state)
{
	struct fixture f;
	struct made m = { .pid = 10, .start = 5 };

	(void)state;
	fixture_begin(&f);
	put_process(&f, &m);
	put(&f, "proc/sys/kernel/task_delayacct", "0\n");
	move_away(&f, "10/sched");
	f.options.max = 1;
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	assert_non_null(strstr(info_of(&f).limits, "kernel.task_delayacct=1"));
	m.pid = 11;
	put_process(&f, &m);
	sample(&f, 10);
	assert_non_null(strstr(info_of(&f).limits, "no /proc/PID/sched"));
	assert_non_null(strstr(info_of(&f).limits, "more processes than max"));
	assert_int_equal(info_of(&f).processes, 1);
	/* The kernel counts no run delay where it counts no run time: zeros everywhere. */
	for (int i = 0; i < 8; i++)
		sample(&f, 10);
	assert_non_null(strstr(info_of(&f).limits, "no run delay"));
	assert_true(isnan(value(&f, 10, PDIAG_QUANTITY_RUN_DELAY)));
	assert_true(isnan(value(&f, 10, PDIAG_QUANTITY_BLOCKED_IO)));
	fixture_end(&f);
}

/* One process, whoever else there is; another one that gets its pid is not it. */
static void one_process(void **state)
{
	struct fixture f;
	struct made m = { .pid = 10, .start = 5 }, other = { .pid = 11, .start = 5 };
	struct seen s;

	(void)state;
	fixture_begin(&f);
	put_process(&f, &m);
	put_process(&f, &other);
	f.options.pid = 10;
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	assert_int_equal(info_of(&f).processes, 1);
	m.user += 500;
	m.run_ns += 5 * NS;
	put_process(&f, &m);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER), 0.5);
	end_process(&f, 10);
	m.start = 99;
	put_process(&f, &m);
	sample(&f, 10);
	assert_int_equal(pdiag_portraits_find(f.portraits, 10, see, &s), -ESRCH);
	assert_int_equal(info_of(&f).processes, 0);
	sample(&f, 10);
	assert_int_equal(info_of(&f).processes, 0);
	fixture_end(&f);
}

static void put_four(struct fixture *f, unsigned int i)
{
	for (int pid = 10; pid < 14; pid++) {
		struct made m = { .pid = pid, .start = 5, .run_ns = i * NS, .user = i * 10,
			.threads = 2 };
		char dir[32];

		put_process(f, &m);
		for (int tid = pid; tid < pid + 200; tid += 100) {
			snprintf(dir, sizeof(dir), "%d/task/%d", pid, tid);
			put_counted(f, dir, i * NS, i * NS, 0, 0, 0);
		}
	}
}

/* Out of memory at each allocation: it says so, and all is there at the next sample. */
static void no_memory(void **state)
{
	const struct pdiag_portrait_clock clock = { .now = fixture_now };
	struct pdiag_portrait_clock own = clock;
	unsigned long n, failed = 1;
	struct seen s = { .count = 0 };
	struct fixture f;
	int ret[3], all;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	fixture_begin(&f);
	own.user = &f;
	for (n = 0; failed; n++) {
		put_four(&f, 1);
		fail_alloc_start(n);
		ret[0] = pdiag_portraits_make(f.context, &f.options, &own, &f.portraits);
		failed = (unsigned long)fail_alloc_stop();
		if (ret[0]) {
			assert_int_equal(ret[0], -ENOMEM);
			continue;
		}
		all = failed;
		for (unsigned int i = 0; i < 3; i++) {
			put_four(&f, i + 1);
			f.mono += 10 * NS;
			if (!all)
				fail_alloc_start(n / 3);
			ret[i] = pdiag_portraits_sample(f.portraits);
			failed |= (unsigned long)fail_alloc_stop();
			assert_true(ret[i] == 1 || ret[i] == -ENOMEM);
		}
		put_four(&f, 5);
		sample(&f, 10);
		assert_int_equal(info_of(&f).processes, 4);
		if (!failed)
			break;
		pdiag_portraits_free(f.portraits);
		f.portraits = NULL;
	}
	assert_true(n > 20);
	put_four(&f, 6);
	sample(&f, 10);
	assert_true(value(&f, 13, PDIAG_QUANTITY_RUN_DELAY) > 0);
	for (n = 0;; n++) {
		s.count = 0;
		fail_alloc_start(n);
		all = pdiag_portraits_each(f.portraits, PDIAG_ORDER_CPU, 2, see, &s);
		if (!fail_alloc_stop())
			break;
		assert_true(!all || all == -ENOMEM);
	}
	assert_int_equal(all, 0);
	assert_int_equal(s.count, 2);
	fixture_end(&f);
}

/* Files that were cut, or are of somebody's making: nothing of them is believed. */
static void nonsense(void **state)
{
	static const char *const files[] = { "stat", "schedstat", "status", "io", "sched" };
	static const char *const junk[] = { "", "\n", "garbage", "10 (", "10 (x", "10 (x) ",
		"10 (x) S", "10 (x) S 1 1 1\n", "(((((((((((((((((()\n", ")", "(\n)",
		"99999999999999999999 99999999999999999999 99999999999999999999\n",
		"-1 -1 -1\n", "voluntary_ctxt_switches:\n", "Uid:\nvoluntary_ctxt_switches: x\n",
		"syscr: 99999999999999999999\nsyscw:", "se.nr_migrations : \n", "nr_migrations:-\n",
		"\nUid:\t-1\n", "read_bytes: \xff\n" };
	uint64_t random = 7;
	struct fixture f;
	struct made m = { .pid = 10, .start = 5 };

	(void)state;
	fixture_begin(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	for (int round = 0; round < 400; round++) {
		char text[600];
		size_t len = 0;

		m.user += 100;
		m.run_ns += NS;
		put_process(&f, &m);
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			if (random >> 62)
				continue;
			if (random >> 61 & 1) {
				put_file(&f, "10", files[i], junk[(random >> 33) % 20]);
				continue;
			}
			for (len = 0; len < (random >> 50) % 500; len++)
				text[len] = "0123456789 ():\nabcS-"[(random >> (len % 40)) % 20];
			text[len] = '\0';
			put_file(&f, "10", files[i], text);
		}
		f.mono += 10 * NS;
		assert_int_equal(pdiag_portraits_sample(f.portraits), 1);
		if (info_of(&f).processes)
			look_at(&f, 10);
	}
	fixture_end(&f);
}

/* Names with all that the kernel allows in them. */
static void names(void **state)
{
	static const char *const odd[] = { ")", "(", ") S 1 2 3 (", "\n", " ", "a b", ")))",
		"\xff" };
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	for (int i = 0; i < 8; i++) {
		struct made m = { .pid = 10 + i, .start = 5, .comm = odd[i], .ppid = 7 };

		put_process(&f, &m);
	}
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	for (int i = 0; i < 8; i++) {
		assert_string_equal(look_at(&f, 10 + i).name, odd[i]);
		assert_int_equal(look_at(&f, 10 + i).portrait.parent, 7);
	}
	fixture_end(&f);
}

/* No descriptor left: the sample fails, and nobody is thought to have ended. */
static void no_descriptor(void **state)
{
	struct made m = { .pid = 10, .start = 5 };
	struct rlimit before, few;
	struct fixture f;
	int fd, last = -1;

	(void)state;
	fixture_begin(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	f.mono += 10 * NS;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while ((fd = dup(0)) >= 0)
		last = last < 0 ? fd : last;
	assert_int_equal(pdiag_portraits_sample(f.portraits), -EMFILE);
	for (fd = 63; last >= 0 && fd >= last; fd--)
		if (fd != f.portraits->proc_fd)
			close(fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(info_of(&f).processes, 1);
	sample(&f, 10);
	assert_int_equal(info_of(&f).processes, 1);
	assert_int_equal(info_of(&f).ended, 0);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options), cmocka_unit_test(info), cmocka_unit_test(limits),
		cmocka_unit_test(one_process), cmocka_unit_test(no_memory),
		cmocka_unit_test(nonsense), cmocka_unit_test(names),
		cmocka_unit_test(no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
