/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folders for journals, and an event in one: of a rule that is always broken. */
#ifndef TESTS_API_EVENT_SUPPORT_H
#define TESTS_API_EVENT_SUPPORT_H

#include "support.h"

#include <dirent.h>

/* A folder of the test's own; `name` is the folder in it that a journal makes. */
struct folder {
	char base[32], name[64];
};

static inline void folder_make(struct folder *f)
{
	strcpy(f->base, "/tmp/pdiag-test-XXXXXX");
	assert_non_null(mkdtemp(f->base));
	snprintf(f->name, sizeof(f->name), "%.31s/journal", f->base);
}

static inline void folder_empty(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
}

static inline void folder_remove(const struct folder *f)
{
	folder_empty(f->name);
	rmdir(f->name);
	folder_empty(f->base);
	rmdir(f->base);
}

/* A watch that needs no privilege, and has an event from its first looks on. */
static inline int always_new(struct pdiag *context, const char *journal, struct pdiag_watch **out)
{
	static const char *const rules[] = { "load >= 0", NULL };
	const struct pdiag_watch_options o = { .size = sizeof(o), .rules = rules,
		.journal = journal, .interval_ms = 100, .flags = PDIAG_WATCH_ONLY_RULES |
			PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS };

	return pdiag_watch_new(context, &o, out);
}

/* Its event; the watch is left to the context. 0 or a negative errno. */
static inline int always_event(
	struct pdiag *context, const char *journal, struct pdiag_event **event)
{
	struct pdiag_watch *watch;
	int ret = always_new(context, journal, &watch);

	/* Much longer than it takes. */
	if (!ret)
		ret = pdiag_watch_wait(watch, 60000, event);
	return ret == 1 ? 0 : ret ? ret : -ETIMEDOUT;
}

/* A journal with one event, which was cut, as its watch was freed before it had ended. */
static inline void folder_fill(struct folder *f)
{
	struct pdiag_event *event;
	struct pdiag *context;

	folder_make(f);
	OK(pdiag_open(NULL, &context));
	OK(always_event(context, f->name, &event));
	pdiag_close(context);
}

static inline int journal_open_as(struct pdiag *context, const char *path, uint32_t flags,
	struct pdiag_journal **out)
{
	const struct pdiag_journal_options o = { .size = sizeof(o), .flags = flags };

	return pdiag_journal_open(context, path, &o, out);
}

/* A chart with one series. */
static inline int trend_of(struct pdiag *context, struct pdiag_trend **out)
{
	static const struct pdiag_trend_point points[] = {
		{ .time_ns = 1000000000, .value = 1, .min = 1, .max = 1 },
		{ .time_ns = 2000000000, .value = 3, .min = 1, .max = 4 },
		{ .time_ns = 4000000000, .value = 2, .min = 2, .max = 2, .gap = 1 },
	};
	const struct pdiag_trend_series s = { .size = sizeof(s), .name = "a.metric",
		.points = points, .count = 3 };
	int ret = pdiag_trend_new(context, NULL, out);

	return ret ? ret : pdiag_trend_add_series(*out, &s);
}

#endif
