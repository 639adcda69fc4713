/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Background: faults_background ROLE WORK LEVELS. LEVELS is "SECONDS:LEVEL,...", from the start,
 * straight lines between. Ends after the last, on SIGTERM, and when its parent ends.
 */
#include "background.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define POINTS_MAX 4096

const struct role roles[] = {
	{ "bg-web", role_web }, { "bg-store", role_store }, { "bg-cron", role_cron },
	{ "bg-net", role_net }, { "bg-build", role_build }, { "bg-rotate", role_rotate },
	{ "bg-flurry", role_flurry }, { "bg-crowd", role_crowd }, { NULL, NULL },
};

static struct { double at, level; } points[POINTS_MAX];
static int count;
static uint64_t start;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
	alarm(3);
}

uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double seconds(void)
{
	return (double)(clock_ns() - start) / 1e9;
}

bool is_over(void)
{
	return stopped || seconds() >= points[count - 1].at;
}

double level_now(void)
{
	double t = seconds();
	static int i;

	while (i + 1 < count && points[i + 1].at <= t)
		i++;
	if (i + 1 >= count || t < points[i].at)
		return points[i].level;
	return points[i].level + (points[i + 1].level - points[i].level) * (t - points[i].at) /
		(points[i + 1].at - points[i].at);
}

void nap(double s)
{
	struct timespec t = { (time_t)s, (long)((s - (double)(time_t)s) * 1e9) };

	if (s > 0)
		nanosleep(&t, NULL);
}

void work_for(double s)
{
	struct timespec t;
	volatile unsigned long x = 1;
	double end;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	end = (double)t.tv_sec + (double)t.tv_nsec / 1e9 + s;
	do {
		for (int i = 0; i < 10000; i++)
			x = x * 6364136223846793005ul + 1;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	} while ((double)t.tv_sec + (double)t.tv_nsec / 1e9 < end);
}

void next_turn(double rate)
{
	double level = level_now();
	/* Between half and one and a half of it. */
	double part = 0.5 + (double)rand() / RAND_MAX;

	nap(part / (rate * (level > 0.01 ? level : 0.01)));
}

static int read_levels(char *text)
{
	for (char *word = strtok(text, ","); word && count < POINTS_MAX; word = strtok(NULL, ","))
		if (sscanf(word, "%lf:%lf", &points[count].at, &points[count].level) == 2)
			count++;
	return count;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };

	start = clock_ns();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (argc != 4 || !read_levels(argv[3]))
		return fputs("Usage: faults_background ROLE WORK SECONDS:LEVEL,...\n", stderr), 2;
	for (const struct role *r = roles; r->name; r++) {
		if (strcmp(r->name, argv[1]))
			continue;
		prctl(PR_SET_NAME, r->name);
		srand((unsigned)count);
		r->run(argv[2]);
		return 0;
	}
	return 2;
}
