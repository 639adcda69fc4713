/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A series without libm in it: the same on every machine. */
#ifndef TESTS_UNIT_DETECT_MADE_H
#define TESTS_UNIT_DETECT_MADE_H

#include <stdint.h>

#define SECOND 1000000000ull
#define BEGIN_NS (1700000000ull * SECOND)

static inline double made_uniform(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (double)(*state >> 11) / 9007199254740992.0;
}

/* Nearly normal, mean 0, standard deviation 1. */
static inline double made_noise(uint64_t *state)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += made_uniform(state);
	return sum - 6;
}

#endif
