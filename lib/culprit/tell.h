/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Culprits in words and numbers. */
#ifndef PDIAG_CULPRIT_TELL_H
#define PDIAG_CULPRIT_TELL_H

#include "culprit/suspect.h"

/* One whose stack is told. */
struct pdiag_told_stack {
	const struct pdiag_suspect *suspect;
	uint32_t doing, part; /* a FRAME below it */
	double rise, decades, share, score;
};

/* Add one to the list. `stack` is where most of its rise is; NULL or one of no frames: not known. 0
 * or -ENOMEM. */
int pdiag_tell_suspect(struct pdiag_culprits *to, const struct pdiag_case *c,
	const struct pdiag_suspect *s, const struct pdiag_told_stack *stack);
int pdiag_tell_stack(struct pdiag_culprits *to, const struct pdiag_case *c,
	const struct pdiag_told_stack *stack);

#endif
