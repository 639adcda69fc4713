/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * burn SECONDS [COMMAND [ARG...]]: use SECONDS of CPU time in one function, then exec COMMAND.
 * It is built twice, with other names for other addresses: who looks up an address of one in the
 * other finds a wrong name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long result;

void HOT(unsigned long loops);
void COLD(unsigned long loops);

static double used(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

#define WORK(loops) \
	do { \
		volatile unsigned long x = 1; \
		for (unsigned long i = 0; i < (loops); i++) \
			x = x * 2862933555777941757ul + i; \
		result += x; \
	} while (0)

#ifdef COLD_FIRST
__attribute__((noinline)) void COLD(unsigned long loops)
{
	WORK(loops);
}
#endif

__attribute__((noinline)) void HOT(unsigned long loops)
{
	WORK(loops);
}

#ifndef COLD_FIRST
__attribute__((noinline)) void COLD(unsigned long loops)
{
	WORK(loops);
}
#endif

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 0, start = used();

	if (seconds <= 0) {
		fprintf(stderr, "Usage: burn SECONDS [COMMAND [ARG...]]\n");
		return 2;
	}
	while (used() - start < seconds)
		HOT(200000);
	if (argc > 2) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		return 127;
	}
	COLD(1);
	return 0;
}
