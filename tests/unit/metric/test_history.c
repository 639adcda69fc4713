/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rings of the past: steps, gaps, clocks, ends. */
#include "fixture.h"

#define LOAD "system.cpu.load_average.1m"
#define POINTS 2000

static struct fixture f;

static struct points {
	struct pdiag_metric_point list[POINTS];
	size_t count, stop_at;
} got;

static int setup(void **state)
{
	(void)state;
	fixture_begin(&f);
	f.options.families = PDIAG_METRICS_LOAD;
	put(&f, "proc/loadavg", "0.00 1.00 1.00 1/1 1\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_end(&f);
	return 0;
}

static int add_point(void *user, const struct pdiag_metric_point *point)
{
	struct points *p = user;

	assert_true(p->count < POINTS);
	p->list[p->count++] = *point;
	return p->stop_at && p->count == p->stop_at ? 77 : 0;
}

static size_t points(uint64_t from_ns, uint64_t to_ns, uint32_t step_s)
{
	got.count = got.stop_at = 0;
	assert_int_equal(pdiag_metrics_each_point(f.metrics, index_of(&f, LOAD), from_ns, to_ns,
		step_s, add_point, &got), 0);
	return got.count;
}

static void load_tick(uint64_t after_ns, unsigned int load)
{
	char text[64];

	snprintf(text, sizeof(text), "%u.00 1.00 1.00 1/1 1\n", load);
	put(&f, "proc/loadavg", text);
	tick(&f, after_ns);
}

static void seconds(void **state)
{
	(void)state;
	made(&f);
	assert_int_equal(points(0, UINT64_MAX, 0), 0);
	for (unsigned int i = 1; i <= 10; i++)
		load_tick(NS, i);
	assert_int_equal(points(0, UINT64_MAX, 0), 10);
	for (unsigned int i = 0; i < 10; i++) {
		const struct pdiag_metric_point *p = &got.list[i];

		assert_true(p->mean == i + 1 && p->min == i + 1 && p->max == i + 1);
		assert_true(p->last == i + 1);
		assert_int_equal(p->time_ns, START + (i + 1) * NS);
		assert_int_equal(p->boottime_ns, START + (i + 1) * NS);
		assert_int_equal(p->realtime_ns, START_REAL + (i + 1) * NS);
		assert_int_equal(p->step_ns, NS);
		assert_int_equal(p->gap, 0);
	}
	assert_int_equal(points(START + 3 * NS, START + 5 * NS, 1), 3);
	assert_true(got.list[0].mean == 3);
	assert_int_equal(points(START + 11 * NS, UINT64_MAX, 0), 0);
	/* Of the whole minute there is one step, which grows. */
	assert_int_equal(points(0, UINT64_MAX, 60), 1);
	assert_true(got.list[0].min == 1 && got.list[0].max == 10 && got.list[0].last == 10);
	assert_true(fabs(got.list[0].mean - 5.5) < 1e-6);
	got.count = 0;
	got.stop_at = 4;
	assert_int_equal(pdiag_metrics_each_point(f.metrics, 0, 0, UINT64_MAX, 0, add_point, &got),
		77);
	assert_int_equal(got.count, 4);
}

/* Each second is in a step of its own, however late its tick is within reason. */
static void jitter(void **state)
{
	(void)state;
	made(&f);
	load_tick(NS, 1);
	for (unsigned int i = 0; i < 20; i++)
		load_tick(i % 2 ? NS - 400 * MS : NS + 400 * MS, i);
	assert_int_equal(points(0, UINT64_MAX, 0), 21);
	for (unsigned int i = 0; i < 21; i++)
		assert_int_equal(got.list[i].gap, 0);
}

static void ten_a_second(void **state)
{
	(void)state;
	f.options.interval_ms = 100;
	made(&f);
	load_tick(NS / 10, 0);
	for (unsigned int i = 1; i < 25; i++)
		load_tick(NS / 10, i);
	/* The first step has but half a second: 0 to 4, then 5 to 14, 15 to 24. */
	assert_int_equal(points(0, UINT64_MAX, 0), 3);
	assert_true(fabs(got.list[0].mean - 2) < 1e-6);
	assert_true(fabs(got.list[1].mean - 9.5) < 1e-6);
	assert_true(fabs(got.list[2].mean - 19.5) < 1e-6);
	assert_int_equal(points(0, UINT64_MAX, 2), 1);
	assert_true(got.list[0].max == 24 && got.list[0].min == 0);
}

/* Nothing is made up for the time of which nothing is known. */
static void gaps(void **state)
{
	(void)state;
	made(&f);
	load_tick(NS, 1);
	load_tick(5 * NS, 2);
	put(&f, "proc/loadavg", "\n");
	tick(&f, NS);
	load_tick(NS, 4);
	load_tick(NS, 5);
	assert_int_equal(points(0, UINT64_MAX, 0), 4);
	assert_int_equal(got.list[0].gap, 0);
	assert_int_equal(got.list[1].gap, 1);
	assert_true(got.list[1].mean == 2);
	assert_int_equal(got.list[2].gap, 1);
	assert_true(got.list[2].mean == 4);
	assert_int_equal(got.list[3].gap, 0);
	/* What is longer than all of the ring. */
	load_tick(10000 * NS, 6);
	assert_int_equal(points(0, UINT64_MAX, 0), 1);
	assert_true(got.list[0].mean == 6);
	assert_int_equal(points(0, UINT64_MAX, 60), 1);
}

static void suspend_and_jump(void **state)
{
	(void)state;
	made(&f);
	load_tick(NS, 1);
	f.suspended += 30 * NS;
	load_tick(NS, 2);
	f.real_offset -= 3600 * NS;
	load_tick(NS, 3);
	assert_int_equal(points(0, UINT64_MAX, 0), 3);
	assert_int_equal(got.list[1].gap, 1);
	assert_int_equal(got.list[1].time_ns, got.list[0].time_ns + NS);
	assert_int_equal(got.list[1].boottime_ns, got.list[0].boottime_ns + 31 * NS);
	assert_int_equal(got.list[2].gap, 0);
	assert_int_equal(got.list[2].realtime_ns, got.list[1].realtime_ns - 3599 * NS);
}

static void zone(void **state)
{
	(void)state;
	setenv("TZ", "TST-05:30", 1);
	tzset();
	made(&f);
	load_tick(NS, 1);
	assert_int_equal(points(0, UINT64_MAX, 0), 1);
	assert_int_equal(got.list[0].zone_s, 5 * 3600 + 1800);
	unsetenv("TZ");
	tzset();
}

/* Minutes behind the seconds, without a hole and without a time told twice. */
static void both_levels(void **state)
{
	uint64_t before = 0;
	size_t fine = 0;

	(void)state;
	made(&f);
	for (unsigned int i = 0; i < 1000; i++) {
		load_tick(NS, i);
		points(0, UINT64_MAX, 0);
		before = 0;
		for (size_t k = 0; k < got.count; k++) {
			const struct pdiag_metric_point *p = &got.list[k];

			assert_true(p->time_ns > before);
			assert_int_equal(p->gap, 0);
			if (before)
				assert_true(p->time_ns - before <= 60 * NS);
			before = p->time_ns;
		}
		assert_int_equal(before, f.mono);
	}
	for (size_t k = 0; k < got.count; k++)
		fine += got.list[k].step_ns == NS;
	assert_true(fine > 0 && fine <= 60);
	/* Six minutes deep, in steps of one. */
	assert_int_equal(got.count - fine, 5);
	assert_int_equal(points(0, UINT64_MAX, 60), 6);
	for (size_t k = 1; k < 5; k++) {
		assert_true(got.list[k].max - got.list[k].min == 59);
		assert_true(got.list[k].last == got.list[k].max);
		assert_true(fabs(got.list[k].mean - got.list[k].min - 29.5) < 1e-3);
	}
}

/* A rate over a long time weighs as much as that time in the mean of its step. */
static void weights(void **state)
{
	uint32_t index;

	(void)state;
	f.options.families = PDIAG_METRICS_CPU;
	put(&f, "proc/stat", "ctxt 0\n");
	made(&f);
	put(&f, "proc/stat", "ctxt 100\n");
	tick(&f, NS);
	put(&f, "proc/stat", "ctxt 1100\n");
	tick(&f, 4 * NS);
	got.count = got.stop_at = 0;
	index = index_of(&f, "system.cpu.context_switches");
	assert_int_equal(pdiag_metrics_each_point(f.metrics, index, 0, UINT64_MAX, 60, add_point,
		&got), 0);
	assert_int_equal(got.count, 1);
	assert_true(fabs(got.list[0].mean - 220) < 1e-3);
	assert_true(got.list[0].min == 100 && got.list[0].max == 250);
}

static void none(void **state)
{
	struct pdiag_metrics_info info = { .size = sizeof(info) };

	(void)state;
	f.options.flags = PDIAG_METRICS_NO_HISTORY;
	made(&f);
	load_tick(NS, 1);
	assert_int_equal(points(0, UINT64_MAX, 0), 0);
	assert_int_equal(pdiag_metrics_get_info(f.metrics, &info), 0);
	assert_true(info.bytes < 65536);
	assert_int_equal(pdiag_metrics_each_point(f.metrics, 999, 0, 1, 0, add_point, &got),
		-EINVAL);
	assert_int_equal(pdiag_metrics_each_point(f.metrics, 0, 0, 1, 61, add_point, &got),
		-EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "step_s is 61"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(seconds, setup, teardown),
		cmocka_unit_test_setup_teardown(jitter, setup, teardown),
		cmocka_unit_test_setup_teardown(ten_a_second, setup, teardown),
		cmocka_unit_test_setup_teardown(gaps, setup, teardown),
		cmocka_unit_test_setup_teardown(suspend_and_jump, setup, teardown),
		cmocka_unit_test_setup_teardown(zone, setup, teardown),
		cmocka_unit_test_setup_teardown(both_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(weights, setup, teardown),
		cmocka_unit_test_setup_teardown(none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
