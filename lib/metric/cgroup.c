/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What version 2 of cgroups tells of one; its pressure is in pressure.c. */
#include "metric/keys.h"
#include "metric/metric.h"
#include "metric/scan.h"
#include "metric/sysfs.h"
#include "util/array.h"

#define COUNTER(name, unit, scale, text, lacks) \
	{ name, unit, text, PDIAG_METRIC_COUNTER, scale, lacks }
#define SIZE(name, text, lacks) { name, "By", text, PDIAG_METRIC_GAUGE, 1, lacks }
#define NO_CPU "the controller cpu is not enabled for this cgroup"
#define NO_MEMORY "the controller memory is not enabled for this cgroup, or it is the root"
#define NO_IO "the controller io is not enabled for this cgroup"
#define NO_PIDS "the controller pids is not enabled for this cgroup, or it is the root"

/* The first number of the text is the only one. */
static void parse_number(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	uint64_t value;

	(void)f;
	if (pdiag_scan_line(&s, &line) && pdiag_scan_u64(&line, &value))
		pdiag_metric_gauge(found, 0, (double)value);
}

/* ---- cpu.stat ---- */

enum { CPU_USER, CPU_SYSTEM, THROTTLED, THROTTLED_TIME, CPU_COUNT };

static const struct pdiag_metric_def cpu_defs[] = {
	[CPU_USER] = COUNTER("cgroup.cpu.time.user", "s", 1e-6,
		"CPU time of the cgroup in user space.", NULL),
	[CPU_SYSTEM] = COUNTER("cgroup.cpu.time.system", "s", 1e-6,
		"CPU time of the cgroup in the kernel.", NULL),
	[THROTTLED] = COUNTER("cgroup.cpu.throttled.periods", "{period}", 1,
		"Periods in which the cgroup used up its quota of CPU time.", NO_CPU),
	[THROTTLED_TIME] = COUNTER("cgroup.cpu.throttled.time", "s", 1e-6,
		"Time that the cgroup was kept from CPUs by its quota, summed over CPUs.", NO_CPU),
};

static const struct pdiag_metric_key cpu_keys[] = {
	PDIAG_METRIC_KEY("user_usec", CPU_USER), PDIAG_METRIC_KEY("system_usec", CPU_SYSTEM),
	PDIAG_METRIC_KEY("nr_throttled", THROTTLED),
	PDIAG_METRIC_KEY("throttled_usec", THROTTLED_TIME),
};

static void parse_cpu(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	uint64_t values[CPU_COUNT], have;

	have = pdiag_metric_keys(&f->keys, text, len, cpu_keys, PDIAG_COUNT(cpu_keys), values);
	pdiag_metric_keys_found(f, values, have, found);
}

const struct pdiag_metric_reader pdiag_metric_cg_cpu = { "cpu.stat", NO_CPU,
	PDIAG_METRICS_CGROUP, CPU_COUNT, cpu_defs, parse_cpu };

/* ---- memory ---- */

static const struct pdiag_metric_def current_defs[] = {
	SIZE("cgroup.memory.usage", "Memory of the cgroup, its caches included.", NULL),
};
static const struct pdiag_metric_def max_defs[] = {
	SIZE("cgroup.memory.limit", "Memory that the cgroup may use at most.", "it has no limit"),
};
static const struct pdiag_metric_def swap_defs[] = {
	SIZE("cgroup.swap.usage", "Swap space of the cgroup.", NULL),
};

const struct pdiag_metric_reader pdiag_metric_cg_current = { "memory.current", NO_MEMORY,
	PDIAG_METRICS_CGROUP, 1, current_defs, parse_number };
const struct pdiag_metric_reader pdiag_metric_cg_max = { "memory.max", NO_MEMORY,
	PDIAG_METRICS_CGROUP, 1, max_defs, parse_number };
const struct pdiag_metric_reader pdiag_metric_cg_swap = { "memory.swap.current",
	"the kernel has no swap, or the controller memory is not enabled for this cgroup",
	PDIAG_METRICS_CGROUP, 1, swap_defs, parse_number };

enum {
	ANON, FILES, KERNEL, MAJOR, MINOR, SCANNED, RECLAIMED, REFAULTS, MEMORY_COUNT,
	FAULTS = MEMORY_COUNT, MEMORY_SLOTS
};

static const struct pdiag_metric_def memory_defs[] = {
	[ANON] = SIZE("cgroup.memory.anonymous", "Memory of the cgroup that is of no file.", NULL),
	[FILES] = SIZE("cgroup.memory.cached", "Memory of the cgroup that caches files.", NULL),
	[KERNEL] = SIZE("cgroup.memory.kernel", "Memory of the kernel on the cgroup's account.",
		"this kernel does not tell it (it does from 5.18 on)"),
	[MAJOR] = COUNTER("cgroup.paging.faults.major", "{fault}", 1,
		"Page faults of the cgroup that had to read from storage.", NULL),
	[MINOR] = COUNTER("cgroup.paging.faults.minor", "{fault}", 1,
		"Page faults of the cgroup that did not have to.", NULL),
	[SCANNED] = COUNTER("cgroup.memory.scanned", "{page}", 1,
		"Pages of the cgroup that were looked at to free memory.", NULL),
	[RECLAIMED] = COUNTER("cgroup.memory.reclaimed", "{page}", 1,
		"Pages of the cgroup that were freed.", NULL),
	[REFAULTS] = COUNTER("cgroup.memory.refaults", "{page}", 1,
		"Pages of the cgroup that were needed again soon after they were freed.", NULL),
};

static const struct pdiag_metric_key memory_keys[] = {
	PDIAG_METRIC_KEY("anon", ANON), PDIAG_METRIC_KEY("file", FILES),
	PDIAG_METRIC_KEY("kernel", KERNEL), PDIAG_METRIC_KEY("workingset_refault", REFAULTS),
	PDIAG_METRIC_KEY("workingset_refault_anon", REFAULTS),
	PDIAG_METRIC_KEY("workingset_refault_file", REFAULTS),
	PDIAG_METRIC_KEY("pgscan", SCANNED), PDIAG_METRIC_KEY("pgsteal", RECLAIMED),
	PDIAG_METRIC_KEY("pgfault", FAULTS), PDIAG_METRIC_KEY("pgmajfault", MAJOR),
};

static void parse_memory(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	uint64_t values[MEMORY_SLOTS], have;

	have = pdiag_metric_keys(&f->keys, text, len, memory_keys, PDIAG_COUNT(memory_keys),
		values);
	have = pdiag_metric_keys_less(values, have, MINOR, FAULTS, MAJOR);
	pdiag_metric_keys_found(f, values, have, found);
}

const struct pdiag_metric_reader pdiag_metric_cg_memory = { "memory.stat", NO_MEMORY,
	PDIAG_METRICS_CGROUP, MEMORY_COUNT, memory_defs, parse_memory };

enum { HIGH, LIMIT_HITS, OOM_KILLS, EVENTS_COUNT };

static const struct pdiag_metric_def events_defs[] = {
	[HIGH] = COUNTER("cgroup.memory.throttled", "{event}", 1,
		"Times that the cgroup was slowed down as it went over memory.high.", NULL),
	[LIMIT_HITS] = COUNTER("cgroup.memory.limit_hits", "{event}", 1,
		"Times that the cgroup was about to go over memory.max.", NULL),
	[OOM_KILLS] = COUNTER("cgroup.memory.oom_kills", "{kill}", 1,
		"Processes of the cgroup that were killed for want of memory.", NULL),
};

static const struct pdiag_metric_key events_keys[] = {
	PDIAG_METRIC_KEY("high", HIGH), PDIAG_METRIC_KEY("max", LIMIT_HITS),
	PDIAG_METRIC_KEY("oom_kill", OOM_KILLS),
};

static void parse_events(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	uint64_t values[EVENTS_COUNT], have;

	have = pdiag_metric_keys(&f->keys, text, len, events_keys, PDIAG_COUNT(events_keys),
		values);
	pdiag_metric_keys_found(f, values, have, found);
}

const struct pdiag_metric_reader pdiag_metric_cg_events = { "memory.events", NO_MEMORY,
	PDIAG_METRICS_CGROUP, EVENTS_COUNT, events_defs, parse_events };

/* ---- io.stat ---- */

enum { READ_BYTES, WRITE_BYTES, READS, WRITES, IO_COUNT };

static const struct pdiag_metric_def io_defs[] = {
	[READ_BYTES] = COUNTER("cgroup.disk.io.read", "By", 1,
		"Bytes that the cgroup read from disks.", NULL),
	[WRITE_BYTES] = COUNTER("cgroup.disk.io.write", "By", 1,
		"Bytes that the cgroup wrote to disks.", NULL),
	[READS] = COUNTER("cgroup.disk.operations.read", "{operation}", 1,
		"Reads from disks by the cgroup.", NULL),
	[WRITES] = COUNTER("cgroup.disk.operations.write", "{operation}", 1,
		"Writes to disks by the cgroup.", NULL),
};

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0" */
static void parse_io_line(struct pdiag_metric_file *f, struct pdiag_scan *line,
	struct pdiag_metric_found *found)
{
	static const char *const keys[] = { "rbytes=", "wbytes=", "rios=", "wios=" };
	uint64_t now[IO_COUNT], delta[IO_COUNT];
	struct pdiag_metric_device *disk;
	const char *number, *word;
	uint32_t have = 0;
	size_t n = pdiag_scan_word(line, &number), w;

	while ((w = pdiag_scan_word(line, &word))) {
		struct pdiag_scan s = { word, word + w };

		for (uint32_t i = 0; i < IO_COUNT; i++)
			if (pdiag_scan_skip(&s, keys[i]) && pdiag_scan_digits(&s, &now[i]))
				have |= 1u << i;
	}
	if (have != (1u << IO_COUNT) - 1)
		return;
	disk = pdiag_metric_devices_get(&f->devices, number, n);
	if (!disk)
		return;
	if (!disk->kind)
		disk->kind = pdiag_metric_disk_kind_by_number(f->root_fd, disk->name);
	/* One that the cgroup used for the first time counts from its very beginning. */
	if (!disk->known && f->before_ns)
		disk->known = 1;
	if (disk->kind != PDIAG_DEVICE_COUNTED)
		return;
	found->broken |= pdiag_metric_device_step(disk, now, IO_COUNT, delta);
	for (uint32_t i = 0; i < IO_COUNT; i++)
		f->devices.sums[i] += delta[i];
}

static void parse_io(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;

	pdiag_metric_devices_begin(&f->devices);
	while (pdiag_scan_line(&s, &line))
		parse_io_line(f, &line, found);
	pdiag_metric_devices_end(&f->devices);
	for (uint32_t i = 0; i < IO_COUNT; i++)
		pdiag_metric_count(found, i, f->devices.sums[i]);
}

const struct pdiag_metric_reader pdiag_metric_cg_io = { "io.stat", NO_IO, PDIAG_METRICS_CGROUP,
	IO_COUNT, io_defs, parse_io };

/* ---- pids.current ---- */

static const struct pdiag_metric_def pids_defs[] = {
	{ "cgroup.threads.count", "{thread}", "Threads of the cgroup.", PDIAG_METRIC_GAUGE, 1,
		NULL },
};

const struct pdiag_metric_reader pdiag_metric_cg_pids = { "pids.current", NO_PIDS,
	PDIAG_METRICS_CGROUP, 1, pids_defs, parse_number };
