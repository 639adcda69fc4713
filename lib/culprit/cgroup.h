/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which cgroup a process is in. */
#ifndef PDIAG_CULPRIT_CGROUP_H
#define PDIAG_CULPRIT_CGROUP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Who tells cgroups: the path below the mount in `path`, or "" where it is not known. `process` is
 * the name that the process had; one with another name is not the one that is meant.
 */
struct pdiag_cgroups {
	void (*ask)(void *user, int32_t pid, const char *process, char *path, size_t size);
	void *user;
};

/* /proc of this machine. */
extern const struct pdiag_cgroups pdiag_cgroups_of_proc;

/* From the text of /proc/PID/cgroup: of version 2, else of perf_event, cpu or memory; the root only
 * if it is in no other. A line that is cut off is left aside. */
void pdiag_cgroup_parse(const char *text, char *path, size_t size);

#endif
