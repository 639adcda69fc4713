/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the report rests on, what was lost of it, and what is missing. */
#include <pdiag/profile.h>

#include "output/loss.h"
#include "output/number.h"
#include "report/report.h"
#include "util/array.h"

static int put_profile(struct pdiag_report *r, const char *name, uint32_t evidence, uint64_t covers)
{
	struct pdiag_profile *profile = pdiag_event_profile(r->event, evidence);
	struct pdiag_profile_info info = { .size = sizeof(info) };
	bool tasks = evidence == PDIAG_EVIDENCE_TASKS;
	struct pdiag_text *t = &r->out->text;
	struct pdiag_loss_totals losses;
	int ret;

	pdiag_text_printf(t, "<tr><th scope=\"row\">%s</th>", name);
	if (!profile) {
		pdiag_text_str(t, "<td colspan=\"5\" class=\"none\">none</td></tr>\n");
		return 0;
	}
	ret = pdiag_profile_get_info(profile, &info);
	if (!ret)
		ret = pdiag_loss_totals(profile, &losses);
	if (ret)
		return ret;
	pdiag_text_str(t, "<td class=\"number\">");
	if (!tasks)
		pdiag_report_put_span(t, covers ? covers : info.duration_ns);
	pdiag_text_str(t, "</td><td class=\"number\">");
	pdiag_number_grouped(t, info.samples);
	pdiag_text_str(t, tasks ? " tasks</td><td></td><td></td><td>" :
				  "</td><td class=\"number\">");
	if (!tasks) {
		pdiag_report_put_span(t, info.on_cpu_ns);
		pdiag_text_str(t, "</td><td class=\"number\">");
		pdiag_report_put_span(t, info.off_cpu_ns);
		pdiag_text_str(t, "</td><td>");
	}
	pdiag_loss_sentence(t, &info, &losses);
	pdiag_text_str(t, "</td></tr>\n");
	return pdiag_out_room(r->out);
}

int pdiag_report_write_evidence(struct pdiag_report *r)
{
	const struct {
		const char *name;
		uint32_t evidence;
		uint64_t covers;
	} rows[] = {
		{ "Before the onset", PDIAG_EVIDENCE_BEFORE, r->info.before_ns },
		{ "During the event", PDIAG_EVIDENCE_DURING, r->info.during_ns },
		{ "Ordinary times", PDIAG_EVIDENCE_NORMAL, r->info.normal_ns },
		{ "Tasks at one moment", PDIAG_EVIDENCE_TASKS, 0 },
	};
	struct pdiag_text *t = &r->out->text;
	int ret = 0;

	pdiag_text_str(t, "<section><h2>Evidence</h2>\n");
	if (*r->info.limits) {
		pdiag_text_str(t, "<p class=\"limits\"><b>Missing:</b> ");
		pdiag_report_put(t, r->info.limits);
		pdiag_text_str(t, "</p>\n");
	}
	pdiag_text_str(t, "<div class=\"wide\"><table>\n<thead><tr><th>Profile</th>"
		"<th class=\"number\">Covers</th><th class=\"number\">Samples</th>"
		"<th class=\"number\">On CPU</th><th class=\"number\">Off CPU</th>"
		"<th>Lost</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < PDIAG_COUNT(rows) && !ret; i++)
		ret = put_profile(r, rows[i].name, rows[i].evidence, rows[i].covers);
	pdiag_text_str(t, "</tbody></table></div>\n</section>\n");
	return ret;
}
