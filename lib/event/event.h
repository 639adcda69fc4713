/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An event as an object: what watch and journal fill in, and what charts, reports and callers read.
 * It owns copies of all text and points, its profiles and its culprits. It belongs to who made it
 * until it is handed over to the caller; then it goes with its context at the latest.
 */
#ifndef PDIAG_EVENT_EVENT_H
#define PDIAG_EVENT_EVENT_H

#include <stdbool.h>

#include <pdiag/event.h>

#include "core/context.h"

/* The last of enum pdiag_event_phase. */
#define PDIAG_EVENT_PHASE_MAX PDIAG_EVENT_UPDATED
/* Places of profiles, by the bit of PDIAG_EVIDENCE_*. */
#define PDIAG_EVENT_PROFILES 4u

struct pdiag_event_series {
	struct pdiag_event_metric metric; /* its texts belong to the event's strings */
	struct pdiag_event_point *points;
};

struct pdiag_event {
	struct pdiag_child child;
	struct pdiag *context;
	bool listed; /* handed over: among the children of its context */
	struct pdiag_event_info info; /* get_info fills in bits of evidence and adds counts:
					of a brief one it has none */
	char *texts[5]; /* what info's texts point to, by enum pdiag_event_text; NULL: "" */
	struct pdiag_event_series *series;
	size_t series_count, series_cap;
	struct pdiag_profile *profiles[PDIAG_EVENT_PROFILES]; /* owned, borrowed from no one */
	struct pdiag_culprits *culprits; /* owned; NULL: none */
};

enum pdiag_event_text {
	PDIAG_EVENT_SENTENCE, PDIAG_EVENT_METRIC, PDIAG_EVENT_UNIT, PDIAG_EVENT_RULE,
	PDIAG_EVENT_LIMITS,
};

/* 0 or -ENOMEM. */
int pdiag_event_new(struct pdiag *context, struct pdiag_event **out);
/* Free one that was not handed over. NULL is fine. */
void pdiag_event_destroy(struct pdiag_event *event);
/* Into the caller's hands, who frees it by pdiag_event_free(). */
void pdiag_event_hand_over(struct pdiag_event *event);
/* Set a text; it is copied. 0 or -ENOMEM (it is as it was). */
int pdiag_event_set_text(struct pdiag_event *event, enum pdiag_event_text which, const char *text);
/*
 * Add a metric; texts and points are copied, those of the metric replaced if there is one of that
 * name. 0 or -ENOMEM (nothing changed). Call pdiag_event_sort() when all are there.
 */
int pdiag_event_add_metric(struct pdiag_event *event, const struct pdiag_event_metric *metric,
	const struct pdiag_event_point *points, uint32_t count);
void pdiag_event_sort(struct pdiag_event *event);
/* Give it a profile, which is its own from then on (out of its context's list, or a borrowed one),
 * in the place of one that it may have. */
void pdiag_event_give_profile(
	struct pdiag_event *event, uint32_t evidence, struct pdiag_profile *profile);
/* The same for culprits. */
void pdiag_event_give_culprits(struct pdiag_event *event, struct pdiag_culprits *culprits);
/* Another event with the same info and texts and nothing else: what was said of it at that moment,
 * with how many metrics and culprits it had. 0 or -ENOMEM. */
int pdiag_event_brief(const struct pdiag_event *event, struct pdiag_event **out);
/* Another event that is the same; the culprits are shared. 0 or -ENOMEM. */
int pdiag_event_copy(const struct pdiag_event *event, struct pdiag_event **out);
/* Memory of its metrics and profiles. */
uint64_t pdiag_event_bytes(const struct pdiag_event *event);
/* Give its profiles up, which its limits say then. */
void pdiag_event_drop_profiles(struct pdiag_event *event);
/* The same with the largest one. Says if there was any. */
bool pdiag_event_drop_largest(struct pdiag_event *event);
/* Add to the limits, unless they say so already. Out of memory they do not. */
void pdiag_event_add_limit(struct pdiag_event *event, const char *text);

#endif
