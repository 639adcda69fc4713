/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a source tells that it could not do. */
#ifndef PDIAG_SOURCE_LIMITS_H
#define PDIAG_SOURCE_LIMITS_H

#include "source/source.h"

/* A sentence more in state->limits; what has no room there is cut. */
void pdiag_limits_add(struct pdiag_source_state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
