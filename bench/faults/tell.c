/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An event as an object of JSON in a line. */
#include "tell.h"

#include <math.h>

static FILE *events;

static void put_text(const char *name, const char *text)
{
	fprintf(events, ", \"%s\": \"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', events);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, events);
	}
	fputc('"', events);
}

static void put_u64(const char *name, uint64_t value)
{
	fprintf(events, ", \"%s\": %llu", name, (unsigned long long)value);
}

static void put_number(const char *name, double value)
{
	if (isfinite(value))
		fprintf(events, ", \"%s\": %.6g", name, value);
	else
		fprintf(events, ", \"%s\": null", name);
}

static void put_culprit(const struct pdiag_culprit *c)
{
	fprintf(events, "{\"kind\": %u", c->kind);
	put_text("process", c->process);
	fprintf(events, ", \"pid\": %d", c->pid);
	put_text("state", pdiag_state_text(c->state));
	put_text("sentence", c->sentence);
	put_number("rate", c->rate);
	put_number("normal_rate", c->normal_rate);
	put_number("share", c->share);
	put_number("significance", c->significance);
	fprintf(events, ", \"frames\": [\"\"");
	for (uint32_t i = 0; c->kind == PDIAG_CULPRIT_STACK && i < c->depth; i++)
		fprintf(events, ", \"%s\"", c->frames[i]->name);
	fprintf(events, "]}");
}

static void put_metrics(const struct pdiag_event *event, const struct pdiag_event_info *info)
{
	const struct pdiag_event_metric *m;

	fprintf(events, ", \"took_part\": [");
	for (uint32_t i = 0; i < info->metrics && (m = pdiag_event_metric(event, i, NULL)); i++) {
		fprintf(events, "%s{\"of\": %u", i ? ", " : "", i);
		put_text("name", m->name);
		put_number("value", m->value);
		put_number("expected", m->expected);
		put_number("surprise", m->surprise);
		put_u64("onset_ns", m->onset_ns);
		fprintf(events, "}");
	}
	fprintf(events, "]");
}

void tell_event(FILE *file, struct pdiag_event *event, uint64_t now)
{
	struct pdiag_event_info i = { .size = sizeof(i) };
	const struct pdiag_culprit *c;

	events = file;
	pdiag_event_get_info(event, &i);
	fprintf(events, "{\"who\": \"libpdiag\", \"told_ns\": %llu", (unsigned long long)now);
	put_u64("id", i.id);
	put_text("phase", pdiag_event_phase_text(i.phase));
	put_text("severity", pdiag_severity_text(i.severity));
	put_text("sentence", i.sentence);
	put_text("metric", i.metric);
	put_text("limits", i.limits);
	put_u64("onset_ns", i.onset_ns);
	put_u64("detected_ns", i.detected_ns);
	put_u64("peak_ns", i.peak_ns);
	put_u64("end_ns", i.end_ns);
	put_u64("before_ns", i.before_ns);
	put_u64("during_ns", i.during_ns);
	put_u64("normal_ns", i.normal_ns);
	put_number("value", i.value);
	put_number("expected", i.expected);
	put_number("high", i.high);
	put_number("surprise", i.surprise);
	put_number("score", i.score);
	put_metrics(event, &i);
	fprintf(events, ", \"culprits\": [");
	for (uint32_t n = 0; (c = pdiag_event_culprit(event, n)); n++) {
		fputs(n ? ", " : "", events);
		put_culprit(c);
	}
	fprintf(events, "]}\n");
	fflush(events);
}
