/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pipeline: one record through process, unwind and profile, and into the recording. The same
 * for every source, so that a replay gives what the capture gave.
 */
#ifndef PDIAG_CAPTURE_PIPELINE_H
#define PDIAG_CAPTURE_PIPELINE_H

#include "capture/ring_stacks.h"
#include "capture/short_waits.h"
#include "capture/stack_map.h"
#include "capture/switches.h"
#include "decode/record.h"
#include "process/process.h"
#include "profile/profile.h"
#include "profile/stack_table.h"
#include "recording/recording.h"
#include "unwind/unwind.h"

/* A thread under its names of now, and what the profile calls it. */
struct pdiag_known_thread {
	uint32_t serial; /* 0: none */
	uint32_t who;
	int32_t pid;
	const char *comm, *process;
};

#define PDIAG_KNOWN_THREADS 64u

/* Frames and marks; a chain that is longer is left as it is. */
#define PDIAG_REPAIRED_MAX (PDIAG_UNWIND_MAX + 16u)

struct pdiag_pipeline {
	struct pdiag *context;
	struct pdiag_processes *processes;
	struct pdiag_profile *profile;	   /* live; owned */
	struct pdiag_recording *recording; /* NULL: none */
	struct pdiag_stack_table stacks;   /* raw */
	struct pdiag_stack_map stack_map;
	struct pdiag_known_thread known[PDIAG_KNOWN_THREADS]; /* by serial; the last ones seen */
	struct pdiag_switches switches;
	struct pdiag_unwound unwound;
	uint64_t repaired[PDIAG_REPAIRED_MAX]; /* the call chain at hand, with callers found */
	uint32_t *numbers; /* replay: the stream's stack numbers to ours */
	size_t number_count, number_cap;
	struct pdiag_ring_stacks ring_stacks; /* live: the kernel module's numbers to ours */
	struct pdiag_module *naming; /* replay: the module that NAME records are about */
	uint64_t off_cpu_min_ns;
	bool sample_short;	   /* shorter ones are sampled by their time */
	struct pdiag_short_waits short_waits;
	uint64_t records, samples, last_time, pruned;
	uint64_t lost; /* in the profiles that were given away */
	uint64_t from;	    /* a flight recorder: what is of before was not to be kept */
	uint64_t armed; /* all CPUs are watched from here on: a return before may go unseen */
	uint32_t max_depth;
	bool live;
	bool same_boot; /* the kernel of the records is the one that runs */
	bool ended_whole; /* an END record came */
	bool held;	  /* the recording, by us */
	bool running;	  /* and it knows that we are */
};

/* Records are of this machine now (live), or from a file. The sentence is set on failure. */
int pdiag_pipeline_init(struct pdiag_pipeline *p, struct pdiag *context, bool live);
/* The capture starts, and stops: its recording cannot be finished in between. */
void pdiag_pipeline_begin(struct pdiag_pipeline *p);
void pdiag_pipeline_end(struct pdiag_pipeline *p);
/* 1: a sample was counted; 0: another record; -ENOMEM: the loss is in the ledger. */
int pdiag_pipeline_record(struct pdiag_pipeline *p, const struct pdiag_record *record);
/* Lose something: in the ledger and in the recording. */
void pdiag_pipeline_lose(struct pdiag_pipeline *p, enum pdiag_loss_reason reason, int32_t cpu,
	uint64_t time, uint64_t events);
/* The capture is over at `time`: threads still off the CPU are counted up to it. */
void pdiag_pipeline_finish(struct pdiag_pipeline *p, uint64_t time);
/*
 * The flight recorder was frozen at `time`: who is away is counted up to it, and is away from then
 * on.
 */
void pdiag_pipeline_pending(struct pdiag_pipeline *p, uint64_t time);
/* Give the profile away and begin another at `time`; the recording keeps its frames. 0 or -ENOMEM
 * (nothing changed). */
int pdiag_pipeline_take(struct pdiag_pipeline *p, uint64_t time, struct pdiag_profile **out);
void pdiag_pipeline_free(struct pdiag_pipeline *p);

/* pipeline_sample.c: a sample with its stack and final weight, counted and recorded. */
int pdiag_pipeline_sample(struct pdiag_pipeline *p, const struct pdiag_record *record);

/* Frames to a place; process NULL: of an image that is gone. 0 or a negative errno. */
int pdiag_pipeline_translate(struct pdiag_pipeline *p, struct pdiag_process *process,
	const struct pdiag_unwound_frame *frame, uint32_t *node);

/* pipeline_waker.c: who ended a wait. */
/* The waker's stack by our number; if it is not known, there is no waker. */
void pdiag_pipeline_waker_number(
	const struct pdiag_pipeline *p, const struct pdiag_record *r, struct pdiag_record *ours);
/* Put the waker of the sample, which has one, above the stack at `place`. 0 or a negative errno. */
int pdiag_pipeline_waker(struct pdiag_pipeline *p, const struct pdiag_record *r,
	struct pdiag_stack_place *place);

/* pipeline_repair.c: callers that frame pointers skip. */
/*
 * The stack of a sample that has registers and bytes of its stack, with what these tell. *ips and
 * *nr are replaced, valid until the next call, or left alone.
 */
void pdiag_pipeline_repair(struct pdiag_pipeline *p, const struct pdiag_record *r,
	const uint64_t **ips, uint32_t *nr);

/* pipeline_stacks.c: raw stacks and their numbers. */
/* That of a sample, repaired first. */
uint32_t pdiag_pipeline_sample_stack(struct pdiag_pipeline *p, const struct pdiag_record *r);
/* A raw stack's number, written to the recording when new; PDIAG_STACK_NONE: out of memory. */
uint32_t pdiag_pipeline_stack(struct pdiag_pipeline *p, const struct pdiag_record *at,
	const uint64_t *ips, uint32_t nr);
/* A STACK record: a source's number means this stack from now on. 0 or -ENOMEM. */
int pdiag_pipeline_number(struct pdiag_pipeline *p, const struct pdiag_record *r);
/*
 * The stack of ours that a sample has, repaired by what else it brings, and without those of *flags
 * that are true no more. PDIAG_STACK_NONE: out of memory.
 */
uint32_t pdiag_pipeline_named_stack(struct pdiag_pipeline *p, const struct pdiag_record *r,
	uint32_t stack, uint32_t *flags);
/* The stack that a sample names by the source's number; PDIAG_STACK_NONE: there is none. *flags:
 * PDIAG_STACK_* that the source told with it. */
uint32_t pdiag_pipeline_numbered(const struct pdiag_pipeline *p, const struct pdiag_record *r,
	uint32_t *flags);
/* Our numbers start over; what may be named again keeps its stack. 0 or -ENOMEM. */
int pdiag_pipeline_forget(struct pdiag_pipeline *p, const struct pdiag_record *at);

/* pipeline_names.c: MODULE and NAME records of a replay. */
int pdiag_pipeline_name(struct pdiag_pipeline *p, const struct pdiag_record *record);

#endif
