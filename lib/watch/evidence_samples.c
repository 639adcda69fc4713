/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Samples out of the flight recorder: windows of ordinary times, what was before an onset and after
 * it, and short times of which somebody asks who is at it.
 */
#include <errno.h>
#include <string.h>

#include "capture/capture.h"
#include "culprit/compare.h"
#include "event/event.h"
#include "profile/profile.h"
#include "util/clock.h"
#include "watch/evidence.h"

/* Ordinary times are sampled so often: sooner as long as there are few windows. */
#define REST_FIRST_NS (20 * PDIAG_SECOND_NS)
#define REST_NS (300 * PDIAG_SECOND_NS)
/* Who never is at it is known from so many windows on. */
#define ASK_LEAST 3u
/* Ordinary times are longer than that. */
#define BEFORE_LEAST_NS (5 * PDIAG_SECOND_NS)
/* Records between looks at whether the onset is reached. */
#define SPLIT_RECORDS 16u
#define READ_RECORDS 65536u

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

/* Where what was in the flight recorder begins, if it was emptied at `taken_ns` before: there may
 * have been no room for so much. */
static uint64_t begin_of(const struct pdiag_evidence *e, uint64_t taken_ns)
{
	uint64_t from = e->capture->pipeline.from;

	return from > taken_ns ? from : taken_ns;
}

static void keep_ordinary(struct pdiag_evidence *e, struct pdiag_profile *fresh)
{
	static const char too_large[] = "no ordinary times: a window of them takes more than a "
		"fifth of max_bytes";

	if (!pdiag_ordinary_keep(&e->ordinary, fresh, e->max_bytes / 5) && !e->ordinary.count &&
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

void pdiag_evidence_file_asked(struct pdiag_evidence *e, bool known)
{
	if (known && e->asked)
		pdiag_ordinary_keep(&e->strained, e->asked, e->max_bytes / 20);
	else
		pdiag_profile_destroy(e->asked);
	pdiag_profile_destroy(e->unquiet);
	e->asked = e->unquiet = NULL;
}

/*
 * The times of which it was asked who is at it are out of the flight recorder. The last one may be
 * just before the onset, or have the onset in it; earlier ones, that nothing was found in, too.
 */
static int add_asked(struct pdiag_evidence *e, uint64_t onset_ns, struct pdiag_profile *before,
	struct pdiag_profile *during, uint64_t *from)
{
	struct pdiag_profile *earlier;
	int ret = 0;

	while ((earlier = pdiag_ordinary_since(&e->strained, onset_ns))) {
		ret = ret ? ret : pdiag_profile_merge(during, earlier);
		pdiag_profile_destroy(earlier);
	}
	if (ret || !e->asked || *from > e->asked->end_time + PDIAG_ORDINARY_GAP_NS)
		return ret;
	*from = e->asked->start_time;
	if (e->unquiet) {
		*from = e->unquiet->start_time;
		ret = pdiag_profile_merge(before, e->unquiet);
	}
	if (ret)
		return ret;
	return pdiag_profile_merge(e->asked->end_time > onset_ns ? during : before, e->asked);
}

int pdiag_evidence_samples(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t onset_ns)
{
	struct pdiag_profile *before, *during;
	uint64_t from = e->taken_ns, after_ns = 0;
	int ret = empty(e, onset_ns > from ? onset_ns : from, &before, &during);

	if (ret) {
		pdiag_event_add_limit(event, "the samples could not be taken in");
		return ret == -ENOMEM ? ret : 0;
	}
	from = begin_of(e, from);
	ret = add_asked(e, onset_ns, before, during, &from);
	if (!ret && (onset_ns < from || onset_ns - from < e->before_ns))
		ret = pdiag_ordinary_before(&e->ordinary, from, onset_ns, before, &after_ns);
	event->info.before_ns = pdiag_profile_duration(before) - after_ns;
	event->info.during_ns = pdiag_profile_duration(during);
	pdiag_event_give_profile(event, PDIAG_EVIDENCE_BEFORE, before);
	pdiag_event_give_profile(event, PDIAG_EVIDENCE_DURING, during);
	return ret == -ENOMEM ? ret : 0;
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

/* The time before. A window that is not yet due takes the place of the newest one. */
static void keep_before(struct pdiag_evidence *e, struct pdiag_profile *before)
{
	struct pdiag_ordinary *o = &e->ordinary;

	if (o->count == PDIAG_ORDINARY_MAX &&
		o->list[0]->end_time - o->list[1]->end_time < REST_NS)
		pdiag_profile_destroy(pdiag_ordinary_since(o, 0));
	keep_ordinary(e, before);
}

static int compare(struct pdiag_evidence *e, struct pdiag_profile *before, uint32_t waits,
	struct pdiag_culprits **out)
{
	struct pdiag_profile *list[2 * PDIAG_ORDINARY_MAX + 1];
	uint32_t count = 0;

	if (before)
		list[count++] = before;
	for (uint32_t i = 0; i < e->ordinary.count; i++)
		list[count++] = e->ordinary.list[i];
	for (uint32_t i = 0; i < e->strained.count; i++)
		list[count++] = e->strained.list[i];
	return pdiag_culprits_compare(list, count, e->asked, NULL, NULL, waits, out);
}

int pdiag_evidence_ask(struct pdiag_evidence *e, uint64_t quiet_ns, uint64_t onset_ns,
	uint32_t waits, struct pdiag_culprits **out)
{
	struct pdiag_profile *before, *during;
	uint64_t taken_ns = e->taken_ns;
	int ret;

	*out = NULL;
	if (!e->capture || e->ordinary.count < ASK_LEAST || onset_ns <= taken_ns)
		return 0;
	ret = empty(e, onset_ns, &before, &during);
	if (ret)
		return ret == -ENOMEM ? ret : 1;
	pdiag_evidence_file_asked(e, true);
	e->asked = during;
	/* Of the end of an event, or too short to tell what is ordinary. */
	if (begin_of(e, taken_ns) < quiet_ns ||
		pdiag_profile_duration(before) < BEFORE_LEAST_NS) {
		e->unquiet = before;
		before = NULL;
	}
	ret = compare(e, before, waits, out);
	if (before)
		keep_before(e, before);
	return ret ? ret : 1;
}
