/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pdiag/error.h>
#include <pdiag/profile.h>
#include <pdiag/watch.h>

#include "capture/capture.h"
#include "culprit/compare.h"
#include "event/event.h"
#include "profile/profile.h"
#include "util/clock.h"

/* Ordinary times are sampled so often: sooner as long as there are few windows. */
#define REST_FIRST_NS (20 * PDIAG_SECOND_NS)
#define REST_NS (300 * PDIAG_SECOND_NS)
/* What it may take from an onset until it is found. */
#define LATE_S 10u
/* Records between looks at whether the onset is reached. */
#define SPLIT_RECORDS 16u
#define READ_RECORDS 65536u
/* Of shorter waits only so many are taken as tell where their time goes. */
#define OFF_CPU_MIN_NS 1000000u

void pdiag_evidence_lack(struct pdiag_evidence *e, const char *what, const char *why)
{
	size_t len = strlen(e->why);

	snprintf(e->why + len, sizeof(e->why) - len, "%s%s%s", len ? "; " : "", what, why);
}

static int open_capture(struct pdiag_evidence *e, const struct pdiag_watch_options *o,
	uint32_t events)
{
	struct pdiag_capture_options options = {
		.size = sizeof(options),
		.target = o->cgroup ? PDIAG_TARGET_CGROUP : PDIAG_TARGET_SYSTEM,
		.cgroup = o->cgroup,
		.events = events,
		.hz = o->hz,
		.off_cpu_min_ns = events & PDIAG_OFF_CPU ? OFF_CPU_MIN_NS : 0,
		.flags = events & PDIAG_OFF_CPU ? PDIAG_SHORT_WAITS : 0,
		.source = o->source,
		.flight_sec = o->before_s + LATE_S,
	};
	int ret = pdiag_capture_new(e->context, &options, &e->capture);

	if (ret)
		return ret;
	ret = pdiag_capture_start(e->capture);
	if (!ret)
		return 0;
	pdiag_capture_free(e->capture);
	e->capture = NULL;
	return ret;
}

static int open_samples(struct pdiag_evidence *e, const struct pdiag_watch_options *o)
{
	struct pdiag_capture_info info = { .size = sizeof(info) };
	int ret = -ENOENT;

	if (o->flags & PDIAG_WATCH_NO_PROFILE)
		return 0;
	if (!(o->flags & PDIAG_WATCH_NO_OFF_CPU))
		ret = open_capture(e, o, PDIAG_ON_CPU | PDIAG_OFF_CPU);
	if (ret && ret != -ENOMEM) {
		if (!(o->flags & PDIAG_WATCH_NO_OFF_CPU))
			pdiag_evidence_lack(e, "nothing off the CPU is sampled: ",
				pdiag_errmsg());
		ret = open_capture(e, o, PDIAG_ON_CPU);
	}
	if (ret == -ENOMEM)
		return ret;
	if (ret) {
		e->why[0] = 0;
		pdiag_evidence_lack(e, "no samples: ", pdiag_errmsg());
		return 0;
	}
	pdiag_capture_get_info(e->capture, &info);
	if (info.limits[0])
		pdiag_evidence_lack(e, "", info.limits);
	return 0;
}

int pdiag_evidence_open(struct pdiag_evidence *e, struct pdiag *context,
	const struct pdiag_watch_options *options)
{
	int ret;

	e->context = context;
	e->before_ns = options->before_s * PDIAG_SECOND_NS;
	e->during_ns = options->during_s * PDIAG_SECOND_NS;
	e->cooldown_ns = options->cooldown_s * PDIAG_SECOND_NS;
	e->max_bytes = options->max_bytes;
	ret = open_samples(e, options);
	if (!ret)
		ret = pdiag_evidence_tasks_open(e, options);
	e->taken_ns = pdiag_capture_clock();
	return ret;
}

void pdiag_evidence_close(struct pdiag_evidence *e)
{
	pdiag_ordinary_free(&e->ordinary);
	pdiag_capture_free(e->capture);
	e->capture = NULL;
	pdiag_evidence_tasks_close(e);
}

void pdiag_evidence_dispatch(struct pdiag_evidence *e)
{
	/* What could not be taken in is in the ledger. */
	if (e->capture)
		pdiag_capture_dispatch(e->capture);
	pdiag_evidence_tasks_dispatch(e);
}

uint64_t pdiag_evidence_bytes(const struct pdiag_evidence *e)
{
	return pdiag_ordinary_bytes(&e->ordinary);
}

/* With those of processes, which are held back until samples of later come. */
static uint64_t records_of(const struct pdiag_capture *c)
{
	return c->pipeline.records + c->held.count;
}

/* What the flight recorder holds, up to that time. 0 or a negative errno; what there was no memory
 * for is in the ledger. */
static int read_until(struct pdiag_capture *c, uint64_t time, uint64_t step)
{
	uint64_t before;
	int ret;

	do {
		before = records_of(c);
		ret = pdiag_capture_read(c, step);
	} while ((ret >= 0 || ret == -ENOMEM) && c->source->state.flight.unread &&
		c->pipeline.last_time < time && records_of(c) > before);
	return ret >= 0 || ret == -ENOMEM ? 0 : ret;
}

/* Empty the flight recorder and let it go on. *before, if there is a place for it, is what was
 * sampled before `split_ns`. Both are ours. */
static int empty(struct pdiag_evidence *e, uint64_t split_ns, struct pdiag_profile **before,
	struct pdiag_profile **after)
{
	struct pdiag_capture *c = e->capture;
	const struct pdiag_source_flight *f = &c->source->state.flight;
	int ret = pdiag_capture_freeze(c);

	*after = NULL;
	if (before)
		*before = NULL;
	if (!ret && before)
		ret = read_until(c, split_ns, SPLIT_RECORDS);
	if (!ret && before)
		ret = pdiag_pipeline_take(
			&c->pipeline, split_ns < f->time ? split_ns : f->time, before);
	if (!ret)
		ret = read_until(c, UINT64_MAX, READ_RECORDS);
	if (!ret)
		ret = pdiag_capture_take(c, after);
	if (ret && before) {
		pdiag_profile_free(*before);
		*before = NULL;
	}
	if (*after)
		pdiag_profile_adopt(*after);
	if (before && *before)
		pdiag_profile_adopt(*before);
	e->taken_ns = pdiag_capture_clock();
	pdiag_capture_thaw(c);
	return ret;
}

static void keep_ordinary(struct pdiag_evidence *e, struct pdiag_profile *fresh)
{
	static const char too_large[] = "no ordinary times: a window of them takes more than a "
		"quarter of max_bytes";

	if (!pdiag_ordinary_keep(&e->ordinary, fresh, e->max_bytes / 4) && !e->ordinary.count &&
		!strstr(e->why, too_large))
		pdiag_evidence_lack(e, too_large, "");
}

int pdiag_evidence_rest(struct pdiag_evidence *e, uint64_t now, uint64_t quiet_ns)
{
	uint64_t every = REST_FIRST_NS * (e->ordinary.count + 1);
	struct pdiag_profile *fresh, *unquiet = NULL;
	uint64_t since = e->taken_ns > quiet_ns ? e->taken_ns : quiet_ns;
	int ret;

	if (e->ordinary.count >= PDIAG_ORDINARY_MAX)
		every = REST_NS;
	if (!e->capture || now < since || now - since < every)
		return 0;
	/* The end of an event is no ordinary time. */
	ret = empty(e, quiet_ns, e->taken_ns < quiet_ns ? &unquiet : NULL, &fresh);
	if (!ret)
		keep_ordinary(e, fresh);
	pdiag_profile_destroy(unquiet);
	return ret == -ENOMEM ? ret : 0;
}

static int take_samples(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t onset_ns)
{
	struct pdiag_profile *before, *during;
	uint64_t from = e->taken_ns, after_ns = 0;
	int ret = empty(e, onset_ns > from ? onset_ns : from, &before, &during);

	if (ret) {
		pdiag_event_add_limit(event, "the samples could not be taken in");
		return ret == -ENOMEM ? ret : 0;
	}
	if (e->capture->pipeline.from > from)
		from = e->capture->pipeline.from;
	if (onset_ns < from || onset_ns - from < e->before_ns)
		ret = pdiag_ordinary_before(&e->ordinary, from, onset_ns, before, &after_ns);
	event->info.before_ns = pdiag_profile_duration(before) - after_ns;
	event->info.during_ns = pdiag_profile_duration(during);
	pdiag_event_give_profile(event, PDIAG_EVIDENCE_BEFORE, before);
	pdiag_event_give_profile(event, PDIAG_EVIDENCE_DURING, during);
	return ret == -ENOMEM ? ret : 0;
}

/* For difference graphs. */
static int take_normal(struct pdiag_evidence *e, struct pdiag_event *event)
{
	struct pdiag_profile *all;
	int ret;

	if (!e->ordinary.count)
		return 0;
	ret = pdiag_ordinary_all(&e->ordinary, e->context, &all);
	if (ret)
		return ret;
	event->info.normal_ns = pdiag_profile_duration(all);
	pdiag_event_give_profile(event, PDIAG_EVIDENCE_NORMAL, all);
	return 0;
}

int pdiag_evidence_begin(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t onset_ns)
{
	uint64_t now = pdiag_capture_clock();
	int ret = 0, failed = 0;

	if (e->why[0])
		pdiag_event_add_limit(event, e->why);
	if (!e->capture && !e->tasks)
		return 0;
	if (e->event_ns && now - e->event_ns < e->cooldown_ns) {
		pdiag_event_add_limit(
			event, "no profile and no dump so soon after the event before");
		return 0;
	}
	e->event_ns = now;
	/* The tasks first: they are of this moment, the samples wait. */
	if (e->tasks)
		failed = pdiag_evidence_tasks(e, event, onset_ns);
	if (e->capture)
		ret = take_samples(e, event, onset_ns);
	failed = ret ? ret : failed;
	ret = take_normal(e, event);
	return ret ? ret : failed;
}

int pdiag_evidence_during(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t end_ns)
{
	struct pdiag_profile *place = event->profiles[__builtin_ctz(PDIAG_EVIDENCE_DURING)];
	struct pdiag_profile *more, *rest;
	int ret;

	if (!e->capture || !place)
		return 0;
	ret = empty(e, end_ns, &more, &rest);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	ret = pdiag_profile_merge(place, more);
	pdiag_profile_destroy(more);
	pdiag_profile_destroy(rest);
	event->info.during_ns = pdiag_profile_duration(place);
	return ret ? ret : 1;
}

int pdiag_evidence_blame(struct pdiag_evidence *e, struct pdiag_event *event)
{
	struct pdiag_profile *during = pdiag_event_profile(event, PDIAG_EVIDENCE_DURING);
	struct pdiag_profile *before = pdiag_event_profile(event, PDIAG_EVIDENCE_BEFORE);
	struct pdiag_profile *const *normal = e->ordinary.list;
	uint32_t count = e->ordinary.count;
	struct pdiag_culprits *culprits;
	int ret;

	if (!during)
		return 0;
	/* With nothing to compare with, whoever was named before, when there was, stays. */
	if (!count && !before && event->culprits)
		return 0;
	/* What was just before is better than nothing. */
	if (!count && before) {
		normal = &before;
		count = 1;
	}
	ret = pdiag_culprits_compare(
		normal, count, during, NULL, NULL, e->waits, &culprits);
	if (!ret)
		pdiag_event_give_culprits(event, culprits);
	return ret;
}

int pdiag_evidence_keep_within(struct pdiag_evidence *e, struct pdiag_event *event)
{
	uint64_t room = e->max_bytes / 4 * 3;
	int ret;

	if (pdiag_event_bytes(event) <= room)
		return 0;
	ret = pdiag_evidence_blame(e, event);
	while (pdiag_event_bytes(event) > room && pdiag_event_drop_largest(event))
		;
	return ret;
}
