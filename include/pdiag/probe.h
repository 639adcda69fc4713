/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnosis probes: the kernel module measures one thing everywhere, keeps a histogram of it, and
 * tells of each time that it passed a threshold, with the stack. Which probes there are depends on
 * the module; each describes itself, its parameters and what its events carry.
 */
#ifndef PDIAG_PROBE_H
#define PDIAG_PROBE_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_probe;

#define PDIAG_PROBE_PARAMS 4

/* A parameter: one of the values in struct pdiag_probe_options. Grows at its end only. */
struct pdiag_probe_param {
	const char *name; /* "threshold" is always the first */
	const char *text; /* what it is and its unit */
	uint64_t def;	  /* what 0 means */
	uint64_t min, max;
};

/* A field of a probe's events. Grows at its end only. */
struct pdiag_probe_field {
	const char *name;
	const char *type; /* "ns", "symbol", "ip", ..., or "" for a number */
	uint32_t first;	  /* its place in args */
	uint32_t words;	  /* how many it takes there */
};

/* A probe and what it is like on this machine. Grows at its end only. */
struct pdiag_probe_info {
	const char *name;  /* "sched-delay" */
	const char *unit;  /* of values and the histogram: "ns", "bytes" */
	const char *text;  /* what it tells */
	const char *needs; /* what it hooks */
	const char *why;   /* why it does not work here, or "" */
	const struct pdiag_probe_param *params;
	const struct pdiag_probe_field *fields;
	uint32_t param_count;
	uint32_t field_count;
	uint32_t available; /* 1: works here */
	uint32_t reserved;
};

struct pdiag_probe_options {
	size_t size;
	const char *name;   /* of the probe */
	uint64_t param[PDIAG_PROBE_PARAMS]; /* in the order of its description; 0: default */
	uint32_t target;    /* PDIAG_TARGET_SYSTEM (and 0), PROCESS, THREAD or CGROUP */
	int32_t pid;	    /* for PROCESS and THREAD */
	const char *cgroup; /* for CGROUP */
	const char *cpus;   /* a list such as "0-3,8"; NULL: all. SYSTEM and CGROUP only */
	uint64_t buffer_bytes; /* ring per CPU; 0: 1 MiB */
	uint32_t max_depth; /* frames a stack; 0: 127 */
	uint32_t reserved;  /* 0 */
};

/* Something passed the threshold. Valid until the next call with its probe. Grows at its end. */
struct pdiag_probe_event {
	uint64_t time_ns;   /* CLOCK_MONOTONIC */
	uint64_t value;	    /* in the probe's unit */
	const char *comm;   /* of the thread it is about */
	const uint64_t *args;
	const uint64_t *addresses; /* the stack, leaf first */
	uint32_t arg_count;
	uint32_t depth;	    /* of the stack; 0: none */
	uint32_t kernel_depth; /* frames of it that are in the kernel: the first ones */
	int32_t stack_pid;  /* whose stack it is; of user addresses in it */
	int32_t pid, tid;   /* whom it is about */
	int32_t cpu;
	uint32_t stack_flags; /* PDIAG_STACK_* */
};

struct pdiag_probe_histogram {
	size_t size;	 /* set by the caller */
	uint64_t count;	 /* values measured, those below the threshold, too */
	uint64_t sum;
	uint64_t max;
	uint64_t events; /* of those, at or above it */
	uint64_t lost;	 /* events without a record: no room in the ring, or too many at once */
	uint64_t missed; /* times that the kernel skipped the hook: not measured */
	uint64_t bucket[65]; /* 0: zeros; n: values from 2^(n-1) to 2^n - 1 */
};

/* Returns 0 to go on; anything else ends the walk and is returned. */
typedef int (*pdiag_probe_fn)(void *user, const struct pdiag_probe_info *info);

/* Walk the module's probes, those that do not work here, too. Valid within the callback. Errors:
 * -ENOENT (no module), -EACCES, -EPERM, -ENOMEM, and what the callback returns. */
PDIAG_API int pdiag_probe_each(struct pdiag *context, pdiag_probe_fn fn, void *user);

/*
 * Prepare a probe; it begins with pdiag_probe_start(). Errors: -EINVAL (an option; no such probe;
 * a parameter outside its range), -E2BIG, -EOPNOTSUPP (it does not work here; the sentence has the
 * reason), -ENOENT (no module), -EACCES, -EPERM, -ESRCH, -ENOMEM.
 */
PDIAG_API int pdiag_probe_new(struct pdiag *context, const struct pdiag_probe_options *options,
	struct pdiag_probe **out);
/* Stop if need be and free. Its profile goes with it. NULL is fine. */
PDIAG_API void pdiag_probe_free(struct pdiag_probe *probe);

/* What it is: lives as long as the probe. */
PDIAG_API const struct pdiag_probe_info *pdiag_probe_describe(const struct pdiag_probe *probe);

/* Errors: -EALREADY (a probe begins once), and those of the module. */
PDIAG_API int pdiag_probe_start(struct pdiag_probe *probe);
/* The events that came before it can still be read. Fine when not running. */
PDIAG_API int pdiag_probe_stop(struct pdiag_probe *probe);

/* Polls readable when pdiag_probe_next() may have something. Owned by the probe. */
PDIAG_API int pdiag_probe_fd(const struct pdiag_probe *probe);

/*
 * The next event, in order of time. Never blocks. 1: *out is an event; 0: none for now; negative
 * errno. -ENOMEM: the event at hand is not in the profile, but *out has it.
 */
PDIAG_API int pdiag_probe_next(
	struct pdiag_probe *probe, const struct pdiag_probe_event **out);

/* A name for frame `index` of the event that pdiag_probe_next() gave last. One without a name is no
 * error: the symbol has the reason. Valid as long as the context. Errors: -EINVAL, -ENOMEM. */
PDIAG_API int pdiag_probe_symbol(
	struct pdiag_probe *probe, uint32_t index, const struct pdiag_symbol **out);

/* A field of the event that pdiag_probe_next() gave last, as text, cut to `size` bytes. Errors:
 * -EINVAL (no such field; size 0), -ENOMEM. */
PDIAG_API int pdiag_probe_field_text(
	struct pdiag_probe *probe, uint32_t field, char *text, size_t size);

/* Sums so far, of which `size` is set. Errors: -EINVAL, and those of the module. */
PDIAG_API int pdiag_probe_get_histogram(
	struct pdiag_probe *probe, struct pdiag_probe_histogram *histogram);

/*
 * The stacks of the events that were read so far, for flame graphs and all else that profiles are
 * good for. A stack weighs its events' values if they are times, else one sample each. Owned by
 * the probe, never NULL, changed by pdiag_probe_next().
 */
PDIAG_API struct pdiag_profile *pdiag_probe_profile(struct pdiag_probe *probe);

PDIAG_END_DECLS

#endif
