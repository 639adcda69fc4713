/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Outputs: folded stacks, flame graphs, differences, the table of the hottest frames. */
#ifndef PDIAG_OUTPUT_H
#define PDIAG_OUTPUT_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

/* Takes `len` bytes; returns 0, or a negative errno which ends the output and is returned. */
typedef int (*pdiag_write_fn)(void *user, const void *data, size_t len);

/* Where output goes: exactly one of path, write, or (both NULL) fd. */
struct pdiag_sink {
	size_t size;
	const char *path; /* written beside and renamed, so that a failure leaves the old file */
	pdiag_write_fn write;
	void *user;
	int32_t fd;	      /* not closed; 0, the standard input, is refused */
	uint32_t reserved;
};

/* What a weight is shown in. */
enum pdiag_unit {
	PDIAG_UNIT_AUTO = 0,	/* samples if all shown are on-CPU, microseconds otherwise */
	PDIAG_UNIT_SAMPLES = 1, /* corrected weight over the sampling period; on-CPU only */
	PDIAG_UNIT_MICROSECONDS = 2,
	PDIAG_UNIT_NANOSECONDS = 3,
	PDIAG_UNIT_TASKS = 4, /* of a task dump, in which a task is 1 us */
};

/* Output flags. */
#define PDIAG_OUTPUT_PID 1u	   /* the root frame is "comm-PID" */
#define PDIAG_OUTPUT_TID 2u	   /* the root frame is "comm-PID/TID" */
#define PDIAG_OUTPUT_KERNEL_MARK 4u /* folded: _[k], _[j] behind names (kernel, JIT) */
#define PDIAG_OUTPUT_NO_STATE 8u   /* no wait-cause frame on top of off-CPU stacks */
#define PDIAG_OUTPUT_MODULE 16u	   /* unresolved frames as module+0xOFFSET, not [unknown ...] */

/* Which states are shown: bits of 1 << enum pdiag_state. */
#define PDIAG_STATES_ON_CPU 0x1ull   /* PDIAG_STATE_RUNNING */
#define PDIAG_STATES_OFF_CPU 0xffeull /* all others */

struct pdiag_output_options {
	size_t size;
	struct pdiag_symbolizer *symbolizer; /* NULL: the default one */
	const char *title;	/* flame graphs; NULL: made from the profile */
	uint32_t unit;		/* enum pdiag_unit */
	uint32_t flags;		/* PDIAG_OUTPUT_* */
	uint32_t width;		/* flame graphs: pixels; 0: 1200 */
	uint32_t reserved;
	double min_percent; /* flame graphs: narrower frames are left out; 0: a tenth of a pixel */
	uint64_t states;	/* only stacks in these, PDIAG_STATES_*; 0: all */
	int32_t pid;		/* only stacks of this process; 0: all */
	uint32_t reserved2;
};

/*
 * options may be NULL. Names in any output are safe for it: control characters, separators and
 * markup are escaped. Numbers and shares are of the stacks that `states` and `pid` let through;
 * what was lost has neither. Errors: -EINVAL, -E2BIG, -ENOMEM, -ENOSPC and others from the sink.
 */
/* Folded stacks: "comm;outer;inner COUNT" a line, sorted; as FlameGraph and speedscope read. */
PDIAG_API int pdiag_profile_write_folded(struct pdiag_profile *profile,
	const struct pdiag_output_options *options, const struct pdiag_sink *sink);
/* A flame graph: one self-contained interactive SVG. */
PDIAG_API int pdiag_profile_write_flamegraph(struct pdiag_profile *profile,
	const struct pdiag_output_options *options, const struct pdiag_sink *sink);
/* A flame graph of `after`, coloured by its difference from `before`, scaled to equal totals. */
PDIAG_API int pdiag_profile_write_diff(struct pdiag_profile *before, struct pdiag_profile *after,
	const struct pdiag_output_options *options, const struct pdiag_sink *sink);
/* The loss ledger as text, a line a reason, CPU and span of seconds. */
PDIAG_API int pdiag_profile_write_loss(struct pdiag_profile *profile,
	const struct pdiag_output_options *options, const struct pdiag_sink *sink);

/* Write a profile to `path`: .folded or .txt, .svg. Any other ending: -EINVAL. */
PDIAG_API int pdiag_profile_save(struct pdiag_profile *profile, const char *path);

/* One line of the table of the hottest frames. */
struct pdiag_hot_frame {
	const struct pdiag_symbol *symbol;
	uint64_t self_ns;	/* weight where the frame is the leaf */
	uint64_t total_ns;	/* weight where it is anywhere on the stack, once a stack */
	uint64_t self;		/* the same in the unit asked for */
	uint64_t total;
	double self_percent;	/* of all weight that is shown */
	double total_percent;
};
typedef int (*pdiag_hot_frame_fn)(void *user, const struct pdiag_hot_frame *frame);

/* The `count` frames with the highest self weight, hottest first; 0: all. Frames of one name and
 * module are one line. The leaf of a wait is its cause, a frame of kind MARK with module "", unless
 * PDIAG_OUTPUT_NO_STATE is set. */
PDIAG_API int pdiag_profile_each_hot_frame(struct pdiag_profile *profile,
	const struct pdiag_output_options *options, uint32_t count, pdiag_hot_frame_fn fn,
	void *user);

PDIAG_END_DECLS

#endif
