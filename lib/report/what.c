/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happened, when, and in which metrics. */
#include <math.h>

#include "output/number.h"
#include "report/report.h"
#include "trend/chart.h"

/* Culprits that are named at the top. */
#define NAMED 3
#define METRICS 64

static const char *severity(const struct pdiag_report *r)
{
	uint32_t s = r->info.severity;

	return pdiag_severity_text(s > PDIAG_SEVERITY_CRITICAL ? PDIAG_SEVERITY_CRITICAL :
		s < PDIAG_SEVERITY_NOTICE ? PDIAG_SEVERITY_NOTICE : s);
}

/* "from 2026-... for 2 min, found after 2.10 s" */
static void put_lead(const struct pdiag_report *r, struct pdiag_text *t)
{
	const struct pdiag_event_info *i = &r->info;

	pdiag_text_str(t, "<p class=\"lead\">");
	if (i->onset_realtime_ns) {
		pdiag_text_str(t, "Began <b>");
		pdiag_report_put_local(r, t, i->onset_ns);
		pdiag_text_char(t, ' ');
		pdiag_chart_put_zone(t, i->zone_s);
		pdiag_text_str(t, "</b>, ");
	} else {
		pdiag_text_str(t, "Began <b>");
		pdiag_report_put_boot(t, i->onset_ns);
		pdiag_text_str(t, " after boot</b>, ");
	}
	pdiag_text_str(t, i->phase == PDIAG_EVENT_ENDED ? "lasted <b>" :
		i->phase == PDIAG_EVENT_CUT ? "known for <b>" : "<b>goes on</b>, so far <b>");
	pdiag_report_put_span(t, i->duration_ns);
	pdiag_text_str(t, "</b>");
	if (i->detected_ns >= i->onset_ns && i->detected_ns) {
		pdiag_text_str(t, ", found after <b>");
		pdiag_report_put_span(t, i->detected_ns - i->onset_ns);
		pdiag_text_str(t, "</b>");
	}
	pdiag_text_str(t, i->phase == PDIAG_EVENT_CUT ?
		"; whoever watched ended before it did.</p>\n" : ".</p>\n");
}

static void put_blame(const struct pdiag_report *r, struct pdiag_text *t)
{
	const struct pdiag_culprit *c;
	uint32_t named = 0;

	for (uint32_t i = 0; named < NAMED && (c = pdiag_event_culprit(r->event, i)); i++) {
		if (c->kind == PDIAG_CULPRIT_STACK)
			continue;
		pdiag_text_str(t, named++ ? "<li>" : "<div class=\"blame\"><h2>Most likely</h2><ol>"
			"<li>");
		pdiag_report_put(t, c->sentence);
		pdiag_text_str(t, "</li>\n");
	}
	if (named)
		pdiag_text_str(t, "</ol></div>\n");
}

static void begin_fact(struct pdiag_text *t, const char *name)
{
	pdiag_text_printf(t, "<div><dt>%s</dt><dd>", name);
}

static void end_fact(struct pdiag_text *t)
{
	pdiag_text_str(t, "</dd></div>\n");
}

static void value_fact(const struct pdiag_report *r, struct pdiag_text *t, const char *name,
	double value)
{
	if (!pdiag_quantity_known(value))
		return;
	begin_fact(t, name);
	pdiag_quantity_words(t, &r->quantity, value);
	end_fact(t);
}

static void range_fact(const struct pdiag_report *r, struct pdiag_text *t)
{
	size_t from = t->len;

	/* A rule knows nothing of what is ordinary: it has a limit. */
	begin_fact(t, *r->info.rule ? "Within the rule" : "Ordinarily");
	if (pdiag_report_put_range(t, &r->quantity, r->info.low, r->info.high))
		end_fact(t);
	else
		t->len = from;
}

static void put_decades(struct pdiag_text *t, double decades)
{
	if (!pdiag_quantity_known(decades) || decades <= 0)
		return;
	pdiag_text_str(t, decades > 300 ? "over " : "");
	pdiag_quantity_fixed(t, decades > 300 ? 300 : decades, 1);
}

/* Decades as "about once in 10,000 looks". */
static void surprise_fact(const struct pdiag_report *r, struct pdiag_text *t)
{
	double decades = r->info.surprise;

	if (!pdiag_quantity_known(decades) || decades <= 0)
		return;
	begin_fact(t, "Surprise");
	put_decades(t, decades);
	pdiag_text_str(t, " decades: by chance once in ");
	if (decades < 9)
		pdiag_number_grouped(t, (uint64_t)pow(10, decades));
	else
		pdiag_text_str(t, "a billion or more");
	pdiag_text_str(t, " looks");
	end_fact(t);
}

static void text_fact(struct pdiag_text *t, const char *name, const char *text)
{
	if (!*text)
		return;
	begin_fact(t, name);
	pdiag_text_str(t, "<code>");
	pdiag_report_put(t, text);
	pdiag_text_str(t, "</code>");
	end_fact(t);
}

int pdiag_report_write_what(struct pdiag_report *r)
{
	struct pdiag_text *t = &r->out->text;

	pdiag_text_printf(t, "<header class=\"%s\">\n<p class=\"badge\">%s</p>\n<h1>", severity(r),
		severity(r));
	if (*r->info.sentence)
		pdiag_report_put(t, r->info.sentence);
	else
		pdiag_text_str(t, "An event without a sentence");
	pdiag_text_str(t, "</h1>\n");
	put_lead(r, t);
	put_blame(r, t);
	pdiag_text_str(t, "</header>\n<div class=\"beside\">\n<section class=\"facts\">"
		"<h2>What</h2>\n<dl>\n");
	text_fact(t, "Metric", r->info.metric);
	if (*r->info.metric) {
		value_fact(r, t, "When it was found", r->info.value);
		value_fact(r, t, "At its worst", r->info.peak);
		range_fact(r, t);
	}
	text_fact(t, "Rule", r->info.rule);
	surprise_fact(r, t);
	if (r->info.metrics) {
		begin_fact(t, "Took part");
		pdiag_text_printf(t, "%u metric%s", r->info.metrics,
			r->info.metrics == 1 ? "" : "s");
		end_fact(t);
	}
	if (r->info.cpus) {
		begin_fact(t, "CPUs");
		pdiag_number_grouped(t, r->info.cpus);
		end_fact(t);
	}
	if (r->info.id) {
		begin_fact(t, "Event");
		pdiag_text_printf(t, "%llu", (unsigned long long)r->info.id);
		end_fact(t);
	}
	pdiag_text_str(t, "</dl>\n</section>\n");
	return pdiag_out_room(r->out);
}

/* "+2.10 s" */
static void put_after(struct pdiag_text *t, uint64_t time_ns, uint64_t onset_ns)
{
	if (time_ns == onset_ns) {
		pdiag_text_str(t, "0 s");
		return;
	}
	pdiag_text_str(t, time_ns < onset_ns ? "\xe2\x88\x92" : "+");
	pdiag_report_put_span(t, time_ns < onset_ns ? onset_ns - time_ns : time_ns - onset_ns);
}

static void put_moment(const struct pdiag_report *r, struct pdiag_text *t, const char *name,
	uint64_t time_ns)
{
	if (!time_ns)
		return;
	pdiag_text_printf(t, "<tr><th scope=\"row\">%s</th><td class=\"time\">", name);
	pdiag_report_put_local(r, t, time_ns);
	pdiag_text_str(t, "</td><td class=\"number\">");
	pdiag_report_put_boot(t, time_ns);
	pdiag_text_str(t, "</td><td class=\"number\">");
	put_after(t, time_ns, r->info.onset_ns);
	pdiag_text_str(t, "</td></tr>\n");
}

int pdiag_report_write_when(struct pdiag_report *r)
{
	const struct pdiag_event_info *i = &r->info;
	struct pdiag_text *t = &r->out->text;

	pdiag_text_str(t, "<section><h2>When</h2>\n<div class=\"wide\"><table>\n<thead>"
		"<tr><th></th><th>Local time, ");
	if (i->onset_realtime_ns)
		pdiag_chart_put_zone(t, i->zone_s);
	else
		pdiag_text_str(t, "not known");
	pdiag_text_str(t, "</th><th class=\"number\">Since boot</th><th class=\"number\">After the "
		"onset</th></tr></thead>\n<tbody>\n");
	put_moment(r, t, "Onset", i->onset_ns);
	put_moment(r, t, "Detected", i->detected_ns);
	put_moment(r, t, "Tasks looked at", i->tasks_ns);
	put_moment(r, t, "Peak", i->peak_ns);
	put_moment(r, t, "End", i->end_ns);
	if (!i->end_ns)
		pdiag_text_str(t, "<tr><th scope=\"row\">End</th><td>not known</td><td></td><td>"
			"</td></tr>\n");
	pdiag_text_str(t, "</tbody></table></div>\n</section>\n</div>\n");
	return pdiag_out_room(r->out);
}

static void put_cell(struct pdiag_text *t, const struct pdiag_quantity *q, double value)
{
	pdiag_text_str(t, "<td class=\"number\">");
	if (pdiag_quantity_known(value))
		pdiag_quantity_words(t, q, value);
	pdiag_text_str(t, "</td>");
}

static void put_metric(const struct pdiag_report *r, struct pdiag_text *t,
	const struct pdiag_event_metric *m, const struct pdiag_quantity *q)
{
	pdiag_text_str(t, "<tr><th scope=\"row\"><code>");
	pdiag_report_put(t, m->name);
	pdiag_text_str(t, "</code><br><span class=\"note\">");
	pdiag_report_put(t, m->description);
	pdiag_text_str(t, "</span></th>");
	put_cell(t, q, m->value);
	put_cell(t, q, m->peak);
	pdiag_text_str(t, "<td class=\"number\">");
	if (pdiag_report_put_range(t, q, m->low, m->high) && !(m->surprise > 0))
		pdiag_text_str(t, " by the rule");
	pdiag_text_str(t, "</td><td class=\"number\">");
	put_decades(t, m->surprise);
	pdiag_text_str(t, "</td><td class=\"number\">");
	put_after(t, m->onset_ns, r->info.onset_ns);
	pdiag_text_str(t, "</td></tr>\n");
}

int pdiag_report_write_metrics(struct pdiag_report *r)
{
	const struct pdiag_event_metric *m;
	struct pdiag_text *t = &r->out->text;
	struct pdiag_quantity q;
	int ret = 0;

	if (!r->info.metrics)
		return 0;
	pdiag_text_str(t, "<section><h2>Metrics that took part</h2>\n<div class=\"wide\"><table>\n"
		"<thead><tr><th>Metric</th><th class=\"number\">When found</th>"
		"<th class=\"number\">At its worst</th><th class=\"number\">Ordinarily</th>"
		"<th class=\"number\">Surprise, decades</th>"
		"<th class=\"number\">Its own onset</th></tr></thead>\n<tbody>\n");
	for (uint32_t i = 0; i < METRICS && !ret; i++) {
		m = pdiag_event_metric(r->event, i, NULL);
		if (!m)
			break;
		if (!m->onset_ns)
			continue;
		t->error = t->error ? t->error : pdiag_report_quantity(&q, m);
		put_metric(r, t, m, &q);
		ret = pdiag_out_room(r->out);
	}
	pdiag_text_str(t, "</tbody></table></div>\n</section>\n");
	return ret;
}
