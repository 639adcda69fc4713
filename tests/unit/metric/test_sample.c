/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ticks: rates, resets, lateness, clocks that jump, files that come and go. */
#include "fixture.h"

static struct fixture f;

#define BUSIEST "system.cpu.process.max"
#define SWITCHES "system.cpu.context_switches"

static int setup(void **state)
{
	(void)state;
	fixture_begin(&f);
	f.options.families = PDIAG_METRICS_CPU | PDIAG_METRICS_LOAD;
	put(&f, "proc/loadavg", "1.00 1.00 1.00 1/1 1\n");
	put(&f, "proc/stat", "ctxt 1000\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_end(&f);
	return 0;
}

static struct pdiag_metrics_info info(void)
{
	struct pdiag_metrics_info i = { .size = sizeof(i) };

	assert_int_equal(pdiag_metrics_get_info(f.metrics, &i), 0);
	return i;
}

static void switches(uint64_t count)
{
	char text[64];

	snprintf(text, sizeof(text), "ctxt %llu\n", (unsigned long long)count);
	put(&f, "proc/stat", text);
}

static double sampled;

static double busiest(void *user)
{
	assert_ptr_equal(user, &f);
	return sampled;
}

/* CPUs were in use so long, in hundredths of a second: half in the kernel. */
static void used(unsigned int hundredths)
{
	char text[128];

	snprintf(text, sizeof(text), "cpu %u 0 %u 999999 0 0 0 0 0 0\n", hundredths / 2,
		hundredths / 2);
	put(&f, "proc/stat", text);
}

/* What is not read but asked for: not too often, and not at all if nobody samples. */
static void asked_for(void **state)
{
	const struct pdiag_metric_clock clock = { .now = fixture_now, .user = &f };
	const struct pdiag_metric_sampled by = { busiest, &f };
	int index;

	(void)state;
	used(0);
	made(&f);
	index = pdiag_metrics_find(f.metrics, BUSIEST);
	assert_true(index >= 0);
	assert_int_equal(pdiag_metrics_describe(f.metrics, (uint32_t)index)->available, 0);
	assert_non_null(strstr(pdiag_metrics_describe(f.metrics, (uint32_t)index)->reason,
		"watch"));
	tick(&f, NS);
	is_missing(&f, BUSIEST);
	pdiag_metrics_free(f.metrics);
	sampled = NAN;
	f.options.interval_ms = 100;
	assert_int_equal(pdiag_metrics_make(f.context, &f.options, &clock, &by, &f.metrics), 0);
	assert_int_equal(pdiag_metrics_describe(f.metrics, (uint32_t)index)->available, 1);
	is_missing(&f, BUSIEST);
	/* A half of what was used in the last tick. */
	sampled = 0.5;
	used(100);
	for (int i = 0; i < 3; i++)
		tick(&f, NS / 10);
	is_missing(&f, BUSIEST);
	used(116);
	tick(&f, NS / 10);
	is_value(&f, BUSIEST, 0.8);
	assert_int_equal(value(&f, BUSIEST)->fresh, 1);
	assert_int_equal(value(&f, BUSIEST)->state, PDIAG_METRIC_OK);
	used(216);
	tick(&f, NS / 10);
	assert_int_equal(value(&f, BUSIEST)->fresh, 0);
	is_value(&f, BUSIEST, 0.8);
	sampled = 0.25;
	used(316);
	tick(&f, NS);
	is_value(&f, BUSIEST, 0.25);
	/* Not of shorter times than two fifths of a second. */
	pdiag_metrics_free(f.metrics);
	f.options.interval_ms = 350;
	assert_int_equal(pdiag_metrics_make(f.context, &f.options, &clock, &by, &f.metrics), 0);
	tick(&f, 7 * NS / 20);
	is_missing(&f, BUSIEST);
	used(386);
	tick(&f, 7 * NS / 20);
	is_value(&f, BUSIEST, 0.5);
	sampled = NAN;
	tick(&f, NS);
	is_missing(&f, BUSIEST);
}

static void rates(void **state)
{
	const struct pdiag_metric_value *v;

	(void)state;
	made(&f);
	is_missing(&f, SWITCHES);
	switches(1100);
	tick(&f, NS);
	is_value(&f, SWITCHES, 100);
	switches(1103);
	tick(&f, NS * 3 / 4);
	is_value(&f, SWITCHES, 4);
	v = value(&f, SWITCHES);
	assert_int_equal(v->state, PDIAG_METRIC_OK);
	assert_int_equal(v->interval_ns, NS * 3 / 4);
	assert_int_equal(v->time_ns, f.mono);
	assert_true(fabs(v->total - 103) < 1e-9);
	assert_int_equal(info().samples, 2);
	assert_int_equal(info().late, 0);
}

/* All that a tick that comes too late does to a rate is to make it one over a longer time. */
static void late(void **state)
{
	(void)state;
	made(&f);
	switches(1400);
	tick(&f, 4 * NS);
	is_value(&f, SWITCHES, 100);
	assert_int_equal(value(&f, SWITCHES)->state, PDIAG_METRIC_LATE);
	assert_int_equal(value(&f, "system.cpu.load_average.1m")->state, PDIAG_METRIC_LATE);
	assert_int_equal(info().late, 1);
	assert_int_equal(info().missed, 3);
	switches(1500);
	tick(&f, NS);
	is_value(&f, SWITCHES, 100);
	assert_int_equal(value(&f, SWITCHES)->state, PDIAG_METRIC_OK);
	assert_int_equal(info().late, 1);
	tick(&f, 1499 * MS);
	assert_int_equal(info().late, 1);
	tick(&f, 1500 * MS);
	assert_int_equal(info().late, 2);
	assert_int_equal(info().missed, 4);
}

/* Ticks that were put off come all at once: counters in steps make no rate of that. */
static void early(void **state)
{
	(void)state;
	made(&f);
	f.mono += 499 * MS;
	assert_int_equal(pdiag_metrics_sample(f.metrics), 0);
	is_missing(&f, SWITCHES);
	switches(1100);
	tick(&f, MS);
	is_value(&f, SWITCHES, 200);
	assert_int_equal(pdiag_metrics_sample(f.metrics), 0);
	is_value(&f, SWITCHES, 200);
	assert_int_equal(info().early, 2);
	assert_int_equal(info().samples, 1);
}

static void reset(void **state)
{
	(void)state;
	switches(UINT64_MAX - 5);
	made(&f);
	switches(UINT64_MAX);
	tick(&f, NS);
	is_value(&f, SWITCHES, 5);
	switches(3); /* around, or from its beginning */
	tick(&f, NS);
	is_missing(&f, SWITCHES);
	switches(10);
	tick(&f, NS);
	is_value(&f, SWITCHES, 7);
	assert_true(fabs(value(&f, SWITCHES)->total - 12) < 1e-9);
}

/* Where it is not in the text once the next rate is over both times, and says so. */
static void missing_once(void **state)
{
	static const char *const odd[] = { "", "ctxt\n", "ctxt x\n", "ctxt 99999999999999999999\n",
		"ctxt -5\n", "xctxt 5\n", "ctx", "\n\n\n" };

	(void)state;
	made(&f);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		switches(1000 + 500 * i);
		tick(&f, NS);
		put(&f, "proc/stat", odd[i]);
		tick(&f, NS);
		is_missing(&f, SWITCHES);
		switches(1000 + 500 * i + 300);
		tick(&f, NS);
		is_value(&f, SWITCHES, 150);
		assert_int_equal(value(&f, SWITCHES)->state, PDIAG_METRIC_LATE);
		assert_int_equal(value(&f, SWITCHES)->interval_ns, 2 * NS);
	}
	assert_int_equal(metric(&f, SWITCHES)->available, 1);
}

static void truncated_anywhere(void **state)
{
	static const char text[] = "cpu  100 10 50 1000 20 1 2 3 4 5\ncpu0 50 5 25 500 10 1 1 2\n"
		"intr 1000 5 5 5\nctxt 500000\nprocesses 300\nsoftirq 700 1 2\n";

	(void)state;
	put(&f, "proc/stat", text);
	made(&f);
	for (size_t len = 0; len < sizeof(text); len++) {
		put_bytes(&f, "proc/stat", text, len);
		tick(&f, NS);
		for (uint32_t i = 0; i < pdiag_metrics_count(f.metrics); i++) {
			const struct pdiag_metric *m = pdiag_metrics_describe(f.metrics, i);
			const struct pdiag_metric_value *v = pdiag_metrics_value(f.metrics, i);

			/* Nothing has changed: a value other than 0 would be of half a number. */
			if (m->kind == PDIAG_METRIC_COUNTER && v->state != PDIAG_METRIC_MISSING &&
				v->value != 0)
				fail_msg("%s is %g at %zu bytes", m->name, v->value, len);
		}
	}
}

/* The wall clock is set, either way: no rate has to do with it. */
static void clock_jumps(void **state)
{
	(void)state;
	made(&f);
	switches(1100);
	f.real_offset += 3600 * NS;
	tick(&f, NS);
	is_value(&f, SWITCHES, 100);
	assert_int_equal(info().jump_ns, 3600 * (int64_t)NS);
	assert_int_equal(info().suspended_ns, 0);
	switches(1200);
	f.real_offset -= 7200 * NS;
	tick(&f, NS);
	is_value(&f, SWITCHES, 100);
	assert_int_equal(info().jump_ns, -7200 * (int64_t)NS);
	assert_int_equal(info().realtime_ns, f.mono + f.real_offset);
	switches(1300);
	tick(&f, NS);
	assert_int_equal(info().jump_ns, 0);
	assert_int_equal(info().late, 0);
}

/* Asleep nothing is counted, and that time is in no rate. */
static void suspend(void **state)
{
	(void)state;
	made(&f);
	switches(1100);
	f.suspended += 5000 * NS;
	tick(&f, NS);
	is_value(&f, SWITCHES, 100);
	assert_int_equal(info().suspended_ns, 5000 * NS);
	assert_int_equal(info().jump_ns, 0);
	assert_int_equal(info().boottime_ns, f.mono + 5000 * NS);
	switches(1200);
	tick(&f, NS);
	assert_int_equal(info().suspended_ns, 0);
}

/* A read that takes long is of some moment in it. */
static void slow_reads(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_CPU;
	made(&f);
	f.read_takes = 200 * MS;
	switches(1100);
	tick(&f, NS);
	assert_true(value(&f, SWITCHES)->time_ns < f.mono);
	assert_true(value(&f, SWITCHES)->time_ns > f.mono - 400 * MS);
	assert_true(value(&f, SWITCHES)->value > 10 && value(&f, SWITCHES)->value < 100);
}

/* A file that is dear is read less often than asked for, but twice a second; and it is not late. */
static void dear_files(void **state)
{
	unsigned int fresh = 0;

	(void)state;
	f.options.families = PDIAG_METRICS_CPU;
	f.options.interval_ms = 100;
	f.read_takes = 20000; /* 10,000 times that is two intervals */
	made(&f);
	for (unsigned int i = 1; i <= 40; i++) {
		switches(1000 + 100 * i);
		tick(&f, NS / 10);
		fresh += value(&f, SWITCHES)->fresh;
		assert_int_equal(value(&f, SWITCHES)->state, PDIAG_METRIC_OK);
		assert_true(fabs(value(&f, SWITCHES)->value - 1000) < 10);
	}
	assert_true(fresh >= 19 && fresh <= 22);
	f.read_takes = 10 * MS;
	fresh = 0;
	for (unsigned int i = 0; i < 100; i++) {
		tick(&f, NS / 10);
		fresh += value(&f, SWITCHES)->fresh;
	}
	assert_true(fresh >= 20);
}

static void parts_of_proc(void **state)
{
	(void)state;
	f.options.families = 0;
	made(&f);
	is_absent(&f, "system.memory.limit", "no ");
	is_absent(&f, "system.disk.io.read", "/proc/diskstats");
	is_absent(&f, "system.network.tcp.retransmits", "CONFIG_INET");
	is_absent(&f, "system.cpu.run_delay", "CONFIG_SCHEDSTATS");
	tick(&f, NS);
	is_value(&f, "system.cpu.load_average.1m", 1);
	is_value(&f, SWITCHES, 0);
	for (uint32_t i = 0; i < pdiag_metrics_count(f.metrics); i++) {
		const struct pdiag_metric *m = pdiag_metrics_describe(f.metrics, i);

		assert_true(m->available ? !*m->reason : strlen(m->reason) > 20);
	}
	assert_int_equal(info().available, 6);
}

static void nothing_there(void **state)
{
	(void)state;
	f.options.families = 0;
	put(&f, "proc/loadavg", "");
	put(&f, "proc/stat", "");
	put(&f, "proc/vmstat", "");
	put(&f, "proc/diskstats", "");
	made(&f);
	tick(&f, NS);
	assert_int_equal(info().available, 0);
	is_absent(&f, "system.memory.oom_kills", "/proc/vmstat is empty here");
	is_absent(&f, "system.disk.io.read", "/proc/diskstats is empty here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(rates, setup, teardown),
		cmocka_unit_test_setup_teardown(late, setup, teardown),
		cmocka_unit_test_setup_teardown(early, setup, teardown),
		cmocka_unit_test_setup_teardown(reset, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_once, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated_anywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(clock_jumps, setup, teardown),
		cmocka_unit_test_setup_teardown(suspend, setup, teardown),
		cmocka_unit_test_setup_teardown(slow_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(dear_files, setup, teardown),
		cmocka_unit_test_setup_teardown(parts_of_proc, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_there, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
