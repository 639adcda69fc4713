/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record of the kernel module that stands for several: a COUNT for as many samples as were
 * counted, a WAIT for the time blocked and the time that the thread then waited for a CPU. Such a
 * record is handed out several times, and the decoder makes another part of it each time.
 */
#ifndef PDIAG_SOURCE_KMOD_PARTS_H
#define PDIAG_SOURCE_KMOD_PARTS_H

#include <stdbool.h>

#include "source/source.h"

/* A COUNT of more becomes this many samples, of more weight each. */
#define PDIAG_KMOD_PARTS_MAX 65536u

/* A reason of a LOSS that the source makes of the module's statistics: waits below the limit. */
#define PDIAG_KMOD_LOST_SHORT 0x80000000u

struct pdiag_kmod_parts {
	struct pdiag_raw raw; /* with the part that is next */
	bool more;
};

/* A record of the module, just read: *raw becomes its first part. */
void pdiag_kmod_parts_begin(struct pdiag_kmod_parts *p, struct pdiag_raw *raw);
/* The next part of the record; false: there is none. */
bool pdiag_kmod_parts_next(struct pdiag_kmod_parts *p, struct pdiag_raw *raw);
/* This part, or any other raw record, is to come once more with the next call. */
void pdiag_kmod_parts_keep(struct pdiag_kmod_parts *p, const struct pdiag_raw *raw);

#endif
