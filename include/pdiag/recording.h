/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recording: a capture in a file, to be looked at later or elsewhere. */
#ifndef PDIAG_RECORDING_H
#define PDIAG_RECORDING_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_sink;

/* Recording flags. */
#define PDIAG_RECORDING_NO_NAMES 1u /* leave the names out; replay looks them up again */

struct pdiag_recording_options {
	size_t size;
	const struct pdiag_sink *sink; /* required; a path is created or truncated, and written in
					  place, so that what is there after a crash can be read */
	uint32_t flags;
	uint32_t reserved;
};

/* Create the file and write its header. Errors: -EINVAL, -E2BIG, -ENOMEM, the sink's. */
PDIAG_API int pdiag_recording_new(struct pdiag *context,
	const struct pdiag_recording_options *options, struct pdiag_recording **out);

/*
 * Look up and append the names of all frames in `profile` (the one of the capture that was
 * recorded; NULL: no names), and of those that pdiag_capture_take() gave away before, and close the
 * file. Stop the capture first. Returns the first error of the whole recording, such as -ENOSPC:
 * what was written up to there stays readable. Free it afterwards. Errors: -EBUSY (the capture is
 * running; nothing was done), -EALREADY, -ENOMEM (names are missing), the sink's.
 */
PDIAG_API int pdiag_recording_finish(
	struct pdiag_recording *recording, struct pdiag_profile *profile);

/* Free; without finish the file lacks its names and end mark. NULL is fine. */
PDIAG_API void pdiag_recording_free(struct pdiag_recording *recording);

/* What is known of a recording after it was loaded. */
struct pdiag_recording_info {
	size_t size;	   /* set by the caller */
	uint64_t bytes;	   /* read, whole frames only */
	uint64_t frames;
	uint32_t complete; /* 1: has its end mark; 0: cut */
	uint32_t corrupt;  /* frames whose checksum did not match, and that were skipped */
	uint32_t version;  /* of the format */
	uint32_t reserved;
};

/*
 * Replay a whole file into a profile of the caller's own. info may be NULL. A cut file gives what
 * it has up to its last whole frame, info->complete is 0 and the ledger has a PDIAG_LOSS_CUT.
 * Errors: -ENOENT, -EBADMSG (not a recording), -EPROTO (newer version), -ENOMEM, -EIO.
 */
PDIAG_API int pdiag_recording_load(struct pdiag *context, const char *path,
	struct pdiag_recording_info *info, struct pdiag_profile **out);

PDIAG_END_DECLS

#endif
