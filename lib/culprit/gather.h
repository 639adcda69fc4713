/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From profiles to parts. */
#ifndef PDIAG_CULPRIT_GATHER_H
#define PDIAG_CULPRIT_GATHER_H

#include <stdbool.h>

#include "culprit/cgroup.h"
#include "culprit/parts.h"
#include "profile/profile.h"

/* The key of CPU time spent on finding memory, below a name in PDIAG_ROOT_PIDS. */
#define PDIAG_DOING_MEMORY pdiag_doing(PDIAG_STATE_RUNNING, PDIAG_HEED_REST)

/*
 * Add a profile as one window. Its names are looked up first. `cgroups` NULL: they are left out.
 * 0 or -ENOMEM. A profile of no duration adds nothing.
 *
 * The time of trouble comes first. It makes the frames, as long as there is room, for stacks of
 * much weight before others; ordinary times make but the first of a stack. What goes on below
 * the last frame that there is counts as that one's.
 */
int pdiag_gather(struct pdiag_parts *parts, struct pdiag_profile *profile, bool trouble,
	struct pdiag_symbolizer *symbolizer, const struct pdiag_cgroups *cgroups);

/* The frame that stands for a thread's name, and how groups of processes are called: threads of the
 * kernel that differ in a CPU only ("kworker/0:1") are one. */
size_t pdiag_group_name(const char *process);

#endif
