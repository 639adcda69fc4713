/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Of n numbers from the same source the next one is above all with a chance of 1 in n + 1, whatever
 * they are distributed like. How far above it is counts in widths of the range: with a tail that
 * falls off exponentially, the widest usual case, the range of n numbers is 2 ln n of its scale.
 */
#include "detect/range.h"

#include <math.h>

/* Until there are so many points, being outside means less. */
#define WARM_POINTS 100.0

void pdiag_range_scale_init(struct pdiag_range_scale *s, uint32_t memory, double resolution)
{
	s->memory = memory;
	s->block = memory / (PDIAG_RANGE_BLOCKS - 1);
	s->resolution = resolution;
	/* The full memory's chance from the beginning: records of a young series are many only by
	 * the logarithm of its age. Two sides to be outside of. */
	s->base = log10(memory / 2.0);
	s->overshoot = 2 * log10(memory);
}

static void next_block(struct pdiag_range *r, double x)
{
	r->current = (r->current + 1) % PDIAG_RANGE_BLOCKS;
	if (r->used < PDIAG_RANGE_BLOCKS)
		r->used++;
	r->in_block = 0;
	r->block_low[r->current] = r->block_high[r->current] = x;
	r->low = r->high = r->block_low[(r->current + 1) % r->used];
	/* All but the new one. */
	for (uint32_t i = 0; i < r->used; i++) {
		if (i == r->current)
			continue;
		r->low = r->block_low[i] < r->low ? r->block_low[i] : r->low;
		r->high = r->block_high[i] > r->high ? r->block_high[i] : r->high;
	}
}

static double outside(const struct pdiag_range *r, const struct pdiag_range_scale *s, double over)
{
	double width = r->high - r->low, warm = r->points / WARM_POINTS, surprise;

	if (over <= s->resolution)
		return 0;
	/* It never moved: how far it moves now has nothing to be compared with. */
	if (width <= 0)
		surprise = log10(r->points);
	else
		surprise = s->base + s->overshoot * (over / (over + width));
	return warm < 1 ? warm * surprise : surprise;
}

void pdiag_range_add(struct pdiag_range *r, const struct pdiag_range_scale *s, double x,
	struct pdiag_judged *j)
{
	if (!r->points) {
		r->block_low[0] = r->block_high[0] = r->low = r->high = x;
		r->used = r->points = r->in_block = 1;
		*j = (struct pdiag_judged){ .low = x, .high = x };
		return;
	}
	if (++r->in_block > s->block)
		next_block(r, x);
	*j = (struct pdiag_judged){ .low = r->low, .high = r->high };
	if (x > r->high) {
		j->surprise = outside(r, s, x - r->high);
		j->direction = 1;
		r->high = x;
	} else if (x < r->low) {
		j->surprise = outside(r, s, r->low - x);
		j->direction = -1;
		r->low = x;
	}
	if (x > r->block_high[r->current])
		r->block_high[r->current] = x;
	if (x < r->block_low[r->current])
		r->block_low[r->current] = x;
	if (r->points < s->memory)
		r->points++;
}
