/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a file to whole, checked frames. */
#ifndef PDIAG_SOURCE_STREAM_READER_H
#define PDIAG_SOURCE_STREAM_READER_H

#include <stdbool.h>

#include "source/replay.h"
#include "source/stream_format.h"

struct pdiag_stream_reader {
	int fd;
	bool swap;	/* the file has the other byte order */
	bool eof;
	bool resync;	/* looking for the next frame */
	const char *path;
	unsigned char *buf;
	size_t start, end; /* what is read and not yet used */
	uint64_t offset;   /* of buf[start] in the file */
	uint64_t skipped;  /* bytes given up since the last whole frame */
	uint64_t records;  /* in all frames up to here */
	uint32_t forgets;  /* FORGET records up to here; the caller counts those it sees */
	struct pdiag_replay_stats stats;
};

/* Open `path` and check its header; the sentence is set on failure. The path is kept by the
 * caller. */
int pdiag_stream_reader_open(struct pdiag_stream_reader *r, const char *path);
/*
 * 1: *body and *len are those of the next whole frame, in our byte order, valid until the next
 * call; 0: there is none; negative errno: the file cannot be read. *forgot: a FORGET was among
 * what was lost before this frame.
 */
int pdiag_stream_reader_next(struct pdiag_stream_reader *r, const void **body, size_t *len,
	bool *forgot);
void pdiag_stream_reader_close(struct pdiag_stream_reader *r);

#endif
