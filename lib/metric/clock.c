/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clocks of a sample: when it was by each, and whether one was set or the machine slept. */
#include <time.h>

#include "metric/metric.h"
#include "util/clock.h"

/* Clocks that differ by less do not differ: they are read one after the other. */
#define CLOCKS_NS 1000000

uint64_t pdiag_metric_now(const struct pdiag_metrics *m, clockid_t id)
{
	return m->clock.now(m->clock.user, id);
}

static int32_t zone_of(uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / PDIAG_SECOND_NS);
	struct tm tm;

	return localtime_r(&seconds, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

/* The three clocks at one moment: if we were put off between them, once more. */
static void read_clocks(const struct pdiag_metrics *m, struct pdiag_metrics_info *i)
{
	for (int tries = 0; tries < 4; tries++) {
		i->time_ns = pdiag_metric_now(m, CLOCK_MONOTONIC);
		i->boottime_ns = pdiag_metric_now(m, CLOCK_BOOTTIME);
		i->realtime_ns = pdiag_metric_now(m, CLOCK_REALTIME);
		if (pdiag_metric_now(m, CLOCK_MONOTONIC) - i->time_ns < CLOCKS_NS / 10)
			break;
	}
}

void pdiag_metric_stamp(struct pdiag_metrics *m)
{
	struct pdiag_metrics_info *i = &m->info, was = m->info;
	int64_t offset;

	read_clocks(m, i);
	if (!was.time_ns || i->realtime_ns / PDIAG_SECOND_NS != was.realtime_ns / PDIAG_SECOND_NS)
		i->zone_s = zone_of(i->realtime_ns);
	i->suspended_ns = 0;
	i->jump_ns = 0;
	if (!was.time_ns)
		return;
	offset = (int64_t)(i->boottime_ns - was.boottime_ns) - (int64_t)(i->time_ns - was.time_ns);
	if (offset > CLOCKS_NS)
		i->suspended_ns = (uint64_t)offset;
	offset = (int64_t)(i->realtime_ns - was.realtime_ns) -
		(int64_t)(i->boottime_ns - was.boottime_ns);
	if (offset > CLOCKS_NS || offset < -CLOCKS_NS)
		i->jump_ns = offset;
}
