/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who called the C library, which keeps no frame pointers: this program does. Without call frame
 * information the function that calls it is missing from nearly all of these stacks.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define HZ 999
#define ON_CPU_MS 300
#define WAITS 150
#define ATTEMPTS 5
#define BLOCK ((size_t)1 << 20)

/* Each calls the library in its middle: something is left to do, so that no call is a jump. */
#define CALLER __attribute__((noinline, noclone)) static void
#define STAY __asm__ volatile("" : : : "memory")

static char *block;
static int file;

CALLER clear_in_libc(void)
{
	memset(block, file, BLOCK);
	STAY;
}

CALLER read_in_libc(void)
{
	/* From memory: the file is a small one. */
	for (int i = 0; i < 16; i++)
		if (pread(file, block, BLOCK, 0) < 0)
			abort();
	STAY;
}

CALLER open_in_libc(void)
{
	for (int i = 0; i < 100; i++)
		close(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	STAY;
}

__attribute__((noinline)) static int compare_slowly(const void *a, const void *b)
{
	for (volatile int i = 0; i < 20000; i++)
		;
	return *(const int *)a - *(const int *)b;
}

CALLER sort_in_libc(void)
{
	int list[4] = { 4, 3, 2, 1 };

	qsort(list, 4, sizeof(list[0]), compare_slowly);
	STAY;
}

CALLER sleep_in_libc(void)
{
	struct timespec t = { .tv_nsec = 1000000 };

	nanosleep(&t, NULL);
	STAY;
}

CALLER poll_in_libc(void)
{
	poll(NULL, 0, 1);
	STAY;
}

/* vfork() keeps its return address in a register: the child would overwrite it on the stack. */
CALLER vfork_in_libc(void)
{
	struct timespec t = { .tv_nsec = 1000000 };
	pid_t pid = vfork();

	if (!pid) {
		nanosleep(&t, NULL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	STAY;
}

static const struct job {
	const char *name;
	void (*run)(void);
	uint32_t events;
} jobs[] = {
	{ "clear_in_libc", clear_in_libc, PDIAG_ON_CPU },
	{ "read_in_libc", read_in_libc, PDIAG_ON_CPU },
	{ "open_in_libc", open_in_libc, PDIAG_ON_CPU },
	{ "sort_in_libc", sort_in_libc, PDIAG_ON_CPU },
	{ "sleep_in_libc", sleep_in_libc, PDIAG_OFF_CPU },
	{ "poll_in_libc", poll_in_libc, PDIAG_OFF_CPU },
	{ "vfork_in_libc", vfork_in_libc, PDIAG_OFF_CPU },
};

static double thread_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Within `work_at_it` there is nothing but the job. */
__attribute__((noinline)) static void *work_at_it(void *user)
{
	const struct job *job = user;
	double end;

	pthread_setname_np(pthread_self(), "worker");
	if (job->events == PDIAG_ON_CPU)
		/* Asking for the time takes some, too. */
		for (end = thread_ms() + ON_CPU_MS; thread_ms() < end;)
			for (int i = 0; i < 20; i++)
				job->run();
	else
		for (int i = 0; i < WAITS; i++)
			job->run();
	STAY;
	return NULL;
}

struct sum {
	const char *name;
	uint64_t samples, named, whole;
};

static bool has(const struct pdiag_stack *stack, const char *name)
{
	for (uint32_t i = 0; i < stack->depth; i++)
		if (!strcmp(stack->frames[i]->name, name))
			return true;
	return false;
}

static int add(void *user, const struct pdiag_stack *stack)
{
	struct sum *sum = user;

	/* Not children, which end here and there. */
	if (strcmp(stack->comm, "worker") || stack->pid != getpid())
		return 0;
	sum->samples += stack->samples;
	if (!has(stack, sum->name))
		return 0;
	sum->named += stack->samples;
	sum->whole += has(stack, "work_at_it") ? stack->samples : 0;
	return 0;
}

static bool is_known(const struct sum *sum)
{
	return sum->samples >= 20 && sum->named * 10 >= sum->samples * 9 &&
		sum->whole * 100 >= sum->named * 99;
}

static struct sum sample_job(struct pdiag *context, const struct job *job, uint32_t source)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = HZ,
		.events = job->events, .source = source };
	struct sum sum = { .name = job->name };
	struct pdiag_capture *capture;
	pthread_t thread;
	int ret;

	ret = pdiag_capture_new(context, &options, &capture);
	if (ret == -ENOENT || ret == -EACCES || ret == -EPERM) {
		printf("skipped: %s\n", pdiag_errmsg());
		pdiag_close(context);
		skip();
	}
	assert_int_equal(ret, 0);
	assert_int_equal(pdiag_capture_start(capture), 0);
	assert_int_equal(pthread_create(&thread, NULL, work_at_it, (void *)(uintptr_t)job), 0);
	pthread_join(thread, NULL);
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(
		pdiag_profile_each_stack(pdiag_capture_profile(capture), add, &sum), 0);
	pdiag_capture_free(capture);
	printf("%s: %llu samples, %llu with it, %llu and its caller\n", job->name,
		(unsigned long long)sum.samples, (unsigned long long)sum.named,
		(unsigned long long)sum.whole);
	return sum;
}

/* Files are read for a part of the time only: what is not known yet is known the next time. */
static void try_job(struct pdiag *context, const struct job *job, uint32_t source)
{
	struct sum sum = { .samples = 0 };
	const char *slow = getenv("PDIAG_SLOW");
	int attempts = ATTEMPTS * (slow ? atoi(slow) : 1);

	for (int i = 0; i < attempts && !is_known(&sum); i++)
		sum = sample_job(context, job, source);
	assert_true(is_known(&sum));
}

static void run_jobs(uint32_t events, uint32_t source)
{
	struct pdiag *context;

#if !defined(__x86_64__)
	printf("skipped: callers are found on x86-64 only\n");
	skip();
#endif
	assert_int_equal(pdiag_open(NULL, &context), 0);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		if (jobs[i].events == events)
			try_job(context, &jobs[i], source);
	pdiag_close(context);
}

static void running(void **state)
{
	(void)state;
	run_jobs(PDIAG_ON_CPU, PDIAG_SOURCE_PERF);
}

static void running_by_module(void **state)
{
	(void)state;
	run_jobs(PDIAG_ON_CPU, PDIAG_SOURCE_KMOD);
}

static void waiting(void **state)
{
	(void)state;
	run_jobs(PDIAG_OFF_CPU, PDIAG_SOURCE_PERF);
}

static void waiting_by_module(void **state)
{
	(void)state;
	run_jobs(PDIAG_OFF_CPU, PDIAG_SOURCE_KMOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(running),
		cmocka_unit_test(waiting),
		cmocka_unit_test(running_by_module),
		cmocka_unit_test(waiting_by_module),
	};

	block = malloc(BLOCK);
	file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (!block || file < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
