/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Journals: what is appended is read again, by whoever, and stays within its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "support/journal_folder.h"

static uint32_t phase_of(struct pdiag_journal *j, uint64_t id)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *e;

	assert_int_equal(pdiag_journal_read(j, id, &e), 0);
	assert_int_equal(pdiag_event_get_info(e, &info), 0);
	pdiag_event_free(e);
	return info.phase;
}

static void reads_what_was_appended(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at), *r = reader(at);
	struct pdiag_event *a = put(at, j, 0, PDIAG_EVENT_ENDED, 1), *last;
	struct pdiag_event *b = put(at, j, 0, PDIAG_EVENT_ENDED, 2);

	assert_int_equal(a->info.id, 1);
	assert_int_equal(b->info.id, 2);
	check(j, a);
	check(j, b);
	check(r, a);
	check(r, b);
	assert_int_equal(pdiag_journal_read(r, 0, &last), 0);
	assert_true(same_event(b, last, true));
	pdiag_event_free(last);
	assert_int_equal(pdiag_journal_read(r, 3, &last), -ENOENT);
	assert_null(last);
	pdiag_event_destroy(a);
	pdiag_event_destroy(b);
}

struct seen {
	uint64_t ids[64];
	uint32_t phases[64], evidence, culprits, metrics, count;
	int stop;
};

static int see(void *user, const struct pdiag_event_info *info)
{
	struct seen *s = user;

	assert_true(s->count < 64);
	s->ids[s->count] = info->id;
	s->evidence = info->evidence;
	s->culprits = info->culprits;
	s->metrics = info->metrics;
	assert_string_equal(info->rule, "load >= 4");
	s->phases[s->count++] = info->phase;
	return s->stop;
}

static void begun_then_ended_is_one(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at), *r = reader(at);
	struct pdiag_event *ended;
	struct seen s = { 0 };

	pdiag_event_destroy(put(at, j, 7, PDIAG_EVENT_BEGUN, 1));
	pdiag_event_destroy(put(at, j, 0, PDIAG_EVENT_BEGUN, 2));
	ended = put(at, j, 7, PDIAG_EVENT_ENDED, 3);
	check(r, ended);
	assert_int_equal(pdiag_journal_each(r, see, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.ids[0], 7);
	assert_int_equal(s.ids[1], 8);
	assert_int_equal(s.phases[0], PDIAG_EVENT_ENDED);
	assert_int_equal(s.phases[1], PDIAG_EVENT_BEGUN);
	assert_int_equal(s.evidence, PDIAG_EVIDENCE_BEFORE | PDIAG_EVIDENCE_DURING);
	assert_int_equal(s.culprits, 2);
	assert_int_equal(s.metrics, 2);
	assert_int_equal(info_of(r).events, 2);
	assert_int_equal(info_of(r).next_id, 9);
	s = (struct seen){ .stop = 5 };
	assert_int_equal(pdiag_journal_each(r, see, &s), 5);
	assert_int_equal(s.count, 1);
	pdiag_event_destroy(ended);
}

static void begun_is_cut_without_its_writer(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at), *r = reader(at);

	pdiag_event_destroy(put(at, j, 0, PDIAG_EVENT_BEGUN, 1));
	assert_int_equal(phase_of(r, 1), PDIAG_EVENT_BEGUN);
	assert_int_equal(phase_of(j, 1), PDIAG_EVENT_BEGUN);
	pdiag_journal_close(j);
	assert_int_equal(phase_of(r, 1), PDIAG_EVENT_CUT);
	/* Another writer is not its writer. */
	j = writer(at);
	assert_int_equal(phase_of(r, 1), PDIAG_EVENT_CUT);
	assert_int_equal(phase_of(j, 1), PDIAG_EVENT_CUT);
	pdiag_event_destroy(put(at, j, 0, PDIAG_EVENT_UPDATED, 1));
	assert_int_equal(phase_of(r, 1), PDIAG_EVENT_CUT);
	assert_int_equal(phase_of(r, 2), PDIAG_EVENT_UPDATED);
	pdiag_journal_close(j);
	assert_int_equal(phase_of(r, 2), PDIAG_EVENT_CUT);
}

static void one_writer_at_a_time(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at), *other;

	assert_int_equal(pdiag_journal_open(at->context, at->path, NULL, &other), -EBUSY);
	assert_null(other);
	assert_non_null(strstr(pdiag_errmsg(), "another writer"));
	pdiag_journal_close(j);
	assert_int_equal(pdiag_journal_open(at->context, at->path, NULL, &other), 0);
}

static void ids_go_on(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at);

	pdiag_event_destroy(put(at, j, 41, PDIAG_EVENT_ENDED, 1));
	pdiag_journal_close(j);
	j = writer(at);
	assert_int_equal(info_of(j).next_id, 42);
	pdiag_event_destroy(put(at, j, 0, PDIAG_EVENT_ENDED, 1));
	assert_int_equal(info_of(j).next_id, 43);
	assert_int_equal(info_of(j).events, 2);
}

static void bad_calls(void **state)
{
	struct at *at = *state;
	struct pdiag_journal_options o = { .size = sizeof(o), .flags = 4 };
	struct pdiag_event *e = made_event(at->context, PDIAG_EVENT_ENDED, 1);
	struct pdiag_journal *j;

	assert_int_equal(pdiag_journal_open(at->context, at->path, &o, &j), -EINVAL);
	o = (struct pdiag_journal_options){ .size = sizeof(o), .max_bytes = 1000 };
	assert_int_equal(pdiag_journal_open(at->context, at->path, &o, &j), -EINVAL);
	assert_int_equal(pdiag_journal_open(at->context, "", NULL, &j), -EINVAL);
	assert_int_equal(pdiag_journal_open(at->context, "/proc/version", NULL, &j), -ENOTDIR);
	o = (struct pdiag_journal_options){ .size = sizeof(o), .flags = PDIAG_JOURNAL_READ_ONLY };
	assert_int_equal(pdiag_journal_open(at->context, at->path, &o, &j), -ENOENT);
	j = writer(at);
	pdiag_journal_close(j);
	j = reader(at);
	assert_int_equal(pdiag_journal_append(j, e), -EBADF);
	assert_int_equal(pdiag_journal_each(j, NULL, NULL), -EINVAL);
	pdiag_event_destroy(e);
}

static mode_t mode_of(const char *folder, const char *name)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 0777;
}

static void only_its_owner_may_look(void **state)
{
	struct at *at = *state;
	mode_t mask = umask(0);
	struct pdiag_journal *j = writer(at);

	pdiag_event_destroy(put(at, j, 0, PDIAG_EVENT_ENDED, 1));
	umask(mask);
	assert_int_equal(mode_of(at->path, "."), 0700);
	assert_int_equal(mode_of(at->path, "events-00000001.pdj"), 0600);
	assert_int_equal(mode_of(at->path, "lock"), 0600);
}

static void links_are_refused(void **state)
{
	struct at *at = *state;
	char target[128], link[160];
	struct pdiag_journal *j;
	struct stat st;

	snprintf(target, sizeof(target), "%s/target", at->base);
	assert_int_equal(symlink(at->base, at->path), 0);
	assert_int_equal(pdiag_journal_open(at->context, at->path, NULL, &j), -ENOTDIR);
	assert_int_equal(unlink(at->path), 0);
	assert_int_equal(mkdir(at->path, 0700), 0);
	/* What would be the first file is a link to somebody else's. */
	snprintf(link, sizeof(link), "%s/events-00000001.pdj", at->path);
	close(open(target, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink(target, link), 0);
	j = writer(at);
	pdiag_event_destroy(put(at, j, 0, PDIAG_EVENT_ENDED, 1));
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(info_of(j).events, 1);
	pdiag_journal_close(j);
	snprintf(link, sizeof(link), "%s/lock", at->path);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(target, link), 0);
	assert_true(pdiag_journal_open(at->context, at->path, NULL, &j) < 0);
	assert_int_equal(unlink(target), 0);
}

static void others_may_not_write(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j;

	assert_int_equal(mkdir(at->path, 0700), 0);
	assert_int_equal(chmod(at->path, 0777), 0);
	assert_int_equal(pdiag_journal_open(at->context, at->path, NULL, &j), -EACCES);
}

static void keeps_within_max_bytes(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = open_as(at, PDIAG_JOURNAL_NO_SYNC, 1 << 20);
	struct pdiag_event *e;
	unsigned int i;

	for (i = 1; i <= 4000 && info_of(j).removed < 100; i++) {
		e = made_event(at->context, PDIAG_EVENT_ENDED, i);
		made_metrics(e, 30, 1000);
		assert_int_equal(pdiag_journal_append(j, e), 0);
		assert_true(info_of(j).bytes <= 1 << 20);
		check(j, e);
		pdiag_event_destroy(e);
	}
	assert_true(info_of(j).removed >= 100);
	assert_true(info_of(j).bytes > 512 << 10);
	assert_int_equal(info_of(j).events + info_of(j).removed, i - 1);
	pdiag_journal_close(j);
	j = reader(at);
	assert_int_equal(info_of(j).next_id, i);
	assert_int_equal(info_of(j).damaged, 0);
}

static void large_events_lose_profiles(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = open_as(at, PDIAG_JOURNAL_NO_SYNC, 1 << 20);
	struct pdiag_event *e = made_event(at->context, PDIAG_EVENT_ENDED, 1), *again;
	struct pdiag_profile *p = pdiag_event_profile(e, PDIAG_EVIDENCE_DURING);
	struct pdiag_event_info info = { .size = sizeof(info) };
	char name[40];

	for (unsigned int i = 0; i < 40000; i++) {
		snprintf(name, sizeof(name), "u:f%08x%08x", i * 2654435761u, i * 40503u * i);
		made_samples(p, "large", 1, "u:main", name, NULL);
	}
	assert_int_equal(pdiag_journal_append(j, e), 0);
	assert_int_equal(pdiag_journal_read(j, e->info.id, &again), 0);
	assert_int_equal(pdiag_event_get_info(again, &info), 0);
	assert_int_equal(info.evidence, PDIAG_EVIDENCE_BEFORE);
	assert_non_null(strstr(info.limits, "no profile of before; the profile of during was left "
		"out"));
	assert_non_null(pdiag_event_profile(e, PDIAG_EVIDENCE_DURING));
	pdiag_event_free(again);
	/* Even without profiles. */
	add_noise(e, "noise", 60000);
	assert_int_equal(pdiag_journal_append(j, e), 0);
	assert_int_equal(pdiag_journal_read(j, 0, &again), 0);
	assert_int_equal(pdiag_event_get_info(again, &info), 0);
	assert_int_equal(info.evidence, 0);
	assert_non_null(strstr(info.limits, "the history of its metrics was left out"));
	assert_int_equal(pdiag_event_metric(again, 0, NULL)->points, 0);
	assert_int_equal(info_of(j).failed, 0);
	pdiag_event_free(again);
	pdiag_event_destroy(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		folder_test(reads_what_was_appended),
		folder_test(begun_then_ended_is_one),
		folder_test(begun_is_cut_without_its_writer),
		folder_test(one_writer_at_a_time),
		folder_test(ids_go_on),
		folder_test(bad_calls),
		folder_test(only_its_owner_may_look),
		folder_test(links_are_refused),
		folder_test(others_may_not_write),
		folder_test(keeps_within_max_bytes),
		folder_test(large_events_lose_profiles),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
