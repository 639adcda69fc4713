/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which source a capture takes, with a kernel module that the test makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/perf_event.h>
#include <pdiag/pdiag.h>

#include "../../support/fake_kmod.h"

static struct pdiag *context;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context) || fake_kmod_load();
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	fake_kmod_unload();
	return 0;
}

/* What pdiag_capture_new() returns; *info tells of the capture, if there is one. */
static int choose(uint32_t source, uint32_t events, struct pdiag_capture_info *info)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .source = source,
		.events = events };
	struct pdiag_capture *capture;
	int ret = pdiag_capture_new(context, &options, &capture);

	*info = (struct pdiag_capture_info){ .size = sizeof(*info), .source = "", .limits = "" };
	if (!ret)
		assert_int_equal(pdiag_capture_get_info(capture, info), 0);
	return ret;
}

static bool has_perf(uint32_t events)
{
	struct pdiag_capture_info info;

	if (!choose(PDIAG_SOURCE_PERF, events, &info))
		return true;
	print_message("not run: %s\n", pdiag_errmsg());
	return false;
}

static void test_module_first(void **state)
{
	struct pdiag_capture_info info;
	(void)state;

	assert_int_equal(choose(PDIAG_SOURCE_AUTO, 0, &info), 0);
	assert_string_equal(info.source, "kmod");
	assert_string_equal(info.event, "timer");
	assert_int_equal(choose(PDIAG_SOURCE_KMOD, 0, &info), 0);
	assert_string_equal(info.source, "kmod");
	if (!has_perf(0))
		skip();
	assert_int_equal(choose(PDIAG_SOURCE_PERF, 0, &info), 0);
	assert_string_equal(info.source, "perf");
}

static void test_no_module(void **state)
{
	struct pdiag_capture_info info;
	(void)state;

	fake_kmod.open_errno = ENOENT;
	assert_int_equal(choose(PDIAG_SOURCE_KMOD, 0, &info), -ENOENT);
	assert_non_null(strstr(pdiag_errmsg(), "not loaded"));
	if (!has_perf(0))
		skip();
	assert_int_equal(choose(PDIAG_SOURCE_AUTO, 0, &info), 0);
	assert_string_equal(info.source, "perf");
	assert_null(strstr(info.limits, "module"));
}

/* A module that is there and cannot do it is passed over, and the capture says why. */
static void test_module_that_cannot(void **state)
{
	struct pdiag_capture_info info;
	(void)state;

	fake_kmod.lacking = 1u << PDIAG_KMOD_FEATURE_OFF_CPU;
	assert_int_equal(choose(PDIAG_SOURCE_KMOD, PDIAG_OFF_CPU, &info), -EOPNOTSUPP);
	assert_non_null(strstr(pdiag_errmsg(), "this kernel has no hook for it"));
	if (!has_perf(PDIAG_OFF_CPU))
		skip();
	assert_int_equal(choose(PDIAG_SOURCE_AUTO, PDIAG_OFF_CPU, &info), 0);
	assert_string_equal(info.source, "perf");
	assert_non_null(strstr(info.limits, "the kernel module was not used"));
	assert_non_null(strstr(info.limits, "this kernel has no hook for it"));
	fake_kmod.open_errno = EACCES;
	assert_int_equal(choose(PDIAG_SOURCE_AUTO, 0, &info), 0);
	assert_non_null(strstr(info.limits, "not allowed to use the kernel module"));
}

/* If neither can for the same reason, it is said once. */
static void test_neither_can(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .pid = INT32_MAX,
		.target = PDIAG_TARGET_PROCESS };
	struct pdiag_capture *capture;
	const char *said;
	(void)state;

	assert_int_equal(pdiag_capture_new(context, &options, &capture), -ESRCH);
	said = strstr(pdiag_errmsg(), "there is no process 2147483647");
	assert_non_null(said);
	assert_null(strstr(said + 1, "there is no process"));
}

static void test_bad_choice(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options),
		.target = PDIAG_TARGET_RECORDING, .path = "x", .source = PDIAG_SOURCE_PERF };
	struct pdiag_capture_info info;
	struct pdiag_capture *capture;
	(void)state;

	assert_int_equal(choose(PDIAG_SOURCE_KMOD + 1, 0, &info), -EINVAL);
	assert_int_equal(pdiag_capture_new(context, &options, &capture), -EINVAL);
	options = (struct pdiag_capture_options){ .size = sizeof(options), .budget_ppm = 1000001 };
	assert_int_equal(pdiag_capture_new(context, &options, &capture), -EINVAL);
	options = (struct pdiag_capture_options){ .size = sizeof(options), .budget_ppm = 1,
		.target = PDIAG_TARGET_RECORDING, .path = "x" };
	assert_int_equal(pdiag_capture_new(context, &options, &capture), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "budget_ppm"));
	assert_int_equal(fake_kmod.device_fd, -1);
}

/* The module's; perf has none: it refuses, or the capture says so. */
static void test_budget(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .budget_ppm = 2500 };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture;
	(void)state;

	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(fake_kmod.asked.budget_ppm, 2500);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_null(strstr(info.limits, "budget"));
	fake_kmod.budget = 10000;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_non_null(strstr(info.limits, "budget of 10000 millionths of a CPU, not 2500"));
	options.source = PDIAG_SOURCE_PERF;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), -EOPNOTSUPP);
	assert_non_null(strstr(pdiag_errmsg(), "budget"));
	if (!has_perf(0))
		skip();
	fake_kmod.open_errno = ENOENT;
	options.source = PDIAG_SOURCE_AUTO;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_string_equal(info.source, "perf");
	assert_non_null(strstr(info.limits, "no budget"));
}

static void test_short_waits(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options),
		.flags = PDIAG_SHORT_WAITS, .events = PDIAG_OFF_CPU };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture;
	(void)state;

	assert_int_equal(pdiag_capture_new(context, &options, &capture), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "off_cpu_min_ns"));
	options.off_cpu_min_ns = 1000;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_true(fake_kmod.asked.flags & PDIAG_KMOD_SHORT_WAITS);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_null(strstr(info.limits, "short waits"));
	/* An older module goes without. */
	fake_kmod.features = PDIAG_KMOD_FEATURE_SHORT_WAITS;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_false(fake_kmod.asked.flags & PDIAG_KMOD_SHORT_WAITS);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_non_null(strstr(info.limits, "short waits"));
}

/* What callers are found by: asked for where there is any, and where the ring has room for it. */
static void test_user_part(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 999 };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture;
	(void)state;

#if !defined(__x86_64__)
	skip();
#endif
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(fake_kmod.asked.user_bytes, 512);
	assert_in_range(fake_kmod.asked.ring_bytes, 1 << 20, 8 << 20);
	options.events = PDIAG_OFF_CPU;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(fake_kmod.asked.user_bytes, 384);
	assert_in_range(fake_kmod.asked.ring_bytes, 1 << 20, 4 << 20);
	options.buffer_bytes = 1 << 16;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(fake_kmod.asked.ring_bytes, 1 << 16);
	options.buffer_bytes = 0;
	options.flight_sec = 2;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(fake_kmod.asked.user_bytes, 192);
	/* An older module refuses what it does not know. */
	options.flight_sec = 0;
	fake_kmod.features = PDIAG_KMOD_FEATURE_USER_PART;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(fake_kmod.asked.user_bytes, 0);
	assert_int_equal(fake_kmod.asked.ring_bytes, 0);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_non_null(strstr(info.limits, "callers"));
}

static void test_wakers(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .flags = PDIAG_WAKERS };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture;
	(void)state;

	assert_int_equal(pdiag_capture_new(context, &options, &capture), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "PDIAG_OFF_CPU"));
	options.events = PDIAG_OFF_CPU;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_true(fake_kmod.asked.flags & PDIAG_KMOD_WAKERS);
	options.source = PDIAG_SOURCE_PERF;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), -EOPNOTSUPP);
	assert_non_null(strstr(pdiag_errmsg(), "PDIAG_WAKERS"));
	if (!has_perf(PDIAG_OFF_CPU))
		skip();
	fake_kmod.open_errno = ENOENT;
	options.source = PDIAG_SOURCE_AUTO;
	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_non_null(strstr(info.limits, "no stacks of wakers"));
}

static int first_stack(void *user, const struct pdiag_stack *stack)
{
	*(struct pdiag_stack *)user = *stack;
	return 0;
}

/* From the rings to the profile. */
static void test_capture(void **state)
{
	struct {
		struct pdiag_kmod_stack head;
		uint64_t ips[2];
	} stack = { .head = { .id = 3, .nr = 2 },
		.ips = { PERF_CONTEXT_USER, (uint64_t)(uintptr_t)test_capture + 1 } };
	struct pdiag_kmod_sample sample = { .stack = 3, .pid = (uint32_t)getpid(),
		.tid = (uint32_t)getpid(), .weight = 5000 };
	struct pdiag_capture_options options = { .size = sizeof(options) };
	struct pdiag_stack seen = { .depth = 0 };
	struct pdiag_capture *capture;
	(void)state;

	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	assert_int_equal(pdiag_capture_start(capture), 0);
	fake_kmod_put(1, &stack, sizeof(stack), PDIAG_KMOD_STACK, 10);
	fake_kmod_put(1, &sample, sizeof(sample), PDIAG_KMOD_SAMPLE, 11);
	fake_kmod_put(1, &sample, sizeof(sample), PDIAG_KMOD_SAMPLE, 12);
	assert_int_equal(pdiag_capture_dispatch(capture), 2);
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(fake_kmod.stops, 1);
	assert_int_equal(pdiag_profile_each_stack(pdiag_capture_profile(capture), first_stack,
		&seen), 0);
	assert_int_equal(seen.weight_ns, 10000);
	assert_int_equal(seen.samples, 2);
	assert_int_equal(seen.depth, 1);
	assert_int_equal(seen.pid, getpid());
}

static int count_feature(void *user, const struct pdiag_source_feature *feature)
{
	assert_true(*feature->name && (feature->available || *feature->why));
	++*(uint32_t *)user;
	return 0;
}

static int stop_at_once(void *user, const struct pdiag_source_feature *feature)
{
	(void)user;
	(void)feature;
	return 42;
}

static void test_query(void **state)
{
	struct pdiag_source_info info = { .size = sizeof(info) };
	uint32_t count = 0;
	(void)state;

	fake_kmod.features = 3; /* an older one; those that it lacks are told, too */
	assert_int_equal(pdiag_source_query(context, PDIAG_SOURCE_AUTO, &info), 0);
	assert_int_equal(info.source, PDIAG_SOURCE_KMOD);
	assert_int_equal(info.available, 1);
	assert_int_equal(info.abi, PDIAG_KMOD_ABI);
	assert_int_equal(info.features, PDIAG_KMOD_FEATURES);
	assert_string_equal(info.name, "kmod");
	assert_string_equal(info.why, "");
	assert_int_equal(strncmp(info.release, "9.9", 3), 0);
	assert_int_equal(pdiag_source_each_feature(context, PDIAG_SOURCE_KMOD, count_feature,
		&count), 0);
	assert_int_equal(count, info.features);
	assert_int_equal(pdiag_source_each_feature(context, PDIAG_SOURCE_KMOD, stop_at_once,
		NULL), 42);
	fake_kmod.features = PDIAG_KMOD_FEATURES + 2; /* a newer one */
	assert_int_equal(pdiag_source_query(context, PDIAG_SOURCE_KMOD, &info), 0);
	assert_int_equal(info.features, PDIAG_KMOD_FEATURES + 2);
	count = 0;
	assert_int_equal(pdiag_source_each_feature(context, PDIAG_SOURCE_KMOD, count_feature,
		&count), 0);
	assert_int_equal(count, info.features);

	fake_kmod.open_errno = EPERM;
	assert_int_equal(pdiag_source_query(context, PDIAG_SOURCE_KMOD, &info), 0);
	assert_int_equal(info.available, 0);
	assert_int_equal(info.features, 0);
	assert_non_null(strstr(info.why, "locked down"));
	assert_string_equal(pdiag_errmsg(), "");
	assert_int_equal(pdiag_source_each_feature(context, PDIAG_SOURCE_KMOD, stop_at_once,
		NULL), 0);
	assert_int_equal(pdiag_source_query(context, PDIAG_SOURCE_AUTO, &info), 0);
	assert_int_equal(info.source, PDIAG_SOURCE_PERF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_module_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_module, setup, teardown),
		cmocka_unit_test_setup_teardown(test_module_that_cannot, setup, teardown),
		cmocka_unit_test_setup_teardown(test_neither_can, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_choice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_user_part, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wakers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_capture, setup, teardown),
		cmocka_unit_test_setup_teardown(test_query, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
