/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How likely chance alone puts so much more on a part than in ordinary times.
 *
 * Two things make ordinary windows differ. Samples come in lumps: who is on a CPU stays there, and
 * what waits with others waits for the same thing; so lumps are counted, and not samples. And what
 * a process does varies slowly, by a factor. How much, the ordinary windows themselves tell; few of
 * them, or none, tell little, and a cautious guess stands in.
 */
#ifndef PDIAG_CULPRIT_CHANCE_H
#define PDIAG_CULPRIT_CHANCE_H

#include "culprit/parts.h"

/* Decades: minus the logarithm of the likelihood. 0 to 300. */
double pdiag_chance(const struct pdiag_parts *p, uint32_t part);
/* The same less what looking at `groups` of them makes it likelier. */
double pdiag_chance_among(double decades, double groups);

/* Logarithms of: the regularised incomplete beta function I_x(a, b); the upper tail of Student's t
 * with `freedom` degrees. */
double pdiag_log_beta(double x, double a, double b);
double pdiag_log_t_tail(double t, double freedom);

#endif
