/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules as people write them: "load >= 2 per cpu for 10 s". */
#ifndef PDIAG_WATCH_RULES_H
#define PDIAG_WATCH_RULES_H

#include <stdbool.h>

#include <pdiag/detect.h>

#define PDIAG_WATCH_NAME_MAX 96u

/* A rule as it was read. */
struct pdiag_watch_rule_text {
	char metric[PDIAG_WATCH_NAME_MAX];
	struct pdiag_rule_options options;
};

struct pdiag_watch_rule {
	char *text;
	uint32_t index; /* of the metric */
	struct pdiag_rule *rule;
	struct pdiag_rule_options options;
	struct pdiag_rule_status last;
	uint64_t peak_ns; /* of last.peak */
	uint32_t missing; /* looks in a row without a value */
	bool handled;	  /* an event that has ended was about it, and it is still broken */
};

/* Read it. -EINVAL, with a sentence that shows the place. */
int pdiag_watch_rule_read(const char *text, uint32_t cpus, struct pdiag_watch_rule_text *out);

#endif
