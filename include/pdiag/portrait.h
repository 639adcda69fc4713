/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Portraits: what each process is like over a window of time and over its own history, what holds
 * it up, and how far it is from how it usually is. Read from /proc by the caller's loop.
 */
#ifndef PDIAG_PORTRAIT_H
#define PDIAG_PORTRAIT_H

#include <pdiag/output.h>
#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_portraits;

/* What a process mostly does, or waits for. */
enum pdiag_class {
	PDIAG_CLASS_UNKNOWN = 0, /* too little is known */
	PDIAG_CLASS_IDLE = 1,
	PDIAG_CLASS_CPU = 2,
	PDIAG_CLASS_MEMORY = 3,	   /* faults, reclaim, swap */
	PDIAG_CLASS_STORAGE = 4,
	PDIAG_CLASS_NETWORK = 5,
	PDIAG_CLASS_LOCK = 6,
	PDIAG_CLASS_SCHEDULER = 7, /* wants to run and has to wait for a CPU */
};

/* Flags of pdiag_portraits_options. */
/* Do not credit children that ended to who made them: PDIAG_QUANTITY_CHILDREN_CPU is as the kernel
 * counts it, once more at each level above, and beside what was seen of the children themselves. */
#define PDIAG_PORTRAITS_NO_CHILDREN 1u

struct pdiag_portraits_options {
	size_t size;	      /* sizeof(struct pdiag_portraits_options) */
	const char *root;     /* where proc lies, such as "/host"; NULL: "/" */
	int32_t pid;	      /* this process only; 0: all */
	uint32_t interval_ms; /* how often the caller means to sample, 100 to 600,000; 0: 10,000 */
	uint32_t window_s;    /* what "now" is, from one interval up; 0: 60 */
	uint32_t max;	      /* processes with a history of their own; 0: 65,536 */
	uint32_t flags;	      /* PDIAG_PORTRAITS_* */
	uint32_t reserved;    /* 0 */
};

/* Quantities of a portrait; an index of its values. */
enum pdiag_portrait_quantity {
	PDIAG_QUANTITY_CPU_USER = 0,	/* CPUs in use: s/s */
	PDIAG_QUANTITY_CPU_SYSTEM,	/* s/s */
	PDIAG_QUANTITY_RUN_DELAY,	/* threads that wait for a CPU: s/s */
	PDIAG_QUANTITY_VOLUNTARY,	/* switches a second: it waited */
	PDIAG_QUANTITY_INVOLUNTARY,	/* switches a second: it was taken off the CPU */
	PDIAG_QUANTITY_FAULTS_MINOR,	/* a second */
	PDIAG_QUANTITY_FAULTS_MAJOR,	/* a second */
	PDIAG_QUANTITY_RESIDENT,	/* bytes */
	PDIAG_QUANTITY_GROWTH,		/* bytes a second, of what is resident */
	PDIAG_QUANTITY_STORAGE_READ,	/* bytes a second */
	PDIAG_QUANTITY_STORAGE_WRITE,	/* bytes a second */
	PDIAG_QUANTITY_CALLS_READ,	/* read(2) and its kin a second */
	PDIAG_QUANTITY_CALLS_WRITE,	/* write(2) and its kin a second */
	PDIAG_QUANTITY_THREADS,
	PDIAG_QUANTITY_BLOCKED_IO,	/* threads that wait for storage, by the kernel: s/s */
	PDIAG_QUANTITY_MIGRATIONS,	/* from CPU to CPU, a second */
	PDIAG_QUANTITY_CHILDREN_CPU,	/* s/s, of children that ended; each second once */
	PDIAG_QUANTITY_OFF_FUTEX,	/* from here on by pdiag_portraits_add_profile(): threads */
	PDIAG_QUANTITY_OFF_IO,		/* that wait for it: s/s */
	PDIAG_QUANTITY_OFF_NETWORK,
	PDIAG_QUANTITY_OFF_LOCK,
	PDIAG_QUANTITY_OFF_OTHER,
	PDIAG_QUANTITY_COUNT
};

/* One quantity of one process. */
struct pdiag_portrait_value {
	double now;	  /* in the window; NaN: not known */
	double usual;	  /* over its own history */
	double deviation; /* of now from that, in spreads; 0: too little is known */
};

/* Valid within the callback. Grows at its end only. */
struct pdiag_portrait {
	const char *name;     /* comm */
	const char *command;  /* the beginning of its command line; "" for kernel threads */
	const char *cgroup;   /* "": not known */
	const char *reasons;  /* why it has this class: "94 % of its time on a CPU" */
	const char *change;   /* what is unusual: "storage written 40 MiB/s, usually 0"; "" */
	const struct pdiag_portrait_value *values; /* by enum pdiag_portrait_quantity */
	const struct pdiag_symbol *const *top;	   /* frames of its heaviest stack, leaf first */
	uint32_t top_depth;   /* 0: none is known */
	uint32_t value_count; /* PDIAG_QUANTITY_COUNT of the library */
	int32_t pid;
	int32_t parent;
	uint32_t uid;
	uint32_t klass;	      /* enum pdiag_class */
	double confidence;    /* in the class, 0 to 1 */
	double abnormality;   /* how far from its past, all together, 0 and up; to rank by */
	uint64_t start_ns;    /* when it was made, CLOCK_BOOTTIME */
	uint64_t seen_ns;     /* how long it has been watched */
	uint32_t samples;     /* that its history is made of */
	uint32_t children;    /* that ended and are credited to it, in the window */
};

/* What comes first. */
enum pdiag_portrait_order {
	PDIAG_ORDER_CPU = 0,	     /* most CPU time */
	PDIAG_ORDER_ABNORMALITY = 1, /* furthest from its past */
	PDIAG_ORDER_RUN_DELAY = 2,
	PDIAG_ORDER_STORAGE = 3,
	PDIAG_ORDER_RESIDENT = 4,
	PDIAG_ORDER_PID = 5,
};

/* Grows at its end only. */
struct pdiag_portraits_info {
	size_t size;	    /* set by the caller to sizeof(struct pdiag_portraits_info) */
	uint64_t samples;   /* taken */
	uint64_t late;	    /* that came 1.5 intervals or more after the one before */
	uint64_t cost_ns;   /* CPU time of the last one */
	uint64_t time_ns;   /* of the last one, CLOCK_MONOTONIC */
	uint64_t bytes;	    /* of memory */
	uint32_t processes; /* that there are now */
	uint32_t threads;
	uint32_t ended;	    /* since the sample before, as far as seen */
	uint32_t reserved;
	const char *limits; /* what cannot be read and why, or "" */
};

/* Returns 0 to go on; anything else ends the walk and is returned. */
typedef int (*pdiag_portrait_fn)(void *user, const struct pdiag_portrait *portrait);

/* options may be NULL. Errors: -EINVAL, -E2BIG, -ENOENT (no such root), -ESRCH, -ENOMEM. */
PDIAG_API int pdiag_portraits_new(struct pdiag *context,
	const struct pdiag_portraits_options *options, struct pdiag_portraits **out);
/* NULL is fine. */
PDIAG_API void pdiag_portraits_free(struct pdiag_portraits *portraits);
/*
 * Look at all processes; call it every interval_ms. 1: a sample was taken; 0: it is less than half
 * an interval since the last, and nothing was done. Errors: -ENOMEM (what there was no memory for
 * is missing), -EMFILE.
 */
PDIAG_API int pdiag_portraits_sample(struct pdiag_portraits *portraits);
/*
 * Add what a profile of the last window says: time off the CPU by cause, heaviest stacks. All is
 * copied. Errors: -EINVAL (it covers no time, or is of another machine or boot), -ENOMEM.
 */
PDIAG_API int pdiag_portraits_add_profile(
	struct pdiag_portraits *portraits, struct pdiag_profile *profile);
/*
 * The first `count` by that order, as far as there is anything to tell: by CPU, those that used
 * none of it are left out. 0: all there are. Errors: -EINVAL, -ENOMEM, and what fn returns.
 */
PDIAG_API int pdiag_portraits_each(struct pdiag_portraits *portraits, uint32_t order,
	uint32_t count, pdiag_portrait_fn fn, void *user);
/* Of one process. Errors: -ESRCH, and what fn returns. */
PDIAG_API int pdiag_portraits_find(
	struct pdiag_portraits *portraits, int32_t pid, pdiag_portrait_fn fn, void *user);
/* Errors: -EINVAL. */
PDIAG_API int pdiag_portraits_get_info(
	const struct pdiag_portraits *portraits, struct pdiag_portraits_info *info);
/* A sheet with the portrait of a process, as one self-contained SVG. Errors: -ESRCH, -ENOMEM, and
 * others from the sink. */
PDIAG_API int pdiag_portraits_write_sheet(
	struct pdiag_portraits *portraits, int32_t pid, const struct pdiag_sink *sink);
/* A short word; never NULL. Any thread. */
PDIAG_API const char *pdiag_class_text(uint32_t klass);
/* Its name, such as "run_delay", and what it is counted in; never NULL. Any thread. */
PDIAG_API const char *pdiag_quantity_text(uint32_t quantity);
PDIAG_API const char *pdiag_quantity_unit(uint32_t quantity);

PDIAG_END_DECLS

#endif
