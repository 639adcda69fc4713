/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far do peaks go that exceed a base which few of them do? */
#ifndef PDIAG_DETECT_PEAKS_H
#define PDIAG_DETECT_PEAKS_H

#include <stdint.h>

struct pdiag_peaks {
	double base;	       /* about one of PDIAG_PEAKS_EVERY points has a peak above it, ... */
	double often;	       /* ... to be exact, this part of them, ... */
	double excess, square; /* ... by so much: mean and mean square */
	double count;	       /* that these are of; stays at its maximum */
};

#define PDIAG_PEAKS_EVERY 50.0
/* Means are of so many at most. */
#define PDIAG_PEAKS_COUNT 60.0
/* And no smaller. */
#define PDIAG_PEAKS_EXCESS 0.01

/* `excess` is a guess that counts like a few peaks. */
void pdiag_peaks_begin(struct pdiag_peaks *peaks, double base, double excess);
/* One more point; `rate` is that of an average over all that is remembered. */
void pdiag_peaks_point(struct pdiag_peaks *peaks, double least, double rate);
/* What is known is of other times: what comes next counts as one of few. */
void pdiag_peaks_doubt(struct pdiag_peaks *peaks);
/* A peak that is over; part: how much it counts, 0 to 1. */
void pdiag_peaks_learn(struct pdiag_peaks *peaks, double peak, double rate, double part);
/* Decades: of so many points one has a peak as far as this. most: of the shape of the tail. */
double pdiag_peaks_judge(const struct pdiag_peaks *peaks, double x, double most);

#endif
