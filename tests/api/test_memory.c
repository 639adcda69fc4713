/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation of a whole life fails in turn: the call says -ENOMEM or does without, nothing is
 * leaked, and what is used afterwards still works. */
#include "event_support.h"

#include <malloc.h>

#include "support/exact_heap.h"
#include "support/fail_alloc.h"

static char path[64];
static struct folder full, fresh;

static int count_bytes(void *user, const void *data, size_t len)
{
	(void)data;
	*(size_t *)user += len;
	return 0;
}

/* Kernel names are another matter, and tens of thousands of allocations. */
static int symbolizer(struct pdiag *context, struct pdiag_symbolizer **out)
{
	const struct pdiag_symbolizer_options options = { .size = sizeof(options),
		.kallsyms_path = "/dev/null", .debug_path = "/nowhere" };

	return pdiag_symbolizer_new(context, &options, out);
}

/* Outputs of any kind go to nowhere. */
static int write_all(struct pdiag *context, struct pdiag_profile *profile)
{
	struct pdiag_output_options options = { .size = sizeof(options) };
	size_t bytes = 0;
	const struct pdiag_sink sink = { .size = sizeof(sink), .write = count_bytes,
		.user = &bytes };
	struct pdiag_profile *copy = NULL;
	int ret = symbolizer(context, &options.symbolizer);

	if (!ret)
		ret = pdiag_profile_write_folded(profile, &options, &sink);
	if (!ret)
		ret = pdiag_profile_write_flamegraph(profile, &options, &sink);
	if (!ret)
		ret = pdiag_profile_copy(profile, &copy);
	if (!ret)
		ret = pdiag_profile_merge(copy, profile);
	if (!ret)
		ret = pdiag_profile_write_diff(profile, copy, &options, &sink);
	return ret;
}

static int live_capture(void)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 2000,
		.buffer_bytes = 65536, .flags = PDIAG_USER_ONLY };
	const struct pdiag_sink file = { .size = sizeof(file), .path = path };
	const struct pdiag_recording_options record = { .size = sizeof(record), .sink = &file };
	struct pdiag_recording *recording = NULL;
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
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
	if (!ret) {
		burn(3);
		ret = pdiag_capture_dispatch(capture);
		ret = ret > 0 || ret == -ENOMEM ? 0 : ret;
	}
	if (!ret)
		ret = pdiag_capture_stop(capture);
	if (!ret)
		ret = write_all(context, pdiag_capture_profile(capture));
	if (!ret)
		ret = pdiag_recording_finish(recording, pdiag_capture_profile(capture));
	pdiag_close(context);
	return ret;
}

static int replay(void)
{
	struct pdiag_capture_options options = { .size = sizeof(options),
		.target = PDIAG_TARGET_RECORDING, .path = path };
	struct pdiag_profile *profile = NULL;
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
	int ret;

	ret = pdiag_open(NULL, &context);
	if (!ret)
		ret = pdiag_recording_load(context, path, NULL, &profile);
	if (!ret)
		ret = write_all(context, profile);
	if (!ret)
		ret = pdiag_capture_new(context, &options, &capture);
	if (!ret)
		ret = pdiag_capture_run(capture, 0);
	pdiag_close(context);
	return ret;
}

/* A journal is read, an event of it drawn, and appended to another one. */
static int events(void)
{
	size_t bytes = 0;
	const struct pdiag_sink sink = { .size = sizeof(sink), .write = count_bytes,
		.user = &bytes };
	struct pdiag_journal_info info = { .size = sizeof(info) };
	struct pdiag_journal *from = NULL, *to = NULL;
	struct pdiag_event *event = NULL, *again = NULL;
	struct pdiag_trend *trend = NULL;
	struct pdiag *context = NULL;
	uint64_t before = 0;
	int ret;

	ret = pdiag_open(NULL, &context);
	if (!ret)
		ret = journal_open_as(context, full.name, PDIAG_JOURNAL_READ_ONLY, &from);
	if (!ret)
		ret = pdiag_journal_read(from, 0, &event);
	if (!ret)
		ret = pdiag_event_write_report(event, NULL, &sink);
	if (!ret)
		ret = trend_of(context, &trend);
	if (!ret)
		ret = pdiag_trend_add_event(trend, event);
	if (!ret)
		ret = pdiag_trend_write(trend, &sink);
	if (!ret)
		ret = journal_open_as(context, fresh.name, PDIAG_JOURNAL_NO_SYNC, &to);
	if (!ret)
		ret = pdiag_journal_get_info(to, &info);
	before = info.events;
	if (!ret)
		ret = pdiag_journal_append(to, event);
	if (!ret)
		ret = pdiag_journal_read(to, 0, &again);
	/* The same event again and again: one, or none yet. */
	if (!ret)
		ret = pdiag_journal_get_info(to, &info);
	if (!ret && (info.events != 1 || before > 1 || info.damaged))
		ret = -EPROTO;
	pdiag_close(context);
	return ret;
}

static int nothing_seen(void *user, const struct pdiag_event_info *info)
{
	(void)user;
	(void)info;
	return 0;
}

static int watch(void)
{
	static char bytes[1 << 18];
	struct pdiag_watch_info info = { .size = sizeof(info) };
	struct pdiag_watch *w = NULL;
	struct pdiag *context = NULL;
	size_t used;
	int ret;

	ret = pdiag_open(NULL, &context);
	if (!ret)
		ret = pdiag_watch_new(context, &(struct pdiag_watch_options){
			.size = sizeof(struct pdiag_watch_options), .journal = fresh.name,
			.rules = (const char *const[]){ "load >= 1000000 for 5 s", NULL },
			.metrics = (const char *const[]){ "system.cpu.*", NULL },
			.flags = PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS }, &w);
	if (!ret)
		ret = pdiag_watch_dispatch(w);
	if (!ret)
		ret = pdiag_watch_save(w, bytes, sizeof(bytes), &used);
	if (!ret)
		ret = pdiag_watch_restore(w, bytes, used);
	if (!ret)
		ret = pdiag_watch_get_info(w, &info);
	if (!ret)
		ret = pdiag_watch_each_event(w, nothing_seen, NULL);
	pdiag_close(context);
	return ret;
}

/* Profiles of a recording against each other. */
static int compare(void)
{
	struct pdiag_culprits_options options = { .size = sizeof(options) };
	struct pdiag_culprits *culprits = NULL;
	struct pdiag_profile *profile = NULL, *normal = NULL;
	struct pdiag *context = NULL;
	int ret;

	ret = pdiag_open(NULL, &context);
	if (!ret)
		ret = symbolizer(context, &options.symbolizer);
	if (!ret)
		ret = pdiag_recording_load(context, path, NULL, &profile);
	if (!ret)
		ret = pdiag_profile_new(context, &normal);
	if (!ret)
		ret = pdiag_culprits_new(&normal, 1, profile, &options, &culprits);
	if (!ret)
		ret = pdiag_culprits_new(NULL, 0, profile, &options, &culprits);
	if (!ret && !pdiag_culprits_count(culprits))
		ret = -ENODATA;
	pdiag_close(context);
	return ret;
}

static unsigned int open_files(void)
{
	unsigned int n = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Fail the n-th allocation, for each n until none is left. */
static void each_fails(int (*life)(void), bool all_from_there)
{
	unsigned long n = 0, failed = 0;
	unsigned int files = open_files();
	size_t before, after;
	int ret, done;

	OK(life()); /* libc's own caches, once */
	for (done = 0; !done; n++) {
		before = mallinfo2().uordblks;
		if (all_from_there)
			fail_alloc_start_all(n);
		else
			fail_alloc_start(n);
		ret = life();
		done = !fail_alloc_stop();
		after = mallinfo2().uordblks;
		if (ret && (ret != -ENOMEM || !*pdiag_errmsg()))
			fail_msg("allocation %lu: %d: %s", n, ret, pdiag_errmsg());
		if (done)
			assert_int_equal(ret, 0);
		if (after > before)
			fail_msg("allocation %lu: %zu bytes leaked", n, after - before);
		if (open_files() != files)
			fail_msg("allocation %lu: a file was left open", n);
		failed += ret != 0;
	}
	print_message("%lu allocations, %lu of them fatal to a call\n", n - 1, failed);
	assert_true(n > 50);
}

static void capture_of_self(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	SAMPLE_OR_SKIP();
	each_fails(live_capture, false);
}

static void recording(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	SAMPLE_OR_SKIP();
	OK(live_capture());
	each_fails(replay, false);
}

static void no_memory_at_all(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	SAMPLE_OR_SKIP();
	OK(live_capture());
	each_fails(replay, true);
}

static void events_of_a_journal(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	folder_fill(&full);
	folder_make(&fresh);
	each_fails(events, false);
	each_fails(events, true);
	folder_remove(&fresh);
	folder_remove(&full);
}

static void life_of_a_watch(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	folder_make(&fresh);
	each_fails(watch, false);
	folder_remove(&fresh);
}

static void comparison(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	SAMPLE_OR_SKIP();
	OK(live_capture());
	each_fails(compare, false);
	each_fails(compare, true);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capture_of_self), cmocka_unit_test(recording),
		cmocka_unit_test(no_memory_at_all), cmocka_unit_test(events_of_a_journal),
		cmocka_unit_test(life_of_a_watch), cmocka_unit_test(comparison),
	};
	int ret;

	(void)argc;
	exact_heap(argv);
	snprintf(path, sizeof(path), "/tmp/pdiag-test-%d.pdiag", (int)getpid());
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
