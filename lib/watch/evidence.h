/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evidence: a flight recorder that runs all the time, windows of ordinary times taken out of it now
 * and then, and a dump of the tasks when something begins.
 */
#ifndef PDIAG_WATCH_EVIDENCE_H
#define PDIAG_WATCH_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag/capture.h>
#include <pdiag/event.h>
#include <pdiag/tasks.h>
#include <pdiag/watch.h>

#include "event/event.h"
#include "watch/ordinary.h"

/* Events in a row that may have evidence; later ones in as many cool-downs have none. */
#define PDIAG_EVIDENCE_BURST 4u

struct pdiag_evidence {
	struct pdiag *context;
	struct pdiag_capture *capture; /* NULL: none */
	struct pdiag_tasks *tasks;     /* NULL: none */
	struct pdiag_dump *dump;       /* the last that the kernel made by itself; NULL: none */
	struct pdiag_ordinary ordinary;
	struct pdiag_ordinary strained; /* times of which was asked who is at it, and nobody was */
	struct pdiag_profile *asked; /* the last time of which it was asked; NULL: none */
	struct pdiag_profile *unquiet; /* what was before it and is not ordinary; NULL: none */
	uint64_t taken_ns; /* when the flight recorder was last emptied; what is older is gone */
	uint64_t event_ns[PDIAG_EVIDENCE_BURST]; /* ... and for events, the newest first */
	uint64_t before_ns, during_ns, cooldown_ns; /* as the options have it */
	uint64_t max_bytes;
	uint32_t waits; /* that metrics of the event tell of, bits by enum pdiag_state */
	char why[512]; /* what there is none of, and why */
};

/* Open what can be opened; what cannot is in `why`. 0 or -ENOMEM. */
int pdiag_evidence_open(struct pdiag_evidence *e, struct pdiag *context,
	const struct pdiag_watch_options *options);
void pdiag_evidence_close(struct pdiag_evidence *e);
/* Follow what starts and ends. */
void pdiag_evidence_dispatch(struct pdiag_evidence *e);
/* Something has begun: the seconds before it, its first ones, the tasks as they are. What is
 * missing and why is added to the event's limits. 0 or -ENOMEM. */
int pdiag_evidence_begin(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t onset_ns);
/* Who it was, by what has been gathered. 0 or -ENOMEM. */
int pdiag_evidence_blame(struct pdiag_evidence *e, struct pdiag_event *event);
/* What an event that goes on has is kept within three quarters of max_bytes: who it was is told
 * before its largest profiles are given up. 0 or -ENOMEM. */
int pdiag_evidence_keep_within(struct pdiag_evidence *e, struct pdiag_event *event);
/* Something is missing for all events. */
void pdiag_evidence_lack(struct pdiag_evidence *e, const char *what, const char *why);

/* evidence_samples.c */
/* All has been quiet since `quiet_ns`: keep a window of that time if it is due. 0 or -ENOMEM. */
int pdiag_evidence_rest(struct pdiag_evidence *e, uint64_t now, uint64_t quiet_ns);
/* What is before the onset and since then, into the event. 0 or -ENOMEM. */
int pdiag_evidence_samples(
	struct pdiag_evidence *e, struct pdiag_event *event, uint64_t onset_ns);
/* The event itself, from where the samples of its beginning ended up to `end_ns`.
 * 1: it has them; 0: there are none; -ENOMEM. */
int pdiag_evidence_during(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t end_ns);
/* Something may have begun at `onset_ns`: who does more since then than before, than in ordinary
 * times, and than when that was asked earlier. What was before `quiet_ns` is not ordinary. *out is
 * the caller's, or NULL. 1: asked; 0: there is nothing to tell by; -ENOMEM. */
int pdiag_evidence_ask(struct pdiag_evidence *e, uint64_t quiet_ns, uint64_t onset_ns,
	uint32_t waits, struct pdiag_culprits **out);
/* What it was last asked about is done with; `known`: it is ordinary from now on. */
void pdiag_evidence_file_asked(struct pdiag_evidence *e, bool known);

/* evidence_tasks.c: the same for dumps of the tasks. */
int pdiag_evidence_tasks_open(struct pdiag_evidence *e, const struct pdiag_watch_options *o);
void pdiag_evidence_tasks_close(struct pdiag_evidence *e);
void pdiag_evidence_tasks_dispatch(struct pdiag_evidence *e);
int pdiag_evidence_tasks(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t onset_ns);

/* Memory of windows that are held. */
uint64_t pdiag_evidence_bytes(const struct pdiag_evidence *e);

#endif
