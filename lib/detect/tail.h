/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far is a number from its local mean, measured by the tail of its own past? */
#ifndef PDIAG_DETECT_TAIL_H
#define PDIAG_DETECT_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/judged.h"

#define PDIAG_TAIL_LEVELS 4u

struct pdiag_tail {
	double mean;			/* local */
	double variance;		/* about it */
	double level[PDIAG_TAIL_LEVELS]; /* of |z| that 1/4, 1/20, 1/100, 1/500 of points exceed */
	uint32_t points;		/* seen; stays at its maximum */
	uint32_t same;			/* without any variance */
	uint32_t run;			/* points until the run of far ones is over */
	uint32_t reserved;
	double furthest;		/* |z| in it */
	double often;			/* runs that were surprising, of late */
	double usual;			/* how far they went */
};

struct pdiag_tail_scale {
	double resolution; /* smaller changes are none */
	uint32_t memory;   /* points */
};

/*
 * Take the next number. What is ordinary is what all but 1 of 500 would be. `follows`: it belongs
 * to an event that was counted already.
 */
void pdiag_tail_add(struct pdiag_tail *tail, const struct pdiag_tail_scale *scale, double x,
	bool follows, struct pdiag_judged *judged);

/* The local mean begins anew with this number. */
void pdiag_tail_gap(struct pdiag_tail *tail, double x);

#endif
