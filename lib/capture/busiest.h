/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which part of the CPU time in use the busiest process has, by what a flight recorder holds. */
#ifndef PDIAG_CAPTURE_BUSIEST_H
#define PDIAG_CAPTURE_BUSIEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pdiag_capture;

/* Of those who were on a CPU. */
struct pdiag_busiest {
	struct pdiag_busiest_turn {
		int32_t pid;
		uint64_t ns;
	} *turns;
	size_t count, cap;
	uint64_t sum, heaviest; /* of all of them; of a sample */
	bool failed; /* there was no memory */
	uint64_t time_ns; /* of the last call */
};

/*
 * Since the last call, or since the flight recorder began anew. A share, as weights may be cycles
 * and samples may be missing. NaN: that is too short, samples are too few to tell, it does not run,
 * or there is no memory.
 */
double pdiag_capture_busiest(struct pdiag_capture *c, uint64_t now);
void pdiag_busiest_free(struct pdiag_busiest *b);

#endif
