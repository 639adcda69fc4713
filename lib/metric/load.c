/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/loadavg: the load averages, and how many threads there are. */
#include "metric/metric.h"
#include "metric/scan.h"

enum { LOAD_1, LOAD_5, LOAD_15, THREADS, COUNT };

static const struct pdiag_metric_def defs[] = {
	[LOAD_1] = { "system.cpu.load_average.1m", "{thread}",
		"Threads that run, want to run or are blocked, averaged over 1 minute.",
		PDIAG_METRIC_GAUGE, 1, NULL },
	[LOAD_5] = { "system.cpu.load_average.5m", "{thread}",
		"Threads that run, want to run or are blocked, averaged over 5 minutes.",
		PDIAG_METRIC_GAUGE, 1, NULL },
	[LOAD_15] = { "system.cpu.load_average.15m", "{thread}",
		"Threads that run, want to run or are blocked, averaged over 15 minutes.",
		PDIAG_METRIC_GAUGE, 1, NULL },
	[THREADS] = { "system.threads.count", "{thread}",
		"Threads that there are, those of the kernel included.",
		PDIAG_METRIC_GAUGE, 1, NULL },
};

static void parse(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	uint64_t threads;
	double load;

	(void)f;
	if (!pdiag_scan_line(&s, &line))
		return;
	for (uint32_t i = LOAD_1; i <= LOAD_15; i++) {
		if (!pdiag_scan_decimal(&line, &load))
			return;
		pdiag_metric_gauge(found, i, load);
	}
	/* "RUNNABLE/THREADS" */
	if (pdiag_scan_u64(&line, &threads) && pdiag_scan_skip(&line, "/") &&
		pdiag_scan_digits(&line, &threads))
		pdiag_metric_gauge(found, THREADS, (double)threads);
}

const struct pdiag_metric_reader pdiag_metric_loadavg = { "proc/loadavg",
	"/proc is not mounted, or only in part", PDIAG_METRICS_LOAD, COUNT, defs, parse };
