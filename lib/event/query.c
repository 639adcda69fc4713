/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an event tells about itself. */
#include "core/error.h"
#include "core/options.h"
#include "culprit/culprit.h"
#include "event/event.h"
#include "util/array.h"

_Static_assert(sizeof(struct pdiag_event_info) ==
		sizeof(size_t) + 5 * sizeof(void *) + 21 * 8 + 12 * 4,
	"no holes in struct pdiag_event_info");
_Static_assert(sizeof(struct pdiag_event_metric) == 3 * sizeof(void *) + 7 * 8 + 4 * 4,
	"no holes in struct pdiag_event_metric");
_Static_assert(sizeof(struct pdiag_event_point) == 16, "no holes in struct pdiag_event_point");

static const char *text(const struct pdiag_event *e, enum pdiag_event_text which)
{
	return e->texts[which] ? e->texts[which] : "";
}

int pdiag_event_get_info(const struct pdiag_event *event, struct pdiag_event_info *info)
{
	struct pdiag_event_info all = event->info;

	pdiag_error_clear();
	all.sentence = text(event, PDIAG_EVENT_SENTENCE);
	all.metric = text(event, PDIAG_EVENT_METRIC);
	all.unit = text(event, PDIAG_EVENT_UNIT);
	all.rule = text(event, PDIAG_EVENT_RULE);
	all.limits = text(event, PDIAG_EVENT_LIMITS);
	for (size_t i = 0; i < event->series_count; i++)
		all.metrics += event->series[i].metric.onset_ns != 0;
	all.culprits += event->culprits ? pdiag_culprits_count(event->culprits) : 0;
	all.evidence = 0;
	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES; i++)
		if (event->profiles[i])
			all.evidence |= 1u << i;
	return PDIAG_INFO_COPY(info, &all, reserved, "pdiag_event_info");
}

const struct pdiag_event_metric *pdiag_event_metric(const struct pdiag_event *event,
	uint32_t index, const struct pdiag_event_point **points)
{
	if (points)
		*points = index < event->series_count ? event->series[index].points : NULL;
	return index < event->series_count ? &event->series[index].metric : NULL;
}

struct pdiag_profile *pdiag_event_profile(struct pdiag_event *event, uint32_t evidence)
{
	for (uint32_t i = 0; i < PDIAG_EVENT_PROFILES; i++)
		if (evidence == 1u << i)
			return event->profiles[i];
	return NULL;
}

const struct pdiag_culprit *pdiag_event_culprit(const struct pdiag_event *event, uint32_t index)
{
	return event->culprits ? pdiag_culprits_get(event->culprits, index) : NULL;
}

static const char *const severities[] = {
	[PDIAG_SEVERITY_NOTICE] = "notice",
	[PDIAG_SEVERITY_WARNING] = "warning",
	[PDIAG_SEVERITY_CRITICAL] = "critical",
};

static const char *const phases[] = {
	[PDIAG_EVENT_BEGUN] = "begun",
	[PDIAG_EVENT_ENDED] = "ended",
	[PDIAG_EVENT_CUT] = "cut",
	[PDIAG_EVENT_UPDATED] = "updated",
};

const char *pdiag_severity_text(uint32_t severity)
{
	return severity < PDIAG_COUNT(severities) && severities[severity] ?
		severities[severity] : "unknown";
}

const char *pdiag_event_phase_text(uint32_t phase)
{
	return phase < PDIAG_COUNT(phases) && phases[phase] ? phases[phase] : "unknown";
}
