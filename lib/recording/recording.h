/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recording inside: records go to a file as they pass. */
#ifndef PDIAG_RECORDING_RECORDING_INTERNAL_H
#define PDIAG_RECORDING_RECORDING_INTERNAL_H

#include <pdiag/recording.h>

#include "decode/record.h"

/* Append one record. An error sticks; later calls do nothing and return it. */
int pdiag_recording_put(struct pdiag_recording *r, const struct pdiag_record *record);
/* Hand what is buffered to the sink; called at the end of each dispatch. */
int pdiag_recording_flush(struct pdiag_recording *r);

#endif
