/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of a test's own for a journal, and what is done with one. For tests of cmocka. */
#ifndef TESTS_SUPPORT_JOURNAL_FOLDER_H
#define TESTS_SUPPORT_JOURNAL_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pdiag/error.h>
#include <pdiag/journal.h>

#include "support/made_event.h"

struct at {
	struct pdiag *context;
	char base[64], path[96];
};

static inline void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
}

static inline int folder_setup(void **state)
{
	struct at *at = calloc(1, sizeof(*at));

	snprintf(at->base, sizeof(at->base), "%s/pdiag-journal-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(at->base));
	snprintf(at->path, sizeof(at->path), "%s/events", at->base);
	assert_int_equal(pdiag_open(NULL, &at->context), 0);
	*state = at;
	return 0;
}

static inline int folder_teardown(void **state)
{
	struct at *at = *state;

	pdiag_close(at->context);
	empty_folder(at->path);
	rmdir(at->path);
	empty_folder(at->base);
	rmdir(at->base);
	free(at);
	return 0;
}

#define folder_test(fn) cmocka_unit_test_setup_teardown(fn, folder_setup, folder_teardown)

static inline struct pdiag_journal *open_as(struct at *at, uint32_t flags, uint64_t max_bytes)
{
	struct pdiag_journal_options o = { .size = sizeof(o), .flags = flags,
		.max_bytes = max_bytes };
	struct pdiag_journal *j;

	if (pdiag_journal_open(at->context, at->path, &o, &j))
		fail_msg("%s", pdiag_errmsg());
	return j;
}

static inline struct pdiag_journal *writer(struct at *at)
{
	return open_as(at, PDIAG_JOURNAL_NO_SYNC, 0);
}

static inline struct pdiag_journal *reader(struct at *at)
{
	return open_as(at, PDIAG_JOURNAL_READ_ONLY, 0);
}

static inline struct pdiag_journal_info info_of(struct pdiag_journal *j)
{
	struct pdiag_journal_info info = { .size = sizeof(info) };

	if (pdiag_journal_get_info(j, &info))
		fail_msg("%s", pdiag_errmsg());
	return info;
}

/* Append a made event, and give it back. */
static inline struct pdiag_event *put(struct at *at, struct pdiag_journal *j, uint64_t id,
	uint32_t phase, unsigned int seed)
{
	struct pdiag_event *e = made_event(at->context, phase, seed);

	e->info.id = id;
	if (pdiag_journal_append(j, e))
		fail_msg("%s", pdiag_errmsg());
	return e;
}

/* The journal has the event as it is. */
static inline void check(struct pdiag_journal *j, struct pdiag_event *e)
{
	struct pdiag_event *again;

	if (pdiag_journal_read(j, e->info.id, &again))
		fail_msg("%s", pdiag_errmsg());
	assert_true(same_event(e, again, true));
	pdiag_event_free(again);
}

/* What does not pack well: 16 bytes a point. */
static inline void add_noise(struct pdiag_event *e, const char *name, unsigned int points)
{
	struct pdiag_event_metric m = { .name = name, .unit = "1", .description = "" };
	struct pdiag_event_point *list = calloc(points + 1, sizeof(*list));
	uint64_t x = 88172645463325252ull + e->info.onset_ns;

	for (unsigned int i = 0; i < points; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		list[i].time_ns = x;
		memcpy(&list[i].value, &x, sizeof(x));
	}
	assert_int_equal(pdiag_event_add_metric(e, &m, list, points), 0);
	free(list);
}

#endif
