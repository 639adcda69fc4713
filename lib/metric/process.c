/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID: one process. */
#include "metric/keys.h"
#include "metric/metric.h"
#include "metric/scan.h"
#include "util/array.h"

#define COUNTER(name, unit, scale, text) { name, unit, text, PDIAG_METRIC_COUNTER, scale, NULL }
#define GONE "the process has ended"

/* ---- stat ---- */

enum { MINOR, MAJOR, USER, SYSTEM, THREADS, STAT };

static const struct pdiag_metric_def stat_defs[] = {
	[MINOR] = COUNTER("process.paging.faults.minor", "{fault}", 1,
		"Page faults of the process without a read from storage."),
	[MAJOR] = COUNTER("process.paging.faults.major", "{fault}", 1,
		"Page faults of the process that had to read from storage."),
	/* Of USER_HZ. */
	[USER] = COUNTER("process.cpu.time.user", "s", 0.01,
		"CPU time of the process in user space."),
	[SYSTEM] = COUNTER("process.cpu.time.system", "s", 0.01,
		"CPU time of the process in the kernel."),
	[THREADS] = { "process.threads.count", "{thread}", "Threads of the process.",
		PDIAG_METRIC_GAUGE, 1, NULL },
};

/* The name is between the first and the last parenthesis, and may hold any of them. */
static void parse_stat(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	/* Words behind the name, from 0, by metric. */
	static const uint8_t fields[STAT] = { 7, 9, 11, 12, 17 };
	struct pdiag_scan s = { text, text + len }, line, field;
	const char *end, *word;
	uint64_t value;
	size_t n;

	(void)f;
	if (!pdiag_scan_line(&s, &line))
		return;
	end = memrchr(line.p, ')', (size_t)(line.end - line.p));
	if (!end)
		return;
	line.p = end + 1;
	for (uint32_t i = 0, metric = 0; metric < STAT; i++) {
		n = pdiag_scan_word(&line, &word);
		if (!n)
			return;
		if (i != fields[metric])
			continue;
		field = (struct pdiag_scan){ word, word + n };
		if (!pdiag_scan_digits(&field, &value) || field.p != field.end)
			metric++;
		else if (metric == THREADS)
			pdiag_metric_gauge(found, metric++, (double)value);
		else
			pdiag_metric_count(found, metric++, value);
	}
}

const struct pdiag_metric_reader pdiag_metric_pid_stat = { "stat", GONE, PDIAG_METRICS_PROCESS,
	STAT, stat_defs, parse_stat };

/* ---- status ---- */

enum { RESIDENT, ANON, SWAP, VOLUNTARY, INVOLUNTARY, STATUS };

#define KERNEL_THREAD "a kernel thread has no memory of its own"
#define SIZE(name, text) { name, "By", text, PDIAG_METRIC_GAUGE, 1024, KERNEL_THREAD }

static const struct pdiag_metric_def status_defs[] = {
	[RESIDENT] = SIZE("process.memory.usage",
		"Memory of the process, its share of files included."),
	[ANON] = SIZE("process.memory.anonymous", "Memory of the process that is of no file."),
	[SWAP] = SIZE("process.swap.usage", "Memory of the process that is in swap space."),
	[VOLUNTARY] = COUNTER("process.main_thread.context_switches.voluntary", "{switch}", 1,
		"Times that the main thread of the process gave up its CPU to wait."),
	[INVOLUNTARY] = COUNTER("process.main_thread.context_switches.involuntary", "{switch}", 1,
		"Times that the main thread of the process had its CPU taken away."),
};

static const struct pdiag_metric_key status_keys[] = {
	PDIAG_METRIC_KEY("VmRSS:", RESIDENT), PDIAG_METRIC_KEY("RssAnon:", ANON),
	PDIAG_METRIC_KEY("VmSwap:", SWAP),
	PDIAG_METRIC_KEY("voluntary_ctxt_switches:", VOLUNTARY),
	PDIAG_METRIC_KEY("nonvoluntary_ctxt_switches:", INVOLUNTARY),
};

static void parse_status(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	uint64_t values[STATUS], have;

	have = pdiag_metric_keys(&f->keys, text, len, status_keys, PDIAG_COUNT(status_keys),
		values);
	pdiag_metric_keys_found(f, values, have, found);
}

const struct pdiag_metric_reader pdiag_metric_pid_status = { "status", GONE,
	PDIAG_METRICS_PROCESS, STATUS, status_defs, parse_status };

/* ---- schedstat ---- */

static const struct pdiag_metric_def schedstat_defs[] = {
	COUNTER("process.main_thread.run_delay", "s", 1e-9,
		"Time that the main thread of the process wanted a CPU and had none."),
};

/* "RAN DELAYED TIMES" */
static void parse_schedstat(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	uint64_t values[2];

	(void)f;
	if (pdiag_scan_line(&s, &line) && pdiag_scan_u64s(&line, values, 2) == 2)
		pdiag_metric_count(found, 0, values[1]);
}

const struct pdiag_metric_reader pdiag_metric_pid_schedstat = { "schedstat",
	"the kernel was built without CONFIG_SCHED_INFO", PDIAG_METRICS_PROCESS, 1,
	schedstat_defs, parse_schedstat };

/* ---- io ---- */

enum { CALLS_READ, CALLS_WRITE, READ_CALLS, WRITE_CALLS, DISK_READ, DISK_WRITE, IO };

static const struct pdiag_metric_def io_defs[] = {
	[CALLS_READ] = COUNTER("process.io.read", "By", 1,
		"Bytes that the process read by system calls, from anything."),
	[CALLS_WRITE] = COUNTER("process.io.write", "By", 1,
		"Bytes that the process wrote by system calls, to anything."),
	[READ_CALLS] = COUNTER("process.io.calls.read", "{call}", 1,
		"System calls of the process that read."),
	[WRITE_CALLS] = COUNTER("process.io.calls.write", "{call}", 1,
		"System calls of the process that write."),
	[DISK_READ] = COUNTER("process.disk.io.read", "By", 1,
		"Bytes that storage had to deliver for the process."),
	[DISK_WRITE] = COUNTER("process.disk.io.write", "By", 1,
		"Bytes that the process caused to be written to storage."),
};

static const struct pdiag_metric_key io_keys[] = {
	PDIAG_METRIC_KEY("rchar:", CALLS_READ), PDIAG_METRIC_KEY("wchar:", CALLS_WRITE),
	PDIAG_METRIC_KEY("syscr:", READ_CALLS), PDIAG_METRIC_KEY("syscw:", WRITE_CALLS),
	PDIAG_METRIC_KEY("read_bytes:", DISK_READ), PDIAG_METRIC_KEY("write_bytes:", DISK_WRITE),
};

static void parse_io(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	uint64_t values[IO], have;

	have = pdiag_metric_keys(&f->keys, text, len, io_keys, PDIAG_COUNT(io_keys), values);
	pdiag_metric_keys_found(f, values, have, found);
}

const struct pdiag_metric_reader pdiag_metric_pid_io = { "io",
	"the kernel was built without CONFIG_TASK_IO_ACCOUNTING", PDIAG_METRICS_PROCESS, IO,
	io_defs, parse_io };
