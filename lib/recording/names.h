/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names at the end of a recording. */
#ifndef PDIAG_RECORDING_NAMES_H
#define PDIAG_RECORDING_NAMES_H

#include <pdiag/recording.h>

/*
 * Look up the names of all frames in the profile and put them: each module, followed by its
 * frames. `time` is what these records carry. 0, -ENOMEM, or the recording's error.
 */
int pdiag_recording_put_names(struct pdiag_recording *r, struct pdiag_profile *profile,
	uint64_t time);

#endif
