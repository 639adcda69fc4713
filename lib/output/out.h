/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sink with a large buffer before it. */
#ifndef PDIAG_OUTPUT_OUT_H
#define PDIAG_OUTPUT_OUT_H

#include "core/sink.h"
#include "util/text.h"

struct pdiag_out {
	struct pdiag_text text; /* add to it, then call pdiag_out_room() */
	struct pdiag_writer writer;
};

/* Begin; checks the sink. On failure nothing is left to end. */
int pdiag_out_begin(struct pdiag_out *out, const struct pdiag_sink *sink);
/* Write the buffer out if it is full. 0 or the first error, of adding as well. */
int pdiag_out_room(struct pdiag_out *out);
/* Write the rest and end; `error` of the caller's takes the output back. Returns the first. */
int pdiag_out_end(struct pdiag_out *out, int error);

#endif
