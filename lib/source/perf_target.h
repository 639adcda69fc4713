/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a capture's target means to perf_event_open(2): a list of (pid, cpu, flags). */
#ifndef PDIAG_SOURCE_PERF_TARGET_H
#define PDIAG_SOURCE_PERF_TARGET_H

#include <stdbool.h>

#include "source/command.h"
#include "source/source.h"

struct pdiag_perf_target {
	int *ids;	/* pids for perf_event_open: threads, or -1, or a cgroup's fd */
	uint32_t id_count;
	int *cpus;
	uint32_t cpu_count;
	unsigned long flags; /* PERF_FLAG_* */
	int cgroup_fd;	     /* -1: none */
	int pid_fd;	     /* polls readable when the process ends; -1: none */
	int32_t pid, tid;    /* 0: none */
	struct pdiag_command command; /* pid -1: none */
	bool whole_cpus;     /* all tasks, or a cgroup's: not inherited, not per thread */
};

/* Find out; starts a COMMAND stopped. 0 or a negative errno with its sentence. */
int pdiag_perf_target_open(struct pdiag_perf_target *t, const struct pdiag_source_config *config);
/* Look again: threads that are not in ids yet are put behind the others. A process that has ended
 * meanwhile is no failure. */
int pdiag_perf_target_relist(struct pdiag_perf_target *t);
/* The process, thread or command has ended. */
bool pdiag_perf_target_ended(struct pdiag_perf_target *t);
/* forked: in a child of fork(), where the command belongs to the parent. */
void pdiag_perf_target_close(struct pdiag_perf_target *t, bool forked);

#endif
