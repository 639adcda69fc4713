/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capture: what is sampled, how, and for how long. */
#ifndef PDIAG_CAPTURE_H
#define PDIAG_CAPTURE_H

#include <pdiag/source.h>
#include <pdiag/trigger.h>
#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

enum pdiag_target {
	PDIAG_TARGET_SELF = 0,	    /* this process, all threads and later children */
	PDIAG_TARGET_PROCESS = 1,   /* the process `pid`, all threads and later children */
	PDIAG_TARGET_THREAD = 2,    /* the thread `pid`, and what it creates later */
	PDIAG_TARGET_COMMAND = 3,   /* start `argv` and sample it from its first instruction */
	PDIAG_TARGET_CGROUP = 4,    /* every task of `cgroup` */
	PDIAG_TARGET_SYSTEM = 5,    /* the whole machine, or the CPUs in `cpus` */
	PDIAG_TARGET_RECORDING = 6, /* replay the file `path` */
};

/* What to sample; may be combined. */
#define PDIAG_ON_CPU 1u	 /* at `hz` samples a second of CPU time */
#define PDIAG_OFF_CPU 2u /* at each switch away from a CPU, weighted by the time away */

/* Capture flags. */
#define PDIAG_USER_ONLY 1u  /* leave out kernel frames and kernel time */
#define PDIAG_NO_INHERIT 2u /* leave out threads and children that come later */
#define PDIAG_WAKERS 4u	    /* kmod, off-CPU: the stack of who ended the wait, too */
#define PDIAG_SHORT_WAITS 8u /* off-CPU: waits below off_cpu_min_ns are sampled by their time */

/* pid, argv, cgroup, cpus and path are refused where `target` does not use them. */
struct pdiag_capture_options {
	size_t size;		  /* sizeof(struct pdiag_capture_options) */
	uint32_t target;	  /* enum pdiag_target; 0: this process */
	uint32_t events;	  /* PDIAG_ON_CPU | PDIAG_OFF_CPU; 0: on-CPU */
	uint32_t hz;		  /* 1 to 10,000 samples a second and CPU; 0: 99 */
	int32_t pid;		  /* for PROCESS and THREAD */
	char *const *argv;	  /* for COMMAND: NULL-terminated, searched in PATH */
	const char *cgroup;	  /* for CGROUP: a path, absolute or below the cgroup mount */
	const char *cpus;	  /* a list such as "0-3,8"; NULL: all. SYSTEM and CGROUP only */
	const char *path;	  /* for RECORDING */
	uint64_t buffer_bytes;	  /* ring per CPU, rounded up to a power of two of pages;
				     0: enough for a reader that stands still for 10 s */
	uint64_t off_cpu_min_ns;  /* shorter waits are counted, but not kept as stacks; 0: all.
				     With PDIAG_SHORT_WAITS their time is added up, and one wait in
				     each off_cpu_min_ns of it, by chance, is kept with all of that
				     as its weight: sums are right. With PDIAG_OFF_CPU only */
	uint32_t max_depth;	  /* frames a stack, 1 to 1,024; 0: 127 */
	uint32_t flags;		  /* PDIAG_USER_ONLY | PDIAG_NO_INHERIT | PDIAG_WAKERS |
				     PDIAG_SHORT_WAITS */
	uint32_t source;	  /* enum pdiag_source_id; 0: the best that there is. Not for
				     RECORDING */
	uint32_t budget_ppm;	  /* kmod: what sampling may use of each CPU, in millionths, 1 to
				     1,000,000; above that it samples less often. 0: the
				     module's, which is 1 % */
	uint32_t flight_sec;	  /* 1 to 3,600: a flight recorder that keeps the last so many
				     seconds, and hands them out when it is frozen; 0: none */
	uint32_t reserved;	  /* 0 */
};

/* What a capture really does and has done. Grows at its end only. */
struct pdiag_capture_info {
	size_t size;		/* set by the caller to sizeof(struct pdiag_capture_info) */
	const char *source;	/* "kmod", "perf" or "replay"; lives as long as the capture */
	const char *event;	/* "cycles", "cpu-clock" (perf), "timer" (kmod); off-CPU only:
				   "context-switches" */
	const char *limits;	/* what is missing and what would give it, or "" */
	uint32_t hz;		/* the rate in use */
	uint32_t cpus;		/* CPUs sampled */
	uint32_t running;	/* 1 between start and stop */
	uint32_t ended;		/* 1 when the target is gone or the recording is at its end */
	uint32_t kernel;	/* 1 if kernel frames are taken */
	int32_t exit_status;	/* of a COMMAND that has ended, as wait() gives it; else -1 */
	int32_t pid;		/* of a COMMAND or PROCESS; 0 for the rest */
	uint32_t reserved;
	uint64_t records;	/* records of every kind read so far */
	uint64_t samples;	/* samples read so far */
	uint64_t lost;		/* samples known to be lost so far */
	uint64_t bytes;		/* bytes read so far */
	uint64_t buffer_bytes;	/* all ring buffers together */
	uint64_t elapsed_ns;	/* from start to now, or to stop */
	uint32_t frozen;	/* 1: the flight recorder is frozen, by a call, trigger or stop */
	uint32_t frozen_by;	/* of the last freeze: 0: no trigger; else 1 + that enum
				   pdiag_trigger_on */
	uint64_t frozen_value;	/* that the trigger saw */
	uint64_t frozen_ns;	/* when it was last frozen, CLOCK_MONOTONIC; 0: never */
	uint64_t flight_ns;	/* the time before, of which it then had all of all CPUs; less than
				   flight_sec if more came than was expected */
};

/*
 * Prepare a capture: checks options and privileges, opens the events, starts a COMMAND stopped
 * before its first instruction. Nothing is sampled until pdiag_capture_start().
 *
 * With PDIAG_SOURCE_AUTO a kernel module that is there and cannot do it is passed over, and
 * `limits` says why; PDIAG_SOURCE_KMOD fails then.
 *
 * Errors: -EINVAL (an option), -E2BIG, -ESRCH (no such process), -EACCES or -EPERM (the sentence
 * names the sysctl and capability; or the context is that of a parent that forked), -ENOENT
 * (command, cgroup or recording, or the kernel module), -EMFILE, -ENOMEM, -EBADMSG (not a
 * recording), -EPROTO (a recording from a newer release), -EOPNOTSUPP (not with this source, or
 * not with this kernel module on this kernel).
 */
PDIAG_API int pdiag_capture_new(struct pdiag *context, const struct pdiag_capture_options *options,
	struct pdiag_capture **out);

/* Stop if need be and free. A COMMAND that still runs is left running, but is reaped if it has
 * ended. The profile of pdiag_capture_profile() goes with it. NULL is fine. */
PDIAG_API void pdiag_capture_free(struct pdiag_capture *capture);

/* Begin to sample. Errors: -EALREADY; any of the kernel's. */
PDIAG_API int pdiag_capture_start(struct pdiag_capture *capture);

/* End sampling and read what is left in the buffers. Fine when not running. */
PDIAG_API int pdiag_capture_stop(struct pdiag_capture *capture);

/*
 * Start, dispatch until `milliseconds` have passed or the target has ended, stop. With 0 there is
 * no limit of time. A thin wrapper over start, poll on pdiag_capture_fd(), dispatch and stop.
 */
PDIAG_API int pdiag_capture_run(struct pdiag_capture *capture, uint32_t milliseconds);

/* A file descriptor that polls readable when dispatch has work. Owned by the capture; do not
 * read from or close it. Never fails after pdiag_capture_new() succeeded. */
PDIAG_API int pdiag_capture_fd(const struct pdiag_capture *capture);

/*
 * Read what has arrived and aggregate it. Never blocks. Returns the number of samples taken in,
 * or a negative errno; on -ENOMEM the samples concerned are in the loss ledger and the capture
 * goes on.
 */
PDIAG_API int pdiag_capture_dispatch(struct pdiag_capture *capture);

/* Fill `info`, of which `size` is set. Errors: -EINVAL. */
PDIAG_API int pdiag_capture_get_info(
	const struct pdiag_capture *capture, struct pdiag_capture_info *info);

/* The live profile: owned by the capture, valid until pdiag_capture_take() or _free(), changed
 * by dispatch. Never NULL. */
PDIAG_API struct pdiag_profile *pdiag_capture_profile(struct pdiag_capture *capture);

/*
 * Read what has arrived, as dispatch does if the capture runs live, hand over what was gathered
 * since the start, or since the last take, its ledger included, and go on with an empty profile.
 * pdiag_profile_merge() makes one of several. The caller frees *out
 * with pdiag_profile_free(). Errors: -ENOMEM (nothing is handed over), and those of dispatch.
 */
PDIAG_API int pdiag_capture_take(struct pdiag_capture *capture, struct pdiag_profile **out);

/*
 * Write every record of this capture to `recording` as well. Call before start. The recording
 * must outlive the capture's stop; finish it with pdiag_recording_finish(). A failing disk stops
 * the recording, not the capture: pdiag_recording_finish() then tells. Errors: -EBUSY.
 */
PDIAG_API int pdiag_capture_record(
	struct pdiag_capture *capture, struct pdiag_recording *recording);

/*
 * The flight recorder: a capture with `flight_sec`. While it runs its samples stay in the kernel,
 * the newest in the place of the oldest, and dispatch reads of programs that start and end only.
 * When it is frozen nothing more is sampled, the descriptor polls readable, and dispatch takes in
 * the samples of the last `flight_sec` seconds before. Thawed, it goes on: what was held is gone.
 * A stop freezes one that runs, and takes in what it holds.
 *
 * Samples have the names of their time: who ended or called exec before the freeze is under the
 * name that it had then, with the files that it had mapped.
 *
 * Freezing one that is frozen does nothing, nor does thawing one that runs. Take the profile
 * between, or the windows add up. pdiag_capture_get_info() tells when and by what it was frozen.
 * Errors: -EINVAL (no flight recorder, or it does not run), -ENOMEM (it goes on), the kernel's.
 */
PDIAG_API int pdiag_capture_freeze(struct pdiag_capture *capture);
PDIAG_API int pdiag_capture_thaw(struct pdiag_capture *capture);

/*
 * Have the kernel freeze the flight recorder by itself when the machine is at or above a value;
 * set or take away, before the start or later. Errors: -EINVAL (an option, or no flight recorder),
 * -E2BIG, -EOPNOTSUPP (not without the kernel module, nor without privilege).
 */
PDIAG_API int pdiag_capture_set_trigger(
	struct pdiag_capture *capture, const struct pdiag_trigger *trigger);

PDIAG_END_DECLS

#endif
