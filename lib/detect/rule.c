/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thresholds with hysteresis, hold and cool-down. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <pdiag/detect.h>

#include "core/error.h"
#include "core/options.h"

_Static_assert(sizeof(struct pdiag_rule_options) == sizeof(size_t) + 7 * 8 + 2 * 4,
	"no holes in struct pdiag_rule_options");
_Static_assert(sizeof(struct pdiag_rule_status) == sizeof(size_t) + 3 * 8 + 2 * 4,
	"no holes in struct pdiag_rule_status");

struct pdiag_rule {
	struct pdiag_rule_options options; /* scale is not 0 */
	uint64_t time_ns;     /* of the last point */
	uint64_t over_ns;     /* since when it is over the threshold */
	uint64_t under_ns;    /* in an alert: since when it is back */
	uint64_t ended_ns;    /* the last alert */
	double peak;
	bool any;	      /* there was a point */
	bool over, under, on, ended;
};

static int check(struct pdiag_rule_options *o)
{
	if (!isfinite(o->threshold) || !isfinite(o->scale) || !(o->hysteresis >= 0) ||
		!isfinite(o->hysteresis) || o->scale < 0)
		return pdiag_fail(EINVAL, "pdiag_rule_options: threshold, scale and hysteresis are "
			"numbers, and the last two not below 0");
	if (o->flags & ~PDIAG_RULE_BELOW || o->reserved)
		return pdiag_fail(EINVAL, "pdiag_rule_options: flags are PDIAG_RULE_*, and "
			"reserved is 0");
	if (o->scale == 0)
		o->scale = 1;
	return 0;
}

int pdiag_rule_new(const struct pdiag_rule_options *options, struct pdiag_rule **out)
{
	struct pdiag_rule_options o;
	struct pdiag_rule *r;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(options, out);
	if (!ret)
		ret = PDIAG_OPTIONS_COPY(&o, options, reserved);
	if (!ret)
		ret = check(&o);
	if (ret)
		return ret;
	r = calloc(1, sizeof(*r));
	if (!r)
		return pdiag_fail_memory("making a rule");
	r->options = o;
	*out = r;
	return 0;
}

void pdiag_rule_free(struct pdiag_rule *r)
{
	free(r);
}

/* Back on the good side, by more than the hysteresis? */
static bool is_back(const struct pdiag_rule_options *o, double v)
{
	return o->flags & PDIAG_RULE_BELOW ? v > o->threshold + o->hysteresis :
					     v < o->threshold - o->hysteresis;
}

static bool is_over(const struct pdiag_rule_options *o, double v)
{
	return o->flags & PDIAG_RULE_BELOW ? v <= o->threshold : v >= o->threshold;
}

static void keep_peak(struct pdiag_rule *r, double v)
{
	bool below = r->options.flags & PDIAG_RULE_BELOW;

	if (below ? v < r->peak : v > r->peak)
		r->peak = v;
}

static uint32_t step_on(struct pdiag_rule *r, double v)
{
	keep_peak(r, v);
	if (!is_back(&r->options, v)) {
		r->under = false;
		return PDIAG_ALERT_ON;
	}
	if (!r->under) {
		r->under = true;
		r->under_ns = r->time_ns;
	}
	if (r->time_ns - r->under_ns < r->options.release_ns)
		return PDIAG_ALERT_ON;
	r->on = r->over = r->under = false;
	r->ended = true;
	r->ended_ns = r->time_ns;
	return PDIAG_ALERT_END;
}

static uint32_t step_off(struct pdiag_rule *r, double v)
{
	if (!is_over(&r->options, v)) {
		r->over = false;
		return PDIAG_ALERT_NONE;
	}
	if (!r->over) {
		r->over = true;
		r->over_ns = r->time_ns;
		r->peak = v;
	}
	keep_peak(r, v);
	if (r->time_ns - r->over_ns < r->options.hold_ns)
		return PDIAG_ALERT_NONE;
	if (r->ended && r->time_ns - r->ended_ns < r->options.cooldown_ns)
		return PDIAG_ALERT_NONE;
	r->on = true;
	r->under = false;
	return PDIAG_ALERT_BEGIN;
}

static uint32_t step(struct pdiag_rule *r, uint64_t time_ns, double v)
{
	const struct pdiag_rule_options *o = &r->options;

	if (r->any && o->gap_ns && time_ns > r->time_ns && time_ns - r->time_ns > o->gap_ns)
		r->under = r->over = false;
	if (!r->any || time_ns > r->time_ns)
		r->time_ns = time_ns;
	r->any = true;
	return r->on ? step_on(r, v) : step_off(r, v);
}

static uint32_t waiting(const struct pdiag_rule *r)
{
	if (r->on || !r->over)
		return 0;
	return r->time_ns - r->over_ns < r->options.hold_ns ? 1 : 2;
}

int pdiag_rule_add(
	struct pdiag_rule *r, uint64_t time_ns, double value, struct pdiag_rule_status *out)
{
	double v = value / r->options.scale;
	struct pdiag_rule_status to = { .value = v };
	uint64_t onset;
	int ret;

	pdiag_error_clear();
	ret = out ? PDIAG_INFO_CHECK(out, waiting, "pdiag_rule_status") : 0;
	if (ret)
		return ret;
	onset = r->over_ns;
	to.peak = r->peak;
	if (isnan(v))
		to.alert = r->on ? PDIAG_ALERT_ON : PDIAG_ALERT_NONE;
	else
		to.alert = step(r, time_ns, v);
	/* An alert that ends is still told of. */
	if (to.alert != PDIAG_ALERT_END)
		onset = r->on || r->over ? r->over_ns : 0;
	if (r->on || r->over || to.alert == PDIAG_ALERT_END)
		to.peak = r->peak;
	else
		to.peak = 0;
	to.onset_ns = onset;
	to.waiting = waiting(r);
	return out ? PDIAG_INFO_COPY(out, &to, waiting, "pdiag_rule_status") : 0;
}
