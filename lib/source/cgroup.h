/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where cgroups are. */
#ifndef PDIAG_SOURCE_CGROUP_H
#define PDIAG_SOURCE_CGROUP_H

/*
 * Open the directory of a cgroup for perf: `path` as it is, or below the hierarchy that has the
 * perf_event controller. A descriptor, or a negative errno with its sentence.
 */
int pdiag_cgroup_open(const char *path);

#endif
