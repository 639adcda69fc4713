/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several detectors, one incident. The mean of the members' odds is the inverse of the harmonic
 * mean of their chances, which stays right when members depend on each other, as metrics of one
 * machine do.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <pdiag/detect.h>

#include "core/error.h"
#include "core/options.h"

_Static_assert(sizeof(struct pdiag_detector_group_options) == sizeof(size_t) + 2 * 8 + 2 * 4,
	"no holes in struct pdiag_detector_group_options");
_Static_assert(sizeof(struct pdiag_incident) == sizeof(size_t) + 4 * 8 + 4 * 4,
	"no holes in struct pdiag_incident");

#define WINDOW_NS 10000000000ull
#define MEMBERS_MAX 65536u
/* More decades are no more certain, and their powers must be numbers. */
#define DECADES_MAX 100.0

struct member {
	double surprise; /* the largest of the window */
	double odds;	 /* 10 to it */
	uint64_t time_ns;
	uint64_t onset_ns;
	bool alerting;
};

struct pdiag_detector_group {
	struct pdiag_detector_group_options options;
	double threshold; /* the lowest of its members, unless the caller set one */
	double peak;
	uint64_t now_ns;
	uint64_t onset_ns;
	uint64_t last_ns; /* when something was above the threshold, or alerting */
	uint32_t worst;   /* member */
	uint32_t alerting;
	bool on;
	struct member member[];
};

static int check(struct pdiag_detector_group_options *o)
{
	if (!o->members || o->members > MEMBERS_MAX || o->reserved)
		return pdiag_fail(EINVAL, "pdiag_detector_group_options: members are 1 to %u, and "
			"reserved is 0", MEMBERS_MAX);
	if (!(o->threshold >= 0 && o->threshold <= DECADES_MAX))
		return pdiag_fail(EINVAL, "pdiag_detector_group_options: threshold is 0 to 100 "
			"decades");
	if (!o->window_ns)
		o->window_ns = WINDOW_NS;
	return 0;
}

int pdiag_detector_group_new(
	const struct pdiag_detector_group_options *options, struct pdiag_detector_group **out)
{
	struct pdiag_detector_group_options o;
	struct pdiag_detector_group *g;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(options, out);
	if (!ret)
		ret = PDIAG_OPTIONS_COPY(&o, options, reserved);
	if (!ret)
		ret = check(&o);
	if (ret)
		return ret;
	g = calloc(1, sizeof(*g) + o.members * sizeof(g->member[0]));
	if (!g)
		return pdiag_fail_memory("making a group of detectors");
	for (uint32_t i = 0; i < o.members; i++)
		g->member[i].odds = 1;
	g->options = o;
	g->threshold = o.threshold > 0 ? o.threshold : DECADES_MAX;
	*out = g;
	return 0;
}

void pdiag_detector_group_free(struct pdiag_detector_group *g)
{
	free(g);
}

static bool is_old(const struct pdiag_detector_group *g, uint64_t time_ns)
{
	return g->now_ns > time_ns && g->now_ns - time_ns > g->options.window_ns;
}

static void take(struct pdiag_detector_group *g, uint32_t member,
	const struct pdiag_detection *d)
{
	struct member *m = &g->member[member];
	bool alerting = d->alert == PDIAG_ALERT_BEGIN || d->alert == PDIAG_ALERT_ON;

	if (d->time_ns > g->now_ns)
		g->now_ns = d->time_ns;
	if (!g->options.threshold && d->threshold > 0 && d->threshold < g->threshold)
		g->threshold = d->threshold;
	if (alerting != m->alerting)
		g->alerting += alerting ? 1 : (uint32_t)-1;
	m->alerting = alerting;
	m->onset_ns = alerting ? d->onset_ns : 0;
	if (d->surprise >= m->surprise || is_old(g, m->time_ns)) {
		m->surprise = d->surprise > DECADES_MAX ? DECADES_MAX :
			d->surprise > 0 ? d->surprise : 0;
		m->odds = exp(m->surprise * 2.3025850929940457);
		m->time_ns = d->time_ns;
	}
}

/* All members together, in decades. */
static double together(struct pdiag_detector_group *g, uint32_t *worst)
{
	double sum = 0;

	*worst = 0;
	for (uint32_t i = 0; i < g->options.members; i++) {
		struct member *m = &g->member[i];

		if (is_old(g, m->time_ns)) {
			m->surprise = 0;
			m->odds = 1;
		}
		sum += m->odds;
		if (m->surprise > g->member[*worst].surprise)
			*worst = i;
	}
	return log10(sum / g->options.members);
}

static uint64_t earliest(const struct pdiag_detector_group *g)
{
	uint64_t onset = 0;

	for (uint32_t i = 0; i < g->options.members; i++) {
		uint64_t t = g->member[i].onset_ns;

		if (t && (!onset || t < onset))
			onset = t;
	}
	return onset;
}

static uint32_t step(struct pdiag_detector_group *g, double surprise, uint32_t worst)
{
	bool begins = g->alerting || surprise >= g->threshold;
	uint64_t onset = g->alerting ? earliest(g) : g->member[worst].time_ns;

	if (begins)
		g->last_ns = g->now_ns;
	if (begins && !g->on) {
		g->on = true;
		g->peak = surprise;
		g->worst = worst;
		g->onset_ns = onset;
		return PDIAG_ALERT_BEGIN;
	}
	if (!g->on)
		return PDIAG_ALERT_NONE;
	if (begins && onset && onset < g->onset_ns)
		g->onset_ns = onset;
	if (surprise > g->peak) {
		g->peak = surprise;
		g->worst = worst;
	}
	if (begins || !is_old(g, g->last_ns))
		return PDIAG_ALERT_ON;
	g->on = false;
	return PDIAG_ALERT_END;
}

int pdiag_detector_group_add(struct pdiag_detector_group *g, uint32_t member,
	const struct pdiag_detection *detection, struct pdiag_incident *out)
{
	struct pdiag_incident to = { .size = 0 };
	uint32_t worst;
	int ret;

	pdiag_error_clear();
	if (member >= g->options.members)
		return pdiag_fail(EINVAL, "pdiag_detector_group_add: member is %u, and the group "
			"has %u", member, g->options.members);
	ret = PDIAG_INFO_CHECK(detection, reserved, "pdiag_detection");
	if (!ret && out)
		ret = PDIAG_INFO_CHECK(out, reserved, "pdiag_incident");
	if (ret)
		return ret;
	take(g, member, detection);
	to.surprise = together(g, &worst);
	to.alert = step(g, to.surprise, worst);
	to.threshold = g->threshold;
	to.member = g->on ? g->worst : worst;
	to.alerting = g->alerting;
	if (to.alert != PDIAG_ALERT_NONE) {
		to.onset_ns = g->onset_ns;
		to.peak = g->peak;
		to.member = g->worst;
	}
	return out ? PDIAG_INFO_COPY(out, &to, reserved, "pdiag_incident") : 0;
}
