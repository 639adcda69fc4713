/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Three functions, one after the other, each for its time by the clock on the wall. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile uint64_t result;

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#define DEFINE_PHASE(name, constant) \
	static void __attribute__((noipa)) name(double seconds) \
	{ \
		double end = now(CLOCK_MONOTONIC) + seconds, cpu = now(CLOCK_THREAD_CPUTIME_ID); \
		while (now(CLOCK_MONOTONIC) < end) \
			for (int i = 0; i < 20000; i++) \
				result = result * (constant) + 1; \
		printf(#name " %.6f\n", now(CLOCK_THREAD_CPUTIME_ID) - cpu); \
	}

DEFINE_PHASE(phase_first, 3)
DEFINE_PHASE(phase_second, 5)
DEFINE_PHASE(phase_third, 7)

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	phase_first(atof(argv[1]));
	phase_second(atof(argv[2]));
	phase_third(atof(argv[3]));
	return 0;
}
