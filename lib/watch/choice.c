/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/choice.h"

#include <string.h>

#include <pdiag/detect.h>
#include <pdiag/types.h>

#include "util/array.h"

#define HIGH PDIAG_DETECTOR_ONLY_HIGH
#define LOW PDIAG_DETECTOR_ONLY_LOW
#define MIB 1048576.0
#define CPU (1u << PDIAG_STATE_RUNNING)
#define THREADS (CPU | 1u << PDIAG_STATE_BLOCKED)
#define MEMORY (1u << PDIAG_STATE_PAGE_FAULT)
/* What is read through a mapping is a page fault, too. */
#define STORAGE (1u << PDIAG_STATE_IO | MEMORY)
#define NETWORK (1u << PDIAG_STATE_NETWORK)

/* Kin. */
enum { ONE_BUSY = 1, LOST };

/*
 * What is looked at unless somebody says otherwise. Load averages are not among them: they are late
 * means of those who run or are blocked, and take minutes to come back; what they are means of is.
 * The least change that matters is a part of what a machine can do, so that an idle one's trifles
 * are none.
 */
static const struct pdiag_watch_choice chosen[] = {
	{ "system.threads.runnable", "runnable threads", 1.5, 0.5, HIGH, THREADS, 0 },
	{ "system.threads.blocked", "blocked threads", 1.5, 0.05, HIGH, STORAGE, 0 },
	{ "system.threads.active", "threads that run, want to or are blocked", 2, 0.5, HIGH,
		THREADS, 0 },
	{ "system.threads.created", "new threads", 50, 10, HIGH, THREADS, 0 },
	{ "system.cpu.utilization", "CPU use", 0.15, 0, HIGH, CPU, 0 },
	{ "system.cpu.utilization.max", "use of the busiest CPU", 0.25, 0, HIGH, CPU, ONE_BUSY },
	{ "system.cpu.process.max", "CPU use of the busiest process", 0.25, 0.02, HIGH, CPU,
		ONE_BUSY },
	{ "system.cpu.time.system", "CPUs in the kernel", 0.1, 0.03, HIGH, CPU, 0 },
	{ "system.cpu.time.iowait", "CPUs that wait for storage", 0.2, 0.05, HIGH, STORAGE, 0 },
	{ "system.cpu.time.softirq", "CPUs in soft interrupts", 0.1, 0.02, HIGH, CPU, 0 },
	{ "system.cpu.time.steal", "CPUs taken away by the host", 0.2, 0.05, HIGH, 0, 0 },
	{ "system.cpu.context_switches", "context switches", 300, 800, HIGH, THREADS, 0 },
	{ "system.cpu.run_delay", "threads that wait for a CPU", 0.5, 0.1, HIGH, CPU, 0 },
	{ "system.pressure.cpu.some", "CPU pressure", 0.1, 0, HIGH, CPU, 0 },
	{ "system.pressure.memory.some", "memory pressure", 0.05, 0, HIGH, MEMORY, 0 },
	{ "system.pressure.io.some", "storage pressure", 0.1, 0, HIGH, STORAGE, 0 },
	{ "system.memory.utilization", "memory use", 0.05, 0, HIGH, 0, 0 },
	{ "system.paging.faults.major", "major faults", 50, 5, HIGH, STORAGE, 0 },
	{ "system.paging.faults.minor", "minor faults", 20000, 10000, HIGH, 0, 0 },
	{ "system.memory.scanned.direct", "pages scanned to get memory", 500, 0, HIGH, MEMORY, 0 },
	{ "system.memory.oom_kills", "kills for want of memory", 0.2, 0, HIGH, 0, 0 },
	{ "system.disk.io.read", "bytes read from disks", 8 * MIB, 0, HIGH, STORAGE, 0 },
	{ "system.disk.io.write", "bytes written to disks", 16 * MIB, 0, HIGH, 0, 0 },
	{ "system.disk.queue_time", "operations of disks under way", 2, 0, HIGH, STORAGE, 0 },
	{ "system.network.packets.receive", "packets received", 2000, 500, HIGH, 0, 0 },
	{ "system.network.tcp.retransmits", "TCP segments sent again", 4, 0, HIGH, NETWORK, LOST },
	{ "system.network.tcp.retransmits.ratio", "share of TCP segments sent again", 0.02, 0,
		HIGH, NETWORK, LOST },
	{ "system.network.tcp.timeouts", "TCP segments nobody answered", 1, 0, HIGH, NETWORK,
		LOST },
	{ "system.network.tcp.listen_drops", "connections dropped", 2, 0, HIGH, 0, 0 },
	{ "system.network.dropped.receive", "packets dropped", 20, 0, HIGH, 0, 0 },
	{ "system.network.softnet.dropped", "packets dropped by the receive path", 5, 0, HIGH,
		0, 0 },
	{ "cgroup.cpu.time.user", "CPUs in user code", 0.15, 0.03, HIGH, CPU, 0 },
	{ "cgroup.cpu.time.system", "CPUs in the kernel", 0.1, 0.03, HIGH, CPU, 0 },
	{ "cgroup.cpu.throttled.time", "time throttled", 0.05, 0, HIGH, CPU, 0 },
	{ "cgroup.pressure.cpu.some", "CPU pressure", 0.1, 0, HIGH, CPU, 0 },
	{ "cgroup.pressure.memory.some", "memory pressure", 0.05, 0, HIGH, MEMORY, 0 },
	{ "cgroup.pressure.io.some", "storage pressure", 0.1, 0, HIGH, STORAGE, 0 },
	{ "cgroup.memory.usage", "memory", 64 * MIB, 0, HIGH, 0, 0 },
	{ "cgroup.memory.refaults", "pages needed again", 100, 0, HIGH, STORAGE, 0 },
	{ "cgroup.memory.limit_hits", "times at its limit of memory", 5, 0, HIGH, MEMORY, 0 },
	{ "cgroup.memory.oom_kills", "kills for want of memory", 0.2, 0, HIGH, 0, 0 },
	{ "cgroup.paging.faults.major", "major faults", 50, 0, HIGH, STORAGE, 0 },
	{ "cgroup.disk.io.read", "bytes read from disks", 8 * MIB, 0, HIGH, STORAGE, 0 },
	{ "cgroup.disk.io.write", "bytes written to disks", 16 * MIB, 0, HIGH, 0, 0 },
	{ "cgroup.threads.count", "threads", 20, 0, HIGH, THREADS, 0 },
};

/* How others are looked at if somebody names them. */
static const struct pdiag_watch_choice known[] = {
	{ "system.cpu.load_average.1m", "1-minute load average", 0.5, 0.1, HIGH, 0, 0 },
	{ "system.cpu.load_average.5m", "5-minute load average", 0.5, 0.1, HIGH, 0, 0 },
	{ "system.cpu.load_average.15m", "15-minute load average", 0.5, 0.1, HIGH, 0, 0 },
	{ "system.memory.available", "memory available", 64 * MIB, 0, LOW, 0, 0 },
	{ "system.memory.free", "free memory", 64 * MIB, 0, LOW, 0, 0 },
};

static const struct pdiag_watch_choice any = { NULL, NULL, 0, 0, 0, 0, 0 };

static const struct pdiag_watch_choice *find(
	const struct pdiag_watch_choice *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

const struct pdiag_watch_choice *pdiag_watch_choice(const char *name)
{
	const struct pdiag_watch_choice *c = find(chosen, PDIAG_COUNT(chosen), name);

	if (!c)
		c = find(known, PDIAG_COUNT(known), name);
	return c ? c : &any;
}

int pdiag_watch_chosen(const char *name)
{
	return find(chosen, PDIAG_COUNT(chosen), name) != NULL;
}

int pdiag_watch_fits(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '*')
		return !strncmp(pattern, name, len - 1);
	return !strcmp(pattern, name);
}
