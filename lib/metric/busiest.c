/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many CPUs the busiest process has. The kernel counts that for each process alone, and to ask
 * all of them each second takes too long where there are many: samples tell its share, and
 * /proc/stat, which is read before, of how many CPUs.
 */
#include <math.h>

#include "metric/metric.h"

static const struct pdiag_metric_def defs[] = {
	{ "system.cpu.process.max", "{cpu}",
		"CPUs that the process which used most had, by samples.",
		PDIAG_METRIC_GAUGE, 1, NULL },
};

static void parse(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	(void)text;
	(void)len;
	pdiag_metric_gauge(found, 0, f->sampled);
	if (isnan(f->sampled))
		found->broken |= 1;
}

const struct pdiag_metric_reader pdiag_metric_busiest = { NULL,
	"only a watch of the machine knows it, which takes samples", PDIAG_METRICS_CPU, 1, defs,
	parse };
