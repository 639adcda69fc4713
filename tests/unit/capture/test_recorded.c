/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A capture and its recording: profiles that are taken meanwhile, and which of both ends first. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/perf_event.h>
#include <pdiag/pdiag.h>

#include "capture/capture.h"
#include "util/text.h"

static struct pdiag *ctx;
static char path[] = "/tmp/pdiag-recorded-XXXXXX", copy[sizeof(path) + 8];

static int setup(void **state)
{
	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
	snprintf(copy, sizeof(copy), "%s.copy", path);
	return pdiag_open(NULL, &ctx);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(ctx);
	unlink(path);
	unlink(copy);
	return 0;
}

static struct pdiag_recording *record_to(const char *to)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .path = to };
	const struct pdiag_recording_options options = { .size = sizeof(options), .sink = &sink };
	struct pdiag_recording *r;

	assert_int_equal(pdiag_recording_new(ctx, &options, &r), 0);
	return r;
}

static struct pdiag_capture *replay_of(const char *from)
{
	const struct pdiag_capture_options options = { .size = sizeof(options),
		.target = PDIAG_TARGET_RECORDING, .path = from };
	struct pdiag_capture *c;

	assert_int_equal(pdiag_capture_new(ctx, &options, &c), 0);
	return c;
}

static void play_start(struct pdiag_pipeline *p)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_INFO, .cpu = -1, .time = 1000 };

	r.info.hz = 1000;
	r.info.period_ns = 1000000;
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_COMM, .pid = 10, .tid = 10, .time = 1001,
		.flags = PDIAG_RECORD_EXEC, .comm = { .text = "victim" } };
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_MMAP, .pid = 10, .tid = 10, .time = 1002,
		.mmap = { .start = 0x401000, .len = 0x1000, .inode = 5, .path = "/no/such/file" } };
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
}

static void play_sample(struct pdiag_pipeline *p, uint64_t time, uint64_t leaf)
{
	const uint64_t ips[] = { (uint64_t)PERF_CONTEXT_USER, leaf, 0x401020 };
	struct pdiag_record r = { .type = PDIAG_RECORD_SAMPLE, .pid = 10, .tid = 10, .time = time };

	r.sample.ips = ips;
	r.sample.nr = 3;
	r.sample.weight = 1000000;
	assert_int_equal(pdiag_pipeline_record(p, &r), 1);
}

/* Names that no replay could find by itself. */
static void name_all(struct pdiag_profile *p)
{
	struct pdiag_symbol symbol = { .module = "victim", .size = 16 };
	char name[32];

	for (uint32_t i = 0; i < p->frame_count; i++) {
		snprintf(name, sizeof(name), "at_%llx", (unsigned long long)p->frames[i].value);
		symbol.name = symbol.raw_name = name;
		assert_int_equal(pdiag_profile_name(p, i, &symbol), 0);
	}
}

static int write_text(void *user, const void *data, size_t len)
{
	pdiag_text_add(user, data, len);
	return 0;
}

static void folded(struct pdiag_profile *p, struct pdiag_text *t)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .write = write_text, .user = t };

	assert_int_equal(pdiag_profile_write_folded(p, NULL, &sink), 0);
	assert_int_equal(t->error, 0);
	assert_non_null(t->data);
}

/* What was taken and the rest, together, are what a replay gives, names and all. */
static void test_taken_profiles_have_names(void **state)
{
	struct pdiag_text live = { 0 }, replayed = { 0 };
	struct pdiag_profile *taken, *sum, *loaded;
	struct pdiag_recording *r = record_to(path);
	struct pdiag_pipeline p;
	(void)state;

	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	p.recording = r;
	pdiag_pipeline_begin(&p);
	assert_int_equal(pdiag_profile_new(ctx, &sum), 0);
	play_start(&p);
	for (uint64_t i = 0; i < 3; i++) {
		play_sample(&p, 2000 + i, 0x401100 + i * 16);
		play_sample(&p, 2000 + i, 0x401200);
		name_all(p.profile);
		if (i == 2)
			break;
		assert_int_equal(pdiag_pipeline_take(&p, 2000 + i, &taken), 0);
		assert_int_equal(pdiag_profile_merge(sum, taken), 0);
		pdiag_profile_free(taken);
	}
	pdiag_pipeline_finish(&p, 9000);
	pdiag_pipeline_end(&p);
	assert_int_equal(pdiag_profile_merge(sum, p.profile), 0);
	assert_int_equal(pdiag_recording_finish(r, p.profile), 0);
	pdiag_recording_free(r);
	/* The recording is gone; taking does without. */
	assert_int_equal(pdiag_pipeline_take(&p, 9000, &taken), 0);
	pdiag_pipeline_free(&p);
	assert_int_equal(pdiag_recording_load(ctx, path, NULL, &loaded), 0);
	folded(sum, &live);
	folded(loaded, &replayed);
	assert_non_null(strstr(live.data, "at_100 "));
	assert_string_equal(live.data, replayed.data);
	pdiag_text_free(&live);
	pdiag_text_free(&replayed);
}

/* Taken after the stop: finish is given what is left, which is nothing. */
static void test_taken_after_the_stop(void **state)
{
	struct pdiag_text t = { 0 };
	struct pdiag_profile *taken, *loaded;
	struct pdiag_recording *r = record_to(path);
	struct pdiag_pipeline p;
	(void)state;

	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	p.recording = r;
	pdiag_pipeline_begin(&p);
	play_start(&p);
	play_sample(&p, 2000, 0x401100);
	pdiag_pipeline_finish(&p, 9000);
	pdiag_pipeline_end(&p);
	name_all(p.profile);
	assert_int_equal(pdiag_pipeline_take(&p, 9000, &taken), 0);
	pdiag_profile_free(taken);
	assert_int_equal(pdiag_recording_finish(r, p.profile), 0);
	pdiag_pipeline_free(&p);
	assert_int_equal(pdiag_recording_load(ctx, path, NULL, &loaded), 0);
	folded(loaded, &t);
	assert_non_null(strstr(t.data, "at_100 "));
	pdiag_text_free(&t);
}

static void make_file(void)
{
	struct pdiag_recording *r = record_to(path);
	struct pdiag_pipeline p;

	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	p.recording = r;
	play_start(&p);
	play_sample(&p, 2000, 0x401100);
	/* No INFO says when it ended, as in a file that is cut. */
	assert_int_equal(pdiag_recording_finish(r, p.profile), 0);
	pdiag_recording_free(r);
	pdiag_pipeline_free(&p);
}

static void test_running(void **state)
{
	struct pdiag_recording_info info = { .size = sizeof(info) };
	struct pdiag_profile *loaded;
	struct pdiag_recording *r;
	struct pdiag_capture *c;
	(void)state;

	make_file();
	c = replay_of(path);
	r = record_to(copy);
	assert_int_equal(pdiag_capture_record(c, r), 0);
	assert_int_equal(pdiag_capture_start(c), 0);
	assert_int_equal(pdiag_recording_finish(r, NULL), -EBUSY);
	assert_true(pdiag_capture_dispatch(c) >= 0);
	assert_int_equal(pdiag_recording_finish(r, pdiag_capture_profile(c)), -EBUSY);
	assert_non_null(strstr(pdiag_errmsg(), "stop it"));
	assert_int_equal(pdiag_capture_stop(c), 0);
	assert_int_equal(pdiag_recording_finish(r, pdiag_capture_profile(c)), 0);
	pdiag_recording_free(r);
	pdiag_capture_free(c);
	assert_int_equal(pdiag_recording_load(ctx, copy, &info, &loaded), 0);
	assert_int_equal(info.complete, 1);
	assert_int_equal(loaded->entry_count, 1);
}

/* One that never began, with the recording freed before; one that was freed while it ran. */
static void test_not_running(void **state)
{
	struct pdiag_recording *r;
	struct pdiag_capture *c;
	(void)state;

	make_file();
	c = replay_of(path);
	r = record_to(copy);
	assert_int_equal(pdiag_capture_record(c, r), 0);
	assert_int_equal(pdiag_recording_finish(r, pdiag_capture_profile(c)), 0);
	pdiag_recording_free(r);
	pdiag_capture_free(c);
	c = replay_of(path);
	r = record_to(copy);
	assert_int_equal(pdiag_capture_record(c, r), 0);
	assert_int_equal(pdiag_capture_start(c), 0);
	pdiag_capture_free(c);
	assert_int_equal(pdiag_recording_finish(r, NULL), 0);
	pdiag_recording_free(r);
}

/* Freed too early: the capture goes on without it. */
static void test_recording_freed_first(void **state)
{
	struct pdiag_profile *taken;
	struct pdiag_recording *r;
	struct pdiag_capture *c;
	(void)state;

	make_file();
	c = replay_of(path);
	r = record_to(copy);
	assert_int_equal(pdiag_capture_record(c, r), 0);
	assert_int_equal(pdiag_capture_start(c), 0);
	pdiag_recording_free(r);
	assert_int_equal(pdiag_capture_dispatch(c), 1);
	assert_int_equal(pdiag_capture_take(c, &taken), 0);
	assert_int_equal(taken->entry_count, 1);
	assert_int_equal(pdiag_capture_stop(c), 0);
	pdiag_capture_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_taken_profiles_have_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_taken_after_the_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_running, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_running, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recording_freed_first, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
