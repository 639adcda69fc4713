/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and checking the header and the frames of a stream. */
#ifndef PDIAG_SOURCE_STREAM_FRAME_H
#define PDIAG_SOURCE_STREAM_FRAME_H

#include <stdbool.h>

#include "source/stream_format.h"

/* A header of this release, made at `created` (ns since 1970). */
void pdiag_stream_header_make(struct pdiag_stream_header *header, uint64_t created);
/*
 * Check the first `len` bytes of the file `path` and bring them into our byte order; *swap says
 * whether that was needed. Sentence on failure: -EBADMSG, -EPROTO.
 */
int pdiag_stream_header_check(struct pdiag_stream_header *header, size_t len, const char *path,
	bool *swap);

/* Fill in marker and checksums; all else is set and the body stands behind the head. */
void pdiag_stream_frame_seal(struct pdiag_stream_frame *frame);
/* Bring the head at `data` into our byte order; true if it is one, at this place in the file. */
bool pdiag_stream_frame_head(const void *data, uint64_t offset, bool swap,
	struct pdiag_stream_frame *out);
/* Check the body, which stands behind the head at `data`. */
bool pdiag_stream_frame_body(const void *data, const struct pdiag_stream_frame *frame);

/*
 * The record at `data`, of which no more than `left` bytes are there: NULL if its length is wrong.
 * In our byte order.
 */
static inline const struct pdiag_stream_record *pdiag_stream_record_at(const void *data,
	size_t left)
{
	const struct pdiag_stream_record *r = data;

	if (left < sizeof(*r) || r->len < sizeof(*r) || r->len > left || r->len % 8)
		return NULL;
	return r;
}

/* Bring all records of a body into our byte order, in place. */
void pdiag_stream_swap(void *body, size_t len);

#endif
