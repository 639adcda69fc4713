/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tick: read, compare with the tick before, keep. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "metric/metric.h"

#define NS 1000000000ull
/* Clocks that differ by less do not differ: they are read one after the other. */
#define CLOCKS_NS 1000000
/* No file takes more than such a share of a CPU, as long as it is read once a second: on large
 * machines some take milliseconds. */
#define SHARE 10000
#define PERIOD_MAX_NS NS

static uint64_t now(const struct pdiag_metrics *m, clockid_t id)
{
	return m->clock.now(m->clock.user, id);
}

/* ---- values ---- */

static void set_missing(struct pdiag_metrics *m, uint32_t i)
{
	m->values[i].fresh = 1;
	m->values[i].value = NAN;
	m->values[i].state = PDIAG_METRIC_MISSING;
}

static void set_value(struct pdiag_metrics *m, const struct pdiag_metric_file *f, uint32_t i,
	double value)
{
	uint64_t late_ns = m->interval_ns + m->interval_ns / 2, time_ns = f->time_ns;
	struct pdiag_metric_value *v = &m->values[i];
	struct pdiag_metric_base *b = &m->bases[i];
	uint64_t since = b->time_ns ? time_ns - b->time_ns : 0;

	if (f->period_ns > m->interval_ns)
		late_ns = f->period_ns + m->interval_ns;
	v->value = value;
	v->time_ns = time_ns;
	v->interval_ns = since;
	v->fresh = 1;
	v->state = since > late_ns ? PDIAG_METRIC_LATE : PDIAG_METRIC_OK;
	b->time_ns = time_ns;
}

static void settle_gauge(struct pdiag_metrics *m, const struct pdiag_metric_file *f, uint32_t i,
	double gauge)
{
	set_value(m, f, i, gauge);
	pdiag_history_add(&m->history, (uint32_t)m->bases[i].column, gauge, 1);
}

static void settle_counter(struct pdiag_metrics *m, const struct pdiag_metric_file *f, uint32_t i,
	uint64_t count, double scale, bool broken)
{
	struct pdiag_metric_base *b = &m->bases[i];
	uint64_t time_ns = f->time_ns;
	double delta, seconds;

	/* A counter that has gone down was reset or went around: of that time nothing is known. */
	if (!b->known || count < b->count || broken || time_ns <= b->time_ns) {
		if (b->known && time_ns <= b->time_ns)
			return;
		set_missing(m, i);
		b->time_ns = time_ns;
	} else {
		delta = (double)(count - b->count) * scale;
		seconds = (double)(time_ns - b->time_ns) / NS;
		set_value(m, f, i, delta / seconds);
		m->values[i].total += delta;
		pdiag_history_add(&m->history, (uint32_t)b->column, delta / seconds, seconds);
	}
	b->count = count;
	b->known = true;
}

void pdiag_metric_settle(struct pdiag_metrics *m, struct pdiag_metric_file *f,
	const struct pdiag_metric_found *found)
{
	for (uint32_t k = 0; k < f->reader->count; k++) {
		const struct pdiag_metric_def *def = &f->reader->defs[k];
		uint32_t i = f->first + k;
		bool broken = found->broken >> k & 1;

		if (!(found->have >> k & 1)) {
			set_missing(m, i);
			continue;
		}
		if (!m->metrics[i].available) {
			m->metrics[i].available = 1;
			m->metrics[i].reason = "";
		}
		if (def->kind == PDIAG_METRIC_COUNTER)
			settle_counter(m, f, i, found->raw[k].count, def->scale, broken);
		else if (broken)
			set_missing(m, i);
		else
			settle_gauge(m, f, i, found->raw[k].gauge * def->scale);
	}
}

/* ---- files ---- */

/* The text, and the time that it is of. */
static long read_timed(struct pdiag_metrics *m, struct pdiag_metric_file *f, uint64_t *took)
{
	uint64_t start = now(m, CLOCK_MONOTONIC);
	long len = pdiag_metric_file_text(m, f);

	*took = now(m, CLOCK_MONOTONIC) - start;
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
	uint64_t time_ns = now(m, CLOCK_MONOTONIC);
	int dir_fd;

	if (f->reader->family != PDIAG_METRICS_CGROUP || time_ns < f->retry_ns)
		return false;
	f->retry_ns = time_ns + NS;
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

int pdiag_metric_file_sample(struct pdiag_metrics *m, struct pdiag_metric_file *f)
{
	struct pdiag_metric_found found;
	long len = -EBADF;

	found.have = found.broken = 0;
	if (f->fd >= 0 || reopen(m, f)) {
		len = read_text(m, f);
		if (len < 0)
			gone(m, f, (int)len);
	}
	if (len >= 0)
		f->reader->parse(f, m->text, (size_t)len, &found);
	pdiag_metric_settle(m, f, &found);
	if (len < 0)
		return (int)len;
	f->before_ns = f->time_ns;
	return f->devices.error;
}

/* ---- the tick ---- */

static int32_t zone_of(uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / NS);
	struct tm tm;

	return localtime_r(&seconds, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

/* The three clocks at one moment: if we were put off between them, once more. */
static void read_clocks(const struct pdiag_metrics *m, struct pdiag_metrics_info *i)
{
	for (int tries = 0; tries < 4; tries++) {
		i->time_ns = now(m, CLOCK_MONOTONIC);
		i->boottime_ns = now(m, CLOCK_BOOTTIME);
		i->realtime_ns = now(m, CLOCK_REALTIME);
		if (now(m, CLOCK_MONOTONIC) - i->time_ns < CLOCKS_NS / 10)
			break;
	}
}

void pdiag_metric_stamp(struct pdiag_metrics *m)
{
	struct pdiag_metrics_info *i = &m->info, was = m->info;
	int64_t offset;

	read_clocks(m, i);
	if (!was.time_ns || i->realtime_ns / NS != was.realtime_ns / NS)
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
	uint64_t since = now(m, CLOCK_MONOTONIC) - m->info.time_ns;
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
