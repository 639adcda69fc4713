/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Culprits as an object: found by a comparison, or read back from a journal. */
#ifndef PDIAG_CULPRIT_CULPRIT_INTERNAL_H
#define PDIAG_CULPRIT_CULPRIT_INTERNAL_H

#include <stdbool.h>

#include <pdiag/culprit.h>

#include "core/context.h"
#include "util/arena.h"

struct pdiag_culprits {
	struct pdiag_child child;
	struct pdiag *context;
	bool listed;	     /* among the children of its context, as it is the caller's */
	uint32_t references; /* one object may be held by several events */
	struct pdiag_culprit *list;
	size_t count, cap;
	struct pdiag_arena arena; /* texts, symbols, lists of frames */
};

/* An empty one that is not in its context's list. 0 or -ENOMEM. */
int pdiag_culprits_make(struct pdiag *context, struct pdiag_culprits **out);
/* Add one at the end; texts, frames and symbols are copied. 0 or -ENOMEM (nothing changed). */
int pdiag_culprits_add(struct pdiag_culprits *c, const struct pdiag_culprit *culprit);
/* Into the caller's hands, and so into the context's list; and back into ours. */
void pdiag_culprits_hand_over(struct pdiag_culprits *c);
void pdiag_culprits_adopt(struct pdiag_culprits *c);
struct pdiag_culprits *pdiag_culprits_hold(struct pdiag_culprits *c);
/* Give up a reference of one that is ours. NULL is fine. */
void pdiag_culprits_release(struct pdiag_culprits *c);

#endif
