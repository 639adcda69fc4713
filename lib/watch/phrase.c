/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An event in a sentence, and how bad it is. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "watch/watch.h"

#define TEXT 400

static const char *binary(double *value)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t i = 0;

	for (; fabs(*value) >= 1024 && i + 1 < sizeof(units) / sizeof(*units); i++)
		*value /= 1024;
	return units[i];
}

/* "3", "3.2", "0.032", "41,2" never: three digits that matter, and no locale's comma. */
static void number(char *to, size_t room, double value)
{
	double size = fabs(value);
	int decimals = size >= 10 ? 1 : size >= 1 ? 2 : 3;
	unsigned long long whole, part;

	if (isnan(value)) {
		snprintf(to, room, "not known");
		return;
	}
	if (size > 1e15) {
		snprintf(to, room, "%s", value > 0 ? "very much" : "very little");
		return;
	}
	if (size >= 100 || value == floor(value))
		decimals = 0;
	part = (unsigned long long)pow(10, decimals);
	whole = (unsigned long long)round(size * (double)part);
	if (decimals)
		snprintf(to, room, "%s%llu.%0*llu", value < 0 ? "-" : "", whole / part, decimals,
			whole % part);
	else
		snprintf(to, room, "%s%llu", value < 0 ? "-" : "", whole);
}

/* A value with its unit, as people say it. */
static void say(char *to, size_t room, const struct pdiag_event_metric *m, double value)
{
	bool rate = m->kind == PDIAG_METRIC_COUNTER, seconds = !strcmp(m->unit, "s");
	const char *unit = "";
	char text[48];

	if (!strcmp(m->unit, "By"))
		unit = binary(&value);
	else if (!strcmp(m->unit, "1")) {
		value *= 100;
		unit = "%";
	} else if (seconds && !rate)
		unit = "s";
	number(text, sizeof(text), value);
	/* Seconds a second are CPUs, threads or shares of time: a plain number. */
	snprintf(to, room, "%s%s%s%s", text, *unit ? " " : "", unit, rate && !seconds ? "/s" : "");
}

static void range(char *to, size_t room, const struct pdiag_event_metric *m)
{
	char low[64], high[64];

	say(low, sizeof(low), m, m->low);
	say(high, sizeof(high), m, m->high);
	if (m->direction > 0)
		snprintf(to, room, "ordinarily up to %s", high);
	else
		snprintf(to, room, "ordinarily %s or more", low);
}

int pdiag_watch_phrase(struct pdiag_event *event, const struct pdiag_event_metric *m)
{
	const char *words = pdiag_watch_choice(m->name)->words;
	const char *rule = event->texts[PDIAG_EVENT_RULE];
	char text[TEXT], value[64], ordinary[160] = "";

	say(value, sizeof(value), m, m->peak);
	if (rule)
		snprintf(ordinary, sizeof(ordinary), "; the rule is %.120s", rule);
	else if (isfinite(m->direction > 0 ? m->high : m->low)) {
		ordinary[0] = ',';
		ordinary[1] = ' ';
		range(ordinary + 2, sizeof(ordinary) - 2, m);
	}
	snprintf(text, sizeof(text), "%.100s: %s%s", words ? words : m->name, value, ordinary);
	return pdiag_event_set_text(event, PDIAG_EVENT_SENTENCE, text);
}

/* Threads do not get on: they stand still for most of the time, or wait in long lines. */
static bool is_critical(const struct pdiag_event *e, const struct pdiag_event_metric *m)
{
	if (strstr(m->name, "pressure."))
		return m->peak >= 0.6;
	if (strstr(m->name, "oom_kills"))
		return m->peak > 0;
	if (!strcmp(m->name, "system.threads.runnable") ||
		!strcmp(m->name, "system.threads.active"))
		return m->peak >= 8.0 * e->info.cpus;
	if (!strcmp(m->name, "system.threads.blocked"))
		return m->peak >= 4.0 * e->info.cpus;
	return false;
}

uint32_t pdiag_watch_severity(const struct pdiag_event *e, bool rule)
{
	uint32_t parts = 0;

	for (size_t i = 0; i < e->series_count; i++) {
		const struct pdiag_event_metric *m = &e->series[i].metric;

		if (!m->onset_ns)
			continue;
		parts++;
		if (m->direction > 0 && is_critical(e, m))
			return PDIAG_SEVERITY_CRITICAL;
	}
	return rule || parts >= 3 ? PDIAG_SEVERITY_WARNING : PDIAG_SEVERITY_NOTICE;
}
