/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When an alert begins, goes on and ends. */
#ifndef PDIAG_DETECT_ALERT_H
#define PDIAG_DETECT_ALERT_H

#include <stdint.h>

#include "detect/judged.h"

/* What it is about is kept as it was when it began: what is learned meanwhile does not end it. */
struct pdiag_alert_state {
	double low, high; /* of the feature */
	double peak;
	uint64_t onset_ns;
	uint32_t feature, kind; /* 0: there is no alert */
	uint32_t age;		/* points since it began */
	uint32_t calm;		/* the last so many were ordinary */
	uint32_t cooling;	/* points in which only a greater surprise begins a new one */
	int32_t direction;
};

/*
 * The next point. `judged` is the greatest surprise of it, of `feature` and `kind`; `now` is what
 * the feature of the alert that is on is like now (NaN: not known; then the others tell). Returns
 * enum pdiag_alert; *accepted: it ended because it went on for so long.
 */
uint32_t pdiag_alert_step(struct pdiag_alert_state *alert, const struct pdiag_judged *judged,
	uint32_t feature, uint32_t kind, double threshold, double now, int *accepted);

#endif
