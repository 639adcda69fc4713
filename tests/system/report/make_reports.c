/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the reports that the browser test looks at into the folder given. */
#include "../../support/made_report.h"

#include <pdiag/error.h>

static const char *folder;

static void write_report(struct pdiag_event *e, const char *name)
{
	struct pdiag_sink sink = { .size = sizeof(sink) };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	sink.path = path;
	if (pdiag_event_write_report(e, NULL, &sink)) {
		fprintf(stderr, "%s\n", pdiag_errmsg());
		exit(1);
	}
	pdiag_event_destroy(e);
}

int main(int argc, char **argv)
{
	struct pdiag *context;
	struct pdiag_event *e;

	folder = argc == 2 ? argv[1] : ".";
	made_check(pdiag_open(NULL, &context) == 0, "context");
	write_report(made_full_event(context), "full.html");
	/* One that has just begun, by a rule, with nothing but its name. */
	e = made_event(context, "load: 4.1 per CPU, 4 or more by the rule",
		PDIAG_SEVERITY_WARNING, 60, 0);
	made_check(!pdiag_event_set_text(e, PDIAG_EVENT_RULE, "load >= 4 per cpu") &&
		!pdiag_event_set_text(e, PDIAG_EVENT_LIMITS, "no profile: perf_event_paranoid is 3 "
			"and this process has no CAP_PERFMON"), "texts");
	write_report(e, "bare.html");
	/* Without ordinary times, and nothing waited. */
	e = made_event(context, "CPU utilization: 99 %", PDIAG_SEVERITY_NOTICE, 60, 70);
	e->info.onset_realtime_ns = 0;
	e->info.during_ns = 10 * MADE_SECOND;
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_DURING, made_trouble(context));
	write_report(e, "alone.html");
	write_report(made_hostile_event(context), "hostile.html");
	pdiag_close(context);
	return 0;
}
