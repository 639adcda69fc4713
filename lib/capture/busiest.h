/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many CPUs the busiest process has, by the samples that a flight recorder holds. */
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
	bool failed; /* there was no memory */
	uint64_t time_ns; /* of the last call */
};

/* Since the last call, or since the flight recorder began anew. NaN: that is too short, it does not
 * run, or there is no memory. */
double pdiag_capture_busiest(struct pdiag_capture *c);
void pdiag_busiest_free(struct pdiag_busiest *b);

#endif
