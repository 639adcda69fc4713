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
/* It costs as much as the beginning of an event; what began earlier would be asked for already. */
#define AGAIN_NS (30 * PDIAG_SECOND_NS)
#define SINCE_NS (20 * PDIAG_SECOND_NS)
/* So far from what is expected is it still, as a part of how far it was. */
#define STILL 0.75
/* It is not chance, in decades, and has that much of what came on top. */
#define SURE 4.0
#define MOST 0.5

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
	uint64_t now = pdiag_watch_now(w), least = now > SINCE_NS ? now - SINCE_NS : 0;

	if (!m->fresh || !m->known_ns || !pdiag_watch_is_off(m) ||
		m->last.flags & (PDIAG_DETECTION_MISSING | PDIAG_DETECTION_LEARNING))
		return false;
	pdiag_watch_join(w, m, least < w->quiet_ns ? w->quiet_ns : least);
	return is_still(w, m);
}

/* Who takes part if it is one. Since when something is off; UINT64_MAX: nothing is. */
static uint64_t gather(struct pdiag_watch *w, uint32_t *waits)
{
	uint64_t onset = UINT64_MAX;
	double most = -1;

	for (uint32_t i = 0; i < w->count; i++) {
		struct pdiag_watch_metric *m = &w->list[i];

		m->part.in = may_take_part(w, m);
		if (!m->part.in)
			continue;
		*waits |= m->choice->waits;
		if (m->part.onset_ns < onset)
			onset = m->part.onset_ns;
		if (m->last.surprise > most)
			w->incident.main = i;
		most = fmax(most, m->last.surprise);
	}
	return onset;
}

/* Does it use CPUs, hang, or wait as a metric has told? Threads that rest longer are no trouble. */
static bool does_harm(uint32_t state, uint32_t waits)
{
	return state == PDIAG_STATE_RUNNING || state == PDIAG_STATE_BLOCKED || waits >> state & 1;
}

static bool is_anybody(const struct pdiag_culprits *culprits, uint32_t waits)
{
	const struct pdiag_culprit *c;

	for (uint32_t i = 0; (c = pdiag_culprits_get(culprits, i)); i++)
		if (c->kind == PDIAG_CULPRIT_PROCESS && c->significance >= SURE &&
			c->share >= MOST && does_harm(c->state, waits))
			return true;
	return false;
}

static int ask(struct pdiag_watch *w, uint64_t onset_ns, uint32_t waits, bool *anybody)
{
	struct pdiag_culprits *culprits;
	int ret;

	w->doubt_ns = pdiag_watch_now(w);
	if (w->ask)
		ret = w->ask(w->context, onset_ns, waits, &culprits);
	else
		ret = pdiag_evidence_ask(&w->evidence, onset_ns, waits, &culprits);
	if (ret || !culprits)
		return ret;
	*anybody = is_anybody(culprits, waits);
	pdiag_culprits_free(culprits);
	return 0;
}

int pdiag_watch_doubt(struct pdiag_watch *w, bool *incident)
{
	uint64_t now = pdiag_watch_now(w), onset;
	uint32_t waits = 0;
	int ret = 0;

	*incident = false;
	if (w->doubt_ns && now - w->doubt_ns < AGAIN_NS)
		return 0;
	onset = gather(w, &waits);
	if (onset < now && now - onset >= LASTS_NS)
		ret = ask(w, onset, waits, incident);
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
