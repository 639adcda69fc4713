/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was recorded, through the watch itself, as fast as it goes: faults_replay FOLDER < ROWS.
 * The first row has "ms" and names of metrics, the others values, with tabs between. Writes
 * events.json and looks.tsv as faults_watch does; nothing is sampled, so there are no culprits.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"
#include "tell.h"
#include "watch/watch.h"

#define NS 1000000000ull
#define START_REAL (1700000000 * NS)

struct replay {
	struct ground ground;
	struct pdiag *context;
	struct pdiag_watch *watch;
	uint64_t mono;
	double values[GROUND_COLUMNS + 1];
	FILE *events, *looks;
};

static uint64_t now(void *user, clockid_t id)
{
	struct replay *r = user;

	return r->mono + (id == CLOCK_REALTIME ? START_REAL : 0);
}

static void tell(void *user, struct pdiag_event *event)
{
	struct replay *r = user;

	tell_event(r->events, event, r->mono);
}

static int fail(const char *what)
{
	fprintf(stderr, "faults_replay: %s\n", what);
	return 1;
}

static struct replay replay;

static double busiest(void *user)
{
	const struct ground *g = &replay.ground;

	(void)user;
	return ground_value(g, "system.cpu.process.max") /
		(ground_value(g, "system.cpu.utilization") * ground_cpus(g));
}

static int make(struct replay *r)
{
	struct pdiag_watch_options o = { .size = sizeof(o), .fn = tell, .user = r,
		.flags = PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS };
	const struct pdiag_metric_clock clock = { .now = now, .user = r };
	const struct pdiag_watch_ground ground = { .root = r->ground.root, .clock = &clock,
		.cpus = ground_cpus(&r->ground), .busiest = busiest };

	return pdiag_watch_make(r->context, &o, &ground, &r->watch);
}

/* A line's numbers; what is missing is none. */
static uint64_t read_row(struct replay *r, char *line)
{
	char *at = line, *end;
	uint64_t ms = strtoull(at, &end, 10);

	for (uint32_t i = 0; i < r->ground.columns; i++) {
		at = *end == '\t' ? end + 1 : end;
		r->values[i] = strtod(at, &end);
		if (end == at)
			r->values[i] = NAN;
	}
	return ms;
}

static int look(struct replay *r)
{
	struct pdiag_watch_info info = { .size = sizeof(info) };

	if (!r->watch)
		return make(r);
	if (pdiag_watch_look(r->watch) < 0 || pdiag_watch_follow(r->watch))
		return -1;
	pdiag_watch_get_info(r->watch, &info);
	fprintf(r->looks, "%llu\t%.2f\t%.2f\t%u\t%u\n", (unsigned long long)r->mono,
		info.surprise, info.load, info.learning, info.ongoing);
	return 0;
}

static int run(struct replay *r)
{
	char *line = NULL;
	size_t cap = 0;
	uint64_t ms, before = 0;
	int ret = 0;

	while (!ret && getline(&line, &cap, stdin) > 0) {
		ms = read_row(r, line);
		if (!ms || ms <= before)
			continue;
		ret = ground_step(&r->ground, r->values,
			before ? (double)(ms - before) / 1000 : 1);
		before = ms;
		r->mono = ms * 1000000;
		if (!ret)
			ret = look(r);
	}
	free(line);
	return ret ? fail(pdiag_errmsg()) : 0;
}

static FILE *open_in(const char *folder, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, "w");
}

int main(int argc, char **argv)
{
	char *line = NULL, *names;
	size_t cap = 0;
	int ret;

	if (argc != 2)
		return fputs("Usage: faults_replay FOLDER < ROWS\n", stderr), 2;
	replay.events = open_in(argv[1], "events.json");
	replay.looks = open_in(argv[1], "looks.tsv");
	if (!replay.events || !replay.looks)
		return fail("nothing can be written to the folder");
	if (getline(&line, &cap, stdin) <= 0 || !(names = strchr(line, '\t')))
		return fail("there are no rows");
	if (ground_open(&replay.ground, names) || pdiag_open(NULL, &replay.context))
		return fail("no place for files");
	ret = run(&replay);
	pdiag_close(replay.context);
	ground_close(&replay.ground);
	free(line);
	return ret;
}
