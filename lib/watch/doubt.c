/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metrics alone cannot tell a machine that compiles from one on which something went wrong, but for
 * how long it lasts. Who is at it may: where metrics are off, if not enough for an alert, the
 * samples are asked, and somebody who never does so makes an incident of it.
 */
#include <math.h>

#include <pdiag/types.h>

#include "culprit/culprit.h"
#include "detect/detector.h"
#include "util/clock.h"
#include "watch/watch.h"

/* Of ordinary bursts most are over by then. */
#define LASTS_NS (3500 * 1000000ull)
/* It costs as much as the beginning of an event. */
#define AGAIN_NS (30 * PDIAG_SECOND_NS)
/* It began no earlier: else it would have been asked for already. */
#define SINCE_NS AGAIN_NS
/* So far from what is expected is it still, as a part of how far it was. */
#define STILL 0.75
/* It is not chance, in decades; has so much of what came on top; and that is so many CPUs or
 * threads, at least. */
#define SURE 4.0
#define MOST 0.5
#define LEAST 0.25

struct search {
	int32_t direction;
	double most;
};

static int see_point(void *user, const struct pdiag_metric_point *p)
{
	struct search *s = user;

	if (isnan(s->most) || (p->mean - s->most) * s->direction > 0)
		s->most = p->mean;
	return 0;
}

/* Is it about as bad as it was at its worst? */
static bool is_still(const struct pdiag_watch *w, const struct pdiag_watch_metric *m)
{
	const struct pdiag_watch_part *p = &m->part;
	struct search s = { p->direction, p->value };

	pdiag_metrics_each_point(w->metrics, m->index, p->onset_ns, pdiag_watch_now(w), 1,
		see_point, &s);
	return (p->value - p->expected) * p->direction >=
		STILL * (s.most - p->expected) * p->direction;
}

static bool may_take_part(struct pdiag_watch *w, struct pdiag_watch_metric *m)
{
	if (!m->fresh || !m->known_ns || !pdiag_watch_is_off(m) ||
		m->last.flags & (PDIAG_DETECTION_MISSING | PDIAG_DETECTION_LEARNING))
		return false;
	pdiag_watch_join(w, m, pdiag_watch_least_onset(w, SINCE_NS));
	return is_still(w, m);
}

/* What is off, and what that tells. */
struct doubt {
	uint64_t onset_ns; /* UINT64_MAX: nothing is */
	uint32_t states;   /* as in pdiag_watch_choice */
	double lacking;	   /* decades, for an alert */
};

static struct doubt gather(struct pdiag_watch *w)
{
	struct doubt d = { .onset_ns = UINT64_MAX, .lacking = INFINITY };

	for (uint32_t i = 0; i < w->count; i++) {
		struct pdiag_watch_metric *m = &w->list[i];

		m->part.in = may_take_part(w, m);
		if (!m->part.in)
			continue;
		d.states |= m->choice->states;
		if (m->part.onset_ns < d.onset_ns)
			d.onset_ns = m->part.onset_ns;
		if (m->last.threshold - m->last.surprise < d.lacking)
			w->incident.main = i;
		d.lacking = fmin(d.lacking, m->last.threshold - m->last.surprise);
	}
	return d;
}

/* Does it do what the metrics tell of, and enough of it that both together are an alert? */
static bool is_at_it(const struct doubt *d, const struct pdiag_culprit *c)
{
	return c->kind == PDIAG_CULPRIT_PROCESS && d->states >> c->state & 1 &&
		c->share >= MOST && c->rate - c->normal_rate >= LEAST &&
		c->significance >= SURE && c->significance >= d->lacking;
}

static bool is_anybody(const struct doubt *d, const struct pdiag_culprits *culprits)
{
	for (uint32_t i = 0; i < pdiag_culprits_count(culprits); i++)
		if (is_at_it(d, pdiag_culprits_get(culprits, i)))
			return true;
	return false;
}

/* *culprits: those that make an incident of it; NULL: none. */
static int ask(struct pdiag_watch *w, const struct doubt *d, struct pdiag_culprits **culprits)
{
	uint32_t waits = d->states & PDIAG_WATCH_WAITS;
	int ret;

	if (w->ask)
		ret = w->ask(w->context, d->onset_ns, waits, culprits);
	else
		ret = pdiag_evidence_ask(
			&w->evidence, w->quiet_ns, d->onset_ns, waits, culprits);
	if (ret)
		w->doubt_ns = pdiag_watch_now(w);
	if (*culprits && !is_anybody(d, *culprits)) {
		pdiag_culprits_free(*culprits);
		*culprits = NULL;
	}
	return ret < 0 ? ret : 0;
}

int pdiag_watch_doubt(struct pdiag_watch *w, bool *incident)
{
	uint64_t now = pdiag_watch_now(w);
	struct doubt d;
	int ret = 0;

	*incident = false;
	if (w->doubt_ns && now - w->doubt_ns < AGAIN_NS)
		return 0;
	d = gather(w);
	if (d.onset_ns < now && now - d.onset_ns >= LASTS_NS)
		ret = ask(w, &d, &w->incident.culprits);
	*incident = w->incident.culprits;
	for (uint32_t i = 0; i < w->count; i++) {
		struct pdiag_watch_metric *m = &w->list[i];

		m->part.in = m->part.in && *incident;
		if (m->part.in)
			pdiag_detector_join(m->detector, &m->last);
	}
	if (!*incident)
		w->incident.score = 0;
	return ret;
}
