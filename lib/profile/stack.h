/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One stack out of a profile's tree. */
#ifndef PDIAG_PROFILE_STACK_H
#define PDIAG_PROFILE_STACK_H

#include "profile/profile.h"

/* Its names, leaf first; NULL where a frame has none yet. May be filled again and again. */
struct pdiag_stack_symbols {
	const struct pdiag_symbol **list;
	size_t cap;
	uint32_t depth;
};

/* The names from a node to the root. 0 or -ENOMEM. */
int pdiag_stack_take(
	const struct pdiag_profile *p, uint32_t node, struct pdiag_stack_symbols *to);
void pdiag_stack_symbols_free(struct pdiag_stack_symbols *s);
/* The node where the thread's own stack ends; above it may be that of who woke it. */
uint32_t pdiag_stack_own(const struct pdiag_profile *p, const struct pdiag_entry *e);

#endif
