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

/* What it may take from an onset until it is found. */
#define LATE_S 10u
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
	pdiag_ordinary_free(&e->strained);
	pdiag_evidence_file_asked(e, false);
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
	return pdiag_ordinary_bytes(&e->ordinary) + pdiag_ordinary_bytes(&e->strained) +
		(e->asked ? pdiag_profile_bytes(e->asked) : 0) +
		(e->unquiet ? pdiag_profile_bytes(e->unquiet) : 0);
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

/* Faults come in rows; what is not taken for one of them is not seen again. */
static bool may_take(struct pdiag_evidence *e, uint64_t now)
{
	uint64_t *oldest = &e->event_ns[PDIAG_EVIDENCE_BURST - 1];

	if (*oldest && now - *oldest < PDIAG_EVIDENCE_BURST * e->cooldown_ns)
		return false;
	memmove(e->event_ns + 1, e->event_ns, sizeof(e->event_ns) - sizeof(e->event_ns[0]));
	e->event_ns[0] = now;
	return true;
}

int pdiag_evidence_begin(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t onset_ns)
{
	uint64_t now = pdiag_capture_clock();
	int ret = 0, failed = 0;

	if (e->why[0])
		pdiag_event_add_limit(event, e->why);
	if (!e->capture && !e->tasks)
		return 0;
	if (!may_take(e, now)) {
		pdiag_event_add_limit(
			event, "no profile and no dump so soon after those of events before");
		return 0;
	}
	/* The tasks first: they are of this moment, the samples wait. */
	if (e->tasks)
		failed = pdiag_evidence_tasks(e, event, onset_ns);
	if (e->capture)
		ret = pdiag_evidence_samples(e, event, onset_ns);
	failed = ret ? ret : failed;
	ret = take_normal(e, event);
	return ret ? ret : failed;
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
