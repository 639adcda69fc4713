/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On this machine as it is: what other interfaces of the kernel and of libc say of the same. */
#include "fixture.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <time.h>

static struct pdiag *context;
static struct pdiag_metrics *metrics;

static int setup(void **state)
{
	const struct pdiag_metrics_options o = { .size = sizeof(o), .interval_ms = 100,
		.history_s = 60, .pid = getpid() };

	(void)state;
	if (pdiag_open(NULL, &context) || pdiag_metrics_new(context, &o, &metrics))
		return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

static const struct pdiag_metric_value *get(const char *name)
{
	int i = pdiag_metrics_find(metrics, name);

	assert_true(i >= 0);
	if (!pdiag_metrics_describe(metrics, (uint32_t)i)->available) {
		printf("skipped: %s: %s\n", name,
			pdiag_metrics_describe(metrics, (uint32_t)i)->reason);
		skip();
	}
	return pdiag_metrics_value(metrics, (uint32_t)i);
}

static void sample(void)
{
	const struct timespec wait = { .tv_nsec = 20000000 };
	int ret;

	while (!(ret = pdiag_metrics_sample(metrics)))
		nanosleep(&wait, NULL);
	assert_int_equal(ret, 1);
}

/* Of a file that is dear: until it is read. */
static void sample_fresh(const char *name)
{
	do
		sample();
	while (!get(name)->fresh);
}

/* A value between two looks of the oracle at it, before and after. */
static void is_between(const char *name, double low, double high)
{
	double v = get(name)->value;

	if (!(v >= low && v <= high))
		fail_msg("%s is %g, not from %g to %g", name, v, low, high);
}

static void loads(void **state)
{
	double before[3], after[3];

	(void)state;
	/* They change each 5 s: between two looks that are alike they were the same. */
	do {
		assert_int_equal(getloadavg(before, 3), 3);
		sample();
		assert_int_equal(getloadavg(after, 3), 3);
	} while (memcmp(before, after, sizeof(before)));
	/* /proc has two digits of them. */
	is_between("system.cpu.load_average.1m", before[0] - 0.006, before[0] + 0.006);
	is_between("system.cpu.load_average.5m", before[1] - 0.006, before[1] + 0.006);
	is_between("system.cpu.load_average.15m", before[2] - 0.006, before[2] + 0.006);
}

static void memory(void **state)
{
	struct sysinfo s;

	(void)state;
	assert_int_equal(sysinfo(&s), 0);
	sample();
	is_between("system.memory.limit", (double)s.totalram * s.mem_unit,
		(double)s.totalram * s.mem_unit);
	is_between("system.swap.limit", (double)s.totalswap * s.mem_unit,
		(double)s.totalswap * s.mem_unit);
	is_between("system.memory.free", 0, (double)s.totalram * s.mem_unit);
	is_between("system.cpu.count", (double)sysconf(_SC_NPROCESSORS_ONLN),
		(double)sysconf(_SC_NPROCESSORS_ONLN));
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void spin(double for_seconds)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while ((double)t.tv_sec + (double)t.tv_nsec / 1e9 < for_seconds);
}

/* What getrusage(2) says of this process lies around it: totals, since the metrics were made. */
static void process(void **state)
{
	const struct pdiag_metric_value *user, *sys, *minor;
	struct rusage first, last;
	double used, total;
	struct timespec t;
	volatile char *memory_;

	(void)state;
	assert_int_equal(getrusage(RUSAGE_SELF, &first), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	spin((double)t.tv_sec + (double)t.tv_nsec / 1e9 + 0.5);
	memory_ = calloc(1, 8 << 20);
	assert_non_null(memory_);
	for (size_t i = 0; i < 8 << 20; i += 4096)
		memory_[i] = 1;
	sample_fresh("process.paging.faults.minor");
	sample_fresh("process.memory.usage");
	assert_int_equal(getrusage(RUSAGE_SELF, &last), 0);
	user = get("process.cpu.time.user");
	sys = get("process.cpu.time.system");
	total = user->total + sys->total;
	used = seconds(last.ru_utime) + seconds(last.ru_stime);
	/* Told in steps of 10 ms each; of the time before the first look not much is left. */
	assert_true(total >= used - seconds(first.ru_utime) - seconds(first.ru_stime) - 0.05);
	assert_true(total <= used + 0.05);
	minor = get("process.paging.faults.minor");
	assert_true(minor->total >= 2000 && minor->total <= (double)last.ru_minflt);
	is_between("process.threads.count", 1, 1);
	/* The kernel counts pages on each CPU, and adds that up now and then. */
	is_between("process.memory.usage", 8 << 20, (double)last.ru_maxrss * 1024 + (4 << 20));
	free((void *)memory_);
}

/* /proc/stat by stdio, before and after. */
static unsigned long long stat_number(const char *key)
{
	unsigned long long value = 0;
	char line[8192];
	FILE *file = fopen("/proc/stat", "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ' ')
			value = strtoull(line + strlen(key), NULL, 10);
	fclose(file);
	return value;
}

static void totals(void **state)
{
	unsigned long long before, after, first, last;
	double low, high, total;

	(void)state;
	/* Of all since the sample of some test before this one. */
	before = stat_number("ctxt");
	sample_fresh("system.cpu.context_switches");
	after = stat_number("ctxt");
	low = get("system.cpu.context_switches")->total;
	sample();
	sample();
	first = stat_number("ctxt");
	sample_fresh("system.cpu.context_switches");
	last = stat_number("ctxt");
	high = get("system.cpu.context_switches")->total;
	total = high - low;
	assert_true(total >= (double)(first - after) && total <= (double)(last - before));
}

static void shares(void **state)
{
	static const char *const names[] = { "system.cpu.utilization", "system.cpu.utilization.max",
		"system.memory.utilization", "system.disk.utilization.max" };

	(void)state;
	sample();
	sample();
	for (size_t i = 0; i < 4; i++)
		if (get(names[i])->state != PDIAG_METRIC_MISSING)
			is_between(names[i], 0, 1);
	is_between("system.threads.runnable", 1, 1e6);
	if (get("system.cpu.utilization")->state != PDIAG_METRIC_MISSING)
		assert_true(get("system.cpu.utilization.max")->value >=
			get("system.cpu.utilization")->value - 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads), cmocka_unit_test(memory), cmocka_unit_test(process),
		cmocka_unit_test(totals), cmocka_unit_test(shares),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
