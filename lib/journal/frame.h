/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Headers of files and frames: made and checked. See journal/format.h. */
#ifndef PDIAG_JOURNAL_FRAME_H
#define PDIAG_JOURNAL_FRAME_H

#include <stdbool.h>

#include "journal/bytes.h"
#include "journal/format.h"

struct pdiag_journal_header {
	uint64_t created; /* ns since 1970 */
	uint64_t next_id;
	uint64_t session; /* of the writer that made the file */
	uint32_t len;
	uint16_t major;
};

struct pdiag_journal_frame {
	uint64_t id, offset;
	uint32_t len; /* of the body as it lies there */
	uint32_t raw; /* unpacked */
	uint32_t crc; /* of the body */
	uint16_t type, flags;
};

void pdiag_journal_header_make(
	uint8_t to[PDIAG_JOURNAL_HEADER], const struct pdiag_journal_header *header);
/* Says if it is one. Of one of another major version only len and major are there. */
bool pdiag_journal_header_check(
	const uint8_t from[PDIAG_JOURNAL_HEADER], struct pdiag_journal_header *header);

/*
 * Add a frame with this body to the buffer. It is packed if that makes it smaller; INFO never is.
 * 0, -ENOMEM, or -EFBIG: longer than a body may be.
 */
int pdiag_journal_frame_add(struct pdiag_text *to, uint64_t id, enum pdiag_journal_type type,
	const struct pdiag_text *body);
/* The buffer, which has whole frames, goes to this place in the file: its heads get their offsets
 * and checksums. */
void pdiag_journal_frames_seal(struct pdiag_text *frames, uint64_t base);
/* Says if a frame's head that belongs at this offset is there. */
bool pdiag_journal_frame_head(const uint8_t from[PDIAG_JOURNAL_HEAD], uint64_t offset,
	struct pdiag_journal_frame *frame);
/* Says if the body, which lies at `data`, is as it was written. */
bool pdiag_journal_frame_check(const struct pdiag_journal_frame *frame, const uint8_t *data);
/*
 * The body of a frame, which was checked and lies at `data`, unpacked: *body is data, or allocated
 * memory that *own is to be freed. 0, -ENOMEM or -EBADMSG.
 */
int pdiag_journal_frame_body(const struct pdiag_journal_frame *frame, const uint8_t *data,
	struct pdiag_bytes *body, void **own);

/* The frame's length in the file. */
static inline uint64_t pdiag_journal_frame_size(const struct pdiag_journal_frame *frame)
{
	return pdiag_journal_align((uint64_t)PDIAG_JOURNAL_HEAD + frame->len);
}

#endif
