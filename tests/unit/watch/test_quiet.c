/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Eight hours of a machine that is well and never the same: load that drifts with the hour, jobs
 * that come and go, a flurry each minute and a larger one each ten, writing back in bursts,
 * services that restart, a heavy tail in everything. At most one event in them; and then one that
 * is none of this is found.
 */
#include "ground.h"

#define HOURS 8

enum file { STAT, STALLED_CPU, STALLED_IO, VMSTAT, DISKS, NET, FILES };

struct machine {
	struct ground g;
	uint64_t seconds, random;
	double drift, traffic; /* wander around 0 */
	double jobs[16];       /* seconds that are left of each */
	double dirty;	       /* bytes to be written back */
	double cpu_user, cpu_system, cpu_wait; /* seconds, all so far */
	double switches, forks, read, written, packets, stalled_cpu, stalled_io, faults;
	uint32_t wants, blocked; /* threads */
	double fault; /* CPUs that a runaway program wants */
	int fds[FILES];
	size_t lengths[FILES];
};

static double even(struct machine *m)
{
	m->random = m->random * 6364136223846793005ull + 1442695040888963407ull;
	return ((double)(m->random >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct machine *m)
{
	return sqrt(-2 * log(even(m))) * cos(6.283185307179586 * even(m));
}

/* Mostly around 1, at times ten times that. */
static double heavy(struct machine *m)
{
	return pow(even(m), -0.4) - 0.4;
}

static uint32_t poisson(struct machine *m, double mean)
{
	double limit = exp(-mean), product = even(m);
	uint32_t n = 0;

	for (; product > limit && n < 1000; n++)
		product *= even(m);
	return n;
}

/* CPUs that jobs use in this second; now and then another begins. */
static double run_jobs(struct machine *m)
{
	double cpus = 0;

	for (size_t i = 0; i < 16; i++) {
		if (m->jobs[i] > 0) {
			cpus += 0.25 + 0.05 * (double)(i % 8);
			m->jobs[i]--;
		} else if (even(m) < 0.002)
			m->jobs[i] = 2 + 10 * heavy(m);
	}
	return cpus;
}

static double cron(struct machine *m)
{
	uint64_t minute = m->seconds % 60, ten = m->seconds % 600;

	return (minute < 2 ? 0.3 : 0) + (ten < 5 ? 0.8 : 0);
}

static void go_on(struct machine *m)
{
	double hour = sin(6.283185307179586 * (double)m->seconds / 86400);
	double wanted, used, io;

	m->seconds++;
	m->drift = 0.998 * m->drift + 0.015 * normal(m);
	m->traffic = 0.95 * m->traffic + 0.1 * normal(m);
	wanted = 0.8 + 0.4 * hour + m->drift + run_jobs(m) + cron(m) + 0.1 * normal(m);
	/* A service restarts about once in two hours: nothing, then it warms up. */
	if (m->seconds % 7000 < 20)
		wanted *= m->seconds % 7000 < 5 ? 0.3 : 1.4;
	wanted = (wanted > 0.05 ? wanted : 0.05) + m->fault;
	used = wanted < 4 ? wanted : 4;
	m->wants = poisson(m, wanted);
	m->dirty += 2e6 * heavy(m) * (1 + wanted);
	io = 0;
	if (m->seconds % 30 == 0 || m->dirty > 2e8) {
		io = m->dirty;
		m->dirty = 0;
	}
	m->blocked = poisson(m, io > 5e7 ? 1 : 0.05);
	m->written += io + 2e5 * heavy(m);
	m->read += even(m) < 0.1 ? 1e6 * heavy(m) : 0;
	m->cpu_user += 0.8 * used;
	m->cpu_system += 0.2 * used;
	m->cpu_wait += io > 5e7 ? 0.3 * even(m) : 0;
	m->switches += 2000 * exp(m->traffic) + 500 * wanted;
	m->forks += poisson(m, 2 + 20 * cron(m));
	m->packets += 1000 * exp(2 * m->traffic);
	m->faults += 2000 * heavy(m) * wanted;
	m->stalled_cpu += wanted > 3 ?
		0.05 * (wanted - 3) + 0.3 * m->fault / (1 + m->fault) : 0.002;
	m->stalled_io += io > 5e7 ? 0.1 * even(m) : 0;
}

static unsigned long long whole(double value)
{
	return (unsigned long long)value;
}

/* Files stay open: there are many seconds. */
static void rewrite(struct machine *m, enum file which, const char *text)
{
	static const char *const paths[FILES] = { "proc/stat", "proc/pressure/cpu",
		"proc/pressure/io", "proc/vmstat", "proc/diskstats", "proc/net/dev" };
	size_t len = strlen(text);
	char path[128];

	if (!m->fds[which]) {
		put(&m->g.f, paths[which], "");
		snprintf(path, sizeof(path), "%s/%s", m->g.f.root, paths[which]);
		m->fds[which] = open(path, O_WRONLY | O_CLOEXEC);
		assert_true(m->fds[which] > 0);
	}
	assert_int_equal(pwrite(m->fds[which], text, len, 0), len);
	if (len < m->lengths[which])
		assert_int_equal(ftruncate(m->fds[which], (off_t)len), 0);
	m->lengths[which] = len;
}

static void write_files(struct machine *m)
{
	char text[768];

	snprintf(text, sizeof(text),
		"cpu %llu 0 %llu %llu %llu 0 0 0 0 0\nctxt %llu\nprocesses %llu\n"
		"procs_running %u\nprocs_blocked %u\n", whole(m->cpu_user * 100),
		whole(m->cpu_system * 100), whole((double)m->seconds * 400 -
			(m->cpu_user + m->cpu_system + m->cpu_wait) * 100),
		whole(m->cpu_wait * 100), whole(m->switches), whole(m->forks), m->wants + 1,
		m->blocked);
	rewrite(m, STAT, text);
	snprintf(text, sizeof(text), "some avg10=0.00 avg60=0.00 avg300=0.00 total=%llu\n",
		whole(m->stalled_cpu * 1e6));
	rewrite(m, STALLED_CPU, text);
	snprintf(text, sizeof(text), "some avg10=0.00 avg60=0.00 avg300=0.00 total=%llu\n"
		"full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", whole(m->stalled_io * 1e6));
	rewrite(m, STALLED_IO, text);
	snprintf(text, sizeof(text), "pgfault %llu\npgmajfault 0\noom_kill 0\n",
		whole(m->faults));
	rewrite(m, VMSTAT, text);
	snprintf(text, sizeof(text),
		" 8 0 sda %llu 0 %llu 0 %llu 0 %llu 0 0 0 0\n", whole(m->read / 4096),
		whole(m->read / 512), whole(m->written / 4096), whole(m->written / 512));
	rewrite(m, DISKS, text);
	snprintf(text, sizeof(text), "h\nh\n eth0: 0 %llu 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		whole(m->packets));
	rewrite(m, NET, text);
}

static void run(struct machine *m, uint64_t seconds)
{
	while (seconds--) {
		go_on(m);
		write_files(m);
		m->g.f.mono += NS;
		assert_int_equal(pdiag_watch_look(m->g.watch), 1);
		assert_int_equal(pdiag_watch_follow(m->g.watch), 0);
	}
}

static void tell(void *user, struct pdiag_event *event)
{
	struct pdiag_event_info info = { .size = sizeof(info) };

	(void)user;
	pdiag_event_get_info(event, &info);
	if (info.phase == PDIAG_EVENT_ENDED)
		print_message("   %5.2f h: %s, for %.0f s\n",
			(double)(info.onset_ns - START) / 3600e9, info.sentence,
			(double)info.duration_ns / 1e9);
}

static uint64_t events(struct machine *m)
{
	struct pdiag_watch_info info = { .size = sizeof(info) };

	assert_int_equal(pdiag_watch_get_info(m->g.watch, &info), 0);
	return info.events;
}

static void hours(uint64_t seed)
{
	struct machine m = { .random = seed };
	uint64_t quiet;

	ground_begin(&m.g);
	put(&m.g.f, "sys/block/sda/stat", "");
	write_files(&m);
	m.random = seed;
	m.g.options.fn = tell;
	ground_made(&m.g);
	run(&m, HOURS * 3600);
	quiet = events(&m);
	print_message("   seed %llu: %llu events in %d quiet hours\n", (unsigned long long)seed,
		(unsigned long long)quiet, HOURS);
	/* A program that runs away, at any hour. */
	m.fault = 6;
	run(&m, 20);
	m.fault = 0;
	run(&m, 30);
	print_message("   and %llu of one fault\n", (unsigned long long)(events(&m) - quiet));
	assert_true(quiet <= 1);
	assert_int_equal(events(&m) - quiet, 1);
	for (size_t i = 0; i < FILES; i++)
		close(m.fds[i]);
	ground_end(&m.g);
}

static void first(void **state)
{
	(void)state;
	hours(1);
}

static void second_one(void **state)
{
	(void)state;
	hours(2);
}

static void third(void **state)
{
	(void)state;
	hours(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first), cmocka_unit_test(second_one), cmocka_unit_test(third),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
