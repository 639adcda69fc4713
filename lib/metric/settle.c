/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a text holds, compared with the text before: values, rates, what is missing. */
#include <math.h>

#include "metric/metric.h"
#include "util/clock.h"


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
		seconds = (double)(time_ns - b->time_ns) / PDIAG_SECOND_NS;
		set_value(m, f, i, delta / seconds);
		m->values[i].total += delta;
		pdiag_history_add(&m->history, (uint32_t)b->column, delta / seconds, seconds);
	}
	b->count = count;
	b->known = true;
}

/* The next value is not late for it. */
static void break_gauge(struct pdiag_metrics *m, const struct pdiag_metric_file *f, uint32_t i)
{
	set_missing(m, i);
	m->bases[i].time_ns = f->time_ns;
}

/* Known as it was, until it is looked at again. */
static void hold(
	struct pdiag_metrics *m, const struct pdiag_metric_file *f, uint32_t i, double gauge)
{
	struct pdiag_metric_value *v = &m->values[i];

	/* It may have been missing in between. */
	if (v->state == PDIAG_METRIC_MISSING)
		v->time_ns = f->time_ns;
	v->value = gauge;
	v->state = PDIAG_METRIC_OK;
	v->fresh = 0;
	m->bases[i].time_ns = f->time_ns;
	pdiag_history_add(&m->history, (uint32_t)m->bases[i].column, gauge, 1);
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
			break_gauge(m, f, i);
		else if (found->held >> k & 1)
			hold(m, f, i, found->raw[k].gauge * def->scale);
		else
			settle_gauge(m, f, i, found->raw[k].gauge * def->scale);
	}
}
