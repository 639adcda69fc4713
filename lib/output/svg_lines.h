/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a flame graph says of the profile below its title. */
#ifndef PDIAG_OUTPUT_SVG_LINES_H
#define PDIAG_OUTPUT_SVG_LINES_H

#include "output/svg.h"
#include "util/text.h"

/* "30.0 s from 2026-03-01 12:34:56 UTC, 99 Hz: 1,234 samples, 12.5 s on CPU" */
void pdiag_svg_measured(struct pdiag_text *t, const struct pdiag_output *o);
/* "shown: only process 123; only off CPU"; nothing where all is shown. */
void pdiag_svg_shown(struct pdiag_text *t, const struct pdiag_output *o);
/* The loss of the whole profile, see pdiag_loss_sentence(). 0, or the failure of reading it. */
int pdiag_svg_lost(struct pdiag_text *t, const struct pdiag_profile *profile,
	const struct pdiag_output *o);
/* Did any line run out of memory? */
bool pdiag_svg_lines_failed(const struct pdiag_svg *svg);

#endif
