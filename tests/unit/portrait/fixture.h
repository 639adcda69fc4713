/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A made root with processes, and a clock that stands still until it is moved. */
#ifndef TESTS_UNIT_PORTRAIT_FIXTURE_H
#define TESTS_UNIT_PORTRAIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pdiag/context.h>
#include <pdiag/error.h>

#include "portrait/portrait.h"

#define NS 1000000000ull
#define BOOT_AHEAD (50 * NS) /* CLOCK_BOOTTIME of it, as of a machine that was suspended */

struct fixture {
	char root[64];
	uint64_t mono;
	uint64_t creep; /* that each look at the clock takes */
	struct pdiag *context;
	struct pdiag_portraits *portraits;
	struct pdiag_portraits_options options;
};

/* What the files of a process say. */
struct made {
	int pid, ppid;
	uint64_t start; /* ticks since boot */
	const char *comm;
	char state;
	unsigned int threads;
	uint64_t user, system, child; /* ticks */
	uint64_t minor, major, blocked, pages;
	uint64_t run_ns, delay_ns;
	uint64_t voluntary, involuntary, migrations;
	uint64_t read, write, calls_read, calls_write;
};

static inline uint64_t fixture_now(void *user, clockid_t id)
{
	struct fixture *f = user;

	f->mono += f->creep;
	return id == CLOCK_BOOTTIME ? f->mono + BOOT_AHEAD : f->mono;
}

/* With the clocks of processes, or by files alone as in a foreign root. */
static bool fixture_clocks;

/* What schedstat says is what the clock says. */
static inline int fixture_cpu(void *user, int32_t pid, uint64_t *ns)
{
	const struct fixture *f = user;
	unsigned long long run;
	char path[128];
	FILE *file;
	int found;

	snprintf(path, sizeof(path), "%s/proc/%d/schedstat", f->root, pid);
	file = fopen(path, "r");
	if (!file)
		return -EINVAL;
	found = fscanf(file, "%llu", &run);
	fclose(file);
	*ns = run;
	return found == 1 ? 0 : -EINVAL;
}

static inline uint64_t ticks(const struct fixture *f)
{
	return (f->mono + BOOT_AHEAD) / 10000000;
}

static inline void fixture_begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	strcpy(f->root, "/tmp/pdiag-portrait-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->mono = 1000 * NS;
	assert_int_equal(pdiag_open(NULL, &f->context), 0);
	f->options = (struct pdiag_portraits_options){ .size = sizeof(f->options),
		.root = f->root };
}

static inline void fixture_end(struct fixture *f)
{
	char command[96];

	pdiag_portraits_free(f->portraits);
	pdiag_close(f->context);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->root);
	assert_int_equal(system(command), 0);
}

static inline void put(struct fixture *f, const char *path, const char *text)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	for (char *p = full + strlen(f->root) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(full, 0755);
			*p = '/';
		}
	if (full[strlen(full) - 1] == '/')
		return;
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static inline void put_file(struct fixture *f, const char *dir, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "proc/%s/%s", dir, name);
	put(f, path, text);
}

#define U(x) ((unsigned long long)(x))

/* The files that a thread has as well. */
static inline void put_counted(struct fixture *f, const char *dir, uint64_t run, uint64_t delay,
	uint64_t voluntary, uint64_t involuntary, uint64_t migrations)
{
	char text[512];

	snprintf(text, sizeof(text), "%llu %llu 5\n", U(run), U(delay));
	put_file(f, dir, "schedstat", text);
	snprintf(text, sizeof(text), "Name:\tx\nState:\tS (sleeping)\nUid:\t33\t33\t33\t33\n"
		"VmRSS:\t  100 kB\nThreads:\t1\nvoluntary_ctxt_switches:\t%llu\n"
		"nonvoluntary_ctxt_switches:\t%llu\n", U(voluntary), U(involuntary));
	put_file(f, dir, "status", text);
	snprintf(text, sizeof(text), "x (1, #threads: 1)\n------\n"
		"se.nr_migrations                             :  %20llu\nnr_switches  : 7\n",
		U(migrations));
	put_file(f, dir, "sched", text);
}

static inline void put_stat(struct fixture *f, const struct made *m)
{
	char dir[16], text[1024];

	snprintf(dir, sizeof(dir), "%d", m->pid);
	snprintf(text, sizeof(text), "%d (%s) %c %d 1 1 0 -1 4194304 %llu 77 %llu 88 %llu %llu "
		"%llu 0 20 0 %u 0 %llu 3133440 %llu 18446744073709551615 1 2 3 0 0 0 0 0 0 0 0 0 "
		"17 0 0 0 %llu 0 0 1 2 3 4 5 6 7 0\n", m->pid, m->comm ? m->comm : "made",
		m->state ? m->state : 'S', m->ppid, U(m->minor), U(m->major), U(m->user),
		U(m->system), U(m->child), m->threads ? m->threads : 1, U(m->start), U(m->pages),
		U(m->blocked));
	put_file(f, dir, "stat", text);
}

static inline void put_process(struct fixture *f, const struct made *m)
{
	char dir[16], text[512];

	snprintf(dir, sizeof(dir), "%d", m->pid);
	put_stat(f, m);
	put_counted(f, dir, m->run_ns, m->delay_ns, m->voluntary, m->involuntary, m->migrations);
	snprintf(text, sizeof(text), "rchar: 1\nwchar: 2\nsyscr: %llu\nsyscw: %llu\n"
		"read_bytes: %llu\nwrite_bytes: %llu\ncancelled_write_bytes: 0\n",
		U(m->calls_read), U(m->calls_write), U(m->read), U(m->write));
	put_file(f, dir, "io", text);
	put_file(f, dir, "cgroup", "0::/made.slice\n");
}

static inline void end_process(struct fixture *f, int pid)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf '%s/proc/%d'", f->root, pid);
	assert_int_equal(system(command), 0);
}

/* It is gone, and its number of inode is not used again. */
static inline void move_away(struct fixture *f, const char *dir)
{
	static unsigned int count;
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/proc/%s", f->root, dir);
	snprintf(to, sizeof(to), "%s/gone%u", f->root, count++);
	assert_int_equal(rename(from, to), 0);
}

static inline int make(struct fixture *f)
{
	const struct pdiag_portrait_clock clock = { .now = fixture_now,
		.cpu = fixture_clocks ? fixture_cpu : NULL, .user = f };

	put(f, "proc/", "");
	return pdiag_portraits_make(f->context, &f->options, &clock, &f->portraits);
}

static inline void sample(struct fixture *f, double after)
{
	f->mono += (uint64_t)(after * 1e9 + 0.5);
	assert_int_equal(pdiag_portraits_sample(f->portraits), 1);
}

/* A copy of what a callback is given. */
struct seen {
	struct pdiag_portrait portrait;
	struct pdiag_portrait_value values[PDIAG_QUANTITY_COUNT];
	char name[64], command[512], cgroup[512], reasons[512], change[512];
	int32_t order[64];
	uint32_t count;
};

static inline int see(void *user, const struct pdiag_portrait *portrait)
{
	struct seen *s = user;

	assert_int_equal(portrait->value_count, PDIAG_QUANTITY_COUNT);
	s->portrait = *portrait;
	memcpy(s->values, portrait->values, sizeof(s->values));
	snprintf(s->name, sizeof(s->name), "%s", portrait->name);
	snprintf(s->command, sizeof(s->command), "%s", portrait->command);
	snprintf(s->cgroup, sizeof(s->cgroup), "%s", portrait->cgroup);
	snprintf(s->reasons, sizeof(s->reasons), "%s", portrait->reasons);
	snprintf(s->change, sizeof(s->change), "%s", portrait->change);
	if (s->count < 64)
		s->order[s->count] = portrait->pid;
	s->count++;
	return 0;
}

static inline struct seen look_at(struct fixture *f, int pid)
{
	struct seen s = { .count = 0 };

	assert_int_equal(pdiag_portraits_find(f->portraits, pid, see, &s), 0);
	return s;
}

static inline double value(struct fixture *f, int pid, uint32_t quantity)
{
	return look_at(f, pid).values[quantity].now;
}

static inline void is_near(double have, double want)
{
	if (!(fabs(have - want) <= 1e-5 * fabs(want) + 1e-9))
		fail_msg("%g, not %g", have, want);
}

static inline struct pdiag_portraits_info info_of(struct fixture *f)
{
	struct pdiag_portraits_info info = { .size = sizeof(info) };

	assert_int_equal(pdiag_portraits_get_info(f->portraits, &info), 0);
	return info;
}

#endif
