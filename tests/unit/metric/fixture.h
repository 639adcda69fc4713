/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A made root with files of proc and sys, and a clock that stands still until it is moved. */
#ifndef TESTS_UNIT_METRIC_FIXTURE_H
#define TESTS_UNIT_METRIC_FIXTURE_H

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

#include "metric/metric.h"

#define NS 1000000000ull
#define MS 1000000ull
#define START (1000 * NS)
#define START_REAL (1700000000 * NS)

struct fixture {
	char root[64];
	uint64_t mono, suspended, real_offset;
	uint64_t read_takes; /* how much each look at the clock moves it */
	struct pdiag *context;
	struct pdiag_metrics *metrics;
	struct pdiag_metrics_options options;
};

static inline uint64_t fixture_now(void *user, clockid_t id)
{
	struct fixture *f = user;

	if (id == CLOCK_MONOTONIC)
		return f->mono += f->read_takes;
	if (id == CLOCK_BOOTTIME)
		return f->mono + f->suspended;
	return f->mono + f->suspended + f->real_offset;
}

static inline void fixture_begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	strcpy(f->root, "/tmp/pdiag-metric-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->mono = START;
	f->real_offset = START_REAL - START;
	assert_int_equal(pdiag_open(NULL, &f->context), 0);
	f->options = (struct pdiag_metrics_options){ .size = sizeof(f->options), .root = f->root,
		.history_s = 60 };
}

static inline void fixture_end(struct fixture *f)
{
	char command[96];

	pdiag_metrics_free(f->metrics);
	pdiag_close(f->context);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->root);
	assert_int_equal(system(command), 0);
}

/* The file's folders, too. What is open stays open and has the new text. */
static inline void put_bytes(struct fixture *f, const char *path, const void *data, size_t len)
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
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static inline void put(struct fixture *f, const char *path, const char *text)
{
	put_bytes(f, path, text, strlen(text));
}

static inline int make(struct fixture *f)
{
	const struct pdiag_metric_clock clock = { .now = fixture_now, .user = f };

	return pdiag_metrics_make(f->context, &f->options, &clock, NULL, &f->metrics);
}

static inline void made(struct fixture *f)
{
	assert_int_equal(make(f), 0);
}

static inline void tick(struct fixture *f, uint64_t after_ns)
{
	f->mono += after_ns;
	assert_int_equal(pdiag_metrics_sample(f->metrics), 1);
}

static inline uint32_t index_of(struct fixture *f, const char *name)
{
	int i = pdiag_metrics_find(f->metrics, name);

	if (i < 0)
		fail_msg("%s: %s", name, pdiag_errmsg());
	return (uint32_t)i;
}

static inline const struct pdiag_metric_value *value(struct fixture *f, const char *name)
{
	return pdiag_metrics_value(f->metrics, index_of(f, name));
}

static inline const struct pdiag_metric *metric(struct fixture *f, const char *name)
{
	return pdiag_metrics_describe(f->metrics, index_of(f, name));
}

static inline void is_value(struct fixture *f, const char *name, double want)
{
	const struct pdiag_metric_value *v = value(f, name);

	if (v->state == PDIAG_METRIC_MISSING ||
		!(fabs(v->value - want) <= 1e-9 * fabs(want) + 1e-12))
		fail_msg("%s is %g in state %u, not %g", name, v->value, v->state, want);
}

static inline void is_missing(struct fixture *f, const char *name)
{
	const struct pdiag_metric_value *v = value(f, name);

	if (v->state != PDIAG_METRIC_MISSING || !isnan(v->value))
		fail_msg("%s is %g, and should be missing", name, v->value);
}

static inline void is_absent(struct fixture *f, const char *name, const char *reason)
{
	const struct pdiag_metric *m = metric(f, name);

	if (m->available || !strstr(m->reason, reason))
		fail_msg("%s: available is %u, the reason \"%s\", not \"%s\"", name, m->available,
			m->reason, reason);
	is_missing(f, name);
}

#endif
