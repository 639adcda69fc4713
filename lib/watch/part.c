/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A metric in an event: what was ordinary is kept as it was before the onset. Detectors get used to
 * what goes on; these levels do not.
 */
#include <math.h>

#include "watch/watch.h"

/* Back is this near to what was expected, as a part of the way to the peak. */
#define NEAR 0.25
/* When it was back, or was not and that became how things are: what is another event. */
#define AGAIN 0.5
#define WORSE 1.25

static double value_of(const struct pdiag_watch *w, const struct pdiag_watch_metric *m)
{
	return pdiag_metrics_value(w->metrics, m->index)->value;
}

uint64_t pdiag_watch_least_onset(const struct pdiag_watch *w, uint64_t span_ns)
{
	uint64_t now = pdiag_watch_now(w), least = now > span_ns ? now - span_ns : 0;

	return least < w->quiet_ns ? w->quiet_ns : least;
}

void pdiag_watch_join(struct pdiag_watch *w, struct pdiag_watch_metric *m, uint64_t least_ns)
{
	const struct pdiag_detection *d = &m->last;

	m->handled = false;
	m->part = (struct pdiag_watch_part){
		/* No metric is ever negative; a range does not know that. */
		.in = true, .value = d->value, .expected = d->expected,
		.low = d->low < 0 ? 0 : d->low, .high = d->high, .peak = d->value,
		.surprise = d->surprise,
		.peak_ns = pdiag_watch_now(w),
		.direction = d->direction ? d->direction :
			m->choice->flags & PDIAG_DETECTOR_ONLY_LOW ? -1 : 1,
	};
	m->part.onset_ns = pdiag_watch_onset(w, m, least_ns);
	if (d->score > w->incident.score)
		w->incident.score = d->score;
}

void pdiag_watch_follow_part(struct pdiag_watch *w, struct pdiag_watch_metric *m)
{
	struct pdiag_watch_part *p = &m->part;
	double value = value_of(w, m);

	p->missing = isnan(value) ? p->missing + 1 : 0;
	if (!isnan(value) && (isnan(p->peak) || (value - p->peak) * p->direction > 0)) {
		p->peak = value;
		p->peak_ns = pdiag_watch_now(w);
	}
	if (m->last.surprise > p->surprise)
		p->surprise = m->last.surprise;
	if (m->last.score > w->incident.score)
		w->incident.score = m->last.score;
}

/* Is the value ordinary, or no more than this part of the way to `peak` from it? */
static bool is_ordinary(const struct pdiag_watch_part *p, double value, double peak, double part)
{
	double edge = p->direction > 0 ? p->high : p->low;

	if ((value - edge) * p->direction <= 0)
		return true;
	return (value - p->expected) * p->direction <= part * (peak - p->expected) * p->direction;
}

bool pdiag_watch_is_back(const struct pdiag_watch *w, const struct pdiag_watch_metric *m)
{
	double value = value_of(w, m);

	if (isnan(value))
		return m->part.missing > PDIAG_WATCH_MISSING;
	return is_ordinary(&m->part, value, m->part.peak, NEAR);
}

void pdiag_watch_leave(struct pdiag_watch_metric *m, bool calm)
{
	m->handled = true;
	m->part.again = calm ? AGAIN : WORSE;
	/* What it did was not followed, as it had learned from the event. */
	if (!m->part.in)
		m->part.again = INFINITY;
}

bool pdiag_watch_is_again(const struct pdiag_watch *w, const struct pdiag_watch_metric *m)
{
	return isfinite(m->part.again) &&
		!is_ordinary(&m->part, value_of(w, m), m->part.peak, m->part.again);
}

struct search {
	const struct pdiag_watch_part *part;
	uint64_t onset_ns; /* 0: all that was seen is ordinary, so far */
};

static int see_point(void *user, const struct pdiag_metric_point *point)
{
	struct search *s = user;

	if (is_ordinary(s->part, point->mean, s->part->value, NEAR) || isnan(point->mean))
		s->onset_ns = 0;
	else if (!s->onset_ns)
		s->onset_ns = point->time_ns;
	return 0;
}

uint64_t pdiag_watch_onset(
	const struct pdiag_watch *w, const struct pdiag_watch_metric *m, uint64_t least_ns)
{
	uint64_t now = pdiag_watch_now(w), step = w->options.interval_ms * 1000000ull;
	struct search s = { &m->part, 0 };

	pdiag_metrics_each_point(w->metrics, m->index, least_ns, now, 1, see_point, &s);
	if (!s.onset_ns || s.onset_ns > now)
		s.onset_ns = now;
	/* A point is of what was before it: it began after the last ordinary one. */
	s.onset_ns -= s.onset_ns > step ? step : 0;
	return s.onset_ns < least_ns ? least_ns : s.onset_ns;
}
