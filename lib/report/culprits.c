/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who did it: processes and cgroups, then their stacks. */
#include <string.h>

#include "report/report.h"

#define MOST 50

static void put_number(struct pdiag_text *t, double value, const char *behind)
{
	struct pdiag_quantity q = { .factor = 1 };

	pdiag_text_str(t, "<td class=\"number\">");
	if (pdiag_quantity_known(value)) {
		pdiag_quantity_value(t, &q, value);
		pdiag_text_str(t, behind);
	}
	pdiag_text_str(t, "</td>");
}

/* Chances are told as decades; some are beyond what a person can imagine. */
static void put_chance(struct pdiag_text *t, double decades)
{
	pdiag_text_str(t, "<td class=\"number\">");
	if (pdiag_quantity_known(decades) && decades >= 1)
		pdiag_text_printf(t, "1 in 10<sup>%u</sup>",
			decades > 300 ? 300u : (unsigned int)decades);
	pdiag_text_str(t, "</td>");
}

static void put_who(struct pdiag_text *t, const struct pdiag_culprit *c)
{
	if (c->kind == PDIAG_CULPRIT_CGROUP) {
		pdiag_text_str(t, "cgroup <code>");
		pdiag_report_put(t, c->cgroup);
		pdiag_text_str(t, "</code>");
	} else {
		pdiag_text_str(t, "<code>");
		pdiag_report_put(t, c->process);
		pdiag_text_str(t, "</code>");
		if (c->pid)
			pdiag_text_printf(t, " pid %d", c->pid);
		if (*c->cgroup) {
			pdiag_text_str(t, "<br><span class=\"note\">");
			pdiag_report_put(t, c->cgroup);
			pdiag_text_str(t, "</span>");
		}
	}
	if (c->processes > 1)
		pdiag_text_printf(t, "<br><span class=\"note\">%u processes</span>", c->processes);
}

static void put_sentence(struct pdiag_text *t, const struct pdiag_culprit *c)
{
	if (!c->depth || !c->frames) {
		pdiag_report_put(t, c->sentence);
		return;
	}
	pdiag_text_str(t, "<details><summary>");
	pdiag_report_put(t, c->sentence);
	pdiag_text_str(t, "</summary>\n");
	pdiag_report_put_frames(t, c->frames, c->depth);
	pdiag_text_str(t, "</details>");
}

static void put_culprit(struct pdiag_text *t, const struct pdiag_culprit *c)
{
	const char *what = c->state == PDIAG_STATE_RUNNING ? " CPUs" : " threads";

	pdiag_text_str(t, "<tr><td>");
	put_who(t, c);
	pdiag_text_str(t, "</td><td>");
	put_sentence(t, c);
	pdiag_text_printf(t, "</td><td>%s</td>", pdiag_state_text(c->state));
	put_number(t, c->rate, what);
	put_number(t, c->normal_rate, what);
	put_number(t, c->share * 100, " %");
	put_chance(t, c->significance);
	pdiag_text_str(t, "</tr>\n");
}

static int put_table(struct pdiag_report *r, bool stacks, const char *title)
{
	static const char head[] = "<thead><tr><th>Who</th><th>What</th><th>State</th>"
		"<th class=\"number\">During</th><th class=\"number\">Ordinarily</th>"
		"<th class=\"number\">Share of what came on top</th>"
		"<th class=\"number\">By chance</th></tr></thead>\n<tbody>\n";
	struct pdiag_text *t = &r->out->text;
	const struct pdiag_culprit *c;
	uint32_t written = 0;
	int ret = 0;

	for (uint32_t i = 0; i < MOST && !ret && (c = pdiag_event_culprit(r->event, i)); i++) {
		if ((c->kind == PDIAG_CULPRIT_STACK) != stacks)
			continue;
		if (!written++)
			pdiag_text_printf(t, "<h3>%s</h3>\n<div class=\"wide\"><table "
				"class=\"culprits\">\n%s", title, head);
		put_culprit(t, c);
		ret = pdiag_out_room(r->out);
	}
	if (written)
		pdiag_text_str(t, "</tbody></table></div>\n");
	return ret;
}

int pdiag_report_write_culprits(struct pdiag_report *r)
{
	const struct pdiag_event_info *i = &r->info;
	struct pdiag_text *t = &r->out->text;
	int ret = 0;

	pdiag_text_str(t, "<section><h2>Culprits</h2>\n");
	if (!i->culprits)
		pdiag_text_printf(t, "<p>%s</p>\n", i->evidence & PDIAG_EVIDENCE_DURING ?
			"None: no process, cgroup or stack had more weight during the event than "
			"chance gives it." :
			"Not known: there is no profile of the event.");
	else
		ret = put_table(r, false, "Processes and cgroups");
	if (!ret && i->culprits)
		ret = put_table(r, true, "Their stacks");
	pdiag_text_str(t, "</section>\n");
	return ret;
}
