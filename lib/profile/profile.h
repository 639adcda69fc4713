/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profile: frames (a module and a value in it), stacks (a tree of frames, shared from the
 * root), threads, and for each (thread, stack, state, flags) its samples and weight.
 * It keeps copies of all text, so it needs its context's modules and nothing else.
 */
#ifndef PDIAG_PROFILE_PROFILE_INTERNAL_H
#define PDIAG_PROFILE_PROFILE_INTERNAL_H

#include <pdiag/profile.h>

#include "core/context.h"
#include "process/module.h"
#include "util/arena.h"
#include "util/strings.h"
#include "util/table.h"

#define PDIAG_ID_NONE UINT32_MAX

struct pdiag_frame {
	struct pdiag_module *module;
	uint64_t value;
	const struct pdiag_symbol *symbol; /* in the profile's arena; NULL: not resolved */
};

/* A stack is its leaf node; the root has id 0, no frame and itself as parent. */
struct pdiag_node {
	uint32_t parent;
	uint32_t frame;
	uint32_t entries; /* how many end here */
};

struct pdiag_profile_thread {
	int32_t pid, tid;
	const char *comm, *process;
};

struct pdiag_entry {
	uint32_t thread; /* index in threads */
	uint32_t node;
	uint16_t state;	 /* enum pdiag_state as sampled; a cause is found when resolved */
	uint16_t flags;	 /* PDIAG_STACK_* */
	uint32_t reserved;
	uint64_t samples;
	uint64_t weight; /* ns, corrected */
};

/* All weights of a profile together stay below this, so that no sum of them overflows. */
#define PDIAG_WEIGHT_MAX ((uint64_t)INT64_MAX)

struct pdiag_ledger;	 /* profile/ledger.h */
struct pdiag_correction; /* profile/correction.h */

struct pdiag_profile {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_strings strings;
	struct pdiag_arena symbols;
	struct pdiag_frame *frames;
	struct pdiag_node *nodes;
	struct pdiag_profile_thread *threads;
	struct pdiag_entry *entries;
	size_t frame_count, frame_cap, node_count, node_cap;
	size_t thread_count, thread_cap, entry_count, entry_cap;
	struct pdiag_table frame_index, node_index, thread_index, entry_index;
	size_t resolved; /* frames before this one have been looked up */
	size_t stacks;	 /* nodes that any entry ends at */
	uint64_t weight; /* of all entries; at most PDIAG_WEIGHT_MAX */
	struct pdiag_ledger *ledger;
	struct pdiag_correction *correction; /* NULL: nothing to correct by yet */
	uint64_t start_time, end_time; /* CLOCK_MONOTONIC of the capture, ns; end 0: none yet */
	uint64_t extra_duration;       /* of profiles merged in */
	uint64_t start_realtime;
	uint64_t period_ns;
	uint32_t hz;
	bool borrowed; /* owned by a capture: pdiag_profile_free() leaves it alone */
};

/* All return an id, or PDIAG_ID_NONE when out of memory (the profile is as it was). */
uint32_t pdiag_profile_frame(struct pdiag_profile *p, struct pdiag_module *module, uint64_t value);
uint32_t pdiag_profile_node(struct pdiag_profile *p, uint32_t parent, uint32_t frame);
uint32_t pdiag_profile_thread(struct pdiag_profile *p, int32_t pid, int32_t tid, const char *comm,
	const char *process);
uint32_t pdiag_profile_entry(struct pdiag_profile *p, uint32_t thread, uint32_t node,
	enum pdiag_state state, uint32_t flags);

/*
 * Count a sample on an entry. cpu and time place it for the correction (profile/correction.h):
 * losses by OVERRUN on a CPU in a second are spread over the on-CPU samples of that CPU and second
 * in proportion to weight. 0 or -ENOMEM (nothing counted).
 */
int pdiag_profile_count(struct pdiag_profile *p, uint32_t entry, uint64_t weight, int32_t cpu,
	uint64_t time);
/*
 * Take note of a loss (a ledger line); overruns are also given to the correction. -ENOMEM: the
 * total has it, but there may be no line for it, or weights are not corrected by it.
 */
int pdiag_profile_lose(struct pdiag_profile *p, enum pdiag_loss_reason reason, int32_t cpu,
	int32_t pid, uint64_t time, uint64_t events);
/*
 * Bring the corrections of all seconds before `time` into the weights of the entries; UINT64_MAX:
 * of all seconds. Called by info, copy, merge and each output, so that numbers are always
 * corrected. It may be called at any moment: what comes later gives the same result as without
 * the call. Never fails.
 */
int pdiag_profile_settle(struct pdiag_profile *p, uint64_t time);
/* Memory that it takes, nearly all of it. */
uint64_t pdiag_profile_bytes(const struct pdiag_profile *p);
/* From start to end, and of what was merged in. */
uint64_t pdiag_profile_duration(const struct pdiag_profile *p);
/* The second since its start that `time` is in. */
uint32_t pdiag_profile_second(const struct pdiag_profile *p, uint64_t time);
/* It begins at this time, and has no samples yet; losses of before are of its first second. */
void pdiag_profile_begin(struct pdiag_profile *p, uint64_t time, uint64_t realtime);

/* Give frame `id` its name: the symbol and its text are copied. 0, -ENOMEM. */
int pdiag_profile_name(struct pdiag_profile *p, uint32_t id, const struct pdiag_symbol *symbol);
/* The frame for (module, value) if the profile has it, else PDIAG_ID_NONE. */
uint32_t pdiag_profile_find_frame(const struct pdiag_profile *p, const struct pdiag_module *module,
	uint64_t value);

/* A profile that is not in its context's list of children, for a capture to own. */
int pdiag_profile_new_borrowed(struct pdiag *context, struct pdiag_profile **out);
void pdiag_profile_destroy(struct pdiag_profile *p);
/* From a capture's hands into the caller's. */
void pdiag_profile_hand_over(struct pdiag_profile *p);
/* And from the caller's hands into those of another object, which then destroys it. */
void pdiag_profile_adopt(struct pdiag_profile *p);

/* How much a profile holds, and going back to it when adding more has failed half way. */
struct pdiag_profile_mark {
	size_t frames, nodes, threads, entries;
};
struct pdiag_profile_mark pdiag_profile_mark(const struct pdiag_profile *p);
void pdiag_profile_rewind(struct pdiag_profile *p, const struct pdiag_profile_mark *mark);
/* A copy of a symbol with its callers and text, in the profile's memory; NULL: out of memory. */
const struct pdiag_symbol *pdiag_profile_keep_symbol(struct pdiag_profile *p,
	const struct pdiag_symbol *symbol);

#endif
