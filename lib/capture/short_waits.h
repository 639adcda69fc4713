/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits that are too short to be kept one by one, sampled by their time: they stand in a row, in
 * each stretch of `least` ns there is one mark at a place by chance, and a wait stands for `least`
 * with each mark in it. So all of the time is told, within one stretch, and each place has its part
 * of it. Marks at equal steps would not do: waits that come in turns meet always the same ones.
 */
#ifndef PDIAG_CAPTURE_SHORT_WAITS_H
#define PDIAG_CAPTURE_SHORT_WAITS_H

#include <stdbool.h>
#include <stdint.h>

struct pdiag_short_waits {
	struct pdiag_mark {
		uint64_t left; /* ns to the next mark ... */
		uint64_t rest; /* ... and from there to the end of its stretch; 0: none yet */
	} marks[2];	       /* blocked, preempted */
	uint64_t chance;
};

/* What a wait of ns, less than `least`, stands for, in ns; 0: it is only counted. */
uint64_t pdiag_short_wait(
	struct pdiag_short_waits *s, bool preempted, uint64_t ns, uint64_t least);

#endif
