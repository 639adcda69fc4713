/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pipeline: one record through process, unwind and profile, and into the recording. The same
 * for every source, so that a replay gives what the capture gave.
 */
#ifndef PDIAG_CAPTURE_PIPELINE_H
#define PDIAG_CAPTURE_PIPELINE_H

#include "decode/record.h"
#include "process/process.h"
#include "profile/profile.h"
#include "profile/stack_table.h"
#include "unwind/unwind.h"

struct pdiag_pipeline {
	struct pdiag *context;
	struct pdiag_processes *processes;
	struct pdiag_profile *profile;	     /* live */
	struct pdiag_recording *recording;   /* NULL: none */
	struct pdiag_stack_table stacks;     /* raw */
	struct pdiag_stack_map *stack_map;   /* (process image, raw stack) to node */
	struct pdiag_switches *switches;     /* who is off the CPU since when */
	struct pdiag_unwound unwound;
	struct pdiag_record info;	     /* the INFO record */
	uint64_t off_cpu_min_ns;
	uint32_t max_depth;
	uint64_t records, samples, last_time;
	bool live;
	bool ended_whole;		     /* an END record came */
};

int pdiag_pipeline_init(struct pdiag_pipeline *p, struct pdiag *context, bool live);
/* 1: a sample was counted; 0: another record; -ENOMEM: it is in the ledger. */
int pdiag_pipeline_record(struct pdiag_pipeline *p, const struct pdiag_record *record);
/* The capture is over at `time`: threads still off the CPU are counted up to it. */
int pdiag_pipeline_finish(struct pdiag_pipeline *p, uint64_t time);
void pdiag_pipeline_free(struct pdiag_pipeline *p);

#endif
