/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events made by hand, through the internal interfaces, and whether two of them are the same. */
#ifndef TESTS_SUPPORT_MADE_EVENT_H
#define TESTS_SUPPORT_MADE_EVENT_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "culprit/culprit.h"
#include "event/event.h"
#include "support/made_profile.h"
#include "util/text.h"

static inline struct pdiag_event_info made_info(uint32_t phase, unsigned int seed)
{
	return (struct pdiag_event_info){
		.onset_ns = 1000 + seed, .detected_ns = 2000 + seed, .peak_ns = UINT64_MAX - seed,
		.end_ns = phase == PDIAG_EVENT_ENDED ? 5000 : 0,
		.onset_realtime_ns = 1767225600000000000ull, .detected_realtime_ns = 2,
		.peak_realtime_ns = 3, .end_realtime_ns = 4, .duration_ns = 5,
		.value = 41.5 + seed, .peak = INFINITY, .expected = 3.25, .low = -0.0, .high = 6,
		.surprise = 12.5, .score = 0.75, .zone_s = -3600, .direction = -1, .phase = phase,
		.severity = PDIAG_SEVERITY_WARNING, .cpus = 64, .before_ns = 6, .during_ns = 7,
		.normal_ns = 8, .tasks_ns = 9, .runnable = 10, .blocked = 11,
		.tasks_triggered = 1,
	};
}

static inline void made_texts(struct pdiag_event *e, unsigned int seed)
{
	char sentence[80];

	snprintf(sentence, sizeof(sentence), "runnable threads: %u, ordinarily 1 to 6", seed);
	made_check(!pdiag_event_set_text(e, PDIAG_EVENT_SENTENCE, sentence) &&
		!pdiag_event_set_text(e, PDIAG_EVENT_METRIC, "system.cpu.\xff\n;\"metric") &&
		!pdiag_event_set_text(e, PDIAG_EVENT_UNIT, "{thread}") &&
		!pdiag_event_set_text(e, PDIAG_EVENT_RULE, "load >= 4") &&
		!pdiag_event_set_text(e, PDIAG_EVENT_LIMITS, "no profile of before"), "texts");
}

static inline void made_metrics(struct pdiag_event *e, unsigned int count, unsigned int points)
{
	struct pdiag_event_point list[4096];
	char name[32];

	for (unsigned int i = 0; i < points; i++)
		list[i] = (struct pdiag_event_point){ .time_ns = (i ^ 1) * 1000000000ull,
			.value = i % 7 ? i * 1.5 : NAN };
	for (unsigned int i = 0; i < count; i++) {
		struct pdiag_event_metric m = { .name = name, .unit = "1",
			.description = "what it is", .kind = 1, .direction = 1,
			.value = 2, .peak = 3, .expected = 4, .low = 5, .high = 6,
			.surprise = i, .onset_ns = i % 3 };

		snprintf(name, sizeof(name), "metric.%u", i);
		made_check(!pdiag_event_add_metric(e, &m, list, points), "metric");
	}
	pdiag_event_sort(e);
}

static inline void made_culprits(struct pdiag_event *e)
{
	const struct pdiag_symbol outer = { .name = "outer", .raw_name = "_Z5outer",
		.module = "/lib/libx.so", .file = "x.c", .line = 7, .kind = PDIAG_FRAME_USER };
	const struct pdiag_symbol leaf = { .name = "leaf", .raw_name = "leaf",
		.module = "/lib/libx.so", .caller = &outer, .kind = PDIAG_FRAME_INLINED,
		.address = UINT64_MAX, .size = 5, .offset = 3 };
	const struct pdiag_symbol *frames[] = { &leaf, &outer };
	struct pdiag_culprit c = { .sentence = "mysqld waits", .process = "mysqld", .comm = "",
		.cgroup = "/system.slice/mysql", .kind = PDIAG_CULPRIT_PROCESS,
		.state = PDIAG_STATE_IO, .pid = 4711, .processes = 1, .weight_ns = 99,
		.rate = 0.38, .normal_rate = 0.02, .share = 1, .significance = 300 };
	struct pdiag_culprits *list;

	made_check(!pdiag_culprits_make(e->context, &list) && !pdiag_culprits_add(list, &c),
		"culprits");
	c.kind = PDIAG_CULPRIT_STACK;
	c.frames = frames;
	c.depth = 2;
	c.comm = "worker";
	made_check(!pdiag_culprits_add(list, &c), "culprit");
	pdiag_event_give_culprits(e, list);
}

/* A profile with a bit of everything. */
static inline struct pdiag_profile *made_evidence(struct pdiag *context, unsigned int seed)
{
	struct pdiag_profile *p = made_profile(context);

	made_samples(p, "worker", seed % 5 + 1, "u:main", "u@/lib/libx.so:work", "k:sys_read",
		NULL);
	made_samples(p, "worker", 2, "u:main", "u#3@/lib/libx.so:work", "i:inlined", NULL);
	made_samples(p, "java", 3, "u:start", "j:Main::run", "x:[unknown libjvm.so]", NULL);
	made_wait(p, "worker", PDIAG_STATE_BLOCKED, 5000000 + seed, "u:main", "k:do_futex",
		"k:futex_wait", NULL);
	made_wait(p, "worker", PDIAG_STATE_PREEMPTED, 70000, "u:main", NULL);
	made_loss(p, PDIAG_LOSS_OVERRUN, 0, 0, 3);
	made_loss(p, PDIAG_LOSS_CORRUPT, 1, 2, 9);
	return p;
}

static inline struct pdiag_event *made_event(struct pdiag *context, uint32_t phase,
	unsigned int seed)
{
	struct pdiag_event *e;

	made_check(!pdiag_event_new(context, &e), "event");
	e->info = made_info(phase, seed);
	made_texts(e, seed);
	made_metrics(e, 3, 100 + seed % 50);
	made_culprits(e);
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_BEFORE, made_evidence(context, seed));
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_DURING, made_evidence(context, seed + 1));
	return e;
}

static inline int made_to_text(void *user, const void *data, size_t len)
{
	pdiag_text_add(user, data, len);
	return 0;
}

static inline bool same_text(struct pdiag_text *a, struct pdiag_text *b)
{
	bool same = a->len == b->len && !memcmp(a->data ? a->data : "", b->data ? b->data : "",
		a->len);

	pdiag_text_free(a);
	pdiag_text_free(b);
	return same;
}

typedef int (*made_output)(struct pdiag_profile *, const struct pdiag_output_options *,
	const struct pdiag_sink *);

static inline bool same_output(struct pdiag_profile *a, struct pdiag_profile *b, made_output write,
	const struct pdiag_output_options *options)
{
	struct pdiag_text x = { 0 }, y = { 0 };
	struct pdiag_sink to_x = { .size = sizeof(to_x), .write = made_to_text, .fd = -1 };
	struct pdiag_sink to_y = to_x;

	to_x.user = &x;
	to_y.user = &y;
	made_check(!write(a, options, &to_x) && !write(b, options, &to_y) && x.len, "output");
	return same_text(&x, &y);
}

static inline bool same_profile(struct pdiag_profile *a, struct pdiag_profile *b)
{
	struct pdiag_output_options all = { .size = sizeof(all), .unit = PDIAG_UNIT_NANOSECONDS,
		.flags = PDIAG_OUTPUT_TID | PDIAG_OUTPUT_KERNEL_MARK | PDIAG_OUTPUT_MODULE };
	struct pdiag_profile_info x = { .size = sizeof(x) }, y = { .size = sizeof(y) };

	if (!a || !b)
		return !a && !b;
	return !pdiag_profile_get_info(a, &x) && !pdiag_profile_get_info(b, &y) &&
		!memcmp(&x, &y, sizeof(x)) &&
		same_output(a, b, pdiag_profile_write_folded, NULL) &&
		same_output(a, b, pdiag_profile_write_folded, &all) &&
		same_output(a, b, pdiag_profile_write_flamegraph, NULL) &&
		same_output(a, b, pdiag_profile_write_loss, NULL);
}

static inline bool same_string(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static inline bool same_symbol(const struct pdiag_symbol *a, const struct pdiag_symbol *b)
{
	for (; a && b; a = a->caller, b = b->caller)
		if (!same_string(a->name, b->name) || !same_string(a->raw_name, b->raw_name) ||
			!same_string(a->module, b->module) || !same_string(a->file, b->file) ||
			a->address != b->address || a->size != b->size || a->kind != b->kind ||
			a->offset != b->offset || a->line != b->line || a->reason != b->reason)
			return false;
	return !a && !b;
}

static inline bool same_culprit(const struct pdiag_culprit *a, const struct pdiag_culprit *b)
{
	if (!a || !b)
		return !a && !b;
	if (a->depth != b->depth)
		return false;
	for (uint32_t i = 0; i < a->depth; i++)
		if (!same_symbol(a->frames[i], b->frames[i]))
			return false;
	return same_string(a->sentence, b->sentence) && same_string(a->process, b->process) &&
		same_string(a->comm, b->comm) && same_string(a->cgroup, b->cgroup) &&
		!memcmp(&a->kind, &b->kind, sizeof(*a) - offsetof(struct pdiag_culprit, kind));
}

static inline bool same_metric(const struct pdiag_event *a, const struct pdiag_event *b, uint32_t i)
{
	const struct pdiag_event_point *p, *q;
	const struct pdiag_event_metric *m = pdiag_event_metric(a, i, &p);
	const struct pdiag_event_metric *n = pdiag_event_metric(b, i, &q);

	return m && n && same_string(m->name, n->name) && same_string(m->unit, n->unit) &&
		same_string(m->description, n->description) &&
		!memcmp(&m->kind, &n->kind,
			sizeof(*m) - offsetof(struct pdiag_event_metric, kind)) &&
		!memcmp(p, q, m->points * sizeof(*p));
}

/* Numbers bit by bit, texts, metrics, culprits and, unless NULL, profiles. */
static inline bool same_event(struct pdiag_event *a, struct pdiag_event *b, bool profiles)
{
	struct pdiag_event_info x = { .size = sizeof(x) }, y = { .size = sizeof(y) };
	size_t numbers = offsetof(struct pdiag_event_info, onset_ns);

	if (pdiag_event_get_info(a, &x) || pdiag_event_get_info(b, &y) ||
		a->series_count != b->series_count || x.id != y.id ||
		!same_string(x.sentence, y.sentence) || !same_string(x.metric, y.metric) ||
		!same_string(x.unit, y.unit) || !same_string(x.rule, y.rule) ||
		!same_string(x.limits, y.limits) ||
		memcmp((char *)&x + numbers, (char *)&y + numbers, sizeof(x) - numbers))
		return false;
	for (uint32_t i = 0; i < a->series_count; i++)
		if (!same_metric(a, b, i))
			return false;
	for (uint32_t i = 0; i <= x.culprits; i++)
		if (!same_culprit(pdiag_event_culprit(a, i), pdiag_event_culprit(b, i)))
			return false;
	for (uint32_t i = 0; profiles && i < PDIAG_EVENT_PROFILES; i++)
		if (!same_profile(a->profiles[i], b->profiles[i]))
			return false;
	return true;
}

#endif
