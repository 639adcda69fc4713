/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The workload's main program: see workload.h. It ends by itself. */
#include "workload.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_THREADS 32

struct shared *shared;
atomic_bool stopping;

static const struct {
	const char *name; /* the function, as a profile should have it */
	const char *kind;
} truths[TRUTH_COUNT] = {
	[TRUTH_SPIN_A] = { "spin_a", "cpu" },
	[TRUTH_SPIN_B] = { "spin_b", "cpu" },
	[TRUTH_SPIN_C] = { "spin_c", "cpu" },
	[TRUTH_RECURSE_LEAF] = { "recurse_leaf", "cpu" },
	[TRUTH_READ_WRITE] = { "read_write", "cpu" },
	[TRUTH_POOL_TASK] = { "pool_task", "cpu" },
	[TRUTH_CHILD_BURN] = { "child_burn", "cpu" },
	[TRUTH_EXEC_BURN] = { "exec_burn", "cpu" },
	[TRUTH_FUTEX_BLOCK] = { "futex_block", "wait" },
	[TRUTH_SLEEP_NAP] = { "sleep_nap", "wait" },
};

/* A part is some threads; only the last three have a count of more than one. */
static const struct {
	const char *part;
	const char *thread;
	void *(*body)(void *);
	int count;
} bodies[] = {
	{ "spin", "spin", spin_thread, 1 },
	{ "recurse", "recurse", recurse_thread, 1 },
	{ "rw", "rw", rw_thread, 1 },
	{ "children", "children", children_thread, 1 },
	{ "exec", "exec", exec_thread, 1 },
	{ "pool", "pool-feed", pool_feed_thread, 1 },
	{ "futex", "futex-wake", futex_wake_thread, 1 },
	{ "pool", "pool", pool_thread, POOL_THREADS },
	{ "futex", "futex", futex_thread, 2 },
	{ "sleep", "sleep", sleep_thread, 2 },
};

static const char usage[] =
	"Usage: workload [--seconds N] [--only PART,...] [--truth FILE]\n"
	"A program of known behaviour, to be profiled. Runs for N seconds (default 10), then "
	"writes\n"
	"a line \"FUNCTION SECONDS cpu|wait\" for each function to FILE (default: stdout).\n"
	"Parts: spin recurse rw pool children exec futex sleep (default: all)\n";

static bool wanted(const char *only, const char *part)
{
	size_t len = strlen(part);
	const char *p = only;

	while (p) {
		if (!strncmp(p, part, len) && (p[len] == ',' || !p[len]))
			return true;
		p = strchr(p, ',');
		p = p ? p + 1 : NULL;
	}
	return !only;
}

static bool known_parts(const char *only)
{
	char copy[256], *save = NULL, *word;
	bool found;

	snprintf(copy, sizeof(copy), "%s", only);
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		found = false;
		for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
			found |= !strcmp(bodies[i].part, word);
		if (!found)
			return false;
	}
	return *only;
}

static int start(pthread_t *threads, const char *only)
{
	char name[16];
	int count = 0;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		if (!wanted(only, bodies[i].part))
			continue;
		for (int n = 0; n < bodies[i].count; n++) {
			if (pthread_create(&threads[count], NULL, bodies[i].body, NULL))
				return -1;
			snprintf(name, sizeof(name), "%s-%d", bodies[i].thread, n);
			pthread_setname_np(threads[count++],
				bodies[i].count > 1 ? name : bodies[i].thread);
		}
	}
	return count;
}

static int write_truth(const char *path)
{
	FILE *f = path ? fopen(path, "w") : stdout;
	int ret;

	if (!f) {
		perror(path);
		return 1;
	}
	for (int i = 0; i < TRUTH_COUNT; i++)
		fprintf(f, "%s %.6f %s\n", truths[i].name, (double)shared->ns[i] / 1e9,
			truths[i].kind);
	fprintf(f, "recursion_depth %d count\n", RECURSION_DEPTH);
	fprintf(f, "children %lu count\n", (unsigned long)shared->children);
	ret = ferror(f);
	ret |= path ? fclose(f) : fflush(f);
	return ret ? 1 : 0;
}

static void end_early(int sig)
{
	(void)sig;
	atomic_store(&stopping, true);
}

static int run(double seconds, const char *only, const char *truth)
{
	pthread_t threads[MAX_THREADS];
	uint64_t end;
	int count;

	/* Passed on to children through exec, so not close-on-exec. */
	shared_fd = memfd_create("workload", 0);
	if (shared_fd < 0 || ftruncate(shared_fd, sizeof(*shared)))
		return 1;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	if (shared == MAP_FAILED)
		return 1;
	signal(SIGTERM, end_early);
	signal(SIGINT, end_early);
	calibrate();
	end = clock_ns(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9);
	count = start(threads, only);
	if (count < 0) {
		fprintf(stderr, "workload: cannot start a thread\n");
		return 1;
	}
	while (!atomic_load(&stopping) && clock_ns(CLOCK_MONOTONIC) < end)
		sleep_nap(10000000);
	atomic_store(&stopping, true);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return write_truth(truth);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },
		{ "truth", required_argument, NULL, 't' },
		{ "child", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *only = NULL, *truth = NULL;
	double seconds = 10;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			seconds = atof(optarg);
		else if (c == 'o')
			only = optarg;
		else if (c == 't')
			truth = optarg;
		else if (c == 'c')
			return child_main(optarg);
		else if (c == 'h')
			return fputs(usage, stdout) < 0;
		else
			return 2;
	}
	if (optind < argc || seconds <= 0 || (only && !known_parts(only))) {
		fputs(usage, stderr);
		return 2;
	}
	return run(seconds, only, truth);
}
