/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A source: where records come from. One table of operations; perf, kmod (the kernel module),
 * replay (a recording) and script (records made by a test) stand behind it.
 *
 * A source hands out raw records in order of time across its buffers; decode/ makes records of
 * them. It knows nothing of processes, stacks or names.
 */
#ifndef PDIAG_SOURCE_SOURCE_H
#define PDIAG_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag/capture.h>

struct pdiag_source;
struct pdiag_kmod_trigger;

/* How the bytes of a raw record are laid out, so which decoder reads them. */
enum pdiag_raw_format {
	PDIAG_RAW_PERF,	  /* a perf_event record, as source/perf_layout.h says */
	PDIAG_RAW_STREAM, /* a record of our own stream, as source/stream_format.h says */
	PDIAG_RAW_RECORD, /* a struct pdiag_record in memory; len is not set */
	PDIAG_RAW_KMOD,	  /* a record of the kernel module, as kmod/uapi/pdiag_kmod.h says */
};

struct pdiag_raw {
	const void *data; /* valid until the next call of next() */
	uint32_t len;
	int32_t cpu;	  /* of the buffer it came from; -1: not known */
	uint16_t format;  /* enum pdiag_raw_format */
	uint16_t kind;	  /* PERF: enum pdiag_perf_kind, of the buffer */
	/* KMOD: one record may stand for several; which one of how many this is to be. */
	uint32_t part, parts;
};

/* What a capture asks of a source: options, checked and with defaults filled in. */
struct pdiag_source_config {
	struct pdiag *context;
	enum pdiag_target target;
	uint32_t source; /* enum pdiag_source_id: which of them this is for, or AUTO */
	uint32_t events; /* PDIAG_ON_CPU | PDIAG_OFF_CPU */
	uint32_t hz;
	int32_t pid;
	char *const *argv;
	const char *cgroup;
	const int *cpus; /* sorted, or NULL for all */
	uint32_t cpu_count;
	const char *path;
	uint64_t buffer_bytes; /* 0: default */
	uint64_t off_cpu_min_ns; /* a source may leave out shorter waits itself */
	uint32_t max_depth;
	uint32_t flags;
	uint32_t budget_ppm; /* of each CPU; 0: default */
	uint32_t flight_sec; /* keep these, and hand them out when frozen; 0: no flight recorder */
};

/* A flight recorder's place in time; all times are CLOCK_MONOTONIC, ns. */
struct pdiag_source_flight {
	uint64_t span;	    /* to be kept; 0: no flight recorder */
	uint64_t begun;	    /* when it began, or was thawed */
	uint64_t time;	    /* when it was last frozen; 0: never */
	uint64_t from;	    /* what was to be kept then begins here */
	uint64_t held;	    /* ns before, of which all of all CPUs was held; no more than that */
	uint64_t value;	    /* that the trigger saw */
	uint32_t by;	    /* 0: frozen by a call; else 1 + enum pdiag_trigger_on */
	bool frozen;	    /* next() gives what is held, which may be more than was to be kept */
	bool unread;	    /* not all of it was handed out yet */
};

/* What a source found it could do. */
struct pdiag_source_state {
	const char *event;     /* "cycles", "cpu-clock", "timer" */
	char limits[512];      /* sentences on what is missing, or "" */
	uint32_t hz;	       /* in use */
	uint32_t cpus;
	uint32_t max_depth;    /* in use; 0: as asked */
	bool kernel;	       /* kernel frames are taken */
	bool ended;	       /* target gone, or end of file */
	bool live;	       /* records are of this machine, now: /proc may be asked */
	int32_t pid;	       /* of a command or process */
	int32_t exit_status;   /* of a command; -1: none yet */
	uint64_t period_ns;    /* of one on-CPU sample; 0: each record has it */
	uint64_t weight_mult;  /* period to ns: ns = period * mult >> 32; 0: is ns */
	uint64_t buffer_bytes;
	uint64_t bytes;	       /* read so far */
	struct pdiag_source_flight flight;
};

/* Somebody had a CPU for so many ns, as a sample stands for. */
typedef void (*pdiag_source_recent_fn)(void *user, int32_t pid, uint64_t ns);

struct pdiag_source_ops {
	const char *name;
	/* Allocate and prepare; nothing is sampled yet. Sets the sentence on failure. */
	int (*open)(const struct pdiag_source_config *config, struct pdiag_source **out);
	int (*start)(struct pdiag_source *s);
	/* End sampling; next() then gives what is left. */
	int (*stop)(struct pdiag_source *s);
	/* Note how far the buffers may be read now, so that order of time holds across them. */
	int (*refresh)(struct pdiag_source *s);
	/* 1: *raw is the next record; 0: none for now (or at the end); negative errno: broken. */
	int (*next)(struct pdiag_source *s, struct pdiag_raw *raw);
	void (*close)(struct pdiag_source *s);
	/* A flight recorder: freeze it, or begin anew. While it runs next() gives nothing but what
	 * tells of processes. Stopping one that runs freezes it. */
	int (*freeze)(struct pdiag_source *s, bool frozen);
	/* One that runs: who was on a CPU since that time, which is not before the last call.
	 * What is read stays where it is. Some may be left out, and of CPUs that do much else
	 * more of them: only shares are about right. */
	void (*recent)(struct pdiag_source *s, uint64_t since, pdiag_source_recent_fn fn,
		void *user);
	/* Have the kernel freeze it; NULL: it cannot. */
	int (*trigger)(struct pdiag_source *s, struct pdiag_kmod_trigger *trigger);
};

/* Each source embeds it first. */
struct pdiag_source {
	const struct pdiag_source_ops *ops;
	struct pdiag *context;
	struct pdiag_source_state state;
	int fd; /* polls readable when next() has something */
};

extern const struct pdiag_source_ops pdiag_source_perf;
extern const struct pdiag_source_ops pdiag_source_kmod;
extern const struct pdiag_source_ops pdiag_source_replay;

/* A source of the `count` records given (struct pdiag_record, kept by the caller); for tests. */
int pdiag_source_script_new(struct pdiag *context, const void *const *records, uint32_t count,
	struct pdiag_source **out);

#endif
