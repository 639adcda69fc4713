/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is a number, or are several in a row, further from the local mean than chance makes likely? */
#ifndef PDIAG_DETECT_SHIFT_H
#define PDIAG_DETECT_SHIFT_H

#include <stdint.h>

#include "detect/judged.h"
#include "detect/peaks.h"

/* Directions that are of interest. */
#define PDIAG_SHIFT_UP 1u
#define PDIAG_SHIFT_DOWN 2u

/* What points are like. */
struct pdiag_shift_usual {
	double mean;	 /* local */
	double spread;	 /* mean distance from it */
	double level[2]; /* in spreads, that 1/4 and 1/20 of distances exceed */
};

/* A run of points that are further out than usual, in one direction. */
struct pdiag_shift_run {
	double sum;	   /* decades of its points, less their usual ones; 0: there is no run */
	double most;	   /* the largest sum of it */
	double far;	   /* the largest distance of it, in spreads */
	uint64_t begin_ns; /* when it began */
};

struct pdiag_shift {
	struct pdiag_shift_usual now;
	struct pdiag_shift_usual before; /* before the run that goes on */
	struct pdiag_shift_run run[2];	 /* up, down */
	struct pdiag_peaks far;
	struct pdiag_peaks sums;
	double told;	  /* alerts of late */
	uint64_t told_ns; /* when the last one was found; 0: there was none */
	uint64_t gap_ns;  /* from the one before to it; 0: there was none */
	uint32_t regular; /* gaps in a row that were as long as the one before */
	uint32_t points; /* seen; stays at its maximum */
	uint32_t settle; /* points until the mean is as slow as usual again */
};

struct pdiag_shift_scale {
	double resolution; /* smaller changes are none */
	uint32_t memory;   /* points */
	uint32_t sides;	   /* PDIAG_SHIFT_* */
};

/* Take the next number. `one` is about it alone, `run` about it and those before it. */
void pdiag_shift_add(struct pdiag_shift *shift, const struct pdiag_shift_scale *scale,
	uint64_t time_ns, double x, struct pdiag_judged *one, struct pdiag_judged *run);
/* What is said of a number alone, learning nothing. */
void pdiag_shift_look(const struct pdiag_shift *shift, const struct pdiag_shift_scale *scale,
	double x, struct pdiag_judged *one);
/* From where to where numbers are ordinary. */
void pdiag_shift_band(const struct pdiag_shift *shift, const struct pdiag_shift_scale *scale,
	double *low, double *high);
/* An alert begins, now. Until it ends nothing is to be added. */
void pdiag_shift_told(struct pdiag_shift *shift, uint64_t time_ns);
/* It has ended and lasted so many points: go on, from about this number. */
void pdiag_shift_resume(struct pdiag_shift *shift, const struct pdiag_shift_scale *scale, double x,
	uint32_t lasted);

#endif
