/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which cgroup a process is in. */
#ifndef PDIAG_CULPRIT_CGROUP_H
#define PDIAG_CULPRIT_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pdiag_cgroup_memory; /* culprit/cgroup_memory.h */

/* Who is meant: who had this pid and this name at any moment of that time. */
struct pdiag_cgroup_question {
	int32_t pid;
	const char *process;
	uint64_t from, to; /* CLOCK_MONOTONIC, ns */
};

/* Who tells cgroups: the path below the mount in `path`, or "" where it is not known. */
struct pdiag_cgroups {
	void (*ask)(void *user, const struct pdiag_cgroup_question *q, char *path, size_t size);
	void *user;
	bool live; /* only profiles of this machine and boot may be asked about */
};

/* /proc of this machine, and what it said before of those that have ended. */
struct pdiag_cgroup_proc {
	const char *root; /* "/proc" */
	struct pdiag_cgroup_memory *memory;
};

/* The `ask` of it; user is a struct pdiag_cgroup_proc. */
void pdiag_cgroup_ask_proc(
	void *user, const struct pdiag_cgroup_question *q, char *path, size_t size);

/* From the text of /proc/PID/cgroup: of version 2, else of perf_event, cpu or memory; the root only
 * if it is in no other. A line that is cut off is left aside, and so is the mark of one that is
 * removed already: processes that end are still in it. */
void pdiag_cgroup_parse(const char *text, char *path, size_t size);

#endif
