/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capture: a source and the pipeline behind it. */
#ifndef PDIAG_CAPTURE_CAPTURE_INTERNAL_H
#define PDIAG_CAPTURE_CAPTURE_INTERNAL_H

#include <pdiag/capture.h>

#include "capture/pipeline.h"
#include "core/context.h"
#include "source/source.h"

struct pdiag_capture {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_source *source;
	struct pdiag_pipeline pipeline;
	uint64_t start_time, stop_time; /* CLOCK_MONOTONIC, ns; 0: not yet */
	uint32_t events;
	int32_t pid; /* of a COMMAND or PROCESS; else 0 */
	int32_t seed_pid; /* process to read from /proc at the start; 0: none, -1: all */
	bool sweeping;	  /* not all processes have been looked at yet */
	bool window;	  /* what a flight recorder holds is being taken in, or was */
};

/* Now, on the clock that records carry. */
uint64_t pdiag_capture_clock(void);
/* Read what there is, at most `limit` records. Samples taken in, or a negative errno. */
int pdiag_capture_read(struct pdiag_capture *c, uint64_t limit);
/* run.c */
int pdiag_capture_fail_forked(void);
/* Tell how samples from `time` on are made. What pdiag_pipeline_record() returns. */
int pdiag_capture_tell(struct pdiag_capture *c, uint64_t time);

/* flight.c */
/* A flight recorder that was frozen: from here on what it holds is taken in. 0 or -ENOMEM. */
int pdiag_flight_open(struct pdiag_capture *c);
/* All of it was taken in. */
void pdiag_flight_close(struct pdiag_capture *c);
/* When what was sampled ends: now, or when it was frozen. */
uint64_t pdiag_flight_time(const struct pdiag_capture *c, uint64_t now);
/* Wrap a source that is open; it is closed on failure. */
int pdiag_capture_wrap(struct pdiag *context, struct pdiag_source *source,
	const struct pdiag_source_config *config, uint64_t off_cpu_min_ns,
	struct pdiag_capture **out);

#endif
