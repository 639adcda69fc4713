/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Task dumps out of a ring that the test fills, nonsense and lack of memory included; of /proc. */
#include "support/fail_alloc.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <pdiag/pdiag.h>

#include "support/kmod_ring.h"
#include "tasks/tasks.h"

struct fixture {
	struct pdiag *context;
	struct pdiag_tasks *tasks;
	struct fake_ring *fake;
	struct pdiag_kring ring;
};

static int set_up(void **state)
{
	struct pdiag_tasks_options options = { .size = sizeof(options),
		.source = PDIAG_SOURCE_PERF, .flags = PDIAG_TASKS_ALL };
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(pdiag_open(NULL, &f->context), 0);
	assert_int_equal(pdiag_tasks_new(f->context, &options, &f->tasks), 0);
	f->fake = aligned_alloc(64, sizeof(*f->fake) + 64);
	fake_ring_init(f->fake, &f->ring, 2, 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pdiag_close(f->context);
	free(f->fake);
	free(f);
	return 0;
}

static void put_begin(struct fixture *f, uint64_t id, uint32_t by)
{
	struct pdiag_kmod_tasks_begin r = { .id = id, .by = by, .load = 150, .value = 42 };

	fake_ring_put(f->fake, &r, sizeof(r), PDIAG_KMOD_TASKS_BEGIN, 0, 1000);
}

/* A task of a process that is not there: it is the kernel that the dump is about. */
static void put_task(struct fixture *f, uint32_t tid, char letter, uint32_t stack, uint16_t flags)
{
	struct pdiag_kmod_task r = { .pid = 0x7ffffff0, .tid = tid, .state = (unsigned char)letter,
		.stack = stack, .cpu = 1, .start = 77, .comm = "fifteen letters" };

	fake_ring_put(f->fake, &r, sizeof(r), PDIAG_KMOD_TASK, flags, 1001);
}

static void put_end(struct fixture *f, uint64_t id, uint32_t lost)
{
	struct pdiag_kmod_tasks_end r = { .id = id, .runnable = 1, .blocked = 2, .lost = lost,
		.took_ns = 5 };

	fake_ring_put(f->fake, &r, sizeof(r), PDIAG_KMOD_TASKS_END, 0, 1002);
}

static void put_stack(struct fixture *f, uint32_t id, uint32_t nr)
{
	uint64_t ips[PDIAG_KMOD_DEPTH_MAX + 2] = { PERF_CONTEXT_USER };

	for (uint32_t i = 1; i < nr; i++)
		ips[i] = 0x1000 + i;
	fake_ring_stack(f->fake, 1000, id, ips, nr);
}

static void put_dump(struct fixture *f, uint64_t id)
{
	put_begin(f, id, 0);
	put_stack(f, 3 * PDIAG_TASKS_STACKS + 5, 4);
	put_task(f, 10, 'R', 3 * PDIAG_TASKS_STACKS + 5, PDIAG_KMOD_RUNNING);
	put_task(f, 11, 'D', 3 * PDIAG_TASKS_STACKS + 5, 0);
	put_task(f, 12, 'D', PDIAG_KMOD_NO_STACK, 0);
	put_end(f, id, 3);
}

static int expect_task(void *user, const struct pdiag_task *task)
{
	unsigned int *seen = user;

	assert_in_range(task->tid, 10, 12);
	assert_int_equal(*seen & 1u << task->tid, 0);
	*seen |= 1u << task->tid;
	assert_int_equal(task->pid, 0x7ffffff0);
	assert_int_equal(task->letter, task->tid == 10 ? 'R' : 'D');
	assert_int_equal(task->running, task->tid == 10);
	assert_int_equal(task->state,
		task->tid == 10 ? PDIAG_STATE_RUNNING : PDIAG_STATE_BLOCKED);
	assert_int_equal(task->depth, task->tid == 12 ? 0 : 3);
	assert_int_equal(task->cpu, 1);
	assert_int_equal(task->start_ns, 77);
	assert_string_equal(task->comm, "fifteen letters");
	return 0;
}

static void check_dump(struct pdiag_dump *dump, uint64_t id)
{
	struct pdiag_dump_info info = { .size = sizeof(info) };
	struct pdiag_profile_info profile = { .size = sizeof(profile) };
	unsigned int seen = 0;

	assert_int_equal(pdiag_dump_get_info(dump, &info), 0);
	assert_int_equal(info.id, id);
	assert_int_equal(info.load, 150);
	assert_int_equal(info.runnable, 1);
	assert_int_equal(info.blocked, 2);
	assert_int_equal(info.tasks, 3);
	assert_int_equal(info.lost, 3);
	assert_int_equal(info.time_ns, 1000);
	assert_string_equal(info.source, "kmod");
	assert_int_equal(pdiag_dump_each_task(dump, expect_task, &seen), 0);
	assert_int_equal(seen, 7 << 10);
	assert_int_equal(pdiag_profile_get_info(pdiag_dump_profile(dump), &profile), 0);
	assert_int_equal(profile.samples, 3);
	assert_int_equal(profile.on_cpu_ns, 1000);
	assert_int_equal(profile.off_cpu_ns, 2000);
}

static void test_ring(void **state)
{
	struct fixture *f = *state;
	struct pdiag_kmod_frozen unknown = { .by = 1 };
	struct pdiag_dump *dump;

	put_dump(f, 7);
	/* The stack is known from the first one on; what is not known is passed over. */
	put_begin(f, 8, 1 + PDIAG_KMOD_ON_BLOCKED);
	fake_ring_put(f->fake, &unknown, sizeof(unknown), 999, 0, 5);
	put_task(f, 11, 'D', 3 * PDIAG_TASKS_STACKS + 5, 0);
	put_end(f, 8, 0);
	assert_int_equal(pdiag_tasks_kmod_read(f->tasks, &f->ring), 0);
	assert_int_equal(pdiag_tasks_dispatch(f->tasks), 2);
	assert_int_equal(pdiag_tasks_take(f->tasks, &dump), 1);
	check_dump(dump, 7);
	pdiag_dump_free(dump);
	assert_int_equal(pdiag_tasks_wait(f->tasks, 1000, &dump), 1);
	assert_int_equal(dump->info.triggered, 1);
	assert_int_equal(dump->info.on, PDIAG_TRIGGER_BLOCKED);
	assert_int_equal(dump->info.value, 42);
	assert_int_equal(dump->count, 1);
	/* It goes with its context. */
	assert_int_equal(pdiag_tasks_take(f->tasks, &dump), 0);
	assert_null(dump);
}

/* A task before a beginning, a dump without an end, one whose beginning is lost. */
static void test_halves(void **state)
{
	struct fixture *f = *state;
	struct pdiag_dump *dump;

	put_task(f, 10, 'R', PDIAG_KMOD_NO_STACK, 0);
	put_end(f, 1, 0);
	put_begin(f, 2, 0);
	put_task(f, 10, 'R', 1234, 0); /* no such stack */
	put_dump(f, 3);
	put_begin(f, 4, 0);
	assert_int_equal(pdiag_tasks_kmod_read(f->tasks, &f->ring), 0);
	assert_int_equal(pdiag_tasks_take(f->tasks, &dump), 1);
	check_dump(dump, 3);
	assert_int_equal(pdiag_tasks_take(f->tasks, &dump), 0);
}

static void test_nonsense(void **state)
{
	struct fixture *f = *state;
	struct pdiag_kmod_stack stack = { .nr = PDIAG_KMOD_DEPTH_MAX + 3 };
	struct pdiag_kmod_task task = { .pid = 0x80000000u };

	fake_ring_put(f->fake, &stack, sizeof(stack), PDIAG_KMOD_STACK, 0, 1);
	assert_int_equal(pdiag_tasks_kmod_read(f->tasks, &f->ring), -EBADMSG);
	stack.nr = 2; /* more than its length has */
	fake_ring_put(f->fake, &stack, sizeof(stack), PDIAG_KMOD_STACK, 0, 1);
	assert_int_equal(pdiag_tasks_kmod_read(f->tasks, &f->ring), -EBADMSG);
	fake_ring_put(f->fake, &task, sizeof(task), PDIAG_KMOD_TASK, 0, 1);
	assert_int_equal(pdiag_tasks_kmod_read(f->tasks, &f->ring), -EBADMSG);
	for (uint16_t type = PDIAG_KMOD_TASKS_BEGIN; type <= PDIAG_KMOD_TASKS_END; type++) {
		fake_ring_put(f->fake, &task, sizeof(struct pdiag_kmod_frozen), type, 0, 1);
		assert_int_equal(pdiag_tasks_kmod_read(f->tasks, &f->ring), -EBADMSG);
	}
	put_dump(f, 1);
	assert_int_equal(pdiag_tasks_kmod_read(f->tasks, &f->ring), 0);
	assert_int_equal(pdiag_tasks_dispatch(f->tasks), 1);
}

/* Nobody takes them: the last ones are kept. */
static void test_pile(void **state)
{
	struct fixture *f = *state;
	struct pdiag_dump *dump;

	for (uint64_t id = 1; id <= 20; id++) {
		put_dump(f, id);
		assert_int_equal(pdiag_tasks_kmod_read(f->tasks, &f->ring), 0);
	}
	assert_int_equal(pdiag_tasks_dispatch(f->tasks), 16);
	for (uint64_t id = 5; id <= 20; id++) {
		assert_int_equal(pdiag_tasks_take(f->tasks, &dump), 1);
		check_dump(dump, id);
		pdiag_dump_free(dump);
	}
}

static void test_memory(void **state)
{
	struct fixture *f = *state;
	struct pdiag_dump *dump;
	int ret, failed = 0;
	unsigned long n;

	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		put_dump(f, 1);
		fail_alloc_start(n);
		ret = pdiag_tasks_kmod_read(f->tasks, &f->ring);
		if (!fail_alloc_stop())
			break;
		assert_true(ret == 0 || ret == -ENOMEM);
		failed += ret == -ENOMEM;
		while (pdiag_tasks_take(f->tasks, &dump) > 0) {
			/* What is missing is counted. */
			assert_true(dump->info.tasks + dump->info.lost >= 3);
			pdiag_dump_free(dump);
		}
	}
	assert_true(n > 5 && failed > 5);
	assert_int_equal(pdiag_tasks_take(f->tasks, &dump), 1);
	check_dump(dump, 1);
}

/* ---- /proc ---- */

static _Atomic int stop;

static void *spin(void *tid)
{
	*(volatile int32_t *)tid = (int32_t)gettid();
	while (!stop)
		;
	return NULL;
}

static int count_ours(void *user, const struct pdiag_task *task)
{
	int32_t *tid = user;

	if (task->pid == (int32_t)getpid() && task->tid == tid[0]) {
		assert_int_equal(task->letter, 'R');
		tid[1]++;
	}
	return 0;
}

static void test_proc(void **state)
{
	struct fixture *f = *state;
	struct pdiag_dump_info info = { .size = sizeof(info) };
	struct pollfd poller = { .fd = pdiag_tasks_fd(f->tasks), .events = POLLIN };
	volatile int32_t tid[2] = { 0, 0 };
	struct pdiag_dump *dump;
	pthread_t thread;
	uint64_t id;

	stop = 0;
	assert_int_equal(pthread_create(&thread, NULL, spin, (void *)(uintptr_t)&tid[0]), 0);
	while (!tid[0])
		usleep(1000);
	assert_int_equal(poll(&poller, 1, 0), 0);
	assert_int_equal(pdiag_tasks_request(f->tasks, &id), 0);
	assert_int_equal(poll(&poller, 1, 0), 1);
	assert_int_equal(pdiag_tasks_wait(f->tasks, 0, &dump), 1);
	assert_int_equal(poll(&poller, 1, 0), 0);
	stop = 1;
	pthread_join(thread, NULL);
	assert_int_equal(pdiag_dump_get_info(dump, &info), 0);
	assert_int_equal(info.id, id);
	assert_string_equal(info.source, "proc");
	assert_string_not_equal(info.limits, "");
	assert_true(info.runnable >= 1 && info.tasks > info.runnable);
	assert_int_equal(pdiag_dump_each_task(dump, count_ours, (void *)(uintptr_t)tid), 0);
	assert_int_equal(tid[1], 1);
	pdiag_dump_free(dump);
}

static void test_options(void **state)
{
	struct fixture *f = *state;
	struct pdiag_tasks_options options = { .size = sizeof(options), .source = 9 };
	struct pdiag_trigger trigger = { .size = sizeof(trigger), .rise = 1 };
	struct pdiag_tasks *tasks;

	assert_int_equal(pdiag_tasks_new(f->context, &options, &tasks), -EINVAL);
	assert_null(tasks);
	options = (struct pdiag_tasks_options){ .size = sizeof(options), .max_depth = 255 };
	assert_int_equal(pdiag_tasks_new(f->context, &options, &tasks), -EINVAL);
	assert_int_equal(pdiag_tasks_set_trigger(f->tasks, &trigger), -EOPNOTSUPP);
	trigger.on = 3;
	assert_int_equal(pdiag_tasks_set_trigger(f->tasks, &trigger), -EINVAL);
	pdiag_tasks_free(NULL);
	pdiag_dump_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_ring), TEST(test_halves), TEST(test_nonsense), TEST(test_pile),
		TEST(test_memory), TEST(test_proc), TEST(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
