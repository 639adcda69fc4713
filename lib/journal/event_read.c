/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the bodies of frames to an event. Their checksum was right, but nothing in them is
 * trusted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "culprit/culprit.h"
#include "journal/event_image.h"
#include "journal/profile_image.h"
#include "util/array.h"

/* The least bytes that one of each takes. */
#define METRIC_LEAST 55u
#define POINT_LEAST 9u
#define CULPRIT_LEAST 42u
#define FRAME_LEAST 11u

int pdiag_event_take_phase(struct pdiag_bytes info, uint64_t *session, uint32_t *phase)
{
	*session = pdiag_take_u64(&info);
	*phase = pdiag_take_u32(&info, PDIAG_EVENT_PHASE_MAX);
	return info.wrong || *session > PDIAG_JOURNAL_ID_MAX ? -EBADMSG : 0;
}

static int take_texts(struct pdiag_bytes *from, struct pdiag_event *event)
{
	struct pdiag_strings strings = { 0 };
	const char *text;
	int ret = 0;

	for (size_t i = 0; i < PDIAG_COUNT(event->texts) && !ret; i++) {
		text = pdiag_take_text(from, &strings);
		ret = text ? pdiag_event_set_text(event, (enum pdiag_event_text)i, text) : -ENOMEM;
	}
	pdiag_strings_free(&strings);
	return ret;
}

static void take_numbers(struct pdiag_bytes *from, struct pdiag_event_info *i)
{
	i->onset_ns = pdiag_take_u64(from);
	i->detected_ns = pdiag_take_u64(from);
	i->peak_ns = pdiag_take_u64(from);
	i->end_ns = pdiag_take_u64(from);
	i->onset_realtime_ns = pdiag_take_u64(from);
	i->detected_realtime_ns = pdiag_take_u64(from);
	i->peak_realtime_ns = pdiag_take_u64(from);
	i->end_realtime_ns = pdiag_take_u64(from);
	i->duration_ns = pdiag_take_u64(from);
	i->value = pdiag_take_double(from);
	i->peak = pdiag_take_double(from);
	i->expected = pdiag_take_double(from);
	i->low = pdiag_take_double(from);
	i->high = pdiag_take_double(from);
	i->surprise = pdiag_take_double(from);
	i->score = pdiag_take_double(from);
	i->zone_s = pdiag_take_i32(from);
	i->direction = pdiag_take_i32(from);
	i->cpus = pdiag_take_u32(from, UINT32_MAX);
	i->before_ns = pdiag_take_u64(from);
	i->during_ns = pdiag_take_u64(from);
	i->normal_ns = pdiag_take_u64(from);
	i->tasks_ns = pdiag_take_u64(from);
	i->runnable = pdiag_take_u32(from, UINT32_MAX);
	i->blocked = pdiag_take_u32(from, UINT32_MAX);
	i->tasks_triggered = pdiag_take_u32(from, UINT32_MAX);
}

int pdiag_event_take_info(
	struct pdiag_bytes *from, struct pdiag_event *event, struct pdiag_event_about *about)
{
	int ret;

	about->session = pdiag_take_u64(from);
	event->info.phase = pdiag_take_u32(from, PDIAG_EVENT_PHASE_MAX);
	event->info.severity = pdiag_take_u32(from, UINT32_MAX);
	about->metrics = pdiag_take_u32(from, UINT32_MAX);
	about->culprits = pdiag_take_u32(from, UINT32_MAX);
	about->evidence = pdiag_take_u32(from, (1u << PDIAG_EVENT_PROFILES) - 1);
	ret = take_texts(from, event);
	if (ret)
		return ret;
	take_numbers(from, &event->info);
	return from->wrong ? -EBADMSG : 0;
}

static int take_points(struct pdiag_bytes *from, struct pdiag_event_point **points,
	uint32_t *count)
{
	uint64_t time = 0;

	*count = pdiag_take_count(from, POINT_LEAST);
	*points = calloc((size_t)*count + 1, sizeof(**points));
	if (!*points)
		return -ENOMEM;
	for (uint32_t i = 0; i < *count; i++) {
		time += (uint64_t)pdiag_take_i64(from);
		(*points)[i].time_ns = time;
		(*points)[i].value = pdiag_take_double(from);
	}
	return from->wrong ? -EBADMSG : 0;
}

static int take_metric(struct pdiag_bytes *from, struct pdiag_event *event,
	struct pdiag_strings *strings)
{
	pdiag_auto_free struct pdiag_event_point *points = NULL;
	struct pdiag_event_metric m = { .name = pdiag_take_text(from, strings) };
	uint32_t count;
	int ret;

	m.unit = pdiag_take_text(from, strings);
	m.description = pdiag_take_text(from, strings);
	if (!m.name || !m.unit || !m.description)
		return -ENOMEM;
	/* Names are compared, each with all before it. */
	if (strlen(m.name) > PDIAG_JOURNAL_NAME_MAX)
		return -EBADMSG;
	m.kind = pdiag_take_u32(from, UINT32_MAX);
	m.direction = pdiag_take_i32(from);
	m.value = pdiag_take_double(from);
	m.peak = pdiag_take_double(from);
	m.expected = pdiag_take_double(from);
	m.low = pdiag_take_double(from);
	m.high = pdiag_take_double(from);
	m.surprise = pdiag_take_double(from);
	m.onset_ns = pdiag_take_u64(from);
	ret = take_points(from, &points, &count);
	return ret ? ret : pdiag_event_add_metric(event, &m, points, count);
}

int pdiag_event_take_metrics(struct pdiag_bytes *from, struct pdiag_event *event)
{
	uint32_t count = pdiag_take_count(from, METRIC_LEAST);
	struct pdiag_strings strings = { 0 };
	int ret = from->wrong || count > PDIAG_JOURNAL_METRICS_MAX ? -EBADMSG : 0;

	while (!ret && count--)
		ret = take_metric(from, event, &strings);
	pdiag_strings_free(&strings);
	return ret;
}

static int take_symbol(struct pdiag_bytes *from, struct pdiag_strings *strings,
	struct pdiag_symbol *s)
{
	*s = (struct pdiag_symbol){ .name = pdiag_take_text(from, strings) };
	s->raw_name = pdiag_take_text(from, strings);
	s->module = pdiag_take_text(from, strings);
	s->file = pdiag_take_text(from, strings);
	if (!s->name || !s->raw_name || !s->module || !s->file)
		return -ENOMEM;
	if (!*s->file)
		s->file = NULL;
	s->address = pdiag_take_u64(from);
	s->size = pdiag_take_u64(from);
	s->offset = pdiag_take_u64(from);
	s->line = pdiag_take_u32(from, UINT32_MAX);
	s->kind = pdiag_take_u32(from, PDIAG_FRAME_MARK);
	s->reason = pdiag_take_u32(from, PDIAG_REASON_OUT_OF_MEMORY);
	return from->wrong ? -EBADMSG : 0;
}

/* NULL in *out: see what is returned. */
static int take_frame(struct pdiag_bytes *from, struct pdiag_strings *strings,
	struct pdiag_arena *arena, const struct pdiag_symbol **out)
{
	uint32_t callers = pdiag_take_u32(from, PDIAG_IMAGE_CALLERS_MAX);
	struct pdiag_symbol *s = NULL, *last = NULL;
	int ret = from->wrong ? -EBADMSG : 0;

	for (uint32_t i = 0; i <= callers && !ret; i++) {
		s = pdiag_arena_alloc(arena, sizeof(*s));
		ret = s ? take_symbol(from, strings, s) : -ENOMEM;
		if (last)
			last->caller = s;
		else
			*out = s;
		last = s;
	}
	return ret;
}

/* What all of them are made of until they are copied. */
struct scratch {
	struct pdiag_strings strings;
	struct pdiag_arena arena;
};

static int take_frames(struct pdiag_bytes *from, struct scratch *scratch, struct pdiag_culprit *c)
{
	const struct pdiag_symbol **frames;
	int ret = 0;

	c->depth = pdiag_take_count(from, FRAME_LEAST);
	if (c->depth > PDIAG_IMAGE_DEPTH_MAX)
		return -EBADMSG;
	frames = pdiag_arena_alloc(&scratch->arena, (c->depth + 1) * sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->depth && !ret; i++)
		ret = take_frame(from, &scratch->strings, &scratch->arena, &frames[i]);
	c->frames = frames;
	return ret;
}

static int take_culprit(struct pdiag_bytes *from, struct scratch *scratch,
	struct pdiag_culprits *into)
{
	struct pdiag_culprit c = { .sentence = pdiag_take_text(from, &scratch->strings) };
	int ret;

	c.process = pdiag_take_text(from, &scratch->strings);
	c.comm = pdiag_take_text(from, &scratch->strings);
	c.cgroup = pdiag_take_text(from, &scratch->strings);
	if (!c.sentence || !c.process || !c.comm || !c.cgroup)
		return -ENOMEM;
	c.kind = pdiag_take_u32(from, UINT32_MAX);
	c.state = pdiag_take_u32(from, UINT32_MAX);
	c.pid = pdiag_take_i32(from);
	c.processes = pdiag_take_u32(from, UINT32_MAX);
	c.weight_ns = pdiag_take_u64(from);
	c.rate = pdiag_take_double(from);
	c.normal_rate = pdiag_take_double(from);
	c.share = pdiag_take_double(from);
	c.significance = pdiag_take_double(from);
	ret = take_frames(from, scratch, &c);
	if (!ret && from->wrong)
		ret = -EBADMSG;
	return ret ? ret : pdiag_culprits_add(into, &c);
}

int pdiag_event_take_culprits(struct pdiag_bytes *from, struct pdiag_event *event)
{
	uint32_t count = pdiag_take_count(from, CULPRIT_LEAST);
	struct scratch scratch = { 0 };
	struct pdiag_culprits *culprits;
	int ret = pdiag_culprits_make(event->context, &culprits);

	if (ret)
		return ret;
	while (count-- && !ret)
		ret = take_culprit(from, &scratch, culprits);
	pdiag_strings_free(&scratch.strings);
	pdiag_arena_free(&scratch.arena);
	if (!ret && from->wrong)
		ret = -EBADMSG;
	if (ret)
		pdiag_culprits_release(culprits);
	else
		pdiag_event_give_culprits(event, culprits);
	return ret;
}

int pdiag_event_take_profile(struct pdiag_bytes *from, struct pdiag_event *event)
{
	uint32_t evidence = pdiag_take_u32(from, 1u << (PDIAG_EVENT_PROFILES - 1));
	struct pdiag_profile *profile;
	int ret;

	if (from->wrong || !evidence || (evidence & (evidence - 1)) ||
		event->profiles[__builtin_ctz(evidence)])
		return -EBADMSG;
	ret = pdiag_profile_take(from, event->context, &profile);
	if (!ret)
		pdiag_event_give_profile(event, evidence, profile);
	return ret;
}
