/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capture: a source and the pipeline behind it. */
#ifndef PDIAG_CAPTURE_CAPTURE_INTERNAL_H
#define PDIAG_CAPTURE_CAPTURE_INTERNAL_H

#include <pdiag/capture.h>

#include "capture/busiest.h"
#include "capture/held.h"
#include "capture/pipeline.h"
#include "core/context.h"
#include "source/source.h"

struct pdiag_capture {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_source *source;
	struct pdiag_pipeline pipeline;
	struct pdiag_held held; /* a flight recorder: what processes did since its samples began */
	struct pdiag_busiest busiest;
	uint64_t due;		/* ... what is held of up to then may be applied */
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

/*
 * flight.c: samples of a flight recorder come when it is frozen, so what processes do is held back
 * for as long as it holds samples, and both are applied in the order of time.
 */
/* The source was refreshed after `now`: frozen, what it holds is taken in from here on; else what
 * processes did before the oldest sample that is to be kept is applied. 0 or -ENOMEM. */
int pdiag_flight_open(struct pdiag_capture *c, uint64_t now);
/* As pdiag_pipeline_record(): what is of processes is held; the rest comes after what is older. */
int pdiag_flight_record(struct pdiag_capture *c, const struct pdiag_record *record);
/* If all that it held was taken in: the window ends. 0 or -ENOMEM. */
int pdiag_flight_close(struct pdiag_capture *c);
/* What is held of up to `time` is applied. 0 or -ENOMEM. */
int pdiag_flight_apply(struct pdiag_capture *c, uint64_t time);
/* When what was sampled ends: now, or when it was frozen. */
uint64_t pdiag_flight_time(const struct pdiag_capture *c, uint64_t now);
/* Wrap a source that is open; it is closed on failure. */
int pdiag_capture_wrap(struct pdiag *context, struct pdiag_source *source,
	const struct pdiag_source_config *config, uint64_t off_cpu_min_ns,
	struct pdiag_capture **out);

#endif
