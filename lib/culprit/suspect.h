/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has so much on top that it is no chance, in order of how much of the trouble it makes. */
#ifndef PDIAG_CULPRIT_SUSPECT_H
#define PDIAG_CULPRIT_SUSPECT_H

#include "culprit/culprit.h"
#include "culprit/parts.h"

/* Of all that came on top. */
struct pdiag_totals {
	double rise[2];	  /* on the CPU, off it as far as it is heeded; seconds a second */
	double queue;	  /* more threads that wanted to run and did not */
	double faults;	  /* more threads that waited for memory */
	double memory;	  /* more CPU time spent on finding memory */
	double slower;	  /* more threads that waited for storage, and not more often */
	double requests;  /* more waits for storage a second, of those who wait more often */
	double known;	  /* waits that a metric tells of, too */
	double names, stacks, cgroups; /* how many were compared */
};

struct pdiag_case {
	struct pdiag_parts *parts;
	struct pdiag_totals totals;
	/* By part, of the tree of stacks: its rise, and the highest of it and all below it. */
	double *rises, *highest;
	double significance, min_share;
	uint32_t states; /* waits that a metric tells of, bits by enum pdiag_state */
};

struct pdiag_suspect {
	uint32_t part;	/* a NAME of the tree of stacks, or a CGROUP */
	uint32_t doing; /* below it, what most of its rise is in */
	uint32_t told;	/* the same, of who is told: of the part, or of one of its pids */
	int32_t pid;	/* 0: several */
	uint32_t processes;
	const char *cgroup; /* of the pid, or of all that are known; or "" */
	double rise;	/* in `doing`, or in a stack of it */
	double decades, share, score;
};

/* What it goes by is filled in. 0 or -ENOMEM. Free it in any case; the parts are the caller's. */
int pdiag_case_open(struct pdiag_case *c, struct pdiag_parts *parts);
void pdiag_case_close(struct pdiag_case *c);
/* Processes or cgroups, first the one that makes most of the trouble. The caller frees *list. 0 or
 * -ENOMEM. */
int pdiag_case_suspects(const struct pdiag_case *c, bool cgroups, struct pdiag_suspect **list,
	size_t *count);

/* Is a rise in `doing`, or below it, enough to be told, and no chance? With no ordinary times at
 * all, enough will do. */
bool pdiag_case_passes(const struct pdiag_case *c, uint32_t doing, double rise, double decades);
/* Does a metric tell of what a process did, and it does it more often? Who does not is rather hit
 * than guilty. */
bool pdiag_case_is_meant(const struct pdiag_case *c, uint32_t doing);
/* Is what was done worth a look: no rest, and known of ordinary times, too? */
bool pdiag_case_heeds(const struct pdiag_case *c, uint32_t doing);

/* Add a part to the totals, if it belongs there. (culprit/blame.c) */
void pdiag_case_count(struct pdiag_case *c, uint32_t part);
/* Are there clearly more samples or waits a second than in ordinary times? */
bool pdiag_case_more_often(const struct pdiag_case *c, const struct pdiag_part *part);
/* How much of the trouble a rise below `part` (as in pdiag_suspect) makes. */
double pdiag_case_weigh(const struct pdiag_case *c, uint32_t part, uint32_t doing, double rise);
/* Processes of a cgroup that were seen in the time of trouble. */
uint32_t pdiag_case_processes(const struct pdiag_case *c, const char *cgroup);

/* Which pids of a name the rise is of (culprit/member.c). */
struct pdiag_members {
	uint32_t one;	    /* PID part that has most of it; NONE: there is no such */
	uint32_t processes; /* seen in the time of trouble */
	const char *cgroup; /* of all of them of which it is known; "": they differ, or none is */
	bool fresh; /* `one` came in the time of trouble, and in nobody's place */
};
struct pdiag_members pdiag_case_members(const struct pdiag_case *c, uint32_t name);

/*
 * The stack that most of a rise is in: from `doing` down to the last frame that has half of it,
 * as the part of that frame; `doing` itself: there is no such. *decades is the highest of the
 * parts on the way, as far as they are worth asking. (culprit/path.c)
 */
uint32_t pdiag_case_path(const struct pdiag_case *c, uint32_t doing, double *decades);
/* Take the rise of a part away from it and all above it, so that the next path is another. */
void pdiag_case_take(struct pdiag_case *c, uint32_t part);

#endif
