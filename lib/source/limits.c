/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/limits.h"

#include <stdio.h>
#include <string.h>

void pdiag_limits_add(struct pdiag_source_state *state, const char *text)
{
	size_t len = strlen(state->limits);

	snprintf(state->limits + len, sizeof(state->limits) - len, "%s%s", len ? "; " : "", text);
}
