/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_KB 16777216.0

struct text {
	char data[4096];
	size_t len;
};

static const char *const paths[GROUND_FILES] = {
	[GROUND_STAT] = "proc/stat", [GROUND_LOADAVG] = "proc/loadavg",
	[GROUND_SCHEDSTAT] = "proc/schedstat", [GROUND_CPU] = "proc/pressure/cpu",
	[GROUND_MEMORY] = "proc/pressure/memory", [GROUND_IO] = "proc/pressure/io",
	[GROUND_MEMINFO] = "proc/meminfo", [GROUND_VMSTAT] = "proc/vmstat",
	[GROUND_DISKS] = "proc/diskstats", [GROUND_DEV] = "proc/net/dev",
	[GROUND_SNMP] = "proc/net/snmp", [GROUND_NETSTAT] = "proc/net/netstat",
	[GROUND_SOFTNET] = "proc/net/softnet_stat",
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->data + t->len, sizeof(t->data) - t->len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof(t->data) - t->len)
		t->len += (size_t)n;
}

static int find(const struct ground *g, const char *name)
{
	for (uint32_t i = 0; i < g->columns; i++)
		if (!strcmp(g->names[i], name))
			return (int)i;
	return -1;
}

double ground_value(const struct ground *g, const char *name)
{
	int i = find(g, name);

	return i < 0 || !g->known[i] ? NAN : g->values[i];
}

/* What was never recorded is 0. */
static double gauge(const struct ground *g, const char *name)
{
	int i = find(g, name);

	return i < 0 ? 0 : g->values[i];
}

static unsigned long long count(const struct ground *g, const char *name, double scale)
{
	int i = find(g, name);

	return i < 0 ? 0 : (unsigned long long)(g->sums[i] * scale + 0.5);
}

uint32_t ground_cpus(const struct ground *g)
{
	double cpus = gauge(g, "system.cpu.count");

	return cpus >= 1 ? (uint32_t)cpus : 1;
}

static void write_stat(const struct ground *g, struct text *t)
{
	static const char *const modes[] = { "user", "nice", "system", "idle", "iowait", "irq",
		"softirq", "steal" };
	uint32_t cpus = ground_cpus(g);
	char name[64];

	add(t, "cpu ");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		snprintf(name, sizeof(name), "system.cpu.time.%s", modes[i]);
		add(t, " %llu", count(g, name, 100));
	}
	add(t, " 0 0\n");
	/* The busiest is always the first. */
	for (uint32_t i = 0; i < cpus; i++)
		add(t, "cpu%u %.0f 0 0 %.0f 0 0 0 0 0 0\n", i, g->busy[i > 0] * 1e4,
			(g->total - g->busy[i > 0]) * 1e4);
	add(t, "intr %llu\nctxt %llu\nprocesses %llu\nprocs_running %.0f\nprocs_blocked %.0f\n",
		count(g, "system.cpu.interrupts", 1),
		count(g, "system.cpu.context_switches", 1),
		count(g, "system.threads.created", 1), gauge(g, "system.threads.runnable"),
		gauge(g, "system.threads.blocked"));
}

static void write_pressure(const struct ground *g, const char *resource, struct text *t)
{
	static const char *const kinds[] = { "some", "full" };
	char name[64];

	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "system.pressure.%s.%s", resource, kinds[i]);
		add(t, "%s avg10=0.00 avg60=0.00 avg300=0.00 total=%llu\n", kinds[i],
			count(g, name, 1e6));
	}
}

static void write_memory(const struct ground *g, enum ground_file file, struct text *t)
{
	double used = gauge(g, "system.memory.utilization");

	if (file == GROUND_MEMINFO) {
		add(t, "MemTotal: %.0f kB\nMemFree: %.0f kB\nMemAvailable: %.0f kB\n", MEMORY_KB,
			MEMORY_KB * (1 - used) / 2, MEMORY_KB * (1 - used));
		return;
	}
	add(t, "pgfault %llu\npgmajfault %llu\n",
		count(g, "system.paging.faults.minor", 1) +
			count(g, "system.paging.faults.major", 1),
		count(g, "system.paging.faults.major", 1));
	add(t, "pgscan_kswapd %llu\npgscan_direct %llu\noom_kill %llu\n",
		count(g, "system.memory.scanned.background", 1),
		count(g, "system.memory.scanned.direct", 1),
		count(g, "system.memory.oom_kills", 1));
}

static void write_disks(const struct ground *g, struct text *t)
{
	add(t, " 8 0 sda %llu 0 %llu 0 %llu 0 %llu 0 0 %llu %llu\n",
		count(g, "system.disk.operations.read", 1),
		count(g, "system.disk.io.read", 1.0 / 512),
		count(g, "system.disk.operations.write", 1),
		count(g, "system.disk.io.write", 1.0 / 512), count(g, "system.disk.io_time", 1000),
		count(g, "system.disk.queue_time", 1000));
}

static void write_network(const struct ground *g, enum ground_file file, struct text *t)
{
	switch (file) {
	case GROUND_DEV:
		add(t, "h\nh\n eth0: %llu %llu 0 %llu 0 0 0 0 0 0 0 0 0 0 0 0\n",
			count(g, "system.network.io.receive", 1),
			count(g, "system.network.packets.receive", 1),
			count(g, "system.network.dropped.receive", 1));
		break;
	case GROUND_SNMP:
		add(t, "Tcp: InSegs OutSegs RetransSegs\nTcp: %llu %llu %llu\n",
			count(g, "system.network.tcp.segments.receive", 1),
			count(g, "system.network.tcp.segments.transmit", 1),
			count(g, "system.network.tcp.retransmits", 1));
		break;
	case GROUND_NETSTAT:
		add(t, "TcpExt: ListenOverflows ListenDrops TCPTimeouts\nTcpExt: %llu %llu %llu\n",
			count(g, "system.network.tcp.listen_overflows", 1),
			count(g, "system.network.tcp.listen_drops", 1),
			count(g, "system.network.tcp.timeouts", 1));
		break;
	default:
		add(t, "%08llx %08llx %08llx\n", count(g, "system.network.softnet.processed", 1),
			count(g, "system.network.softnet.dropped", 1),
			count(g, "system.network.softnet.squeezed", 1));
	}
}

static void write_text(const struct ground *g, enum ground_file file, struct text *t)
{
	switch (file) {
	case GROUND_STAT:
		write_stat(g, t);
		break;
	case GROUND_LOADAVG:
		add(t, "%.2f %.2f %.2f %.0f/%.0f 1\n", gauge(g, "system.cpu.load_average.1m"),
			gauge(g, "system.cpu.load_average.5m"),
			gauge(g, "system.cpu.load_average.15m"),
			gauge(g, "system.threads.runnable"), gauge(g, "system.threads.count"));
		break;
	case GROUND_SCHEDSTAT:
		add(t, "version 15\ncpu0 0 0 0 0 0 0 0 %llu 0\n",
			count(g, "system.cpu.run_delay", 1e9));
		break;
	case GROUND_CPU:
		write_pressure(g, "cpu", t);
		break;
	case GROUND_MEMORY:
		write_pressure(g, "memory", t);
		break;
	case GROUND_IO:
		write_pressure(g, "io", t);
		break;
	case GROUND_MEMINFO:
	case GROUND_VMSTAT:
		write_memory(g, file, t);
		break;
	case GROUND_DISKS:
		write_disks(g, t);
		break;
	default:
		write_network(g, file, t);
	}
}

static int write_files(struct ground *g)
{
	struct text t;

	for (enum ground_file i = 0; i < GROUND_FILES; i++) {
		t.len = 0;
		write_text(g, i, &t);
		if (pwrite(g->fds[i], t.data, t.len, 0) != (ssize_t)t.len)
			return errno ? errno : EIO;
		if (t.len < g->lengths[i] && ftruncate(g->fds[i], (off_t)t.len))
			return errno;
		g->lengths[i] = t.len;
	}
	return 0;
}

/* With the folders before it. */
static int make_file(const struct ground *g, const char *path)
{
	char full[256];
	size_t root = strlen(g->root);

	snprintf(full, sizeof(full), "%s/%s", g->root, path);
	for (char *p = full + root + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(full, 0755);
			*p = '/';
		}
	return open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
}

int ground_open(struct ground *g, char *header)
{
	int disk;

	memset(g, 0, sizeof(*g));
	for (char *name = strtok(header, "\t\n"); name; name = strtok(NULL, "\t\n"))
		if (g->columns < GROUND_COLUMNS)
			g->names[g->columns++] = strdup(name);
	strcpy(g->root, access("/dev/shm", W_OK) ? "/tmp/pdiag-replay-XXXXXX" :
						   "/dev/shm/pdiag-replay-XXXXXX");
	if (!mkdtemp(g->root))
		return errno;
	disk = make_file(g, "sys/block/sda/stat");
	if (disk < 0)
		return errno;
	close(disk);
	for (size_t i = 0; i < GROUND_FILES; i++) {
		g->fds[i] = make_file(g, paths[i]);
		if (g->fds[i] < 0)
			return errno;
	}
	return 0;
}

int ground_step(struct ground *g, const double *values, double seconds)
{
	double cpus, busy, busiest, others;

	for (uint32_t i = 0; i < g->columns; i++) {
		g->known[i] = isfinite(values[i]);
		g->values[i] = g->known[i] ? values[i] : 0;
		if (g->values[i] > 0)
			g->sums[i] += g->values[i] * seconds;
	}
	cpus = ground_cpus(g);
	busy = gauge(g, "system.cpu.utilization") * cpus;
	busiest = gauge(g, "system.cpu.utilization.max");
	others = cpus > 1 ? (busy - busiest) / (cpus - 1) : 0;
	g->total += seconds;
	g->busy[0] += fmin(fmax(busiest, 0), 1) * seconds;
	g->busy[1] += fmin(fmax(others, 0), 1) * seconds;
	return write_files(g);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void ground_close(struct ground *g)
{
	for (size_t i = 0; i < GROUND_FILES; i++)
		close(g->fds[i]);
	for (uint32_t i = 0; i < g->columns; i++)
		free(g->names[i]);
	nftw(g->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
