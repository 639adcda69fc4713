/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All events of a capture and their rings. */
#ifndef PDIAG_SOURCE_PERF_EVENTS_H
#define PDIAG_SOURCE_PERF_EVENTS_H

#include "source/perf_event.h"
#include "source/perf_late.h"
#include "source/perf_rings.h"

struct pdiag_perf_events {
	struct pdiag_perf_choice choice;
	struct pdiag_perf_rings rings;
	struct {
		int fd;
		uint32_t ring;
	} *list;
	size_t count, cap;
	struct perf_event_attr attrs[PDIAG_PERF_KINDS];
	struct pdiag_perf_late late;
};

/* Open an event for each id, CPU and kind, with a ring for each CPU and kind; fill in *state. */
int pdiag_perf_events_open(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	struct pdiag_perf_target *target, struct pdiag_source_state *state);
int pdiag_perf_events_enable(struct pdiag_perf_events *e, bool on);
/* Records that a ring's events could not write, as the kernel counts; 0 where it does not. */
uint64_t pdiag_perf_events_lost(const struct pdiag_perf_events *e, uint32_t ring);
void pdiag_perf_events_close(struct pdiag_perf_events *e, bool forked);

#endif
