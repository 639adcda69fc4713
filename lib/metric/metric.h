/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry of metrics, and what a family gives it: files, and for each a parser. */
#ifndef PDIAG_METRIC_METRIC_H
#define PDIAG_METRIC_METRIC_H

#include <stdbool.h>
#include <time.h>

#include <pdiag/metric.h>

#include "core/context.h"
#include "metric/devices.h"
#include "metric/history.h"
#include "metric/keys.h"

/* Most values of a file. */
#define PDIAG_METRIC_VALUES 24

/* What a parser found in a text; bits are by index in the file's table. */
struct pdiag_metric_found {
	uint32_t have;	 /* it is there */
	uint32_t broken; /* ... but is not over all of the time since the text before */
	uint32_t held;	 /* ... and is what it was: it was not looked at since */
	union {
		uint64_t count;
		double gauge;
	} raw[PDIAG_METRIC_VALUES];
};

static inline void pdiag_metric_count(struct pdiag_metric_found *found, uint32_t i, uint64_t count)
{
	found->raw[i].count = count;
	found->have |= 1u << i;
}

static inline void pdiag_metric_gauge(struct pdiag_metric_found *found, uint32_t i, double gauge)
{
	found->raw[i].gauge = gauge;
	found->have |= 1u << i;
}

struct pdiag_metric_def {
	const char *name, *unit, *description;
	uint32_t kind;
	double scale;	   /* what the kernel counts, in `unit` */
	const char *lacks; /* why the field may not be there; NULL: of no special reason */
};

struct pdiag_metric_file;

/* A file and its metrics. */
struct pdiag_metric_reader {
	const char *path;    /* below the root, the cgroup or /proc/PID; NULL: it is sampled */
	const char *without; /* why there may be no such file */
	uint32_t family;
	uint32_t count;
	const struct pdiag_metric_def *defs;
	/* Trusts nothing in the text. What is not found is not in found->have. */
	void (*parse)(struct pdiag_metric_file *file, const char *text, size_t len,
		struct pdiag_metric_found *found);
};

/* What the load average tells of. */
struct pdiag_metric_load {
	double average;	     /* of the text before that had one */
	uint64_t time_ns;    /* ... and when that was; 0: none yet */
	double active;	     /* NaN: not known yet */
	uint64_t counted_ns; /* when it last was, as far as it was seen */
};

/* Of TCP segments, at the text before. */
struct pdiag_metric_sent {
	uint64_t once, again;
	uint64_t time_ns; /* 0: none yet */
};

/* A reader at work. */
struct pdiag_metric_file {
	const struct pdiag_metric_reader *reader;
	int fd;			/* negative: not open */
	int root_fd;		/* for what a parser has to look up in sys; negative: none */
	bool empty;		/* the text at hand has nothing in it */
	uint32_t first;		/* of its metrics */
	uint64_t time_ns;	/* of the text at hand, CLOCK_MONOTONIC */
	uint64_t before_ns;	/* of the text before; 0: none */
	uint64_t retry_ns;	/* not to be opened again before */
	uint64_t cost_ns;	/* what a read takes, at its best of late */
	uint64_t period_ns;	/* how often it is read, which follows from that */
	struct pdiag_metric_devices devices;
	struct pdiag_metric_keys_hint keys;
	struct pdiag_metric_load load;
	struct pdiag_metric_sent sent;
	double sampled;		/* of a reader without a path: what it reads */
	char why[224];		/* why it is not open, or "" */
	char lacks[96];		/* of a field that is not in it */
};

/* What a counter is compared with. */
struct pdiag_metric_base {
	uint64_t count;
	uint64_t time_ns; /* of the last value; 0: none */
	bool known;	  /* count is */
	int32_t column;	  /* in the history; negative: none */
};

/* Of tests, who make the time themselves. */
struct pdiag_metric_clock {
	uint64_t (*now)(void *user, clockid_t id);
	void *user;
};

/* What whoever samples the machine knows of it; NaN: not now. */
struct pdiag_metric_sampled {
	double (*busiest)(void *user); /* share of CPU time in use; NULL: nobody samples */
	void *user;
};

struct pdiag_metrics {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_metric_clock clock;
	struct pdiag_metric_sampled sampled;
	uint64_t interval_ns;
	int root_fd;
	char *cgroup; /* its folder, or NULL */
	struct pdiag_metric_file *files;
	uint32_t file_count;
	uint32_t count;
	struct pdiag_metric *metrics;
	struct pdiag_metric_value *values;
	struct pdiag_metric_base *bases;
	struct pdiag_history history;
	struct pdiag_metrics_info info;
	char *text; /* of the file at hand */
	size_t text_cap;
};

/* pdiag_metrics_new() with a clock and with what is sampled; NULL: the machine's, and nothing. */
int pdiag_metrics_make(struct pdiag *context, const struct pdiag_metrics_options *options,
	const struct pdiag_metric_clock *clock, const struct pdiag_metric_sampled *sampled,
	struct pdiag_metrics **out);

/* All readers there are, in the order of the registry; *count of them. */
const struct pdiag_metric_reader *const *pdiag_metric_readers(uint32_t *count);

extern const struct pdiag_metric_reader pdiag_metric_loadavg, pdiag_metric_stat,
	pdiag_metric_busiest,
	pdiag_metric_schedstat, pdiag_metric_pressure_cpu, pdiag_metric_pressure_memory,
	pdiag_metric_pressure_io, pdiag_metric_pressure_irq, pdiag_metric_meminfo,
	pdiag_metric_vmstat, pdiag_metric_diskstats, pdiag_metric_net_dev, pdiag_metric_net_snmp,
	pdiag_metric_net_netstat, pdiag_metric_net_softnet,
	pdiag_metric_cg_cpu, pdiag_metric_cg_current, pdiag_metric_cg_max, pdiag_metric_cg_swap,
	pdiag_metric_cg_memory, pdiag_metric_cg_events, pdiag_metric_cg_io,
	pdiag_metric_cg_pids, pdiag_metric_cg_pressure_cpu, pdiag_metric_cg_pressure_memory,
	pdiag_metric_cg_pressure_io, pdiag_metric_pid_stat, pdiag_metric_pid_status,
	pdiag_metric_pid_schedstat, pdiag_metric_pid_io;

/* ---- sample.c ---- */

/* Read the file and settle its values; the first text is what counters begin at. 0, or why that is
 * not all that there is. */
int pdiag_metric_file_sample(struct pdiag_metrics *m, struct pdiag_metric_file *f);

/* ---- settle.c ---- */

/* Bring what a parser found of a text to values and bases. */
void pdiag_metric_settle(struct pdiag_metrics *m, struct pdiag_metric_file *f,
	const struct pdiag_metric_found *found);

/* ---- clock.c ---- */

uint64_t pdiag_metric_now(const struct pdiag_metrics *m, clockid_t id);
/* Note the clocks in info. */
void pdiag_metric_stamp(struct pdiag_metrics *m);

/* ---- options.c ---- */

#define PDIAG_METRICS_MACHINE                                                                      \
	(PDIAG_METRICS_LOAD | PDIAG_METRICS_CPU | PDIAG_METRICS_PRESSURE | PDIAG_METRICS_MEMORY |  \
		PDIAG_METRICS_DISK | PDIAG_METRICS_NETWORK)

/* Check them, and fill in what follows from others. 0 or a negative errno with its sentence. */
int pdiag_metrics_options_check(
	struct pdiag_metrics_options *to, const struct pdiag_metrics_options *from);

/* ---- file.c ---- */

/* Open it below the folder. 0; or a negative errno, with f->why. */
int pdiag_metric_file_open(struct pdiag_metric_file *f, int dir_fd, const char *dir);
/* Have f->why say what the errno means. */
void pdiag_metric_file_why(struct pdiag_metric_file *f, const char *dir, int err);
/* Its text into m->text, which may grow: bytes, or a negative errno. */
long pdiag_metric_file_text(struct pdiag_metrics *m, struct pdiag_metric_file *f);

/* ---- where.c ---- */

/* Room for the path of a file. */
#define PDIAG_METRIC_PATH 4096

/* The folder of a cgroup of version 2, for openat() with root_fd. 0, or a negative errno with its
 * sentence. */
int pdiag_metric_cgroup_find(int root_fd, const char *cgroup, char *out, size_t size);
/* A folder that has no use but openat(), or a negative errno. */
int pdiag_metric_open_dir(int root_fd, const char *path);

#endif
