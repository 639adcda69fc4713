/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing to a path, a file descriptor or a callback, whole or not at all. */
#ifndef PDIAG_CORE_SINK_H
#define PDIAG_CORE_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include <pdiag/output.h>

struct pdiag_writer {
	struct pdiag_sink sink;
	int fd;		  /* -1: callback */
	bool own_fd;
	char *path, *temp; /* the file and the one beside it that becomes it */
	int error;	  /* the first, negative; sticks */
};

/*
 * Begin. A path is written beside itself and renamed by pdiag_writer_end(), or, with in_place,
 * truncated and written where it stands. Checks the sink; sentence on failure.
 */
int pdiag_writer_begin(struct pdiag_writer *w, const struct pdiag_sink *sink, bool in_place);
/* Write all of it, going on after short writes and EINTR. 0 or the first error. */
int pdiag_writer_put(struct pdiag_writer *w, const void *data, size_t len);
/* End: put the file in its place, or take the temporary one away if anything failed, or if
 * `error` (of the caller's) is not 0. Returns the first error, with its sentence. */
int pdiag_writer_end(struct pdiag_writer *w, int error);

#endif
