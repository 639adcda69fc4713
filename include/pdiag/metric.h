/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metrics: what the kernel counts of the machine, of a cgroup and of a process, read by the
 * caller's loop 1 to 100 times a second, with a history.
 *
 * A metric that this kernel does not have, or that this process may not read, is listed with the
 * reason. A value that is not known is missing, and never a guess: a counter that was reset, a
 * file that could not be read. Rates are over the time that really went by between two reads.
 */
#ifndef PDIAG_METRIC_H
#define PDIAG_METRIC_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_metrics;

/* Families; bits of pdiag_metrics_options and the one of each metric. */
#define PDIAG_METRICS_LOAD 1u	   /* load averages, threads */
#define PDIAG_METRICS_CPU 2u	   /* time by mode, switches, runnable and blocked threads */
#define PDIAG_METRICS_PRESSURE 4u  /* pressure stall information */
#define PDIAG_METRICS_MEMORY 8u	   /* memory, swap, faults, reclaim */
#define PDIAG_METRICS_DISK 16u	   /* whole disks */
#define PDIAG_METRICS_NETWORK 32u  /* interfaces, TCP, UDP, the receive path */
#define PDIAG_METRICS_CGROUP 64u   /* of `cgroup` */
#define PDIAG_METRICS_PROCESS 128u /* of `pid` */

/* Flags of pdiag_metrics_options. */
#define PDIAG_METRICS_NO_HISTORY 1u /* keep the last values only */

struct pdiag_metrics_options {
	size_t size;	      /* sizeof(struct pdiag_metrics_options) */
	const char *cgroup;   /* of version 2: a path, or one below its mount; NULL: none */
	const char *root;     /* where proc and sys lie, such as "/host"; NULL: "/" */
	uint32_t families;    /* PDIAG_METRICS_*; 0: the machine, and `cgroup` and `pid` if set */
	int32_t pid;	      /* a process; 0: none */
	uint32_t interval_ms; /* how often the caller means to sample, 10 to 1,000; 0: 1,000 */
	uint32_t history_s;   /* how deep the steps of 1 s reach, 60 to 86,400; 0: 3,600 */
	uint32_t flags;	      /* PDIAG_METRICS_NO_HISTORY */
	uint32_t reserved;    /* 0 */
};

enum pdiag_metric_kind {
	PDIAG_METRIC_GAUGE = 1,	  /* as it is at the moment */
	PDIAG_METRIC_COUNTER = 2, /* only grows; its value is how much a second */
};

/* A metric. Belongs to the struct pdiag_metrics. Grows at its end only. */
struct pdiag_metric {
	const char *name;	 /* "system.disk.io.read" */
	const char *unit;	 /* of UCUM: "By", "s", "1", "{thread}"; of a counter its total's */
	const char *description; /* one sentence */
	const char *reason;	 /* why it is not available, or "" */
	uint32_t kind;		 /* enum pdiag_metric_kind */
	uint32_t family;	 /* PDIAG_METRICS_* */
	uint32_t available;	 /* 1, or 0 with a reason */
	uint32_t reserved;
};

enum pdiag_metric_state {
	PDIAG_METRIC_MISSING = 0, /* not known at this tick: value is NaN */
	PDIAG_METRIC_OK = 1,
	PDIAG_METRIC_LATE = 2,	  /* known, and over more than 1.5 intervals */
};

/* What the last sample gave. Belongs to the struct pdiag_metrics. Grows at its end only. */
struct pdiag_metric_value {
	double value;	      /* a gauge as it is; of a counter, units a second; or NaN */
	double total;	      /* of a counter: units since pdiag_metrics_new(), as far as known */
	uint64_t time_ns;     /* when its file was read and it fresh, CLOCK_MONOTONIC */
	uint64_t interval_ns; /* since the value before; of a counter: what value is over */
	uint32_t state;	      /* enum pdiag_metric_state */
	uint32_t fresh;	      /* 1: of the last sample; 0: its file was not read again so soon,
				 or the kernel has not looked at it since */
};

/* Grows at its end only. */
struct pdiag_metrics_info {
	size_t size;	       /* set by the caller to sizeof(struct pdiag_metrics_info) */
	uint64_t samples;      /* taken */
	uint64_t early;	       /* calls that came too early to be one */
	uint64_t late;	       /* samples that came 1.5 intervals or more after the one before */
	uint64_t missed;       /* samples that there should have been meanwhile */
	uint64_t time_ns;      /* of the last sample, CLOCK_MONOTONIC */
	uint64_t boottime_ns;  /* the same with times of suspend, CLOCK_BOOTTIME */
	uint64_t realtime_ns;  /* the same since 1970, UTC */
	uint64_t suspended_ns; /* how long the machine slept since the sample before */
	int64_t jump_ns;       /* by how much the wall clock was set since then */
	uint64_t bytes;	       /* of memory, all in all */
	int32_t zone_s;	       /* local time minus UTC, s */
	uint32_t available;    /* metrics that are */
};

/* A step of the history. Valid within the callback. Grows at its end only. */
struct pdiag_metric_point {
	uint64_t time_ns;     /* of the last sample in it, CLOCK_MONOTONIC */
	uint64_t boottime_ns; /* the same, CLOCK_BOOTTIME */
	uint64_t realtime_ns; /* the same since 1970, UTC, by the clock as it was set then */
	uint64_t step_ns;     /* how long the step is */
	double min;	      /* of the samples in it; in steps of 1 s min, max and last are mean */
	double max;
	double mean;
	double last;
	int32_t zone_s;	      /* local time minus UTC then, s */
	uint32_t gap;	      /* 1: nothing is known of the time between the point before and it */
};

/* Returns 0 to go on; anything else ends the walk and is returned. */
typedef int (*pdiag_metric_point_fn)(void *user, const struct pdiag_metric_point *point);

/*
 * Open the files and read them once. options may be NULL. Errors: -EINVAL, -E2BIG, -ENOENT (no
 * such root or cgroup), -ESRCH (no such process), -EMFILE, -ENFILE, -ENOMEM. That a file is not
 * there is no error.
 */
PDIAG_API int pdiag_metrics_new(struct pdiag *context, const struct pdiag_metrics_options *options,
	struct pdiag_metrics **out);
/* NULL is fine. */
PDIAG_API void pdiag_metrics_free(struct pdiag_metrics *metrics);

/*
 * Read the files; call it every interval_ms. A file that is dear to read, as some are on large
 * machines, is read twice a second and not more often. Allocates nothing, but when there are more
 * devices than ever. 1: a sample was taken; 0: it is less than half an interval
 * since the last one, and nothing was done. Errors: none so far; what cannot be read is missing.
 */
PDIAG_API int pdiag_metrics_sample(struct pdiag_metrics *metrics);

/* How many metrics there are, those not available included; stays the same. */
PDIAG_API uint32_t pdiag_metrics_count(const struct pdiag_metrics *metrics);
/* The number of the metric of that name. Errors: -ENOENT. */
PDIAG_API int pdiag_metrics_find(const struct pdiag_metrics *metrics, const char *name);
/* Metric `index`, as long as `metrics`; NULL: no such. What is not available may be later on. */
PDIAG_API const struct pdiag_metric *pdiag_metrics_describe(
	const struct pdiag_metrics *metrics, uint32_t index);
/* Its value at the last sample; changes at the next. NULL: no such metric. */
PDIAG_API const struct pdiag_metric_value *pdiag_metrics_value(
	const struct pdiag_metrics *metrics, uint32_t index);
/* Errors: -EINVAL. */
PDIAG_API int pdiag_metrics_get_info(
	const struct pdiag_metrics *metrics, struct pdiag_metrics_info *info);

/*
 * Walk the history of metric `index` from `from_ns` to `to_ns` (CLOCK_MONOTONIC, both included;
 * UINT64_MAX: all that there is), oldest first: in steps of 1 s where they still are, in steps of
 * 60 s before that, six times as deep; none is shorter than `step_s`. Where nothing is known there
 * is no point. The last step is still growing. Errors: -EINVAL, and what the callback returns.
 */
PDIAG_API int pdiag_metrics_each_point(const struct pdiag_metrics *metrics, uint32_t index,
	uint64_t from_ns, uint64_t to_ns, uint32_t step_s, pdiag_metric_point_fn fn, void *user);

enum pdiag_pressure_resource {
	PDIAG_PRESSURE_CPU = 1,
	PDIAG_PRESSURE_MEMORY = 2,
	PDIAG_PRESSURE_IO = 3,
};

struct pdiag_pressure_options {
	size_t size;	       /* sizeof(struct pdiag_pressure_options) */
	const char *cgroup;    /* as in pdiag_metrics_options; NULL: the machine */
	uint32_t resource;     /* enum pdiag_pressure_resource */
	uint32_t full;	       /* 1: time in which nobody got on; 0: in which somebody did not */
	uint32_t threshold_ms; /* so much of it within ... */
	uint32_t window_ms;    /* ... such a window, 500 to 10,000; 0: 2,000 */
};

/*
 * Have the kernel tell when there is too much pressure: a descriptor for poll(2) and POLLPRI, at
 * most once a window. POLLERR: the cgroup is gone. It is the caller's, to be closed by close(2).
 * Without CAP_SYS_RESOURCE Linux 6.5 or later and a window of whole 2 s is needed. Errors: -EINVAL,
 * -E2BIG, -ENOENT, -EOPNOTSUPP, -EACCES, -EPERM, -EBUSY, and any other of the kernel's.
 */
PDIAG_API int pdiag_pressure_open(
	struct pdiag *context, const struct pdiag_pressure_options *options);

PDIAG_END_DECLS

#endif
