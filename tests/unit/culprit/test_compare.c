/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is told for a hog, a storm, a convoy; and who is not: for resting, queueing, a restart. */
#include "unit/culprit/scene.h"

#include "culprit/compare.h"
#include "support/fail_alloc.h"

static void test_quiet(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 2);
	compare(s);
	assert_int_equal(pdiag_culprits_count(s->found), 0);
	assert_null(pdiag_culprits_get(s->found, 0));
}

/* Two addresses of a function are one; those who queue because of it are not told. */
static void test_hog(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 0);
	window_run(s->trouble, "hog", 77, 9, "u:main<u#1:burn_cycles");
	window_run(s->trouble, "hog", 77, 8, "u:main<u#2:burn_cycles");
	window_run(s->trouble, "hog", 77, 1, "u:main<u:burn_cycles<k:irq");
	window_wait(s->trouble, "server", 10, PDIAG_STATE_PREEMPTED, 15, 0.02, "u:main<u:serve");
	compare(s);
	c = nth(s, PDIAG_CULPRIT_PROCESS, 0);
	assert_string_equal(c->process, "hog");
	assert_int_equal(c->pid, 77);
	assert_int_equal(c->processes, 1);
	assert_int_equal(c->state, PDIAG_STATE_RUNNING);
	assert_true(c->rate > 1.79 && c->rate < 1.81);
	assert_true(c->normal_rate == 0);
	assert_true(c->weight_ns == 18000000000ull);
	assert_true(c->share > 0.9 && c->significance > 5);
	assert_string_equal(c->sentence, "hog (pid 77) uses 1.8 CPUs in burn_cycles, normally 0");
	assert_null(of_process(s, "server"));
	c = nth(s, PDIAG_CULPRIT_STACK, 0);
	assert_int_equal(c->depth, 2);
	assert_string_equal(c->frames[0]->name, "burn_cycles");
	assert_string_equal(c->frames[1]->name, "main");
	assert_string_equal(c->comm, "hog");
	assert_null(nth(s, PDIAG_CULPRIT_STACK, 1));
}

/* A function that is new in a process that works all the time. */
static void test_function(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 0);
	window_run(s->trouble, "server", 10, 3, "u:main<u:serve<u:parse<u:bad_regex<u:backtrack");
	compare(s);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "server");
	assert_true(has_frame(nth(s, PDIAG_CULPRIT_STACK, 0), "bad_regex"));
	assert_string_equal(nth(s, PDIAG_CULPRIT_STACK, 0)->frames[0]->name, "backtrack");
}

/* Nothing has most of it but where all come from. */
static void test_prefix(void **state)
{
	struct scene *s = *state;
	char frames[128];

	usual(s->trouble, 10, 0);
	for (int i = 0; i < 6; i++) {
		snprintf(frames, sizeof(frames), "u:main<u:storm<k:do_syscall_64<k:sys_%d", i);
		window_run(s->trouble, "calls", 55, 1.5, frames);
	}
	window_run(s->trouble, "calls", 55, 0.5, "u:main<u:other");
	compare(s);
	assert_string_equal(nth(s, PDIAG_CULPRIT_STACK, 0)->frames[0]->name, "do_syscall_64");
	assert_true(has_frame(nth(s, PDIAG_CULPRIT_STACK, 0), "storm"));
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->sentence,
		"calls (pid 55) uses 0.95 CPUs in storm (kernel: do_syscall_64), normally 0");
}

static void test_fork_storm(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 0);
	window_run(s->trouble, "spawner", 50, 3, "u:main<u:spawn<k:kernel_clone");
	for (int32_t pid = 1000; pid < 3000; pid++)
		window_run(s->trouble, "child", pid, 0.01, pid % 2 ? "k:do_exit" : "u:main<k:x");
	compare(s);
	c = of_process(s, "child");
	assert_non_null(c);
	assert_int_equal(c->pid, 0);
	assert_int_equal(c->processes, 2000);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "child");
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 1)->process, "spawner");
}

/* One of two of the same name, while the other has less to do. */
static void test_one_of_two(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	for (int i = 0; i < NORMAL; i++) {
		window_run(s->normal[i], "python3", 40, 6, "u:main<u:a");
		window_run(s->normal[i], "python3", 41, 2, "u:main<u:b");
	}
	usual(s->trouble, 10, 0);
	window_run(s->trouble, "python3", 40, 0.2, "u:main<u:a");
	window_run(s->trouble, "python3", 41, 8, "u:main<u:b");
	compare(s);
	c = nth(s, PDIAG_CULPRIT_PROCESS, 0);
	assert_string_equal(c->process, "python3");
	assert_int_equal(c->pid, 41);
	assert_true(c->normal_rate > 0.1 && c->normal_rate < 0.15);
}

static void test_restart(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < NORMAL; i++)
		window_run(s->normal[i], "nginx", 60, 6, "u:main<u:worker");
	usual(s->trouble, 10, 0);
	window_run(s->trouble, "nginx", 61, 4, "u:main<u:worker");
	compare(s);
	assert_int_equal(pdiag_culprits_count(s->found), 0);
}

/* Many wait for storage because of one who writes; a victim waits longer, too. */
static void test_storage(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 0);
	window_wait(s->trouble, "server", 10, PDIAG_STATE_IO, 3, 0.2,
		"u:main<u:serve<u:save<k:io_schedule");
	for (int32_t pid = 80; pid < 88; pid++) {
		window_wait(s->trouble, "writer", pid, PDIAG_STATE_IO, 9, 0.05,
			"u:main<u:write_all<k:balance_dirty_pages");
		window_run(s->trouble, "writer", pid, 0.2, "u:main<u:write_all<k:copy");
	}
	compare(s);
	c = nth(s, PDIAG_CULPRIT_PROCESS, 0);
	assert_string_equal(c->process, "writer");
	assert_int_equal(c->state, PDIAG_STATE_IO);
	assert_int_equal(c->processes, 8);
	assert_string_equal(c->sentence,
		"writer (8 processes) waits for storage in write_all: 7.2 threads, normally 0");
	assert_true(has_frame(nth(s, PDIAG_CULPRIT_STACK, 0), "write_all"));
}

static void test_of_its_time(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 0);
	window_wait(s->trouble, "server", 10, PDIAG_STATE_IO, 5, 0.1,
		"u:main<u:serve<u:save<k:io_schedule");
	compare(s);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->sentence,
		"server (pid 10) waits for storage in save: 37 % of its time, normally 4 %");
}

/* A pool of idle threads comes up, and a service rests more: nobody's fault. */
static void test_rest(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 0);
	window_wait(s->trouble, "newpool", 90, PDIAG_STATE_FUTEX, 500, 10, "u:t<k:futex_wait");
	window_wait(s->trouble, "newpool", 90, PDIAG_STATE_POLL, 100, 10, "u:t<k:do_poll");
	window_wait(s->trouble, "pool", 30, PDIAG_STATE_FUTEX, 100, 10,
		"u:thread<u:next_job<k:futex_wait");
	window_wait(s->trouble, "rcu", 5, PDIAG_STATE_BLOCKED, 10, 0.01, "k:kthread<k:schedule");
	compare(s);
	assert_int_equal(pdiag_culprits_count(s->found), 0);
}

/* The threads of a pool stand at a lock instead of resting. */
static void test_convoy(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 0);
	for (int i = 0; i < NORMAL; i++)
		window_wait(s->normal[i], "app", 70, PDIAG_STATE_FUTEX, 16 * 15, 0.05,
			"u:thread<u:next_job<k:futex_wait");
	window_wait(s->trouble, "app", 70, PDIAG_STATE_FUTEX, 155, 0.01,
		"u:thread<u:job<u:hot_lock<k:futex_wait");
	compare(s);
	c = nth(s, PDIAG_CULPRIT_PROCESS, 0);
	assert_non_null(c);
	assert_string_equal(c->process, "app");
	assert_int_equal(c->state, PDIAG_STATE_FUTEX);
	assert_true(has_frame(nth(s, PDIAG_CULPRIT_STACK, 0), "hot_lock"));
}

/* Uninterruptible by vfork(): no rest, however long. */
static void test_stuck(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 0);
	window_wait(s->trouble, "stuck", 65, PDIAG_STATE_BLOCKED, 400, 10,
		"u:main<u:blocked<k:kernel_clone<k:wait_for_vfork_done<k:schedule");
	compare(s);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "stuck");
	assert_true(has_frame(nth(s, PDIAG_CULPRIT_STACK, 0), "blocked"));
}

/* Everybody waits for memory because of one who takes it. */
static void test_memory(void **state)
{
	struct scene *s = *state;
	const char *fault = "u:main<u:grow<k:asm_exc_page_fault<k:exc_page_fault<k:clear_page_erms";

	usual(s->trouble, 10, 0);
	window_run(s->trouble, "eater", 66, 5, fault);
	window_wait(s->trouble, "eater", 66, PDIAG_STATE_PAGE_FAULT, 3, 0.01, fault);
	for (int32_t pid = 100; pid < 104; pid++)
		window_wait(s->trouble, "victim", pid, PDIAG_STATE_PAGE_FAULT, 5, 0.02,
			"u:main<u:work<k:asm_exc_page_fault<k:filemap_fault");
	for (int i = 0; i < NORMAL; i++)
		for (int32_t pid = 100; pid < 104; pid++)
			window_run(s->normal[i], "victim", pid, 3, "u:main<u:work");
	compare(s);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "eater");
	assert_true(has_frame(nth(s, PDIAG_CULPRIT_STACK, 0), "grow"));
	assert_non_null(of_process(s, "victim"));
}

static void test_nothing_to_compare(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 0);
	assert_int_equal(pdiag_culprits_new(NULL, 0, s->trouble, NULL, &s->found), 0);
	c = pdiag_culprits_get(s->found, 0);
	assert_string_equal(c->process, "server");
	assert_true(c->significance == 0);
	assert_string_equal(c->sentence, "server (pid 10) uses 0.40 CPUs in parse");
	pdiag_culprits_free(s->found);
	pdiag_culprits_free(NULL);
}

/* What names hold does not get into sentences. */
static void test_hostile(void **state)
{
	struct scene *s = *state;
	const char *sentence;

	usual(s->trouble, 10, 0);
	window_run(s->trouble, "bad\n\x1b[31m\xff", 9, 9, "u:main<u:new\nline");
	compare(s);
	sentence = nth(s, PDIAG_CULPRIT_PROCESS, 0)->sentence;
	assert_string_equal(sentence,
		"bad\\x0a\\x1b[31m\\xff (pid 9) uses 0.90 CPUs in new\\x0aline, normally 0");
}

static void test_wrong(void **state)
{
	struct scene *s = *state;
	struct pdiag_culprits_options o = { .size = sizeof(o) };
	struct pdiag_profile *none[1] = { NULL };
	struct {
		struct pdiag_culprits_options o;
		char tail;
	} later = { 0 };
	struct pdiag *other;

	assert_int_equal(pdiag_culprits_new(s->normal, 1, NULL, NULL, &s->found), -EINVAL);
	assert_int_equal(pdiag_culprits_new(s->normal, 1, s->trouble, NULL, NULL), -EINVAL);
	assert_int_equal(pdiag_culprits_new(NULL, 1, s->trouble, NULL, &s->found), -EINVAL);
	assert_int_equal(pdiag_culprits_new(none, 1, s->trouble, NULL, &s->found), -EINVAL);
	o.flags = 8;
	assert_int_equal(pdiag_culprits_new(s->normal, 1, s->trouble, &o, &s->found), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "flags"));
	o.flags = 0;
	o.significance = -1;
	assert_int_equal(pdiag_culprits_new(s->normal, 1, s->trouble, &o, &s->found), -EINVAL);
	o.significance = 0;
	o.min_share = 2;
	assert_int_equal(pdiag_culprits_new(s->normal, 1, s->trouble, &o, &s->found), -EINVAL);
	o.min_share = 0;
	o.max = 1u << 20;
	assert_int_equal(pdiag_culprits_new(s->normal, 1, s->trouble, &o, &s->found), -EINVAL);
	o.max = 0;
	o.size = sizeof(o) + 1;
	later.o = o;
	later.tail = 1;
	assert_int_equal(pdiag_culprits_new(s->normal, 1, s->trouble, &later.o, &s->found), -E2BIG);
	o.size = 8;
	assert_int_equal(pdiag_culprits_new(s->normal, 1, s->trouble, &o, &s->found), -EINVAL);
	assert_null(s->found);
	assert_int_equal(pdiag_open(NULL, &other), 0);
	none[0] = made_profile(other);
	assert_int_equal(pdiag_culprits_new(none, 1, s->trouble, NULL, &s->found), -EINVAL);
	pdiag_close(other);
}

/* Sleeping in a new process is no news; in one that did something else, and sleeps often now, it
 * may be. */
static void test_sleep(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	for (int i = 0; i < NORMAL; i++)
		window_wait(s->normal[i], "retry", 95, PDIAG_STATE_POLL, 4 * 15, 5,
			"u:main<k:do_poll");
	usual(s->trouble, 10, 0);
	window_wait(s->trouble, "naps", 96, PDIAG_STATE_SLEEP, 40, 0.01, "u:main<k:do_nanosleep");
	window_wait(s->trouble, "retry", 95, PDIAG_STATE_SLEEP, 39, 0.01,
		"u:main<u:back_off<k:do_nanosleep");
	compare(s);
	assert_null(of_process(s, "naps"));
	c = of_process(s, "retry");
	assert_non_null(c);
	assert_int_equal(c->state, PDIAG_STATE_SLEEP);
}

/* Many processes that wait for storage longer, and one that works more and does it to them. */
static void test_victims(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < NORMAL; i++)
		for (int32_t pid = 300; pid < 303; pid++) {
			window_run(s->normal[i], "victim", pid, 1, "u:main<u:work");
			window_wait(s->normal[i], "victim", pid, PDIAG_STATE_IO, 0.2, 0.01,
				"u:main<u:load<k:io_schedule");
		}
	usual(s->trouble, 10, 0);
	for (int32_t pid = 300; pid < 303; pid++) {
		window_run(s->trouble, "victim", pid, 0.3, "u:main<u:work");
		window_wait(s->trouble, "victim", pid, PDIAG_STATE_IO, 6, 0.4,
			"u:main<u:load<k:io_schedule");
	}
	window_run(s->trouble, "copier", 400, 2, "u:main<u:copy<k:copy_to_user");
	window_wait(s->trouble, "copier", 400, PDIAG_STATE_IO, 7, 0.02,
		"u:main<u:copy<k:io_schedule");
	compare(s);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "copier");
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 1)->process, "victim");
}

/* Threads of the kernel: those of all CPUs are one, and stand behind who keeps them busy. */
static void test_kernel_threads(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 0);
	for (int32_t cpu = 0; cpu < 4; cpu++) {
		char name[32];

		snprintf(name, sizeof(name), "kworker/%d:1", cpu);
		window_run(s->trouble, name, 500 + cpu, 2, "k:ret_from_fork<k:kthread<k:work");
	}
	window_run(s->trouble, "asker", 600, 6, "u:main<u:ask<k:queue_work");
	compare(s);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "asker");
	c = of_process(s, "kworker");
	assert_non_null(c);
	assert_int_equal(c->processes, 4);
}

static void test_max(void **state)
{
	struct scene *s = *state;
	struct pdiag_culprits_options o = { .size = sizeof(o), .max = 2 };
	char name[32];

	usual(s->trouble, 10, 0);
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "hog%d", i);
		window_run(s->trouble, name, 200 + i, 5 + i, "u:main<u:burn");
	}
	assert_int_equal(pdiag_culprits_new(s->normal, NORMAL, s->trouble, &o, &s->found), 0);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "hog5");
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 1)->process, "hog4");
	assert_null(nth(s, PDIAG_CULPRIT_PROCESS, 2));
	assert_string_equal(nth(s, PDIAG_CULPRIT_STACK, 0)->process, "hog5");
	assert_null(nth(s, PDIAG_CULPRIT_STACK, 2));
}

/* Windows that say nothing: empty, of no time, without samples off the CPU. */
static void test_says_nothing(void **state)
{
	struct scene *s = *state;
	struct pdiag_profile *lists[3];

	compare(s);
	assert_int_equal(pdiag_culprits_count(s->found), 0);
	lists[0] = window_new(s->context, 0);
	lists[1] = window_new(s->context, 15);
	lists[2] = window_new(s->context, 15);
	for (int i = 1; i < 3; i++)
		window_run(lists[i], "server", 10, 6, "u:main<u:serve<u:parse");
	usual(s->trouble, 10, 0);
	assert_int_equal(pdiag_culprits_new(lists, 3, s->trouble, NULL, &s->found), 0);
	for (uint32_t i = 0; i < pdiag_culprits_count(s->found); i++)
		assert_int_not_equal(pdiag_culprits_get(s->found, i)->state, PDIAG_STATE_IO);
}

static void test_no_memory(void **state)
{
	struct scene *s = *state;
	const struct pdiag_cgroups cgroups = { .ask = tell_cgroup };
	int ret;

	FAIL_ALLOC_OR_SKIP();
	usual(s->trouble, 10, 0);
	window_run(s->trouble, "hog", 77, 9, "u:main<u:burn");
	for (unsigned long n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_culprits_compare(s->normal, NORMAL, s->trouble, NULL, &cgroups, 0,
			&s->found);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	assert_int_equal(ret, 0);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "hog");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_quiet), TEST(test_hog), TEST(test_function), TEST(test_prefix),
		TEST(test_fork_storm), TEST(test_one_of_two), TEST(test_restart),
		TEST(test_storage), TEST(test_of_its_time), TEST(test_rest), TEST(test_convoy),
		TEST(test_stuck), TEST(test_memory), TEST(test_nothing_to_compare),
		TEST(test_hostile), TEST(test_wrong), TEST(test_max),
		TEST(test_sleep), TEST(test_victims), TEST(test_kernel_threads),
		TEST(test_says_nothing), TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
