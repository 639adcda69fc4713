/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events: one incident, from its onset to its end, with its evidence: the metrics around it,
 * profiles of before, during and of ordinary times, the tasks that were stuck, the culprits.
 * They come from a watch (watch.h) or from a journal (journal.h), and are the same from both.
 */
#ifndef PDIAG_EVENT_H
#define PDIAG_EVENT_H

#include <pdiag/culprit.h>
#include <pdiag/metric.h>
#include <pdiag/output.h>
#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_event;

enum pdiag_event_phase {
	PDIAG_EVENT_BEGUN = 1, /* it goes on; evidence of before it and of its first seconds */
	PDIAG_EVENT_ENDED = 2,
	PDIAG_EVENT_CUT = 3,   /* of a journal: whoever wrote it ended before the event did */
	PDIAG_EVENT_UPDATED = 4, /* it goes on; what is sampled of it is complete now */
};

enum pdiag_severity {
	PDIAG_SEVERITY_NOTICE = 1,   /* out of the ordinary */
	PDIAG_SEVERITY_WARNING = 2,  /* in three metrics or more, or a rule says so */
	PDIAG_SEVERITY_CRITICAL = 3, /* threads are kept from getting on */
};

/* Profiles; bits of `evidence` in pdiag_event_info. */
#define PDIAG_EVIDENCE_BEFORE 1u /* the last seconds before the onset */
#define PDIAG_EVIDENCE_DURING 2u /* from the onset on */
#define PDIAG_EVIDENCE_NORMAL 4u /* ordinary times */
#define PDIAG_EVIDENCE_TASKS 8u	 /* all tasks that ran, wanted to, or were stuck at one moment; as
				    pdiag_dump_profile() has them */

/* Grows at its end only. Texts belong to the event. */
struct pdiag_event_info {
	size_t size;		/* set by the caller to sizeof(struct pdiag_event_info) */
	uint64_t id;		/* of a journal or watch: 1, 2, ... */
	const char *sentence;	/* "runnable threads: 41, ordinarily 1 to 6" */
	const char *metric;	/* that was most surprising */
	const char *unit;	/* its unit */
	const char *rule;	/* that it broke, as it was given; "": found by itself */
	const char *limits;	/* what evidence is missing, and why; or "" */
	uint64_t onset_ns;	/* when it began, CLOCK_MONOTONIC */
	uint64_t detected_ns;	/* when that was found */
	uint64_t peak_ns;	/* when it was worst, so far */
	uint64_t end_ns;	/* 0: it goes on */
	uint64_t onset_realtime_ns; /* the same since 1970, UTC */
	uint64_t detected_realtime_ns;
	uint64_t peak_realtime_ns;
	uint64_t end_realtime_ns; /* 0: it goes on */
	uint64_t duration_ns;	/* from the onset to the end, or to the last that is known */
	double value;		/* of `metric` when it was found */
	double peak;		/* of `metric` at its worst */
	double expected;	/* before the onset ... */
	double low;		/* ... and from where ... */
	double high;		/* ... to where it would have been ordinary; of a rule: what it
				   allows, and infinite on the other side */
	double surprise;	/* in decades, at its worst; of a rule 0 */
	double score;		/* 0 to 1, to rank events by */
	int32_t zone_s;		/* local time minus UTC, s */
	int32_t direction;	/* 1: above what was expected, -1: below, 0: neither */
	uint32_t phase;		/* enum pdiag_event_phase */
	uint32_t severity;	/* enum pdiag_severity */
	uint32_t metrics;	/* that were surprising in it */
	uint32_t culprits;
	uint32_t evidence;	/* PDIAG_EVIDENCE_* that there are */
	uint32_t cpus;		/* of the machine */
	uint64_t before_ns;	/* the time that the profile of before covers; */
	uint64_t during_ns;	/* of during, */
	uint64_t normal_ns;	/* and of ordinary times */
	uint64_t tasks_ns;	/* when the tasks were looked at, CLOCK_MONOTONIC; 0: not */
	uint32_t runnable;	/* tasks at that moment */
	uint32_t blocked;	/* in uninterruptible sleep */
	uint32_t tasks_triggered; /* 1: the kernel did it by itself, by a trigger */
	uint32_t reserved;
};

/* A metric that took part in an event, or is kept to show what it did then. Belongs to the event.
 * Grows at its end only. */
struct pdiag_event_metric {
	const char *name;
	const char *unit;	/* as pdiag_metric has it */
	const char *description;
	uint32_t kind;		/* enum pdiag_metric_kind */
	int32_t direction;	/* 1: above what was expected, -1: below, 0: it took no part */
	double value;		/* when it was found out */
	double peak;		/* at its worst */
	double expected, low, high;
	double surprise;	/* at its worst, in decades; 0: it took no part */
	uint64_t onset_ns;	/* its own; 0: it took no part */
	uint32_t points;
	uint32_t reserved;
};

struct pdiag_event_point {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	double value;	  /* mean of the step; NaN: not known */
};

/* Errors: -EINVAL. */
PDIAG_API int pdiag_event_get_info(
	const struct pdiag_event *event, struct pdiag_event_info *info);
/* Events are handed out for good: each is freed by who got it, profiles and texts with it. NULL is
 * fine. */
PDIAG_API void pdiag_event_free(struct pdiag_event *event);
/* Metric `index` of the event, those that took part first, the most surprising before all; NULL: no
 * such. *points (may be NULL): its values around the event, oldest first. */
PDIAG_API const struct pdiag_event_metric *pdiag_event_metric(const struct pdiag_event *event,
	uint32_t index, const struct pdiag_event_point **points);
/* A profile of the evidence: one PDIAG_EVIDENCE_*. It belongs to the event. NULL: there is none. */
PDIAG_API struct pdiag_profile *pdiag_event_profile(struct pdiag_event *event, uint32_t evidence);
/* By rank, as pdiag_culprits_get(). NULL: no such. */
PDIAG_API const struct pdiag_culprit *pdiag_event_culprit(
	const struct pdiag_event *event, uint32_t index);
/* A short word for an enum pdiag_severity or enum pdiag_event_phase; never NULL. Any thread. */
PDIAG_API const char *pdiag_severity_text(uint32_t severity);
PDIAG_API const char *pdiag_event_phase_text(uint32_t phase);

struct pdiag_report_options {
	size_t size;	   /* sizeof(struct pdiag_report_options) */
	const char *title; /* NULL: made from the event */
	uint32_t width;	   /* pixels of its pictures; 0: 1,200 */
	uint32_t reserved; /* 0 */
};

/*
 * The event as one HTML page that needs no other file: what, when, trend, culprits, a differential
 * flame graph of during against ordinary times (or before), one of time off the CPU, the tasks.
 * options may be NULL. Errors: -EINVAL, -E2BIG, -ENOMEM, and others from the sink.
 */
PDIAG_API int pdiag_event_write_report(struct pdiag_event *event,
	const struct pdiag_report_options *options, const struct pdiag_sink *sink);

PDIAG_END_DECLS

#endif
