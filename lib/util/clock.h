/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clocks in nanoseconds. */
#ifndef PDIAG_UTIL_CLOCK_H
#define PDIAG_UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

#define PDIAG_SECOND_NS 1000000000ull

static inline uint64_t pdiag_clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * PDIAG_SECOND_NS + (uint64_t)t.tv_nsec;
}

#endif
