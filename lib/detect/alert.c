/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detect/alert.h"

#include <math.h>

#include <pdiag/detect.h>

#include "detect/scales.h"

#define CALM_POINTS 5u
/* What goes on for longer is the new normal. */
#define ACCEPT_POINTS (5 * PDIAG_SLOW_POINTS)

static uint32_t begin(struct pdiag_alert_state *a, const struct pdiag_judged *j, uint32_t feature,
	uint32_t kind)
{
	a->low = j->low;
	a->high = j->high;
	a->peak = j->surprise;
	a->feature = feature;
	a->kind = kind;
	a->direction = j->direction;
	a->age = a->calm = a->cooling = 0;
	return PDIAG_ALERT_BEGIN;
}

static uint32_t end(struct pdiag_alert_state *a)
{
	a->feature = a->kind = 0;
	a->cooling = PDIAG_LOCAL_POINTS;
	return PDIAG_ALERT_END;
}

uint32_t pdiag_alert_step(struct pdiag_alert_state *a, const struct pdiag_judged *j,
	uint32_t feature, uint32_t kind, double threshold, double now, int *accepted)
{
	*accepted = 0;
	if (!a->feature) {
		uint32_t cooling = a->cooling;

		if (a->cooling)
			a->cooling--;
		if (j->surprise < threshold || (cooling && j->surprise <= a->peak))
			return PDIAG_ALERT_NONE;
		return begin(a, j, feature, kind);
	}
	a->age++;
	if (j->surprise > a->peak)
		a->peak = j->surprise;
	/* Of an hour of the day that nothing is known of yet: that nothing else is surprised. */
	if (isnan(now) ? j->surprise < threshold : now >= a->low && now <= a->high)
		a->calm++;
	else
		a->calm = 0;
	/* The way back may be as sudden as the way there. */
	if (j->surprise >= threshold && j->direction == a->direction)
		a->calm = 0;
	if (a->calm >= CALM_POINTS)
		return end(a);
	if (a->age < ACCEPT_POINTS)
		return PDIAG_ALERT_ON;
	*accepted = 1;
	return end(a);
}
