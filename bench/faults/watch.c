/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The watch in a bench: faults_watch FOLDER SECONDS [LEARNED]. Writes events.json, an object a line
 * when an event begins and when it has ended; looks.tsv, a line a look; metrics.tsv, all metrics
 * that there were. It knows nothing of faults. Its priority is that of pdiag-watch.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include <pdiag/pdiag.h>

#include "tell.h"

static volatile sig_atomic_t stopped;
static FILE *events;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int fail(void)
{
	fprintf(stderr, "faults_watch: %s\n", pdiag_errmsg());
	return 1;
}

static FILE *open_in(const char *folder, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	if (!file)
		fprintf(stderr, "faults_watch: %s: %s\n", path, strerror(errno));
	return file;
}

static void tell(void *user, struct pdiag_event *event)
{
	(void)user;
	tell_event(events, event, clock_ns());
}

static int put_point(void *user, const struct pdiag_metric_point *p)
{
	fprintf(user, "\t%llu %.6g", (unsigned long long)(p->time_ns / 1000000), p->mean);
	return 0;
}

/* A line a metric: its name, then "MILLISECONDS VALUE". */
static int write_metrics(const struct pdiag_watch *watch, const char *folder)
{
	const struct pdiag_metrics *metrics = pdiag_watch_metrics(watch);
	FILE *file = open_in(folder, "metrics.tsv");

	for (uint32_t i = 0; file && i < pdiag_metrics_count(metrics); i++) {
		fprintf(file, "%s", pdiag_metrics_describe(metrics, i)->name);
		pdiag_metrics_each_point(metrics, i, 0, UINT64_MAX, 1, put_point, file);
		fprintf(file, "\n");
	}
	return file ? fclose(file) : 1;
}

static void learned(struct pdiag_watch *watch, const char *path, int write)
{
	static char bytes[1 << 20];
	FILE *file = path ? fopen(path, write ? "wb" : "rb") : NULL;
	size_t len;

	if (!file)
		return;
	if (!write) {
		len = fread(bytes, 1, sizeof(bytes), file);
		if (pdiag_watch_restore(watch, bytes, len))
			fail();
	} else if (pdiag_watch_save(watch, bytes, sizeof(bytes), &len) ||
		fwrite(bytes, 1, len, file) != len) {
		fail();
	}
	fclose(file);
}

static int run(struct pdiag_watch *watch, const char *folder, double seconds)
{
	struct pollfd p = { .fd = pdiag_watch_fd(watch), .events = POLLIN };
	struct pdiag_watch_info info = { .size = sizeof(info) };
	uint64_t end = clock_ns() + (uint64_t)(seconds * 1e9), looks = 0;
	FILE *file = open_in(folder, "looks.tsv");

	while (file && !stopped && clock_ns() < end) {
		if (poll(&p, 1, 1000) < 0 && errno != EINTR)
			return 1;
		if (pdiag_watch_dispatch(watch) < 0)
			fail();
		pdiag_watch_get_info(watch, &info);
		if (info.looks == looks)
			continue;
		looks = info.looks;
		fflush(file);
		fprintf(file, "%llu\t%.2f\t%.2f\t%u\t%u\n", (unsigned long long)clock_ns(),
			info.surprise, info.load, info.learning, info.ongoing);
	}
	return file ? fclose(file) : 1;
}

/* What it cost: itself against the seconds. */
static void tell_cost(double seconds)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	printf("cost %.2f%% of a CPU, %ld MB\n", 100 / seconds *
		((double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
			(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6),
		u.ru_maxrss >> 10);
}

int main(int argc, char **argv)
{
	struct pdiag_watch_options options = { .size = sizeof(options), .fn = tell };
	struct sigaction action = { .sa_handler = stop };
	struct pdiag_watch_info info = { .size = sizeof(info) };
	struct pdiag_watch *watch = NULL;
	struct pdiag *context = NULL;
	int ret = 1;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setpriority(PRIO_PROCESS, 0, -10);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (argc < 3)
		return fputs("Usage: faults_watch FOLDER SECONDS [LEARNED]\n", stderr), 2;
	events = open_in(argv[1], "events.json");
	if (!events || pdiag_open(NULL, &context) ||
		pdiag_watch_new(context, &options, &watch)) {
		ret = fail();
	} else {
		pdiag_watch_get_info(watch, &info);
		printf("source %s, %u metrics; %s\n", info.source, info.metrics, info.limits);
		learned(watch, argv[3], 0);
		ret = run(watch, argv[1], atof(argv[2])) || write_metrics(watch, argv[1]);
		learned(watch, argv[3], 1);
		tell_cost(atof(argv[2]));
	}
	pdiag_close(context);
	return ret;
}
