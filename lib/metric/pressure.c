/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pressure stall information, of the machine and of a cgroup: time lost for want of something. */
#include "metric/metric.h"
#include "metric/scan.h"

#define WITHOUT "the kernel has none (CONFIG_PSI, from 4.20 on), or it was not started with psi=1"

static void parse(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	const char *kind, *word;
	uint64_t total;
	size_t n, k;

	while (pdiag_scan_line(&s, &line)) {
		k = pdiag_scan_word(&line, &kind);
		while ((n = pdiag_scan_word(&line, &word))) {
			struct pdiag_scan value = { word, word + n };

			if (!pdiag_scan_skip(&value, "total=") ||
				!pdiag_scan_digits(&value, &total))
				continue;
			/* Where there is but one it is the one of interrupts, which is "full". */
			if (pdiag_scan_is(kind, k, "some") && f->reader->count == 2)
				pdiag_metric_count(found, 0, total);
			else if (pdiag_scan_is(kind, k, "full"))
				pdiag_metric_count(found, f->reader->count - 1, total);
		}
	}
}

#define STALL(name, text, lacks) { name, "s", text, PDIAG_METRIC_COUNTER, 1e-6, lacks }
#define NO_FULL "this kernel does not tell it (it does from 5.13 on)"

/* Some and full of a resource, for the machine or a cgroup. */
#define PRESSURE(symbol, file, family, prefix, resource, what, of, lacks)                          \
	static const struct pdiag_metric_def symbol##_defs[] = {                                   \
		STALL(prefix ".pressure." resource ".some",                                        \
			"Time in which a thread" of " waited for " what ".", NULL),                \
		STALL(prefix ".pressure." resource ".full",                                        \
			"Time in which threads" of " waited for " what ", and none got on.",       \
			lacks),                                                                    \
	};                                                                                         \
	const struct pdiag_metric_reader pdiag_metric_##symbol = { file, WITHOUT, family, 2,       \
		symbol##_defs, parse }

#define MACHINE(resource, what, lacks)                                                             \
	PRESSURE(pressure_##resource, "proc/pressure/" #resource, PDIAG_METRICS_PRESSURE,          \
		"system", #resource, what, "", lacks)
#define CGROUP(resource, what, lacks)                                                              \
	PRESSURE(cg_pressure_##resource, #resource ".pressure", PDIAG_METRICS_CGROUP,              \
		"cgroup", #resource, what, " of the cgroup", lacks)

MACHINE(cpu, "a CPU", NO_FULL);
MACHINE(memory, "memory", NULL);
MACHINE(io, "storage", NULL);
CGROUP(cpu, "a CPU", NO_FULL);
CGROUP(memory, "memory", NULL);
CGROUP(io, "storage", NULL);

static const struct pdiag_metric_def irq_defs[] = {
	STALL("system.pressure.irq.full", "Time that interrupts took from threads that ran.", NULL),
};

const struct pdiag_metric_reader pdiag_metric_pressure_irq = { "proc/pressure/irq",
	"the kernel has none (from 6.1 on, CONFIG_IRQ_TIME_ACCOUNTING), or no psi=1",
	PDIAG_METRICS_PRESSURE, 1, irq_defs, parse };
