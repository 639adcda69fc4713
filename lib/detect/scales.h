/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The time scales of detectors, in points. */
#ifndef PDIAG_DETECT_SCALES_H
#define PDIAG_DETECT_SCALES_H

#include <stdint.h>

#define PDIAG_LOCAL_POINTS 20u	 /* the local mean, the fast one of the trend */
#define PDIAG_SLOW_POINTS 200u	 /* the spread about it, the slow mean, what one surprise covers */
#define PDIAG_MEMORY_POINTS 10000u /* ranges and tails, if the caller does not say otherwise */

/* Of an average over `points`; over all there are until then. */
static inline double pdiag_rate(uint32_t seen, uint32_t points)
{
	return seen < points ? 1.0 / (seen + 1.0) : 1.0 / points;
}

#endif
