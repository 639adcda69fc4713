/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tick: the files are read, and what they hold is settled. */
#include <errno.h>
#include <unistd.h>

#include "core/error.h"
#include "metric/metric.h"
#include "util/array.h"
#include "util/clock.h"

/* No file takes more than such a share of a CPU, but by being read twice a second, so that history
 * has it in each: on large machines some take milliseconds. */
#define SHARE 10000
#define PERIOD_MAX_NS (PDIAG_SECOND_NS / 2)
/* Of shorter times there are too few samples. */
#define SAMPLED_NS (PDIAG_SECOND_NS / 5 * 2)

/* ---- files ---- */

/* The text, and the time that it is of. */
static long read_timed(struct pdiag_metrics *m, struct pdiag_metric_file *f, uint64_t *took)
{
	uint64_t start = pdiag_metric_now(m, CLOCK_MONOTONIC);
	long len = pdiag_metric_file_text(m, f);

	*took = pdiag_metric_now(m, CLOCK_MONOTONIC) - start;
	f->time_ns = start + *took / 2;
	return len;
}

/* On a machine that is overloaded we may be put off in the middle of it, and then do not know what
 * time the text is of: a second try is mostly better. */
static long read_text(struct pdiag_metrics *m, struct pdiag_metric_file *f)
{
	uint64_t took;
	long len = read_timed(m, f, &took);

	if (len >= 0 && took > m->interval_ns / 16)
		len = read_timed(m, f, &took);
	/* What it takes at its best: other times tell more of the machine than of the file, and the
	 * first time of how it was made. */
	if (f->before_ns)
		f->cost_ns = took < f->cost_ns || !f->cost_ns ? took : f->cost_ns + f->cost_ns / 64;
	f->period_ns = f->cost_ns < PERIOD_MAX_NS / SHARE ? f->cost_ns * SHARE : PERIOD_MAX_NS;
	return len;
}

/* Not again so soon? A tick may come half an interval before or after its time. */
static bool skips(const struct pdiag_metrics *m, struct pdiag_metric_file *f)
{
	if (!f->before_ns || m->info.time_ns + m->interval_ns / 2 >= f->before_ns + f->period_ns)
		return false;
	for (uint32_t i = f->first; i < f->first + f->reader->count; i++)
		m->values[i].fresh = 0;
	return true;
}

static void forget_bases(struct pdiag_metrics *m, struct pdiag_metric_file *f)
{
	for (uint32_t i = f->first; i < f->first + f->reader->count; i++)
		m->bases[i].known = false;
	pdiag_metric_devices_free(&f->devices);
	f->before_ns = 0;
}

/* A cgroup may be made anew, or get another controller; a pid may be another process by then. */
static bool reopen(struct pdiag_metrics *m, struct pdiag_metric_file *f)
{
	uint64_t time_ns = pdiag_metric_now(m, CLOCK_MONOTONIC);
	int dir_fd;

	if (f->reader->family != PDIAG_METRICS_CGROUP || time_ns < f->retry_ns)
		return false;
	f->retry_ns = time_ns + PDIAG_SECOND_NS;
	dir_fd = pdiag_metric_open_dir(m->root_fd, m->cgroup);
	if (dir_fd < 0)
		return false;
	pdiag_metric_file_open(f, dir_fd, m->cgroup);
	close(dir_fd);
	return f->fd >= 0;
}

static void gone(struct pdiag_metrics *m, struct pdiag_metric_file *f, int err)
{
	/* What may be read again next time keeps its base: the rate is over all the time then. */
	if (err != -ENODEV && err != -ESRCH && err != -ENOENT)
		return;
	close(f->fd);
	f->fd = -1;
	forget_bases(m, f);
	pdiag_metric_file_why(f, "", ESRCH);
	for (uint32_t i = f->first; i < f->first + f->reader->count; i++) {
		m->metrics[i].available = 0;
		m->metrics[i].reason = f->why;
	}
	f->retry_ns = 0;
}

/* By /proc/stat, of the same family, which was read before. */
static double cpus_in_use(const struct pdiag_metrics *m)
{
	static const char *const modes[] = { "system.cpu.time.user", "system.cpu.time.nice",
		"system.cpu.time.system", "system.cpu.time.irq", "system.cpu.time.softirq" };
	double sum = 0;

	for (size_t i = 0; i < PDIAG_COUNT(modes); i++)
		sum += m->values[pdiag_metrics_find(m, modes[i])].value;
	return sum;
}

/* What is known without reading a text. */
static long ask_sampler(struct pdiag_metrics *m, struct pdiag_metric_file *f)
{
	if (!m->sampled.busiest)
		return -EBADF;
	f->time_ns = pdiag_metric_now(m, CLOCK_MONOTONIC);
	f->period_ns = SAMPLED_NS + m->interval_ns / 2;
	f->sampled = m->sampled.busiest(m->sampled.user) * cpus_in_use(m);
	return 0;
}

int pdiag_metric_file_sample(struct pdiag_metrics *m, struct pdiag_metric_file *f)
{
	struct pdiag_metric_found found;
	long len = -EBADF;

	found.have = found.broken = found.held = 0;
	if (!f->reader->path) {
		len = ask_sampler(m, f);
	} else if (f->fd >= 0 || reopen(m, f)) {
		len = read_text(m, f);
		if (len < 0)
			gone(m, f, (int)len);
	}
	if (len >= 0)
		f->reader->parse(f, m->text, (size_t)len, &found);
	pdiag_metric_settle(m, f, &found);
	if (len < 0)
		return (int)len;
	f->empty = !len && f->reader->path;
	f->before_ns = f->time_ns;
	return f->devices.error;
}

/* ---- the tick ---- */

static void count_late(struct pdiag_metrics *m, uint64_t since)
{
	uint64_t ticks = (since + m->interval_ns / 2) / m->interval_ns;

	if (ticks < 2)
		return;
	m->info.late++;
	m->info.missed += ticks - 1;
}

int pdiag_metrics_sample(struct pdiag_metrics *m)
{
	uint64_t since = pdiag_metric_now(m, CLOCK_MONOTONIC) - m->info.time_ns;
	struct pdiag_history_stamp stamp;

	pdiag_error_clear();
	/* Counters in steps of 10 ms make nonsense of short times. */
	if (since < m->interval_ns / 2) {
		m->info.early++;
		return 0;
	}
	count_late(m, since);
	pdiag_metric_stamp(m);
	stamp = (struct pdiag_history_stamp){ .time_ns = m->info.time_ns,
		.boottime_ns = m->info.boottime_ns, .realtime_ns = m->info.realtime_ns,
		.zone_s = m->info.zone_s };
	pdiag_history_tick(&m->history, &stamp);
	for (uint32_t i = 0; i < m->file_count; i++)
		if (!skips(m, &m->files[i]))
			pdiag_metric_file_sample(m, &m->files[i]);
	m->info.samples++;
	return 1;
}
