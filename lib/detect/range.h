/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is a number outside of all that was seen in the last so many points? */
#ifndef PDIAG_DETECT_RANGE_H
#define PDIAG_DETECT_RANGE_H

#include <stdint.h>

#include "detect/judged.h"

/* The past is kept in blocks, the oldest of which is forgotten when a new one begins. */
#define PDIAG_RANGE_BLOCKS 8u

struct pdiag_range {
	double block_low[PDIAG_RANGE_BLOCKS];
	double block_high[PDIAG_RANGE_BLOCKS];
	double low, high;   /* of all blocks */
	uint32_t used;	    /* blocks with points in them */
	uint32_t current;
	uint32_t in_block;  /* points in the current one */
	uint32_t points;    /* seen, up to the memory */
};

/* Constant for all detectors of the same memory. */
struct pdiag_range_scale {
	uint32_t memory;
	uint32_t block;	   /* points of a block */
	double base;	   /* decades of being outside at all */
	double overshoot;  /* decades of being outside by the width of the range */
	double resolution;
};

void pdiag_range_scale_init(
	struct pdiag_range_scale *scale, uint32_t memory, double resolution);

/* Take the next number. Its surprise is 0 inside. */
void pdiag_range_add(struct pdiag_range *range, const struct pdiag_range_scale *scale, double x,
	struct pdiag_judged *judged);

#endif
