/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The replay source: a recording in place of a machine. */
#ifndef PDIAG_SOURCE_REPLAY_H
#define PDIAG_SOURCE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

struct pdiag_source;

/* What is known of the file up to where it has been read. */
struct pdiag_replay_stats {
	uint64_t bytes;	  /* the header and whole frames */
	uint64_t frames;  /* whole */
	uint64_t records; /* handed out */
	uint64_t lost;	  /* records known to be lost: in damaged frames and the one cut */
	uint64_t created; /* ns since 1970 */
	uint32_t corrupt; /* damaged spots that were stepped over */
	uint16_t major, minor; /* version of the format */
	bool complete;	  /* the end mark was seen */
	bool swapped;	  /* written in the other byte order */
};

void pdiag_replay_stats(const struct pdiag_source *source, struct pdiag_replay_stats *out);

#endif
