/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Culprits: which processes, cgroups and stacks have more weight in a profile of a time of trouble
 * than in profiles of ordinary times, on the CPU and off it; only where that is no chance.
 *
 * Weights are compared as rates: seconds a second. Two quiet times give no culprit.
 */
#ifndef PDIAG_CULPRIT_H
#define PDIAG_CULPRIT_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_culprits;

enum pdiag_culprit_kind {
	PDIAG_CULPRIT_PROCESS = 1, /* a process, or several of the same name that belong together */
	PDIAG_CULPRIT_CGROUP = 2,  /* all processes of a cgroup */
	PDIAG_CULPRIT_STACK = 3,   /* a stack of one of them */
};

/* Flags of pdiag_culprits_options. */
#define PDIAG_CULPRITS_NO_CGROUPS 1u /* do not ask /proc of the cgroups of processes */

struct pdiag_culprits_options {
	size_t size;		    /* sizeof(struct pdiag_culprits_options) */
	struct pdiag_symbolizer *symbolizer; /* NULL: the default one */
	double significance;	    /* decades by which chance must be excluded; 0: 3, 1 in 1,000 */
	double min_share;	    /* of what came on top; less is not told; 0: 0.02 */
	uint32_t max;		    /* of each kind; 0: 10 */
	uint32_t flags;		    /* PDIAG_CULPRITS_* */
};

/* Belongs to the struct pdiag_culprits. Grows at its end only. */
struct pdiag_culprit {
	const char *sentence; /* "mysqld (pid 4711) waits for storage: 38 % of its time, normally
				 2 %" */
	const char *process;  /* its name; of a CGROUP "" */
	const char *comm;     /* of a STACK the thread's name, else "" */
	const char *cgroup;   /* the path below the mount; "": not known */
	const struct pdiag_symbol *const *frames; /* of a STACK, leaf first; else none */
	uint32_t depth;
	uint32_t kind;	      /* enum pdiag_culprit_kind */
	uint32_t state;	      /* enum pdiag_state: RUNNING, or why it waited; of a process and a
				 cgroup where most of what came on top is */
	int32_t pid;	      /* 0: several */
	uint32_t processes;   /* how many there are of it, those seen */
	uint32_t reserved;
	uint64_t weight_ns;   /* in the time of trouble, in that state */
	double rate;	      /* the same a second: CPUs in use, or threads that wait */
	double normal_rate;   /* in ordinary times */
	double share;	      /* of all that came on top in all processes and cgroups on the CPU, or
				 off it: 0 to 1 */
	double significance;  /* decades; 300 at most */
};

/*
 * Compare. `normal` are profiles of ordinary times, each by itself, so that what differs among them
 * anyway counts as ordinary; with none (count 0) what is told is what there is most of. All of one
 * context. Off-CPU time in which a thread merely rests (sleep, poll, a child, ...) counts only as
 * far as it is not how the process always waits. Cgroups are asked of /proc; that of a process that
 * has ended is known if it was asked for earlier, in this context. options may be NULL. Errors:
 * -EINVAL, -E2BIG, -ENOMEM.
 */
PDIAG_API int pdiag_culprits_new(struct pdiag_profile *const *normal, uint32_t count,
	struct pdiag_profile *trouble, const struct pdiag_culprits_options *options,
	struct pdiag_culprits **out);
/* NULL is fine. */
PDIAG_API void pdiag_culprits_free(struct pdiag_culprits *culprits);
PDIAG_API uint32_t pdiag_culprits_count(const struct pdiag_culprits *culprits);
/* By rank: processes and cgroups first, then stacks, each kind the one with most on top first.
 * NULL: no such. */
PDIAG_API const struct pdiag_culprit *pdiag_culprits_get(
	const struct pdiag_culprits *culprits, uint32_t index);

PDIAG_END_DECLS

#endif
