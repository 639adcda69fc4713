/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which cgroup processes were in, when they were asked: those that have ended meanwhile are looked
 * up here. A context has one of it. It keeps those that were asked for last, in a bounded place.
 */
#ifndef PDIAG_CULPRIT_CGROUP_MEMORY_H
#define PDIAG_CULPRIT_CGROUP_MEMORY_H

#include "core/context.h"
#include "util/strings.h"
#include "util/table.h"

/* A generation is over with so many processes, or so much text; there are two of them. */
#define PDIAG_CGROUPS_KEPT 8192u
#define PDIAG_CGROUPS_TEXT (1u << 20)

/* A process: its pid may be another's by now, and its name was another before it called exec. */
struct pdiag_cgroup_owner {
	int32_t pid;
	const char *name;
	uint64_t began; /* CLOCK_MONOTONIC, ns */
	uint64_t seen;	/* it was there up to then */
};

struct pdiag_cgroup_known {
	struct pdiag_cgroup_owner owner;
	const char *path;
};

struct pdiag_cgroup_generation {
	struct pdiag_cgroup_known *list;
	size_t count, cap;
	struct pdiag_table index; /* by pid */
	struct pdiag_strings strings;
};

struct pdiag_cgroup_memory {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_cgroup_generation now, before;
};

/* That of a context, made when it is first asked for. NULL: out of memory. */
struct pdiag_cgroup_memory *pdiag_cgroup_memory_of(struct pdiag *context);
/* Remember, or see once more. If there is no memory for it, it is not remembered. */
void pdiag_cgroup_remember(struct pdiag_cgroup_memory *m, const struct pdiag_cgroup_owner *owner,
	const char *path);
/*
 * The cgroup of who had this pid and name at any moment from `from` to `to`; NULL: not known. It is
 * kept for longer then. Valid until the next call.
 */
const char *pdiag_cgroup_recall(struct pdiag_cgroup_memory *m, int32_t pid, const char *name,
	uint64_t from, uint64_t to);

#endif
