/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names at the end of a recording. */
#ifndef PDIAG_RECORDING_NAMES_H
#define PDIAG_RECORDING_NAMES_H

#include <pdiag/recording.h>

/*
 * Copy the frames of a profile, with the names that they have by now, into *kept, which is made
 * when NULL; destroy it with pdiag_profile_destroy(). 0, or -ENOMEM: some frames may be missing.
 */
int pdiag_recording_keep_frames(struct pdiag_profile **kept, const struct pdiag_profile *profile);

/*
 * Look up the names of all frames in `profile` and in `kept` (NULL: none), and put them: each
 * module, followed by its frames, each once. Names in `kept` may then be those of `profile`: it is
 * of no more use. `time` is what these records carry. 0, -ENOMEM, or the recording's error.
 */
int pdiag_recording_put_names(struct pdiag_recording *r, struct pdiag_profile *kept,
	struct pdiag_profile *profile, uint64_t time);

#endif
