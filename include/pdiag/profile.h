/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile: stacks and their weights, aggregated; and what was lost. */
#ifndef PDIAG_PROFILE_H
#define PDIAG_PROFILE_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

enum pdiag_loss_reason {
	PDIAG_LOSS_OVERRUN = 0,	 /* a ring buffer was full */
	PDIAG_LOSS_THROTTLED = 1, /* the kernel held sampling back; `events` counts the times, or
				     what other samples stand for */
	PDIAG_LOSS_MEMORY = 2,	 /* an allocation failed while a sample was taken in */
	PDIAG_LOSS_CORRUPT = 3,	 /* a record did not decode */
	PDIAG_LOSS_CUT = 4,	 /* a recording ends in the middle of a frame */
	PDIAG_LOSS_UNPAIRED = 5, /* a thread left a CPU and was not seen to come back, or v.v. */
	PDIAG_LOSS_SHORT = 6,	 /* waits below off_cpu_min_ns: counted, not kept */
	PDIAG_LOSS_SWITCHES = 7, /* a ring buffer of context switches was full, or more threads
				    were away at once than there was room for */
	PDIAG_LOSS_TASKS = 8,	 /* one of mmap, exec, fork and exit was: names may be missing;
				    or there was no room to follow a new thread, or to keep it for
				    the samples that a flight recorder holds */
};

/* One line of the loss ledger. */
struct pdiag_loss {
	uint32_t reason;   /* enum pdiag_loss_reason */
	int32_t cpu;	   /* -1: not known */
	int32_t pid;	   /* -1: not known */
	uint32_t second;   /* since the profile begins */
	uint64_t events;   /* records or samples, as the reason has it */
};

/* Why a stack ends where it ends; may be combined. */
#define PDIAG_STACK_TRUNCATED 1u /* deeper than max_depth */
#define PDIAG_STACK_NO_USER 2u	 /* the user part could not be taken */
#define PDIAG_STACK_PENDING 4u	 /* still waiting when the capture ended */
#define PDIAG_STACK_LATE 8u	 /* sampled late, after interrupts were off or the CPU was taken
				    away: the time since the sample was due is in the weight */
#define PDIAG_STACK_FAULTED 16u	 /* the outer frames are missing: memory that they were looked for
				    in was not there (kmod) */
#define PDIAG_STACK_WAKER 32u	 /* two stacks: above where it waited (so before that in frames)
				    the mark "--", then who woke it, its leaf next to the mark,
				    and at the end a mark with its name */

/* One aggregated stack of one thread, as handed to pdiag_stack_fn. */
struct pdiag_stack {
	const struct pdiag_symbol *const *frames; /* leaf first */
	const uint64_t *addresses; /* what each frame was looked up by, in its module's terms */
	const char *comm;	/* of the thread */
	const char *process;	/* comm of the process */
	uint32_t depth;
	uint32_t state;		/* enum pdiag_state */
	int32_t pid;
	int32_t tid;
	uint32_t flags;		/* PDIAG_STACK_* */
	uint32_t reserved;
	uint64_t samples;	/* as taken */
	uint64_t weight_ns;	/* time they stand for, corrected for losses */
};

struct pdiag_profile_info {
	size_t size;		    /* set by the caller */
	uint64_t samples;	    /* on-CPU and off-CPU, as taken */
	uint64_t on_cpu_ns;	    /* weight of the running samples, corrected */
	uint64_t off_cpu_ns;	    /* weight of the rest */
	uint64_t lost;		    /* samples: not THROTTLED, CUT, SHORT, TASKS */
	uint64_t duration_ns;	    /* of the capture(s) */
	uint64_t start_realtime_ns; /* since 1970, UTC */
	uint64_t period_ns;	    /* time one on-CPU sample stands for; 0: none taken, or
					merged from profiles that differ in it */
	uint32_t hz;
	uint32_t stacks;	    /* distinct */
	uint32_t frames;	    /* distinct */
	uint32_t threads;	    /* distinct */
};

/* Callbacks return 0 to go on; anything else ends the walk and is returned. */
typedef int (*pdiag_stack_fn)(void *user, const struct pdiag_stack *stack);
typedef int (*pdiag_loss_fn)(void *user, const struct pdiag_loss *loss);

/* An empty profile, to merge others into. Errors: -ENOMEM. */
PDIAG_API int pdiag_profile_new(struct pdiag *context, struct pdiag_profile **out);
/* Free a profile of one's own (from _new, _copy or pdiag_capture_take()). NULL is fine. */
PDIAG_API void pdiag_profile_free(struct pdiag_profile *profile);
/* A snapshot that later dispatches leave alone. Errors: -ENOMEM. */
PDIAG_API int pdiag_profile_copy(struct pdiag_profile *profile, struct pdiag_profile **out);
/* Add all of `from` to `into`: weights, losses and duration add up; the start is the earlier one.
 * Same context. Where hz or period_ns of two profiles with on-CPU samples differ, they become 0.
 * Errors: -EINVAL (not the same context, or the same profile), -ENOMEM (`into` unchanged). */
PDIAG_API int pdiag_profile_merge(struct pdiag_profile *into, struct pdiag_profile *from);

PDIAG_API int pdiag_profile_get_info(
	const struct pdiag_profile *profile, struct pdiag_profile_info *info);

/*
 * Look up names for all frames that have none yet. With symbolizer NULL a default one is used.
 * Outputs call this by themselves; call it early where processes or files are about to vanish.
 * A frame without a name is no error. Errors: -ENOMEM.
 */
PDIAG_API int pdiag_profile_resolve(
	struct pdiag_profile *profile, struct pdiag_symbolizer *symbolizer);

/* Walk all stacks, resolved, in a fixed order. The stack is valid within the callback. */
PDIAG_API int pdiag_profile_each_stack(
	struct pdiag_profile *profile, pdiag_stack_fn fn, void *user);

/*
 * Walk the loss ledger by reason, second, CPU and pid. A profile begins with its capture, with the
 * take before, or with the first window of a flight recorder: what was lost before that is of its
 * second 0. Of profiles that were merged each loss keeps the second that it had.
 */
PDIAG_API int pdiag_profile_each_loss(
	const struct pdiag_profile *profile, pdiag_loss_fn fn, void *user);

/* A short word for an enum pdiag_loss_reason, such as "overrun"; never NULL. Any thread. */
PDIAG_API const char *pdiag_loss_text(uint32_t reason);

PDIAG_END_DECLS

#endif
