/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A flight recorder of this process, which knows what it did in the last seconds, and before. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <time.h>

#include <pdiag/pdiag.h>

#include "support/hanging.h"

#define SECOND 1000000000ull

static struct pdiag *context;

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static volatile uint64_t sink;

/* For so long by the clock on the wall; returns the CPU time that it got. */
#define DEFINE_PHASE(name, constant) \
	static uint64_t __attribute__((noipa)) name(uint64_t ms) \
	{ \
		uint64_t cpu = now(CLOCK_THREAD_CPUTIME_ID); \
		uint64_t end = now(CLOCK_MONOTONIC) + ms * 1000000; \
		while (now(CLOCK_MONOTONIC) < end) \
			for (int i = 0; i < 20000; i++) \
				sink = sink * (constant) + 1; \
		return now(CLOCK_THREAD_CPUTIME_ID) - cpu; \
	}

DEFINE_PHASE(phase_old, 3)
DEFINE_PHASE(phase_recent, 5)
DEFINE_PHASE(phase_frozen, 7)
DEFINE_PHASE(phase_again, 9)

struct sums {
	const char *name;
	pid_t pid; /* 0: any */
	uint64_t ns;
};

static int add_named(void *user, const struct pdiag_stack *stack)
{
	struct sums *s = user;

	if (s->pid && stack->pid != s->pid)
		return 0;
	for (uint32_t i = 0; i < stack->depth; i++)
		if (!strcmp(stack->frames[i]->name, s->name)) {
			s->ns += stack->weight_ns;
			break;
		}
	return 0;
}

static uint64_t time_of(struct pdiag_profile *profile, pid_t pid, const char *name)
{
	struct sums s = { .name = name, .pid = pid };

	assert_int_equal(pdiag_profile_each_stack(profile, add_named, &s), 0);
	print_message("   %s: %.3f s\n", name, (double)s.ns / 1e9);
	return s.ns;
}

static uint64_t time_in(struct pdiag_profile *profile, const char *name)
{
	return time_of(profile, 0, name);
}

static struct pdiag_capture_info info_of(struct pdiag_capture *c)
{
	struct pdiag_capture_info info = { .size = sizeof(info) };

	assert_int_equal(pdiag_capture_get_info(c, &info), 0);
	return info;
}

static bool readable(struct pdiag_capture *c)
{
	struct pollfd p = { .fd = pdiag_capture_fd(c), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* All that it has for now. Returns the samples. */
static uint64_t dispatch(struct pdiag_capture *c)
{
	uint64_t before = info_of(c).samples;

	do
		assert_true(pdiag_capture_dispatch(c) >= 0);
	while (readable(c) && info_of(c).frozen);
	return info_of(c).samples - before;
}

static struct pdiag_capture *begin(uint32_t source, uint32_t events, uint32_t seconds)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 499,
		.source = source, .events = events, .flight_sec = seconds, .budget_ppm =
		source == PDIAG_SOURCE_KMOD ? 500000 : 0 };
	struct pdiag_capture *c;

	if (pdiag_capture_new(context, &options, &c)) {
		print_message("skipped: %s\n", pdiag_errmsg());
		skip();
	}
	assert_int_equal(pdiag_capture_start(c), 0);
	return c;
}

/* Phases of 50 ms; the CPU time that those of the last second got, or most of it. */
static uint64_t recent_phases(void)
{
	uint64_t begun[40], cpu[40], end, sum = 0;
	int count = 0;

	for (end = now(CLOCK_MONOTONIC) + SECOND * 105 / 100;
		now(CLOCK_MONOTONIC) < end && count < 40; count++) {
		begun[count] = now(CLOCK_MONOTONIC);
		cpu[count] = phase_recent(50);
	}
	end = now(CLOCK_MONOTONIC);
	for (int i = 0; i < count; i++)
		sum += end - begun[i] < SECOND ? cpu[i] : 0;
	return sum;
}

/* The least that samples of so much CPU time weigh: in emulation perf's ticks may not come. */
static uint64_t least(uint32_t source, uint64_t cpu)
{
	return source == PDIAG_SOURCE_PERF && getenv("PDIAG_VM") ? 0 : cpu * 6 / 10;
}

/* Two windows: each has its last second, and nothing of before. */
static void check_windows(uint32_t source)
{
	struct pdiag_profile_info profile_info = { .size = sizeof(profile_info) };
	struct pdiag_capture *c = begin(source, PDIAG_ON_CPU, 1);
	struct pdiag_capture_info info;
	struct pdiag_profile *window;
	uint64_t cpu;

	phase_old(1100);
	assert_int_equal(dispatch(c), 0);
	cpu = recent_phases();
	assert_int_equal(dispatch(c), 0);
	assert_int_equal(pdiag_capture_freeze(c), 0);
	assert_int_equal(pdiag_capture_freeze(c), 0);
	assert_true(readable(c));
	phase_frozen(200);
	assert_true(dispatch(c) > 0);
	info = info_of(c);
	assert_int_equal(info.frozen, 1);
	assert_int_equal(info.frozen_by, 0);
	assert_int_equal(info.flight_ns, SECOND);
	assert_int_equal(pdiag_capture_take(c, &window), 0);
	assert_int_equal(time_in(window, "phase_old"), 0);
	assert_int_equal(time_in(window, "phase_frozen"), 0);
	assert_in_range(time_in(window, "phase_recent"), least(source, cpu), SECOND * 105 / 100);
	assert_int_equal(pdiag_profile_get_info(window, &profile_info), 0);
	assert_int_equal(profile_info.duration_ns, SECOND);
	assert_int_equal(profile_info.lost, 0);
	pdiag_profile_free(window);

	assert_int_equal(pdiag_capture_thaw(c), 0);
	assert_int_equal(pdiag_capture_thaw(c), 0);
	assert_int_equal(info_of(c).frozen, 0);
	cpu = phase_again(400);
	assert_int_equal(dispatch(c), 0);
	/* It freezes, and gives what it holds. */
	assert_int_equal(pdiag_capture_stop(c), 0);
	info = info_of(c);
	assert_int_equal(info.frozen, 1);
	assert_in_range(info.flight_ns, SECOND * 4 / 10, SECOND);
	window = pdiag_capture_profile(c);
	assert_int_equal(time_in(window, "phase_recent"), 0);
	assert_int_equal(time_in(window, "phase_frozen"), 0);
	assert_in_range(time_in(window, "phase_again"), least(source, cpu),
		info.flight_ns * 105 / 100);
	assert_int_equal(pdiag_capture_freeze(c), -EINVAL);
	assert_int_equal(pdiag_profile_get_info(window, &profile_info), 0);
	assert_int_equal(profile_info.duration_ns, info.flight_ns);
}

static void __attribute__((noipa)) nap(uint64_t ms)
{
	struct timespec t = { .tv_nsec = (long)ms * 1000000 };

	nanosleep(&t, NULL);
	sink++;
}

/* Waits that ended in the window, those that have begun before it included. */
static void __attribute__((noipa)) check_waits(uint32_t source)
{
	struct pdiag_capture *c = begin(source, PDIAG_OFF_CPU, 1);
	struct pdiag_profile *window;
	uint64_t end, took, longest = 0;

	for (end = now(CLOCK_MONOTONIC) + SECOND * 12 / 10; now(CLOCK_MONOTONIC) < end;)
		nap(10);
	for (end = now(CLOCK_MONOTONIC) + SECOND * 105 / 100; now(CLOCK_MONOTONIC) < end;) {
		took = now(CLOCK_MONOTONIC);
		nap(200);
		took = now(CLOCK_MONOTONIC) - took;
		longest = took > longest ? took : longest;
	}
	assert_int_equal(pdiag_capture_freeze(c), 0);
	assert_true(dispatch(c) > 0);
	window = pdiag_capture_profile(c);
	/* Sleeping takes all of the time; the first of the naps reaches back behind the window. The
	 * C library may hide who called it, but not who called that. */
	assert_in_range(time_in(window, "check_waits"), SECOND * 7 / 10,
		SECOND + longest);
	pdiag_capture_free(c);
}

/* For how long it hung in a window that is frozen now. */
static uint64_t hung(struct pdiag_capture *c, pid_t pid)
{
	struct pdiag_profile *window;
	uint64_t ns;

	assert_int_equal(pdiag_capture_freeze(c), 0);
	dispatch(c);
	assert_int_equal(pdiag_capture_take(c, &window), 0);
	ns = time_of(window, pid, "kernel_clone");
	pdiag_profile_free(window);
	assert_int_equal(pdiag_capture_thaw(c), 0);
	return ns;
}

/* Who hangs through it all has left its CPU once. It is in each window, with the time since the one
 * before; and when it is back, in none. */
static void check_hanging(uint32_t source)
{
	struct pdiag_capture *c = begin(source, PDIAG_OFF_CPU, 2);
	uint64_t begun = now(CLOCK_MONOTONIC), first, all;
	pid_t pid, of;

	pid = hanging(&of);
	nap(500);
	first = hung(c, pid);
	assert_in_range(first, SECOND * 4 / 10, now(CLOCK_MONOTONIC) - begun);
	nap(500);
	all = first + hung(c, pid);
	assert_in_range(all, first + SECOND * 4 / 10, now(CLOCK_MONOTONIC) - begun);
	hanging_end(pid, of);
	hung(c, pid);
	nap(100);
	assert_int_equal(hung(c, pid), 0);
	pdiag_capture_free(c);
}

static void perf_hanging(void **state)
{
	(void)state;
	check_hanging(PDIAG_SOURCE_PERF);
}

static void kmod_hanging(void **state)
{
	(void)state;
	check_hanging(PDIAG_SOURCE_KMOD);
}

static void perf_windows(void **state)
{
	(void)state;
	check_windows(PDIAG_SOURCE_PERF);
}

static void perf_waits(void **state)
{
	(void)state;
	check_waits(PDIAG_SOURCE_PERF);
}

static void kmod_windows(void **state)
{
	(void)state;
	check_windows(PDIAG_SOURCE_KMOD);
}

static void kmod_waits(void **state)
{
	(void)state;
	check_waits(PDIAG_SOURCE_KMOD);
}

static void kmod_trigger(void **state)
{
	struct pdiag_trigger trigger = { .size = sizeof(trigger), .on = PDIAG_TRIGGER_RUNNABLE,
		.rise = 1, .check_ms = 10 };
	struct pdiag_capture *c = begin(PDIAG_SOURCE_KMOD, PDIAG_ON_CPU, 2);
	struct pdiag_capture_info info;
	(void)state;

	phase_recent(500);
	assert_int_equal(pdiag_capture_dispatch(c), 0);
	assert_int_equal(info_of(c).frozen, 0);
	assert_int_equal(pdiag_capture_set_trigger(c, &trigger), 0);
	for (int i = 0; i < 100 && !info_of(c).frozen; i++) {
		phase_recent(20);
		assert_true(pdiag_capture_dispatch(c) >= 0);
	}
	info = info_of(c);
	assert_int_equal(info.frozen, 1);
	assert_int_equal(info.frozen_by, 1 + PDIAG_TRIGGER_RUNNABLE);
	assert_true(info.frozen_value >= 1);
	dispatch(c);
	assert_true(time_in(pdiag_capture_profile(c), "phase_recent") > SECOND / 4);
	pdiag_capture_free(c);
}

static void perf_trigger(void **state)
{
	struct pdiag_trigger trigger = { .size = sizeof(trigger), .rise = 1 };
	struct pdiag_capture *c = begin(PDIAG_SOURCE_PERF, PDIAG_ON_CPU, 2);
	(void)state;

	assert_int_equal(pdiag_capture_set_trigger(c, &trigger), -EOPNOTSUPP);
	pdiag_capture_free(c);
}

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(perf_windows, setup, teardown),
		cmocka_unit_test_setup_teardown(perf_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(perf_hanging, setup, teardown),
		cmocka_unit_test_setup_teardown(perf_trigger, setup, teardown),
		cmocka_unit_test_setup_teardown(kmod_windows, setup, teardown),
		cmocka_unit_test_setup_teardown(kmod_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(kmod_hanging, setup, teardown),
		cmocka_unit_test_setup_teardown(kmod_trigger, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
