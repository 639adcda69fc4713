/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which metrics are looked at, in which direction, and from which change on it matters. */
#ifndef PDIAG_WATCH_CHOICE_H
#define PDIAG_WATCH_CHOICE_H

#include <stdbool.h>

#include <pdiag/metric.h>
#include <pdiag/types.h>

struct pdiag_watch_choice {
	const char *name;	/* of the metric */
	const char *words;	/* what people call it; NULL: its name */
	double resolution;	/* smaller changes do not matter; ... */
	double resolution_cpu;	/* ... and this for each CPU on top */
	uint32_t flags;		/* of a detector */
	uint32_t states;	/* what there is more of then, bits by enum pdiag_state */
	uint32_t kin;		/* those of the same tell the same thing; 0: nobody else does */
};

/* Is it the first of its kin, of those that were asked about with the same *seen, 0 at first? */
static inline bool pdiag_watch_is_first(const struct pdiag_watch_choice *c, uint32_t *seen)
{
	uint32_t bit = c->kin ? 1u << c->kin : 0;
	bool first = !(*seen & bit);

	*seen |= bit;
	return first;
}

/* Of states, those that samples do not show by themselves to be more than before. */
#define PDIAG_WATCH_WAITS (~(1u << PDIAG_STATE_RUNNING | 1u << PDIAG_STATE_BLOCKED))

/* How the metric `name` is looked at. Never NULL; the name may be NULL in what is returned. */
const struct pdiag_watch_choice *pdiag_watch_choice(const char *name);
/* Is it one that is looked at if nobody says what to? */
int pdiag_watch_chosen(const char *name);
/* Does the name fit the pattern, which may end in "*"? */
int pdiag_watch_fits(const char *pattern, const char *name);

#endif
