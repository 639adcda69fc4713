/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metric/history.h"
#include "util/clock.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


/* The second level's steps, and how much deeper it reaches. */
#define COARSE_S 60u
#define DEEPER 6u

static int init_level(struct pdiag_history *h, struct pdiag_history_level *l, uint32_t step_s,
	uint32_t slots, uint32_t width)
{
	size_t values = (size_t)slots * h->columns * width;

	l->step_ns = step_s * PDIAG_SECOND_NS;
	l->slots = slots;
	l->width = width;
	l->values = malloc(values * sizeof(*l->values));
	l->stamps = calloc(slots, sizeof(*l->stamps));
	l->open = calloc(h->columns, sizeof(*l->open));
	if (!l->values || !l->stamps || !l->open)
		return -ENOMEM;
	for (size_t i = 0; i < values; i++)
		l->values[i] = NAN;
	h->bytes += values * sizeof(*l->values) + slots * sizeof(*l->stamps) +
		h->columns * sizeof(*l->open);
	return 0;
}

int pdiag_history_init(struct pdiag_history *h, uint32_t columns, uint32_t seconds)
{
	int ret;

	memset(h, 0, sizeof(*h));
	h->columns = columns;
	if (!columns)
		return 0;
	ret = init_level(h, &h->levels[0], 1, seconds, 1);
	if (!ret)
		ret = init_level(h, &h->levels[1], COARSE_S, seconds * DEEPER / COARSE_S, 4);
	if (ret)
		pdiag_history_free(h);
	return ret;
}

void pdiag_history_free(struct pdiag_history *h)
{
	for (int i = 0; i < PDIAG_HISTORY_LEVELS; i++) {
		free(h->levels[i].values);
		free(h->levels[i].stamps);
		free(h->levels[i].open);
	}
	memset(h, 0, sizeof(*h));
}

static float *values_of(const struct pdiag_history *h, const struct pdiag_history_level *l,
	uint64_t slot)
{
	return l->values + slot % l->slots * h->columns * l->width;
}

static void clear_slot(struct pdiag_history *h, struct pdiag_history_level *l, uint64_t slot)
{
	float *values = values_of(h, l, slot);

	l->stamps[slot % l->slots].used = 0;
	for (uint32_t i = 0; i < h->columns * l->width; i++)
		values[i] = NAN;
}

static void move_to(struct pdiag_history *h, struct pdiag_history_level *l, uint64_t slot)
{
	uint64_t from = l->current + 1;

	/* After a long pause all of the ring is the past of nothing. */
	if (slot - l->current > l->slots)
		from = slot - l->slots + 1;
	for (uint64_t i = from; i <= slot; i++)
		clear_slot(h, l, i);
	memset(l->open, 0, h->columns * sizeof(*l->open));
	l->current = slot;
}

void pdiag_history_tick(struct pdiag_history *h, const struct pdiag_history_stamp *stamp)
{
	if (!h->columns)
		return;
	/* Half a second before the first sample: those that come each second are in the middle of
	 * their steps, and no jitter puts two of them in one. */
	if (!h->started)
		h->origin_ns = stamp->boottime_ns > PDIAG_SECOND_NS / 2 ?
			stamp->boottime_ns - PDIAG_SECOND_NS / 2 : 0;
	for (int i = 0; i < PDIAG_HISTORY_LEVELS; i++) {
		struct pdiag_history_level *l = &h->levels[i];
		uint64_t slot = 0;

		if (stamp->boottime_ns > h->origin_ns)
			slot = (stamp->boottime_ns - h->origin_ns) / l->step_ns;
		if (h->started && slot > l->current)
			move_to(h, l, slot);
		l->stamps[l->current % l->slots] = *stamp;
		l->stamps[l->current % l->slots].used = 1;
	}
	h->started = 1;
}

/* The first value that is as it is; others by how they compare. */
static void widen(struct pdiag_history_open *o, float value)
{
	if (o->weight <= 0 || value < o->min)
		o->min = value;
	if (o->weight <= 0 || value > o->max)
		o->max = value;
	o->last = value;
}

void pdiag_history_add(struct pdiag_history *h, uint32_t column, double value, double weight)
{
	if (column >= h->columns || !(fabs(value) <= FLT_MAX) || !(weight > 0))
		return;
	for (int i = 0; i < PDIAG_HISTORY_LEVELS; i++) {
		struct pdiag_history_level *l = &h->levels[i];
		struct pdiag_history_open *o = &l->open[column];
		float *to = values_of(h, l, l->current) + (size_t)column * l->width;

		widen(o, (float)value);
		o->sum += value * weight;
		o->weight += weight;
		to[0] = (float)(o->sum / o->weight);
		if (l->width == 1)
			continue;
		to[1] = o->min;
		to[2] = o->max;
		to[3] = o->last;
	}
}

/* ---- reading ---- */

struct walk {
	const struct pdiag_history *history;
	uint32_t column;
	uint64_t from_ns, to_ns;
	pdiag_metric_point_fn fn;
	void *user;
	uint64_t before_ns; /* CLOCK_BOOTTIME of the point before; 0: none */
};

static uint64_t oldest(const struct pdiag_history_level *l)
{
	return l->current >= l->slots ? l->current - l->slots + 1 : 0;
}

static int visit(struct walk *w, const struct pdiag_history_level *l, uint64_t slot)
{
	const struct pdiag_history_stamp *s = &l->stamps[slot % l->slots];
	const float *v = values_of(w->history, l, slot) + (size_t)w->column * l->width;
	struct pdiag_metric_point point = { .time_ns = s->time_ns, .boottime_ns = s->boottime_ns,
		.realtime_ns = s->realtime_ns, .step_ns = l->step_ns, .zone_s = s->zone_s };

	if (!s->used || isnan(v[0]) || s->time_ns < w->from_ns || s->time_ns > w->to_ns)
		return 0;
	point.mean = v[0];
	point.min = l->width > 1 ? v[1] : v[0];
	point.max = l->width > 1 ? v[2] : v[0];
	point.last = l->width > 1 ? v[3] : v[0];
	/* In steps that follow each other the last samples may be nearly two steps apart only if
	 * some of them are not there. */
	point.gap = w->before_ns && s->boottime_ns - w->before_ns > l->step_ns + l->step_ns / 2;
	w->before_ns = s->boottime_ns;
	return w->fn(w->user, &point);
}

/* The steps of the level that begin from `from` on and before `end`, counted from the origin. */
static int walk_level(
	struct walk *w, const struct pdiag_history_level *l, uint64_t from, uint64_t end)
{
	uint64_t i = from / l->step_ns;
	int ret = 0;

	if (i < oldest(l))
		i = oldest(l);
	for (; i <= l->current && i * l->step_ns < end && !ret; i++)
		ret = visit(w, l, i);
	return ret;
}

int pdiag_history_each(const struct pdiag_history *h, uint32_t column, uint64_t from_ns,
	uint64_t to_ns, uint64_t step_ns, pdiag_metric_point_fn fn, void *user)
{
	struct walk w = { .history = h, .column = column, .from_ns = from_ns, .to_ns = to_ns,
		.fn = fn, .user = user };
	const struct pdiag_history_level *fine = &h->levels[0], *coarse = &h->levels[1];
	uint64_t change;
	int ret;

	if (!h->started || column >= h->columns)
		return 0;
	if (step_ns > fine->step_ns)
		return walk_level(&w, coarse, 0, UINT64_MAX);
	/* Seconds from the first whole minute on of which they are all there; minutes before. */
	change = oldest(fine) * fine->step_ns;
	change = (change + coarse->step_ns - 1) / coarse->step_ns * coarse->step_ns;
	ret = walk_level(&w, coarse, 0, change);
	return ret ? ret : walk_level(&w, fine, change, UINT64_MAX);
}
