/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Beyond a high base any usual distribution is a generalised Pareto distribution. Its two numbers
 * are had from the mean and the variance of what exceeds the base. The tail told is that of the
 * next peak after so many, which is heavier than the one that fits them best: what few have shown
 * is not taken for known. It is never taken to end somewhere, either.
 */
#include "detect/peaks.h"

#include <math.h>

/* The guess to begin with counts this much: peaks of most series are not far from it. */
#define GUESSED 12.0
/* And so does what is in doubt, at most. */
#define DOUBTED 8.0
#define DECADES_MOST 100.0
#define WINSOR 8
#define WINSOR_COUNT 20
#define TOLD_MOST 4.0
#define BASE_STEP 0.1

void pdiag_peaks_begin(struct pdiag_peaks *p, double base, double excess)
{
	*p = (struct pdiag_peaks){ .base = base, .often = 1 / PDIAG_PEAKS_EVERY, .excess = excess,
		.square = 2 * excess * excess, .count = GUESSED };
}

void pdiag_peaks_point(struct pdiag_peaks *p, double least, double rate)
{
	p->often -= p->often * rate;
	if (p->often < rate)
		p->often = rate;
	p->base -= p->excess * (BASE_STEP / PDIAG_PEAKS_EVERY);
	if (p->base < least)
		p->base = least;
}

void pdiag_peaks_doubt(struct pdiag_peaks *p)
{
	p->count = p->count < DOUBTED ? p->count : DOUBTED;
}

void pdiag_peaks_learn(struct pdiag_peaks *p, double peak, double rate, double part)
{
	double over = peak - p->base, step;

	if (over <= 0)
		return;
	if (p->count > WINSOR_COUNT && over > WINSOR * p->excess)
		over = WINSOR * p->excess;
	/* What counts less is no outlier, either. */
	if (part < 1 && over > TOLD_MOST * p->excess)
		over = TOLD_MOST * p->excess;
	p->count += p->count < PDIAG_PEAKS_COUNT ? part : 0;
	step = part / p->count;
	p->excess += step * (over - p->excess);
	p->square += step * (over * over - p->square);
	p->excess = p->excess < PDIAG_PEAKS_EXCESS ? PDIAG_PEAKS_EXCESS : p->excess;
	p->often += part * rate;
	p->base += part * BASE_STEP * p->excess;
}

double pdiag_peaks_judge(const struct pdiag_peaks *p, double x, double most)
{
	double base = -log10(p->often), over = x - p->base;
	double mean2, variance, shape, scale;

	if (over <= 0)
		return base * x / p->base;
	mean2 = p->excess * p->excess;
	variance = p->square - mean2;
	shape = variance > mean2 ? (1 - mean2 / variance) / 2 : 0;
	shape = shape > most ? most : shape;
	scale = p->excess * (1 - shape);
	shape += 1 / p->count;
	base += log10(1 + shape * over / scale) / shape;
	return base < DECADES_MOST ? base : DECADES_MOST;
}
