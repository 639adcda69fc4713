/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A watch of a machine that is made of files, second by second. */
#ifndef TESTS_UNIT_WATCH_GROUND_H
#define TESTS_UNIT_WATCH_GROUND_H

#include "../metric/fixture.h"
#include "watch/watch.h"

/* Until it is known that something is over: who is active is counted each 5 s. */
#define LATE (6 * NS)

/* What the machine does in the next second. */
struct ground {
	struct fixture f;
	struct pdiag_watch_options options;
	struct pdiag_watch *watch;
	pdiag_watch_ask_fn ask; /* in the place of samples */
	double (*busiest)(void *user); /* likewise */
	double busy;	     /* of its 4 CPUs */
	uint32_t runnable, blocked;
	uint64_t user, idle; /* of /proc/stat, in hundredths of a second */
	double load;	     /* average of a minute, and how often it was written */
	uint32_t written, random;
};

/* Small and even, the same in each run. */
static inline double noise(struct ground *g)
{
	g->random = g->random * 1664525 + 1013904223;
	return (double)(g->random >> 8) / (1u << 24);
}

/* As the kernel does each 5 s. */
static inline void count_load(struct ground *g)
{
	if (g->written++ % 5 == 0)
		g->load += (g->runnable + g->blocked - g->load) * (1 - 1884.0 / 2048);
}

static inline void write_machine(struct ground *g)
{
	char text[512];

	count_load(g);
	snprintf(text, sizeof(text),
		"cpu %llu 0 0 %llu 0 0 0 0 0 0\nctxt 1000\nprocesses 10\nprocs_running %u\n"
		"procs_blocked %u\n", (unsigned long long)g->user, (unsigned long long)g->idle,
		g->runnable + 1, g->blocked);
	put(&g->f, "proc/stat", text);
	snprintf(text, sizeof(text), "%.2f 1.00 1.00 %u/100 1\n", g->load,
		g->runnable + 1);
	put(&g->f, "proc/loadavg", text);
}

static inline void ground_begin(struct ground *g)
{
	memset(g, 0, sizeof(*g));
	fixture_begin(&g->f);
	g->options = (struct pdiag_watch_options){ .size = sizeof(g->options),
		.flags = PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS };
	g->random = 1;
	write_machine(g);
}

static inline int ground_make(struct ground *g)
{
	const struct pdiag_metric_clock clock = { .now = fixture_now, .user = &g->f };
	const struct pdiag_watch_ground ground = { .root = g->f.root, .clock = &clock, .cpus = 4,
		.ask = g->ask, .busiest = g->busiest };

	return pdiag_watch_make(g->f.context, &g->options, &ground, &g->watch);
}

static inline void ground_made(struct ground *g)
{
	if (ground_make(g))
		fail_msg("no watch: %s", pdiag_errmsg());
}

static inline void ground_end(struct ground *g)
{
	pdiag_watch_free(g->watch);
	fixture_end(&g->f);
}

static inline struct pdiag_watch_info ground_info(const struct ground *g)
{
	struct pdiag_watch_info info = { .size = sizeof(info) };

	assert_int_equal(pdiag_watch_get_info(g->watch, &info), 0);
	return info;
}

static inline uint64_t ground_events(const struct ground *g)
{
	return ground_info(g).events;
}

/* The event that waits. */
static inline struct pdiag_event *ground_taken(struct ground *g, struct pdiag_event_info *info)
{
	struct pdiag_event *event;

	if (pdiag_watch_take(g->watch, &event) != 1)
		fail_msg("no event waits");
	info->size = sizeof(*info);
	assert_int_equal(pdiag_event_get_info(event, info), 0);
	return event;
}

/* A second in which so many threads ran or wanted to. */
static inline void second(struct ground *g, uint32_t runnable, double busy)
{
	g->runnable = runnable;
	g->user += (uint64_t)(100 * busy);
	g->idle += 400 - (uint64_t)(100 * busy);
	g->f.mono += NS;
	write_machine(g);
	assert_int_equal(pdiag_watch_look(g->watch), 1);
	assert_int_equal(pdiag_watch_follow(g->watch), 0);
}

/* Ordinary seconds: one to three threads, a half to one and a half CPUs. */
static inline void quiet(struct ground *g, uint32_t seconds)
{
	while (seconds--)
		second(g, 1 + (uint32_t)(3 * noise(g)), 0.5 + noise(g));
}

static inline void storm(struct ground *g, uint32_t seconds)
{
	while (seconds--)
		second(g, 40 + (uint32_t)(3 * noise(g)), 4);
}

#endif
