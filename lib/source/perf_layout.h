/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one layout of the perf records we ask for, shared by source/ and decode/. */
#ifndef PDIAG_SOURCE_PERF_LAYOUT_H
#define PDIAG_SOURCE_PERF_LAYOUT_H

#include <linux/perf_event.h>
#include <stdint.h>

/* What an event is for; each has a ring of its own, so that no kind can push out another. */
enum pdiag_perf_kind {
	PDIAG_PERF_ON_CPU,  /* samples at a rate */
	PDIAG_PERF_OFF_CPU, /* a sample at each switch away, and the switches */
	PDIAG_PERF_TASKS,   /* mmap, comm, fork and exit */
};
#define PDIAG_PERF_KINDS 3

#define PDIAG_PERF_SAMPLE_TYPE \
	(PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_CPU | \
		PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN)

/* A PERF_RECORD_SAMPLE of ours. */
struct pdiag_perf_sample {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t time;
	uint64_t id; /* of the event that was opened, also where it is inherited */
	uint32_t cpu, reserved;
	uint64_t period;
	uint64_t nr;
	uint64_t ips[];
};

/* What sample_id_all puts at the end of every other record. */
struct pdiag_perf_id {
	uint32_t pid, tid;
	uint64_t time;
	uint64_t id;
	uint32_t cpu, reserved;
};

_Static_assert(sizeof(struct pdiag_perf_sample) == 56, "layout of a sample");
_Static_assert(sizeof(struct pdiag_perf_id) == 32, "layout of sample_id");

#endif
