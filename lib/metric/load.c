/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/loadavg: the load averages, how many threads there are, and how many of them the kernel
 * last counted for the averages. That is the only place where it tells of all who are blocked:
 * others know of those that wait for storage.
 */
#include <math.h>

#include "metric/metric.h"
#include "metric/scan.h"

enum { LOAD_1, LOAD_5, LOAD_15, THREADS, ACTIVE, COUNT };

/* It counts each 5 s and a tick of its timer, and keeps so much of what the average was; see
 * kernel/sched/loadavg.c. */
#define COUNT_NS 5000000000ull
/* Until it is certain that it must have been. */
#define LATE_NS 300000000ull
#define KEPT (1884.0 / 2048)
/* Averages are told in hundredths: a change by less is none. */
#define CHANGE 0.005

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
	[ACTIVE] = { "system.threads.active", "{thread}",
		"Threads that ran, wanted to run or were blocked when they were last counted, each "
		"5 s.", PDIAG_METRIC_GAUGE, 1, NULL },
};

/* What was counted, from the average before and after. */
static double counted(double before, double after)
{
	double count = (after - KEPT * before) / (1 - KEPT);

	return count > 0 ? round(count) : 0;
}

static void find_active(
	struct pdiag_metric_file *f, double load, struct pdiag_metric_found *found)
{
	struct pdiag_metric_load *l = &f->load;
	bool changed = fabs(load - l->average) > CHANGE, held = false;

	if (!l->time_ns || f->time_ns - l->time_ns >= COUNT_NS) {
		/* It may have counted twice. */
		*l = (struct pdiag_metric_load){ .counted_ns = f->time_ns, .active = NAN };
	} else if (changed) {
		l->active = counted(l->average, load);
		l->counted_ns = f->time_ns;
	} else if (f->time_ns - l->counted_ns >= COUNT_NS + LATE_NS) {
		/* It has counted, and found what was to be expected. */
		l->active = round(load);
		l->counted_ns = f->time_ns;
	} else {
		held = true;
	}
	l->average = load;
	l->time_ns = f->time_ns;
	pdiag_metric_gauge(found, ACTIVE, l->active);
	if (isnan(l->active))
		found->broken |= 1u << ACTIVE;
	else if (held)
		found->held |= 1u << ACTIVE;
}

static void parse(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	uint64_t threads;
	double load;

	if (!pdiag_scan_line(&s, &line))
		return;
	for (uint32_t i = LOAD_1; i <= LOAD_15; i++) {
		if (!pdiag_scan_decimal(&line, &load))
			return;
		pdiag_metric_gauge(found, i, load);
		if (i == LOAD_1)
			find_active(f, load, found);
	}
	/* "RUNNABLE/THREADS" */
	if (pdiag_scan_u64(&line, &threads) && pdiag_scan_skip(&line, "/") &&
		pdiag_scan_digits(&line, &threads))
		pdiag_metric_gauge(found, THREADS, (double)threads);
}

const struct pdiag_metric_reader pdiag_metric_loadavg = { "proc/loadavg",
	"/proc is not mounted, or only in part", PDIAG_METRICS_LOAD, COUNT, defs, parse };
