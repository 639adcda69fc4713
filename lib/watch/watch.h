/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The watch: metrics into detectors and rules (look.c), what they say into one incident
 * (incident.c), the incident with its evidence into an event (evidence.h, story.c), and the events
 * to whoever wants them (deliver.c).
 */
#ifndef PDIAG_WATCH_WATCH_INTERNAL_H
#define PDIAG_WATCH_WATCH_INTERNAL_H

#include <stdbool.h>

#include <pdiag/detect.h>
#include <pdiag/watch.h>

#include "core/context.h"
#include "event/event.h"
#include "metric/metric.h"
#include "util/list.h"
#include "watch/choice.h"
#include "watch/evidence.h"
#include "watch/rules.h"

/* What a metric did in the event at hand. Levels are those of before the onset, so that it can be
 * told when it is back. */
struct pdiag_watch_part {
	bool in;
	double value, expected, low, high; /* when it was found */
	double peak;
	double surprise; /* at its worst */
	uint64_t onset_ns, peak_ns;
	int32_t direction;
	uint32_t missing; /* looks in a row without a value */
	double again;	  /* the event has ended: what, of the way to the peak, is another one */
};

struct pdiag_watch_metric {
	uint32_t index; /* in the metrics */
	const struct pdiag_watch_choice *choice;
	struct pdiag_detector *detector;
	struct pdiag_detection last;
	bool fresh; /* it is of this look */
	uint64_t known_ns; /* since when the detector knows what is ordinary; 0: it learns */
	struct pdiag_watch_part part;
	bool handled; /* an event that has ended was about the alert that is still on */
};

/* The event at hand. */
struct pdiag_watch_incident {
	struct pdiag_event *event; /* NULL: none */
	uint64_t suspect_ns; /* since when something may be beginning; 0: nothing */
	uint64_t onset_ns, detected_ns;
	uint64_t calm_ns; /* since when all is as before; 0: it is not */
	uint32_t main;	  /* of the metrics; PDIAG_WATCH_NONE: a rule's */
	uint32_t rule;	  /* that broke first; PDIAG_WATCH_NONE: none */
	double rule_value, rule_peak; /* of that, as it scales them: when found, and worst */
	uint64_t rule_peak_ns;
	struct pdiag_culprits *culprits; /* before it begins: who was at it, ours; or NULL */
	bool doubted;	  /* it was found by that */
	bool during_due;  /* the profile of the event itself has not been finished */
	double score;
};

#define PDIAG_WATCH_NONE UINT32_MAX
/* What is not known for so many looks keeps no event open. */
#define PDIAG_WATCH_MISSING 10u

/* In the place of pdiag_evidence_ask(). */
typedef int (*pdiag_watch_ask_fn)(struct pdiag *context, uint64_t onset_ns, uint32_t waits,
	struct pdiag_culprits **out);

/* An event in the history, or one that waits to be taken. */
struct pdiag_watch_entry {
	struct pdiag_list link;
	struct pdiag_event *event;
};

struct pdiag_watch {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_watch_options options; /* texts are not valid behind pdiag_watch_new() */
	struct pdiag_metrics *metrics;
	struct pdiag_watch_metric *list;
	uint32_t count;
	struct pdiag_watch_rule *rules;
	uint32_t rule_count;
	struct pdiag_detector_group *group; /* NULL: no detectors */
	struct pdiag_incident together;
	struct pdiag_evidence evidence;
	struct pdiag_watch_incident incident;
	struct pdiag_journal *journal;
	struct pdiag_list history, waiting; /* of entries; oldest first */
	uint32_t history_count, waiting_count;
	uint64_t id; /* of the last event */
	uint64_t doubt_ns; /* when it was last asked who is at it, without an alert; 0: never */
	pdiag_watch_ask_fn ask; /* NULL: pdiag_evidence_ask() */
	uint64_t quiet_ns; /* when the last event ended, or we began */
	uint64_t now_ns, realtime_ns; /* of the last look; CLOCK_MONOTONIC, and since 1970 */
	uint64_t clock_offset_ns; /* from CLOCK_MONOTONIC to the detectors' clock */
	uint64_t slept_ns; /* suspended, as far as is in the offset */
	int32_t zone_s;
	bool restored; /* and since then some alert was always on */
	uint32_t cpus;
	int epoll_fd, timer_fd;
	struct pdiag_watch_info info;
	char limits[512];
};

/* What tests put in the place of the machine. */
struct pdiag_watch_ground {
	const char *root; /* where proc lies */
	const struct pdiag_metric_clock *clock;
	uint32_t cpus;
	pdiag_watch_ask_fn ask; /* NULL: the samples say who is at it */
	double (*busiest)(void *user); /* NULL: the samples say which share it has */
};
/* pdiag_watch_new() on another ground; NULL: the machine. */
int pdiag_watch_make(struct pdiag *context, const struct pdiag_watch_options *options,
	const struct pdiag_watch_ground *ground, struct pdiag_watch **out);

/* look.c */
/* Sample the metrics and ask all detectors and rules. 1: there was something new; 0: too early. */
int pdiag_watch_look(struct pdiag_watch *w);
/* Is anything over its threshold now that no event has been about? The first rule that is;
 * PDIAG_WATCH_NONE: a detector. */
bool pdiag_watch_alarm(const struct pdiag_watch *w, uint32_t *rule);
/* Of enum pdiag_alert: does it go on? */
static inline bool pdiag_watch_is_on(uint32_t alert)
{
	return alert == PDIAG_ALERT_BEGIN || alert == PDIAG_ALERT_ON;
}
/* More surprising than a metric often is, if not enough for an alert. */
bool pdiag_watch_is_off(const struct pdiag_watch_metric *m);
/* Is it this metric, or this rule? */
bool pdiag_watch_is_alarming(const struct pdiag_watch *w, const struct pdiag_watch_metric *m);
bool pdiag_watch_is_broken(const struct pdiag_watch_rule *r);
/* Now, by the last look: CLOCK_MONOTONIC. */
uint64_t pdiag_watch_now(const struct pdiag_watch *w);
/* From the clock of the detectors to CLOCK_MONOTONIC, and back. */
uint64_t pdiag_watch_to_monotonic(const struct pdiag_watch *w, uint64_t time_ns);
uint64_t pdiag_watch_from_monotonic(const struct pdiag_watch *w, uint64_t time_ns);

/* part.c: onsets that are looked for so far back are not before this: the event before has ended by
 * then. */
uint64_t pdiag_watch_least_onset(const struct pdiag_watch *w, uint64_t span_ns);
/* When what metric `m` does now began: CLOCK_MONOTONIC, after `least_ns`. */
uint64_t pdiag_watch_onset(
	const struct pdiag_watch *w, const struct pdiag_watch_metric *m, uint64_t least_ns);

/* What a metric does in the event at hand. */
/* It takes part from now on. */
void pdiag_watch_join(struct pdiag_watch *w, struct pdiag_watch_metric *m, uint64_t least_ns);
/* One that does: its peak, and how surprising it is. */
void pdiag_watch_follow_part(struct pdiag_watch *w, struct pdiag_watch_metric *m);
/* Is it as it was before? */
bool pdiag_watch_is_back(const struct pdiag_watch *w, const struct pdiag_watch_metric *m);
/* The event is over; `calm`: all is back. What is still on is no reason for the next. */
void pdiag_watch_leave(struct pdiag_watch_metric *m, bool calm);
/* It was left, and is as bad again. */
bool pdiag_watch_is_again(const struct pdiag_watch *w, const struct pdiag_watch_metric *m);

/* doubt.c: there is no alert, but are metrics off, and is somebody at it who never is? Those take
 * part from now on then. 0 or -ENOMEM. */
int pdiag_watch_doubt(struct pdiag_watch *w, bool *incident);

/* incident.c: after a look. 0 or -ENOMEM. */
int pdiag_watch_follow(struct pdiag_watch *w);
/* The watch goes away, or cannot go on. */
void pdiag_watch_drop_incident(struct pdiag_watch *w);

/* story.c: what is known so far, into the event. 0 or -ENOMEM. */
int pdiag_watch_tell(struct pdiag_watch *w, uint64_t end_ns);

/* phrase.c */
/* The sentence of an event that is about `metric`. 0 or -ENOMEM. */
int pdiag_watch_phrase(struct pdiag_event *event, const struct pdiag_event_metric *metric);
/* enum pdiag_severity of what its metrics say; `rule`: one was broken. */
uint32_t pdiag_watch_severity(const struct pdiag_event *event, bool rule);

/* deliver.c */
/* Journal, callback, those who wait; history at the end. */
void pdiag_watch_deliver(struct pdiag_watch *w, struct pdiag_event *event);
void pdiag_watch_free_entries(struct pdiag_watch *w);

#endif
