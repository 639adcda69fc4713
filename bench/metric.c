/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metric ours|stdio SECONDS: read the metrics of the machine ten times a second, with the library
 * or as programs do it that open each file anew and take it apart with sscanf(), and print
 *	METRICS TICKS CPU BYTES
 * CPU: user and system time of the ticks, s, waking up included. BYTES: of memory, by the library's
 * own count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <pdiag/pdiag.h>

#define HZ 10

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ---- the peer ---- */

/* Lines of a name and a number; these are of interest. */
static unsigned int keys(const char *path, const char *const *wanted)
{
	unsigned long long value;
	char line[8192], name[64];
	unsigned int found = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %llu", name, &value) != 2)
			continue;
		for (int i = 0; wanted[i]; i++)
			found += !strcmp(name, wanted[i]);
	}
	if (f)
		fclose(f);
	return found;
}

/* Lines of a name and many numbers, behind `skip` lines and a number of bytes. */
static unsigned int rows(const char *path, int skip, size_t bytes, unsigned int each)
{
	unsigned long long v[11];
	char line[8192], name[64];
	unsigned int found = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		if (skip-- <= 0 && strlen(line) > bytes &&
			sscanf(line + bytes, "%63s %llu %llu %llu %llu %llu %llu %llu %llu %llu "
				"%llu %llu", name, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6,
				v + 7, v + 8, v + 9, v + 10) > 1)
			found = each;
	if (f)
		fclose(f);
	return found;
}

static unsigned int pressure(const char *path)
{
	double v[3];
	unsigned long long total;
	char line[256], name[16];
	unsigned int found = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		found += sscanf(line, "%15s avg10=%lf avg60=%lf avg300=%lf total=%llu", name, v,
			v + 1, v + 2, &total) == 5;
	if (f)
		fclose(f);
	return found;
}

static unsigned int loads(void)
{
	unsigned int threads;
	double v[3];
	int found = 0;
	FILE *f = fopen("/proc/loadavg", "r");

	if (f) {
		found = fscanf(f, "%lf %lf %lf %*u/%u", v, v + 1, v + 2, &threads);
		fclose(f);
	}
	return found > 0 ? (unsigned int)found : 0;
}

static unsigned int softnet(void)
{
	unsigned int v[3], found = 0;
	char line[256];
	FILE *f = fopen("/proc/net/softnet_stat", "r");

	while (f && fgets(line, sizeof(line), f))
		found = sscanf(line, "%x %x %x", v, v + 1, v + 2) == 3 ? 3 : found;
	if (f)
		fclose(f);
	return found;
}

/* A line of names and one of numbers, of a table. */
static unsigned int table(const char *path, const char *prefix, const char *const *wanted)
{
	char names[8192], values[8192], *n, *v, *save_n, *save_v;
	unsigned long long value;
	unsigned int found = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		if (strncmp(names, prefix, strlen(prefix)))
			continue;
		n = strtok_r(names, " \n", &save_n);
		v = strtok_r(values, " \n", &save_v);
		while (n && v) {
			for (int i = 0; wanted[i]; i++)
				found += !strcmp(n, wanted[i]) && sscanf(v, "%llu", &value) == 1;
			n = strtok_r(NULL, " \n", &save_n);
			v = strtok_r(NULL, " \n", &save_v);
		}
	}
	if (f)
		fclose(f);
	return found;
}

static unsigned int stdio_tick(void)
{
	static const char *const stat[] = { "ctxt", "intr", "softirq", "processes",
		"procs_running", "procs_blocked", NULL };
	static const char *const meminfo[] = { "MemTotal:", "MemFree:", "MemAvailable:", "Cached:",
		"Dirty:", "Writeback:", "AnonPages:", "Shmem:", "SUnreclaim:", "SwapTotal:",
		"SwapFree:", NULL };
	static const char *const vmstat[] = { "pgmajfault", "pgfault", "pswpin", "pswpout",
		"pgscan_kswapd", "pgscan_direct", "pgsteal_kswapd", "pgsteal_direct",
		"workingset_refault_file", "allocstall_normal", "compact_stall", "oom_kill", NULL };
	static const char *const tcp[] = { "InSegs", "OutSegs", "RetransSegs", "AttemptFails",
		"EstabResets", "CurrEstab", NULL };
	static const char *const ext[] = { "ListenOverflows", "ListenDrops", "TCPTimeouts",
		"TCPBacklogDrop", NULL };

	return loads() + rows("/proc/stat", 0, 0, 12) + keys("/proc/stat", stat) +
		pressure("/proc/pressure/cpu") + pressure("/proc/pressure/memory") +
		pressure("/proc/pressure/io") + keys("/proc/meminfo", meminfo) +
		keys("/proc/vmstat", vmstat) + rows("/proc/diskstats", 0, 13, 10) +
		rows("/proc/net/dev", 2, 0, 12) + table("/proc/net/snmp", "Tcp:", tcp) +
		table("/proc/net/netstat", "TcpExt:", ext) + softnet();
}

/* ---- both ---- */

int main(int argc, char **argv)
{
	const struct pdiag_metrics_options options = { .size = sizeof(options),
		.interval_ms = 1000 / HZ };
	struct pdiag_metrics_info info = { .size = sizeof(info) };
	struct pdiag_metrics *metrics = NULL;
	unsigned int ours, count = 0, ticks;
	struct pdiag *context = NULL;
	struct timespec next;
	double cpu;

	if (argc != 3)
		return 2;
	ours = !strcmp(argv[1], "ours");
	ticks = (unsigned int)atoi(argv[2]) * HZ;
	if (ours && (pdiag_open(NULL, &context) ||
		pdiag_metrics_new(context, &options, &metrics))) {
		fprintf(stderr, "%s\n", pdiag_errmsg());
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &next);
	cpu = cpu_seconds();
	for (unsigned int i = 0; i < ticks; i++) {
		next.tv_nsec += 1000000000 / HZ;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		if (ours)
			pdiag_metrics_sample(metrics);
		else
			count = stdio_tick();
	}
	cpu = cpu_seconds() - cpu;
	if (ours) {
		pdiag_metrics_get_info(metrics, &info);
		count = info.available;
		ticks = (unsigned int)info.samples;
	}
	printf("%u %u %.6f %llu\n", count, ticks, cpu, (unsigned long long)info.bytes);
	pdiag_close(context);
	return 0;
}
