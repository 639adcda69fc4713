/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names and places in sentences. */
#ifndef PDIAG_CULPRIT_WHERE_H
#define PDIAG_CULPRIT_WHERE_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag/types.h>

#include "util/text.h"

/* A stack that is told. */
struct pdiag_told_frames {
	const struct pdiag_symbol **list; /* leaf first */
	uint32_t depth;
};

/* A name that comes from anywhere, of bounded length. */
void pdiag_tell_name(struct pdiag_text *t, const char *name);
/*
 * " in serve (kernel: sys_write)": the function that a person knows, the last of user space, and of
 * who is running where in the kernel that is. Nothing, where that is not known.
 */
void pdiag_tell_where(struct pdiag_text *t, const struct pdiag_told_frames *f, bool running);

#endif
