/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening perf events: the attributes we ask for, and what to fall back to. */
#ifndef PDIAG_SOURCE_PERF_EVENT_H
#define PDIAG_SOURCE_PERF_EVENT_H

#include <linux/perf_event.h>
#include <stdbool.h>

#include "source/perf_layout.h"
#include "source/perf_sysctl.h"
#include "source/perf_target.h"
#include "source/source.h"

/* What was found to work with the first event and holds for the others. */
struct pdiag_perf_choice {
	bool hardware;	     /* cycles, else cpu-clock */
	bool kernel;	     /* kernel frames */
	bool user;	     /* registers and bytes of the stack */
	bool count_lost;     /* PERF_FORMAT_LOST, from 6.0 on */
	uint32_t hz;
	uint32_t max_depth;
};

/* The attributes of an event of a kind. wakeup: bytes in the ring that wake a reader. */
void pdiag_perf_attr(struct perf_event_attr *attr, const struct pdiag_perf_choice *choice,
	const struct pdiag_source_config *config, const struct pdiag_perf_target *target,
	enum pdiag_perf_kind kind, uint32_t wakeup);

/*
 * Open the first event, falling back from cycles to cpu-clock, from kernel to user frames, from
 * the rate asked to what the kernel allows; *choice tells what worked. A descriptor, or a negative
 * errno with its sentence.
 */
int pdiag_perf_event_first(struct pdiag_perf_choice *choice,
	const struct pdiag_source_config *config, const struct pdiag_perf_target *target,
	enum pdiag_perf_kind kind, uint32_t wakeup);

/* perf_event_open(2); -errno on failure. */
int pdiag_perf_event_open(struct perf_event_attr *attr, int pid, int cpu, unsigned long flags);

/* The sentence for an event that could not be opened. */
int pdiag_perf_event_fail(
	int err, const struct pdiag_source_config *config, enum pdiag_perf_kind kind);

#endif
