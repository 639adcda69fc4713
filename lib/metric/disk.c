/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/diskstats: whole disks, added up. */
#include "metric/metric.h"
#include "metric/scan.h"
#include "metric/sysfs.h"
#include "util/array.h"

enum {
	READ_BYTES, WRITE_BYTES, READS, WRITES, READ_TIME, WRITE_TIME, IO_TIME, QUEUE_TIME,
	COUNTERS,
	PENDING = COUNTERS, BUSIEST, COUNT
};

#define OF(name, unit, scale, text) { name, unit, text, PDIAG_METRIC_COUNTER, scale, NULL }

static const struct pdiag_metric_def defs[] = {
	[READ_BYTES] = OF("system.disk.io.read", "By", 512, "Bytes read from disks."),
	[WRITE_BYTES] = OF("system.disk.io.write", "By", 512, "Bytes written to disks."),
	[READS] = OF("system.disk.operations.read", "{operation}", 1, "Reads done by disks."),
	[WRITES] = OF("system.disk.operations.write", "{operation}", 1, "Writes done by disks."),
	[READ_TIME] = OF("system.disk.operation_time.read", "s", 1e-3,
		"Time that reads took, added up."),
	[WRITE_TIME] = OF("system.disk.operation_time.write", "s", 1e-3,
		"Time that writes took, added up."),
	[IO_TIME] = OF("system.disk.io_time", "s", 1e-3,
		"Time in which disks had something to do, added up."),
	[QUEUE_TIME] = OF("system.disk.queue_time", "s", 1e-3,
		"Time of all operations in disks and their queues; a second: how many there are."),
	[PENDING] = { "system.disk.pending_operations", "{operation}",
		"Operations in disks and their queues.", PDIAG_METRIC_GAUGE, 1, NULL },
	[BUSIEST] = { "system.disk.utilization.max", "1",
		"Share of the time in which the busiest disk had something to do.",
		PDIAG_METRIC_GAUGE, 1, NULL },
};

/* Numbers behind the name, from 0, by metric. */
static const uint8_t fields[] = { 2, 6, 0, 4, 3, 7, 9, 10 };
#define IN_FLIGHT 8
#define FIELDS 11

_Static_assert(PDIAG_COUNT(fields) == COUNTERS, "a field for each counter");

struct disks {
	char whole[PDIAG_DEVICE_NAME]; /* the last one that was none of another */
	uint64_t pending;
	double busiest;
	bool known; /* busiest is */
};

static void parse_disk(struct pdiag_metric_file *f, struct pdiag_metric_device *disk,
	const uint64_t *values, struct disks *all, struct pdiag_metric_found *found)
{
	uint64_t now[COUNTERS], delta[COUNTERS];
	bool known = disk->known;
	double share;

	for (uint32_t i = 0; i < COUNTERS; i++)
		now[i] = values[fields[i]];
	found->broken |= pdiag_metric_device_step(disk, now, COUNTERS, delta);
	for (uint32_t i = 0; i < COUNTERS; i++)
		f->devices.sums[i] += delta[i];
	all->pending += values[IN_FLIGHT];
	if (!known || !f->before_ns || f->time_ns <= f->before_ns)
		return;
	all->known = true;
	share = (double)delta[IO_TIME] * 1e6 / (double)(f->time_ns - f->before_ns);
	if (share > all->busiest)
		all->busiest = share < 1 ? share : 1;
}

static void parse_line(struct pdiag_metric_file *f, struct pdiag_scan *line, struct disks *all,
	struct pdiag_metric_found *found)
{
	struct pdiag_metric_device *disk;
	uint64_t number[2], values[FIELDS];
	const char *name;
	size_t n;

	if (pdiag_scan_u64s(line, number, 2) < 2)
		return;
	n = pdiag_scan_word(line, &name);
	disk = n ? pdiag_metric_devices_get(&f->devices, name, n) : NULL;
	if (!disk)
		return;
	if (!disk->kind)
		disk->kind = pdiag_metric_disk_kind(f->root_fd, disk->name, all->whole);
	if (disk->kind != PDIAG_DEVICE_COUNTED ||
		pdiag_scan_u64s(line, values, FIELDS) < FIELDS)
		return;
	memcpy(all->whole, disk->name, sizeof(all->whole));
	parse_disk(f, disk, values, all, found);
}

static void parse(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	struct disks all = { .pending = 0 };

	pdiag_metric_devices_begin(&f->devices);
	while (pdiag_scan_line(&s, &line))
		parse_line(f, &line, &all, found);
	pdiag_metric_devices_end(&f->devices);
	/* Not one line, not even of a loop device: hidden in a container, or a kernel without. */
	if (!f->devices.seen)
		return;
	for (uint32_t i = 0; i < COUNTERS; i++)
		pdiag_metric_count(found, i, f->devices.sums[i]);
	pdiag_metric_gauge(found, PENDING, (double)all.pending);
	pdiag_metric_gauge(found, BUSIEST, all.busiest);
	if (!all.known || found->broken >> IO_TIME & 1)
		found->broken |= 1u << BUSIEST;
}

const struct pdiag_metric_reader pdiag_metric_diskstats = { "proc/diskstats",
	"/proc is not mounted, or only in part", PDIAG_METRICS_DISK, COUNT, defs, parse };
