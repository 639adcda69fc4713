/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is asked of perf events, and what is given up, and in which order, where the kernel refuses:
 * perf_event_open(2) is ours here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/perf_buffer.h"
#include "source/perf_event.h"

/* What the kernel of a test does not take, and what it says then. */
static struct {
	uint64_t sample_type;
	bool lost, hardware;
	int user_error, hardware_error;
} refuses;
static struct perf_event_attr last;
static uint32_t calls;

/* Linked before that of libc. */
long syscall(long number, ...)
{
	va_list args;

	va_start(args, number);
	last = *va_arg(args, struct perf_event_attr *);
	va_end(args);
	assert_int_equal(number, SYS_perf_event_open);
	calls++;
	errno = 0;
	if (refuses.hardware && last.type == PERF_TYPE_HARDWARE)
		errno = refuses.hardware_error;
	else if (last.sample_type & refuses.sample_type)
		errno = refuses.user_error;
	else if (refuses.lost && last.read_format)
		errno = EINVAL;
	return errno ? -1 : 5;
}

static struct pdiag_perf_choice choice;
static uint32_t flight_sec;

static int open_first(enum pdiag_perf_kind kind)
{
	static int32_t id = 1, cpu;
	struct pdiag_source_config config = { .target = PDIAG_TARGET_THREAD, .pid = 1,
		.events = PDIAG_ON_CPU, .hz = 99, .max_depth = 127, .flight_sec = flight_sec };
	struct pdiag_perf_target target = { .ids = &id, .id_count = 1, .cpus = &cpu,
		.cpu_count = 1 };

	calls = 0;
	choice = (struct pdiag_perf_choice){ .hardware = true, .kernel = true,
		.user = PDIAG_PERF_USER_REGS, .count_lost = true, .hz = 99, .max_depth = 127 };
	return pdiag_perf_event_first(&choice, &config, &target, kind, 1);
}

static int reset(void **state)
{
	(void)state;
	memset(&refuses, 0, sizeof(refuses));
	flight_sec = 0;
	return 0;
}

static void all_of_it(void **state)
{
	bool user = PDIAG_PERF_USER_REGS;
	(void)state;

	assert_int_equal(open_first(PDIAG_PERF_ON_CPU), 5);
	assert_int_equal(calls, 1);
	assert_int_equal(!!(last.sample_type & PERF_SAMPLE_REGS_USER), user);
	assert_int_equal(!!(last.sample_type & PERF_SAMPLE_STACK_USER), user);
	assert_true(last.sample_regs_user == PDIAG_PERF_USER_REGS);
	assert_int_equal(last.sample_stack_user, user ? PDIAG_PERF_STACK_ON_CPU : 0);
	assert_int_equal(open_first(PDIAG_PERF_OFF_CPU), 5);
	assert_int_equal(last.sample_stack_user, user ? PDIAG_PERF_STACK_OFF_CPU : 0);
	assert_int_equal(open_first(PDIAG_PERF_TASKS), 5);
	assert_false(last.sample_type & PDIAG_PERF_USER_TYPE);
	assert_int_equal(last.sample_stack_user, 0);
	flight_sec = 25;
	assert_int_equal(open_first(PDIAG_PERF_OFF_CPU), 5);
	assert_int_equal(last.sample_stack_user, user ? PDIAG_PERF_STACK_FLIGHT : 0);
}

/* A kernel that cannot copy stacks: nothing else is given up. */
static void no_user_part(void **state)
{
	static const int errors[] = { EINVAL, EOPNOTSUPP, ENOSYS };
	(void)state;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		refuses.sample_type = PERF_SAMPLE_STACK_USER;
		refuses.user_error = errors[i];
		assert_int_equal(open_first(PDIAG_PERF_ON_CPU), 5);
		assert_false(choice.user);
		assert_true(choice.hardware && choice.count_lost && choice.kernel);
		assert_false(last.sample_type & PDIAG_PERF_USER_TYPE);
	}
}

static void no_cycles(void **state)
{
	static const int errors[] = { ENOENT, EOPNOTSUPP, EINVAL };
	(void)state;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		refuses.hardware = true;
		refuses.hardware_error = errors[i];
		assert_int_equal(open_first(PDIAG_PERF_ON_CPU), 5);
		assert_false(choice.hardware);
		assert_int_equal(choice.user, !!PDIAG_PERF_USER_REGS);
		assert_true(choice.count_lost && choice.kernel);
	}
}

/* The least there is; and a kernel that has not even that. */
static void nothing_at_all(void **state)
{
	(void)state;
	refuses.hardware = refuses.lost = true;
	refuses.hardware_error = refuses.user_error = EINVAL;
	refuses.sample_type = PERF_SAMPLE_REGS_USER;
	assert_int_equal(open_first(PDIAG_PERF_ON_CPU), 5);
	assert_false(choice.hardware || choice.user || choice.count_lost);
	refuses.sample_type = PERF_SAMPLE_TID;
	assert_true(open_first(PDIAG_PERF_ON_CPU) < 0);
	assert_true(calls < 10);
}

/* A flight recorder has room for the bytes of the stack, too. */
static void room_for_stacks(void **state)
{
	struct pdiag_source_config config = { .hz = 1000, .flight_sec = 60,
		.events = PDIAG_ON_CPU | PDIAG_OFF_CPU };
	(void)state;

	assert_true(pdiag_perf_buffer_size(&config, PDIAG_PERF_ON_CPU, 1) >=
		60 * 1000 * (sizeof(struct pdiag_perf_sample) + 95 * 8 +
			PDIAG_PERF_USER_BYTES(PDIAG_PERF_STACK_ON_CPU)));
	assert_true(pdiag_perf_buffer_size(&config, PDIAG_PERF_OFF_CPU, 1) >=
		60 * 1000 * (sizeof(struct pdiag_perf_sample) + 32 * 8 +
			PDIAG_PERF_USER_BYTES(PDIAG_PERF_STACK_FLIGHT)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_of_it, reset),
		cmocka_unit_test_setup(no_user_part, reset),
		cmocka_unit_test_setup(no_cycles, reset),
		cmocka_unit_test_setup(nothing_at_all, reset),
		cmocka_unit_test_setup(room_for_stacks, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
