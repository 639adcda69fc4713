/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fixed work at the bottom of a recursion of 21 calls; prints the seconds it took. "deep same":
 * always the same stack. "deep new": each round goes down another way, so that hardly two samples
 * have the same stack. "deep switch": two processes hand a byte to and fro.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEPTH 20
#define NOINLINE __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls")))

static volatile uint64_t sink;

static NOINLINE void work(uint64_t rounds)
{
	uint64_t i, x = sink;

	for (i = 0; i < rounds; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	sink = x;
}

static NOINLINE void left(uint32_t way, int depth, uint64_t rounds);

static NOINLINE void right(uint32_t way, int depth, uint64_t rounds)
{
	if (!depth)
		work(rounds);
	else if (way & 1)
		left(way >> 1, depth - 1, rounds);
	else
		right(way >> 1, depth - 1, rounds);
	sink++;
}

static NOINLINE void left(uint32_t way, int depth, uint64_t rounds)
{
	if (!depth)
		work(rounds);
	else if (way & 1)
		left(way >> 1, depth - 1, rounds);
	else
		right(way >> 1, depth - 1, rounds);
	sink++;
}

static void to_and_fro(int rounds)
{
	int there[2], back[2];
	char byte = 0;

	if (pipe(there) || pipe(back))
		exit(1);
	if (!fork()) {
		close(there[1]);
		while (read(there[0], &byte, 1) == 1)
			if (write(back[1], &byte, 1) != 1)
				break;
		_exit(0);
	}
	for (; rounds; rounds--)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			exit(1);
	close(there[1]);
	wait(NULL);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	double begin = now();
	uint32_t i;

	if (!strcmp(what, "same"))
		right(0x55555, DEPTH, 200000000);
	else if (!strcmp(what, "new"))
		for (i = 0; i < 10000; i++)
			right(i * 2654435761u, DEPTH, 20000);
	else if (!strcmp(what, "switch"))
		to_and_fro(20000);
	else
		return 2;
	printf("%.6f\n", now() - begin);
	return 0;
}
