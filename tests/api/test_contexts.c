/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two contexts in two threads, each with a life of its own; meant for ThreadSanitizer, too. */
#include "event_support.h"

#include <pthread.h>

struct life {
	pthread_t thread;
	uint64_t samples;
	bool sampled;		/* it samples itself, too */
	int failed;		/* the first error, or 0 */
	char sentence[256];	/* its sentence */
	int number;
	char path[64];
};

static int count_bytes(void *user, const void *data, size_t len)
{
	(void)data;
	*(size_t *)user += len;
	return 0;
}

static int try_life(struct life *l)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 999,
		.target = PDIAG_TARGET_THREAD, .pid = gettid(), .flags = PDIAG_USER_ONLY };
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_profile *loaded = NULL;
	struct pdiag_recording *recording = NULL;
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
	size_t bytes = 0;
	const struct pdiag_sink sink = { .size = sizeof(sink), .write = count_bytes,
		.user = &bytes };
	const struct pdiag_sink file = { .size = sizeof(file), .path = l->path };
	const struct pdiag_recording_options record = { .size = sizeof(record), .sink = &file };
	int ret;

	ret = pdiag_open(NULL, &context);
	if (!ret)
		ret = pdiag_capture_new(context, &options, &capture);
	if (!ret)
		ret = pdiag_recording_new(context, &record, &recording);
	if (!ret)
		ret = pdiag_capture_record(capture, recording);
	if (!ret)
		ret = pdiag_capture_start(capture);
	for (int i = 0; !ret && i < 5; i++) {
		burn(20);
		ret = pdiag_capture_dispatch(capture);
		ret = ret > 0 ? 0 : ret;
	}
	if (!ret)
		ret = pdiag_capture_stop(capture);
	if (!ret)
		ret = pdiag_profile_write_folded(pdiag_capture_profile(capture), NULL, &sink);
	if (!ret)
		ret = pdiag_recording_finish(recording, pdiag_capture_profile(capture));
	if (!ret)
		ret = pdiag_recording_load(context, l->path, NULL, &loaded);
	if (!ret)
		ret = pdiag_profile_write_flamegraph(loaded, NULL, &sink);
	if (!ret)
		ret = pdiag_profile_get_info(loaded, &info);
	if (ret)
		snprintf(l->sentence, sizeof(l->sentence), "%s", pdiag_errmsg());
	l->samples = info.samples;
	pdiag_close(context);
	unlink(l->path);
	return ret ? ret : bytes ? 0 : -ENODATA;
}

/* A watch with a journal, the journal read, what is told of it drawn. */
static int try_events(void)
{
	size_t bytes = 0;
	const struct pdiag_sink sink = { .size = sizeof(sink), .write = count_bytes,
		.user = &bytes };
	struct pdiag_journal_info info = { .size = sizeof(info) };
	struct pdiag_event *event = NULL, *read = NULL;
	struct pdiag_culprits *culprits = NULL;
	struct pdiag_journal *journal = NULL;
	struct pdiag_profile *profile = NULL;
	struct pdiag_trend *trend = NULL;
	struct pdiag *context = NULL;
	struct folder f;
	int ret;

	folder_make(&f);
	ret = pdiag_open(NULL, &context);
	if (!ret)
		ret = always_event(context, f.name, &event);
	if (!ret)
		ret = journal_open_as(context, f.name, PDIAG_JOURNAL_READ_ONLY, &journal);
	if (!ret)
		ret = pdiag_journal_get_info(journal, &info);
	if (!ret)
		ret = pdiag_journal_read(journal, 0, &read);
	if (!ret)
		ret = pdiag_event_write_report(read, NULL, &sink);
	if (!ret)
		ret = trend_of(context, &trend);
	if (!ret)
		ret = pdiag_trend_add_event(trend, event);
	if (!ret)
		ret = pdiag_trend_write(trend, &sink);
	if (!ret)
		ret = pdiag_profile_new(context, &profile);
	if (!ret)
		ret = pdiag_culprits_new(&profile, 1, profile, NULL, &culprits);
	pdiag_close(context);
	folder_remove(&f);
	return ret ? ret : bytes && info.events == 1 ? 0 : -ENODATA;
}

/* Each thread has its own last sentence. */
static int own_sentence(struct life *l)
{
	struct pdiag_options options = { .size = (size_t)l->number };
	struct pdiag *context = NULL;
	char word[32];

	pdiag_open(&options, &context);
	snprintf(word, sizeof(word), "size is %d,", l->number);
	sched_yield();
	return strstr(pdiag_errmsg(), word) ? 0 : -EBADMSG;
}

static void *live(void *arg)
{
	struct life *l = arg;

	for (int i = 0; i < 3 && !l->failed; i++) {
		l->failed = l->sampled ? try_life(l) : 0;
		if (!l->failed)
			l->failed = try_events();
		if (l->failed && !*l->sentence)
			snprintf(l->sentence, sizeof(l->sentence), "%s", pdiag_errmsg());
		if (!l->failed)
			l->failed = own_sentence(l);
	}
	return NULL;
}

static void live_in_two_threads(bool sampled)
{
	struct life lives[2];

	memset(lives, 0, sizeof(lives));
	for (int i = 0; i < 2; i++) {
		lives[i].number = i + 1;
		lives[i].sampled = sampled;
		snprintf(lives[i].path, sizeof(lives[i].path), "/tmp/pdiag-test-%d-%d.pdiag",
			(int)getpid(), i);
		assert_int_equal(pthread_create(&lives[i].thread, NULL, live, &lives[i]), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(lives[i].thread, NULL);
	for (int i = 0; i < 2; i++) {
		if (lives[i].failed)
			fail_msg("thread %d: %d: %s", i, lives[i].failed, lives[i].sentence);
		assert_int_equal(lives[i].samples > 0, sampled);
	}
}

static void two_threads(void **state)
{
	(void)state;
	SAMPLE_OR_SKIP();
	live_in_two_threads(true);
}

static void two_threads_without_samples(void **state)
{
	(void)state;
	live_in_two_threads(false);
}

/* Two watches and journals in one thread, their calls in turns; what is of one is not of the
 * other. */
static void events_in_one_thread(void **state)
{
	struct pdiag_journal_info info = { .size = sizeof(info) };
	struct pdiag_journal *journal[2];
	struct pdiag_watch *watch[2];
	struct pdiag_event *event[2];
	struct pdiag *context[2];
	struct folder f[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		folder_make(&f[i]);
		OK(pdiag_open(NULL, &context[i]));
		OK(always_new(context[i], NULL, &watch[i]));
		OK(journal_open_as(context[i], f[i].name, 0, &journal[i]));
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pdiag_watch_wait(watch[i], 60000, &event[i]), 1);
		assert_true(pdiag_watch_dispatch(watch[!i]) >= 0);
	}
	/* An event of one context in the journal of another: it is copied there. */
	OK(pdiag_journal_append(journal[0], event[1]));
	OK(pdiag_journal_append(journal[1], event[1]));
	pdiag_close(context[1]);
	OK(pdiag_journal_get_info(journal[0], &info));
	assert_int_equal(info.events, 1);
	OK(pdiag_journal_append(journal[0], event[0]));
	OK(pdiag_journal_read(journal[0], 1, &event[1]));
	pdiag_close(context[0]);
	folder_remove(&f[0]);
	folder_remove(&f[1]);
}

/* Two contexts in one thread, their calls in turns. */
static void one_thread(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 499,
		.flags = PDIAG_USER_ONLY };
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture[2];
	struct pdiag *context[2];

	(void)state;
	SAMPLE_OR_SKIP();
	for (int i = 0; i < 2; i++) {
		OK(pdiag_open(NULL, &context[i]));
		OK(pdiag_capture_new(context[i], &options, &capture[i]));
		OK(pdiag_capture_start(capture[i]));
	}
	for (int i = 0; i < 4; i++) {
		burn(50);
		assert_true(pdiag_capture_dispatch(capture[i & 1]) >= 0);
	}
	pdiag_close(context[0]);
	burn(50);
	OK(pdiag_capture_stop(capture[1]));
	OK(pdiag_profile_get_info(pdiag_capture_profile(capture[1]), &info));
	assert_true(info.samples > 0);
	pdiag_close(context[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads), cmocka_unit_test(one_thread),
		cmocka_unit_test(two_threads_without_samples),
		cmocka_unit_test(events_in_one_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
