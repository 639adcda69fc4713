/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The event as an object: made, held, filled in, given away. */
#include "event/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "culprit/culprit.h"
#include "profile/profile.h"
#include "util/array.h"

static void free_series(struct pdiag_event_series *s)
{
	free((void *)s->metric.name);
	free((void *)s->metric.unit);
	free((void *)s->metric.description);
	free(s->points);
}

void pdiag_event_destroy(struct pdiag_event *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < PDIAG_COUNT(e->texts); i++)
		free(e->texts[i]);
	for (size_t i = 0; i < e->series_count; i++)
		free_series(&e->series[i]);
	free(e->series);
	for (size_t i = 0; i < PDIAG_EVENT_PROFILES; i++)
		pdiag_profile_destroy(e->profiles[i]);
	pdiag_culprits_release(e->culprits);
	free(e);
}

static void destroy_child(struct pdiag_child *child)
{
	pdiag_event_destroy(pdiag_container(child, struct pdiag_event, child));
}

int pdiag_event_new(struct pdiag *context, struct pdiag_event **out)
{
	struct pdiag_event *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->context = context;
	*out = e;
	return 0;
}

void pdiag_event_hand_over(struct pdiag_event *event)
{
	event->listed = true;
	pdiag_child_add(event->context, &event->child, destroy_child);
}

void pdiag_event_free(struct pdiag_event *event)
{
	/* One that a callback was shown is not the caller's. */
	if (!event || !event->listed)
		return;
	pdiag_child_remove(&event->child);
	pdiag_event_destroy(event);
}

int pdiag_event_set_text(struct pdiag_event *event, enum pdiag_event_text which, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(event->texts[which]);
	event->texts[which] = copy;
	return 0;
}

/* A series of its own; 0 or -ENOMEM (and there is nothing to free). */
static int copy_series(struct pdiag_event_series *to, const struct pdiag_event_metric *metric,
	const struct pdiag_event_point *points, uint32_t count)
{
	to->metric = *metric;
	to->metric.name = strdup(metric->name);
	to->metric.unit = strdup(metric->unit ? metric->unit : "");
	to->metric.description = strdup(metric->description ? metric->description : "");
	to->metric.points = count;
	to->points = malloc(count ? count * sizeof(*points) : 1);
	if (!to->metric.name || !to->metric.unit || !to->metric.description || !to->points) {
		free_series(to);
		return -ENOMEM;
	}
	if (count)
		memcpy(to->points, points, count * sizeof(*points));
	return 0;
}

int pdiag_event_add_metric(struct pdiag_event *event, const struct pdiag_event_metric *metric,
	const struct pdiag_event_point *points, uint32_t count)
{
	struct pdiag_event_series series;
	size_t at = 0;

	while (at < event->series_count &&
		strcmp(event->series[at].metric.name, metric->name))
		at++;
	if (pdiag_array_reserve(&event->series, &event->series_cap, at + 1, sizeof(series)) ||
		copy_series(&series, metric, points, count))
		return -ENOMEM;
	if (at < event->series_count)
		free_series(&event->series[at]);
	else
		event->series_count++;
	event->series[at] = series;
	return 0;
}

/* Those that took part first, then by surprise, then as they came. */
static int by_surprise(const void *a, const void *b)
{
	const struct pdiag_event_metric *x = &((const struct pdiag_event_series *)a)->metric;
	const struct pdiag_event_metric *y = &((const struct pdiag_event_series *)b)->metric;

	if (!x->onset_ns != !y->onset_ns)
		return x->onset_ns ? -1 : 1;
	if (x->surprise != y->surprise)
		return x->surprise > y->surprise ? -1 : 1;
	return strcmp(x->name, y->name);
}

void pdiag_event_sort(struct pdiag_event *event)
{
	if (event->series_count)
		qsort(event->series, event->series_count, sizeof(*event->series), by_surprise);
}

void pdiag_event_give_profile(
	struct pdiag_event *event, uint32_t evidence, struct pdiag_profile *profile)
{
	struct pdiag_profile **place = &event->profiles[__builtin_ctz(evidence)];

	if (profile)
		pdiag_profile_adopt(profile);
	pdiag_profile_destroy(*place);
	*place = profile;
}

void pdiag_event_give_culprits(struct pdiag_event *event, struct pdiag_culprits *culprits)
{
	if (culprits)
		pdiag_culprits_adopt(culprits);
	pdiag_culprits_release(event->culprits);
	event->culprits = culprits;
}

/* What is said of it, and nothing of its parts. */
static int copy_words(const struct pdiag_event *event, struct pdiag_event **out)
{
	struct pdiag_event *e;
	int ret = pdiag_event_new(event->context, &e);

	if (ret)
		return ret;
	e->info = event->info;
	for (size_t i = 0; !ret && i < PDIAG_COUNT(e->texts); i++)
		if (event->texts[i])
			ret = pdiag_event_set_text(e, (enum pdiag_event_text)i, event->texts[i]);
	if (ret)
		pdiag_event_destroy(e);
	else
		*out = e;
	return ret;
}

int pdiag_event_brief(const struct pdiag_event *event, struct pdiag_event **out)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	int ret = copy_words(event, out);

	if (ret)
		return ret;
	pdiag_event_get_info(event, &info);
	(*out)->info.metrics = info.metrics;
	(*out)->info.culprits = info.culprits;
	return 0;
}

static int copy_parts(struct pdiag_event *to, const struct pdiag_event *from)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < from->series_count; i++)
		ret = pdiag_event_add_metric(to, &from->series[i].metric,
			from->series[i].points, from->series[i].metric.points);
	for (size_t i = 0; !ret && i < PDIAG_EVENT_PROFILES; i++) {
		if (!from->profiles[i])
			continue;
		ret = pdiag_profile_new_borrowed(to->context, &to->profiles[i]);
		if (!ret)
			ret = pdiag_profile_merge(to->profiles[i], from->profiles[i]);
	}
	if (from->culprits)
		to->culprits = pdiag_culprits_hold(from->culprits);
	return ret;
}

int pdiag_event_copy(const struct pdiag_event *event, struct pdiag_event **out)
{
	struct pdiag_event *e;
	int ret = copy_words(event, &e);

	if (ret)
		return ret;
	ret = copy_parts(e, event);
	if (ret)
		pdiag_event_destroy(e);
	else
		*out = e;
	return ret;
}

uint64_t pdiag_event_bytes(const struct pdiag_event *event)
{
	uint64_t bytes = event->series_cap * sizeof(*event->series);

	for (size_t i = 0; i < event->series_count; i++)
		bytes += event->series[i].metric.points * sizeof(*event->series[i].points);
	for (size_t i = 0; i < PDIAG_EVENT_PROFILES; i++)
		bytes += event->profiles[i] ? pdiag_profile_bytes(event->profiles[i]) : 0;
	return bytes;
}

void pdiag_event_drop_profiles(struct pdiag_event *event)
{
	bool any = false;

	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES; i++) {
		any |= event->profiles[i] != NULL;
		pdiag_event_give_profile(event, 1u << i, NULL);
	}
	if (any)
		pdiag_event_add_limit(event, "its profiles were given up to keep within max_bytes");
}

bool pdiag_event_drop_largest(struct pdiag_event *event)
{
	static const char *const limits[PDIAG_EVENT_PROFILES] = {
		"the profile of before was given up to keep within max_bytes",
		"the profile of during was given up to keep within max_bytes",
		"the profile of ordinary times was given up to keep within max_bytes",
		"the profile of tasks was given up to keep within max_bytes",
	};
	uint64_t bytes, most = 0;
	uint32_t largest = 0;

	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES; i++) {
		bytes = event->profiles[i] ? pdiag_profile_bytes(event->profiles[i]) : 0;
		largest = bytes > most ? i : largest;
		most = bytes > most ? bytes : most;
	}
	if (!most)
		return false;
	pdiag_event_give_profile(event, 1u << largest, NULL);
	pdiag_event_add_limit(event, limits[largest]);
	return true;
}

void pdiag_event_add_limit(struct pdiag_event *event, const char *text)
{
	const char *old = event->texts[PDIAG_EVENT_LIMITS];
	char *all;

	if (old && strstr(old, text))
		return;
	if (asprintf(&all, "%s%s%s", old ? old : "", old && *old ? "; " : "", text) < 0)
		return;
	free(event->texts[PDIAG_EVENT_LIMITS]);
	event->texts[PDIAG_EVENT_LIMITS] = all;
}
