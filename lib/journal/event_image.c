/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an event to frames. */
#include "journal/event_image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "culprit/culprit.h"
#include "journal/profile_image.h"
#include "util/array.h"

#define NO_POINTS "the history of its metrics"
/* What END takes at most. */
#define END_SIZE 64u

/* The frames of an event, each in a buffer of its own, as it must be known how long they are
 * before it is known which of them there will be. */
struct parts {
	struct pdiag_text info, metrics, culprits, profiles[PDIAG_EVENT_PROFILES];
	char limits[512]; /* what is left out */
};

static void put_info(struct pdiag_text *t, const struct pdiag_event_info *i, uint64_t session,
	const char *limits)
{
	pdiag_put_u64(t, session);
	pdiag_put_u64(t, i->phase);
	pdiag_put_u64(t, i->severity);
	pdiag_put_u64(t, i->metrics);
	pdiag_put_u64(t, i->culprits);
	pdiag_put_u64(t, i->evidence);
	pdiag_put_text(t, i->sentence);
	pdiag_put_text(t, i->metric);
	pdiag_put_text(t, i->unit);
	pdiag_put_text(t, i->rule);
	pdiag_put_text(t, limits);
	pdiag_put_u64(t, i->onset_ns);
	pdiag_put_u64(t, i->detected_ns);
	pdiag_put_u64(t, i->peak_ns);
	pdiag_put_u64(t, i->end_ns);
	pdiag_put_u64(t, i->onset_realtime_ns);
	pdiag_put_u64(t, i->detected_realtime_ns);
	pdiag_put_u64(t, i->peak_realtime_ns);
	pdiag_put_u64(t, i->end_realtime_ns);
	pdiag_put_u64(t, i->duration_ns);
	pdiag_put_double(t, i->value);
	pdiag_put_double(t, i->peak);
	pdiag_put_double(t, i->expected);
	pdiag_put_double(t, i->low);
	pdiag_put_double(t, i->high);
	pdiag_put_double(t, i->surprise);
	pdiag_put_double(t, i->score);
	pdiag_put_i64(t, i->zone_s);
	pdiag_put_i64(t, i->direction);
	pdiag_put_u64(t, i->cpus);
	pdiag_put_u64(t, i->before_ns);
	pdiag_put_u64(t, i->during_ns);
	pdiag_put_u64(t, i->normal_ns);
	pdiag_put_u64(t, i->tasks_ns);
	pdiag_put_u64(t, i->runnable);
	pdiag_put_u64(t, i->blocked);
	pdiag_put_u64(t, i->tasks_triggered);
}

static void put_points(struct pdiag_text *t, const struct pdiag_event_series *s)
{
	uint64_t before = 0;

	pdiag_put_u64(t, s->metric.points);
	for (uint32_t i = 0; i < s->metric.points; i++) {
		/* Modulo 2^64, so that any order comes back. */
		pdiag_put_i64(t, (int64_t)(s->points[i].time_ns - before));
		pdiag_put_double(t, s->points[i].value);
		before = s->points[i].time_ns;
	}
}

static void put_metrics(struct pdiag_text *t, const struct pdiag_event *event, bool points)
{
	size_t count = event->series_count < PDIAG_JOURNAL_METRICS_MAX ?
		event->series_count : PDIAG_JOURNAL_METRICS_MAX;
	const struct pdiag_event_metric *m;

	pdiag_put_u64(t, count);
	for (size_t i = 0; i < count; i++) {
		m = &event->series[i].metric;
		pdiag_put_text(t, m->name);
		pdiag_put_text(t, m->unit);
		pdiag_put_text(t, m->description);
		pdiag_put_u64(t, m->kind);
		pdiag_put_i64(t, m->direction);
		pdiag_put_double(t, m->value);
		pdiag_put_double(t, m->peak);
		pdiag_put_double(t, m->expected);
		pdiag_put_double(t, m->low);
		pdiag_put_double(t, m->high);
		pdiag_put_double(t, m->surprise);
		pdiag_put_u64(t, m->onset_ns);
		if (points)
			put_points(t, &event->series[i]);
		else
			pdiag_put_u64(t, 0);
	}
}

static void put_symbol(struct pdiag_text *t, const struct pdiag_symbol *s)
{
	pdiag_put_text(t, s->name);
	pdiag_put_text(t, s->raw_name);
	pdiag_put_text(t, s->module);
	pdiag_put_text(t, s->file);
	pdiag_put_u64(t, s->address);
	pdiag_put_u64(t, s->size);
	pdiag_put_u64(t, s->offset);
	pdiag_put_u64(t, s->line);
	pdiag_put_u64(t, s->kind);
	pdiag_put_u64(t, s->reason);
}

static void put_frame(struct pdiag_text *t, const struct pdiag_symbol *s)
{
	uint32_t callers = 0;

	for (const struct pdiag_symbol *c = s->caller; c; c = c->caller)
		callers++;
	if (callers > PDIAG_IMAGE_CALLERS_MAX)
		callers = PDIAG_IMAGE_CALLERS_MAX;
	pdiag_put_u64(t, callers);
	put_symbol(t, s);
	for (; callers; callers--) {
		s = s->caller;
		put_symbol(t, s);
	}
}

static void put_culprits(struct pdiag_text *t, const struct pdiag_culprits *culprits)
{
	const struct pdiag_culprit *c;

	pdiag_put_u64(t, culprits->count);
	for (size_t i = 0; i < culprits->count; i++) {
		c = &culprits->list[i];
		pdiag_put_text(t, c->sentence);
		pdiag_put_text(t, c->process);
		pdiag_put_text(t, c->comm);
		pdiag_put_text(t, c->cgroup);
		pdiag_put_u64(t, c->kind);
		pdiag_put_u64(t, c->state);
		pdiag_put_i64(t, c->pid);
		pdiag_put_u64(t, c->processes);
		pdiag_put_u64(t, c->weight_ns);
		pdiag_put_double(t, c->rate);
		pdiag_put_double(t, c->normal_rate);
		pdiag_put_double(t, c->share);
		pdiag_put_double(t, c->significance);
		pdiag_put_u64(t, c->depth);
		for (uint32_t k = 0; k < c->depth; k++)
			put_frame(t, c->frames[k]);
	}
}

/* Make a frame of what `body` has, into `to`, and free it. */
static int finish(struct pdiag_text *to, uint64_t id, enum pdiag_journal_type type,
	struct pdiag_text *body)
{
	int ret = pdiag_journal_frame_add(to, id, type, body);

	pdiag_text_free(body);
	return ret;
}

static void say(struct parts *p, const char *what)
{
	size_t len = strlen(p->limits);

	snprintf(p->limits + len, sizeof(p->limits) - len,
		"%s%s was left out of the journal, as the event would be too large",
		len ? "; " : "", what);
}

static const char *const profile_names[PDIAG_EVENT_PROFILES] = {
	"the profile of before", "the profile of during", "the profile of ordinary times",
	"the profile of tasks",
};

static int make_profile(struct parts *p, struct pdiag_event *event, uint64_t id, uint32_t i)
{
	struct pdiag_text body = { 0 };
	int ret;

	pdiag_put_u64(&body, 1u << i);
	ret = pdiag_profile_put(&body, event->profiles[i]);
	if (ret)
		pdiag_text_free(&body);
	else
		ret = finish(&p->profiles[i], id, PDIAG_JOURNAL_PROFILE, &body);
	if (ret == -EFBIG)
		say(p, profile_names[i]);
	return ret == -EFBIG ? 0 : ret;
}

static int make_metrics(struct parts *p, const struct pdiag_event *event, uint64_t id, bool points)
{
	struct pdiag_text body = { 0 };

	pdiag_text_free(&p->metrics);
	p->metrics = (struct pdiag_text){ 0 };
	if (!event->series_count)
		return 0;
	put_metrics(&body, event, points);
	return finish(&p->metrics, id, PDIAG_JOURNAL_METRICS, &body);
}

static int make_culprits(struct parts *p, const struct pdiag_event *event, uint64_t id)
{
	struct pdiag_text body = { 0 };

	if (!event->culprits)
		return 0;
	put_culprits(&body, event->culprits);
	return finish(&p->culprits, id, PDIAG_JOURNAL_CULPRITS, &body);
}

static int make_info(struct parts *p, const struct pdiag_event *event, uint64_t id,
	uint64_t session)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_text body = { 0 }, limits = { 0 };

	pdiag_text_free(&p->info);
	p->info = (struct pdiag_text){ 0 };
	pdiag_event_get_info(event, &info);
	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES; i++)
		if (!p->profiles[i].len)
			info.evidence &= ~(1u << i);
	pdiag_text_str(&limits, info.limits);
	pdiag_text_str(&limits, *info.limits && *p->limits ? "; " : "");
	pdiag_text_str(&limits, p->limits);
	if (!limits.error)
		put_info(&body, &info, session, limits.data);
	body.error |= limits.error;
	pdiag_text_free(&limits);
	return finish(&p->info, id, PDIAG_JOURNAL_INFO, &body);
}

static uint64_t size_of(const struct parts *p)
{
	uint64_t size = p->info.len + p->metrics.len + p->culprits.len + END_SIZE;

	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES; i++)
		size += p->profiles[i].len;
	return size;
}

/* Says if there was a profile to leave out. */
static bool drop_largest(struct parts *p)
{
	uint32_t largest = 0;

	for (uint32_t i = 1; i < PDIAG_EVENT_PROFILES; i++)
		if (p->profiles[i].len > p->profiles[largest].len)
			largest = i;
	if (!p->profiles[largest].len)
		return false;
	pdiag_text_free(&p->profiles[largest]);
	p->profiles[largest] = (struct pdiag_text){ 0 };
	say(p, profile_names[largest]);
	return true;
}

static int make_parts(struct parts *p, struct pdiag_event *event, uint64_t id, uint64_t session,
	uint64_t limit)
{
	bool points = true;
	int ret = make_metrics(p, event, id, points);

	if (ret == -EFBIG) {
		points = false;
		say(p, NO_POINTS);
		ret = make_metrics(p, event, id, points);
	}
	if (!ret)
		ret = make_culprits(p, event, id);
	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES && !ret; i++)
		if (event->profiles[i])
			ret = make_profile(p, event, id, i);
	if (!ret)
		ret = make_info(p, event, id, session);
	while (!ret && size_of(p) > limit) {
		if (!drop_largest(p)) {
			if (!points)
				return -EFBIG;
			points = false;
			say(p, NO_POINTS);
			ret = make_metrics(p, event, id, points);
		}
		if (!ret)
			ret = make_info(p, event, id, session);
	}
	return ret;
}

static int join(struct pdiag_text *to, const struct parts *p, uint64_t id)
{
	const struct pdiag_text *parts[3 + PDIAG_EVENT_PROFILES] = { &p->info, &p->metrics,
		&p->culprits };
	struct pdiag_text end = { 0 };
	uint32_t frames = 0;
	size_t start = to->len;

	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES; i++)
		parts[3 + i] = &p->profiles[i];
	for (size_t i = 0; i < PDIAG_COUNT(parts); i++) {
		pdiag_text_add(to, parts[i]->data, parts[i]->len);
		frames += parts[i]->len != 0;
	}
	pdiag_put_u64(&end, to->len - start);
	pdiag_put_u64(&end, frames);
	return finish(to, id, PDIAG_JOURNAL_END, &end);
}

int pdiag_event_put(struct pdiag_text *to, struct pdiag_event *event, uint64_t id,
	uint64_t session, uint64_t limit)
{
	struct parts p = { 0 };
	int ret = make_parts(&p, event, id, session, limit);

	if (!ret)
		ret = join(to, &p, id);
	pdiag_text_free(&p.info);
	pdiag_text_free(&p.metrics);
	pdiag_text_free(&p.culprits);
	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES; i++)
		pdiag_text_free(&p.profiles[i]);
	return ret == -ENOMEM ? pdiag_fail_memory("writing an event to a journal") : ret;
}
