/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recording inside: records go to a file as they pass. */
#ifndef PDIAG_RECORDING_RECORDING_INTERNAL_H
#define PDIAG_RECORDING_RECORDING_INTERNAL_H

#include <stdbool.h>

#include <pdiag/recording.h>

#include "decode/record.h"

/* Append one record. An error sticks; later calls do nothing and return it. */
int pdiag_recording_put(struct pdiag_recording *r, const struct pdiag_record *record);
/* Hand what is buffered to the sink; called at the end of each dispatch. */
int pdiag_recording_flush(struct pdiag_recording *r);

/* A capture begins to use this recording: its memory stays until the release, even when freed. */
void pdiag_recording_hold(struct pdiag_recording *r);
void pdiag_recording_release(struct pdiag_recording *r);
/* Captures that are running: as long as there is one, the recording cannot be finished. */
void pdiag_recording_running(struct pdiag_recording *r, bool running);
/*
 * A profile is given away: keep its frames, to be named by finish. Out of memory is told there,
 * too; the records are not concerned.
 */
void pdiag_recording_keep(struct pdiag_recording *r, const struct pdiag_profile *profile);

#endif
