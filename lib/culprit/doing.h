/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a thread was doing, and how far it is trouble. To run is to use what others may want; to
 * wait for storage, memory or a lock of the kernel is to be stuck. Who sleeps, polls or waits for
 * work rests, as a rule: idle threads do nothing else. But where many threads wait shortly and
 * often, as at a lock that they fight for, it may be trouble; so of each such wait only its first
 * tenth of a second counts, and that not in full.
 */
#ifndef PDIAG_CULPRIT_DOING_H
#define PDIAG_CULPRIT_DOING_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag/types.h>

/* How far it counts. */
enum pdiag_heed {
	PDIAG_HEED_REST,  /* not at all */
	PDIAG_HEED_QUEUE, /* not by itself: it shows that somebody else has the CPU */
	PDIAG_HEED_SLIGHT,
	PDIAG_HEED_SOME,
	PDIAG_HEED_HALF,
	PDIAG_HEED_FULL,
};

/* The key of a part of what was done. */
static inline uint64_t pdiag_doing(enum pdiag_state state, enum pdiag_heed heed)
{
	return (uint64_t)state | (uint64_t)heed << 8;
}

static inline enum pdiag_state pdiag_doing_state(uint64_t doing)
{
	return (enum pdiag_state)(doing & 0xff);
}

static inline enum pdiag_heed pdiag_doing_heed(uint64_t doing)
{
	return (enum pdiag_heed)(doing >> 8);
}

static inline bool pdiag_doing_off(uint64_t doing)
{
	return pdiag_doing_state(doing) != PDIAG_STATE_RUNNING;
}

/* What a second of it weighs beside a second of CPU time: 0 to 1. */
double pdiag_heed_weight(enum pdiag_heed heed);

static inline bool pdiag_heeded(uint64_t doing)
{
	return pdiag_doing_heed(doing) >= PDIAG_HEED_SLIGHT;
}

/*
 * Of waits in this state, with these frames (leaf first): how far they are heeded, and the most of
 * each wait that is, in seconds; what is beyond that is rest.
 */
enum pdiag_heed pdiag_heed_wait(enum pdiag_state state, const struct pdiag_symbol *const *frames,
	uint32_t depth, double *most);

/* Is CPU time in these frames spent on finding memory: a page fault, an allocation, reclaim? */
bool pdiag_finds_memory(const struct pdiag_symbol *symbol);

#endif
