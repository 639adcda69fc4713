/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pdiag_limits_add(struct pdiag_source_state *state, const char *format, ...)
{
	size_t len = strlen(state->limits);
	va_list args;

	/* What does not fit is cut, and the end is one byte before the last. */
	if (len && len + sizeof("; ") <= sizeof(state->limits)) {
		memcpy(state->limits + len, "; ", sizeof("; "));
		len += 2;
	}
	va_start(args, format);
	vsnprintf(state->limits + len, sizeof(state->limits) - len, format, args);
	va_end(args);
}
