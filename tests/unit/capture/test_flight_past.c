/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples of a flight recorder are of who ran then, and of what was mapped then. */
#include <stdio.h>
#include <stdlib.h>

#include <pdiag/pdiag.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "../../support/fail_alloc.h"
#include "flight_ground.h"
#include "profile/ledger.h"

/* A process and a thread that ended before the freeze; their numbers are given to others. */
static void test_ended(void **state)
{
	(void)state;

	start();
	put_exec(source, PID, "early", "/no/early", ago(9));
	put_fork(source, PID, PID, PID + 1, ago(1.9));
	put_comm(source, PID, PID + 1, 0, "worker", ago(1.8));
	put_exit(source, PID, PID + 1, ago(1.5));
	put_exit(source, PID, PID, ago(1.4));
	put_fork(source, PID + 5, PID, PID, ago(1.2));
	put_exec(source, PID, "late", "/no/late", ago(1.2));
	put_exit(source, PID, PID, ago(0.5));
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	put_sample(source, PID, PID + 1, 1, ago(1.85));
	put_sample(source, PID, PID + 1, 2, ago(1.7));
	put_sample(source, PID, PID, 10, ago(1.6));
	put_sample(source, PID, PID, 100, ago(1));
	freeze(4);
	expect("early/early /no/early 1\n"
	       "early/worker /no/early 2\n"
	       "early/early /no/early 10\n"
	       "late/late /no/late 100\n");
}

/* An exec, and another file at the same addresses, between a sample and the freeze. */
static void test_image_of_then(void **state)
{
	(void)state;

	start();
	put_exec(source, PID, "one", "/no/one", ago(8));
	put_map(source, PID, "/no/other", ago(1.7));
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	put_exec(source, PID, "two", "/no/two", ago(1.5));
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	put_sample(source, PID, PID, 1, ago(1.8));
	put_sample(source, PID, PID, 10, ago(1.6));
	put_sample(source, PID, PID, 100, ago(1.3));
	freeze(3);
	expect("one/one /no/one 1\n"
	       "one/one /no/other 10\n"
	       "two/two /no/two 100\n");
}

/* What happened and a sample of the same time: the sample comes after it. */
static void test_order(void **state)
{
	(void)state;

	start();
	put_exec(source, PID, "one", "/no/one", ago(1.8));
	put_comm(source, PID, PID, 0, "renamed", ago(1.6));
	put_comm(source, PID, PID, 0, "last", ago(1.6) + 1);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(capture->held.count, 4);
	put_sample(source, PID, PID, 1, ago(1.6) - 1);
	put_sample(source, PID, PID, 10, ago(1.6));
	put_sample(source, PID, PID, 100, ago(1.6) + 1);
	/* And one that is read between samples. */
	put_comm(source, PID, PID, 0, "between", ago(1.2));
	put_sample(source, PID, PID, 1000, ago(1));
	freeze(4);
	expect("one/one /no/one 1\n"
	       "renamed/renamed /no/one 10\n"
	       "last/last /no/one 100\n"
	       "between/between /no/one 1000\n");
}

/* What is older than samples can be is applied while it runs; the rest waits, also when frozen. */
static void test_lag(void **state)
{
	struct pdiag_capture_info info = { .size = sizeof(info) };
	uint64_t records;
	(void)state;

	start();
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	records = info.records;
	put_comm(source, PID, PID, PDIAG_RECORD_EXEC, "old", ago(9));
	put_comm(source, PID, PID, 0, "older", ago(3.1));
	put_comm(source, PID, PID, 0, "young", ago(2.5));
	put_comm(source, PID, PID, 0, "now", now);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(capture->held.count, 2);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_int_equal(info.records, records + 4);
	put_sample(source, PID, PID, 1, now);
	put_comm(source, PID, PID, 0, "after", now + 100 * SECOND);
	freeze(1);
	assert_int_equal(capture->held.count, 1);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(capture->held.count, 1);
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(capture->held.count, 0);
	expect("now/now  1\n");
}

/* Who reads it late, or bit by bit, has the names of then as well. */
static void test_read_late(void **state)
{
	(void)state;

	start();
	put_exec(source, PID, "one", "/no/one", ago(11.8));
	put_exec(source, PID, "two", "/no/two", ago(11));
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	put_exec(source, PID, "three", "/no/three", ago(5));
	put_sample(source, PID, PID, 1, ago(11.5));
	put_sample(source, PID, PID, 10, ago(10.5));
	/* As if it had been ten seconds ago. */
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	capture->source->state.flight.time -= 10 * SECOND;
	capture->source->state.flight.from -= 10 * SECOND;
	assert_int_equal(pdiag_capture_read(capture, 1), 1);
	assert_int_equal(pdiag_capture_dispatch(capture), 1);
	expect("one/one /no/one 1\ntwo/two /no/two 10\n");
	/* From here on nothing waits for it. */
	assert_int_equal(capture->held.count, 2);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(capture->held.count, 0);
}

/* Frozen, thawed, frozen: each window has the names of its time. */
static void test_two_windows(void **state)
{
	(void)state;

	start();
	put_exec(source, PID, "one", "/no/one", ago(1.9));
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	put_sample(source, PID, PID, 1, ago(1));
	freeze(1);
	/* While it is frozen: for the next one. */
	put_exec(source, PID, "two", "/no/two", now = pdiag_capture_clock());
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(capture->held.count, 2);
	assert_string_equal(taken(), "one/one /no/one 1\n");
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	put_comm(source, PID, PID, 0, "three", now + 200);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	put_sample(source, PID, PID, 10, now + 100);
	put_sample(source, PID, PID, 100, now + 300);
	freeze(2);
	expect("two/two /no/two 10\nthree/three /no/two 100\n");
	/* Not read, and gone; what processes did is not. */
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	put_sample(source, PID, PID, 1000, pdiag_capture_clock());
	put_comm(source, PID, PID, 0, "four", now = pdiag_capture_clock());
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	put_sample(source, PID, PID, 10000, pdiag_capture_clock());
	assert_int_equal(pdiag_capture_stop(capture), 0);
	expect("two/two /no/two 10\nthree/three /no/two 100\nfour/four /no/two 10000\n");
}

/* A deleted program, which runs until it is killed. */
static pid_t run_deleted(char *path, struct stat *st)
{
	char command[128];
	pid_t pid;

	snprintf(command, sizeof(command), "cp /bin/sleep %s && chmod 700 %s", path, path);
	assert_int_equal(system(command), 0);
	assert_int_equal(stat(path, st), 0);
	pid = vfork(); /* returns when it runs */
	if (!pid) {
		execl(path, path, "1000", (char *)NULL);
		_exit(1);
	}
	assert_true(pid > 0);
	unlink(path);
	return pid;
}

/* When its mapping is applied the process is gone, but its file was reached when it came. */
static void test_file_of_then(void **state)
{
	char path[] = "/tmp/pdiag-flight-XXXXXX";
	struct pdiag_module *module = NULL;
	struct pdiag_record *r;
	struct stat st;
	pid_t pid;
	(void)state;

	close(mkstemp(path));
	pid = run_deleted(path, &st);
	start();
	put_exec(source, pid, "deleted", path, pdiag_capture_clock());
	r = &source->tasks.list[source->tasks.count - 1];
	r->mmap.inode = st.st_ino;
	r->mmap.major = major(st.st_dev);
	r->mmap.minor = minor(st.st_dev);
	put_exit(source, pid, pid, pdiag_capture_clock());
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(capture->held.count, 3);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	put_sample(source, pid, pid, 1, pdiag_capture_clock());
	freeze(1);
	for (uint32_t i = 0; i < pdiag_modules_count(pdiag_modules_get(context)); i++) {
		module = pdiag_modules_at(pdiag_modules_get(context), i);
		if (!strcmp(module->path, path))
			break;
	}
	assert_string_equal(module->path, path);
	assert_true(module->fd > 2);
	assert_int_equal(module->reason, PDIAG_REASON_NONE);
}

/* More than there is room for: the oldest are applied early, and that is told. */
static void test_bound(void **state)
{
	struct pdiag_ledger *ledger;
	char name[16];
	(void)state;

	start();
	ledger = capture->pipeline.profile->ledger;
	capture->held.limit_bytes = PDIAG_HELD_CHUNK;
	put_exec(source, PID, "one", "/no/one", ago(1.9));
	put_exit(source, PID, PID, ago(1.9));
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "name %d", i);
		put_comm(source, PID + 1, PID + 1, i ? 0 : PDIAG_RECORD_EXEC, name,
			ago(1.8) + (uint64_t)i);
		assert_int_equal(pdiag_capture_dispatch(capture), 0);
	}
	assert_int_equal(capture->held.bytes, PDIAG_HELD_CHUNK);
	assert_in_range(ledger->total[PDIAG_LOSS_TASKS], 4000, 9999);
	assert_int_equal(ledger->total[PDIAG_LOSS_TASKS] + capture->held.count, 10003);
	/* What was due before is no loss. */
	capture->due = UINT64_MAX;
	for (int i = 0; i < 10000; i++) {
		struct pdiag_record r = { .type = PDIAG_RECORD_COMM, .pid = PID + 1,
			.tid = PID + 1, .time = ago(1.7), .comm = { .text = "due" } };

		assert_int_equal(pdiag_flight_record(capture, &r), 0);
	}
	assert_in_range(ledger->total[PDIAG_LOSS_TASKS], 4000, 9999);
	put_sample(source, PID, PID, 1, ago(1.8));
	put_sample(source, PID + 1, PID + 1, 10, ago(1.6));
	freeze(2);
	expect("one/one /no/one 1\ndue/due  10\n");
}

/* The ledger's seconds are those of the profile: the window's, here. */
static void test_losses(void **state)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_profile *first;
	(void)state;

	start();
	capture->pipeline.profile->start_time = ago(10);
	put_loss(source, 3, ago(8));
	put_loss(source, 4, ago(6));
	put_loss(source, 5, ago(0.5));
	put_loss(source, 6, ago(-100.5));
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	expect_losses("tasks 2 3\ntasks 4 4\n");
	put_sample(source, PID, PID, 1, ago(1));
	freeze(1);
	expect_losses("tasks 0 7\ntasks 1 5\n");
	assert_int_equal(pdiag_capture_take(capture, &first), 0);
	assert_int_equal(pdiag_profile_get_info(first, &info), 0);
	assert_int_equal(info.duration_ns, SPAN);
	pdiag_profile_free(first);
	assert_int_equal(pdiag_capture_stop(capture), 0);
	expect_losses("tasks 100 6\n");
}

static void script_one(void)
{
	put_exec(source, PID, "one", "/no/one", ago(5));
	put_fork(source, PID, PID + 1, PID + 1, ago(1.9));
	put_exec(source, PID + 1, "two", "/no/two", ago(1.5));
	put_exit(source, PID + 1, PID + 1, ago(1));
	put_comm(source, PID, PID, 0, "renamed", ago(0.9));
	put_loss(source, 2, ago(0.8));
	put_sample(source, PID, PID, 1, ago(1.9));
	put_sample(source, PID + 1, PID + 1, 10, ago(1.8));
	put_sample(source, PID + 1, PID + 1, 100, ago(1.2));
	put_sample(source, PID, PID, 0, ago(0.7));
	put_return(source, PID, PID, ago(0.7) + 1000);
	put_sample(source, PID + 9, PID + 9, 10000, ago(0.6));
}

static const char script_one_stacks[] =
	"one/one /no/one 1\n"
	"one/one /no/one 10\n"
	"two/two /no/two 100\n"
	"renamed/renamed /no/one 1000\n"
	"[exited]/[exited]  10000\n";

/* Two windows in one profile, and the recording has the same. */
static void test_replay(void **state)
{
	char path[] = "/tmp/pdiag-flight-XXXXXX";
	struct pdiag_sink sink = { .size = sizeof(sink), .path = path };
	struct pdiag_recording_options options = { .size = sizeof(options), .sink = &sink };
	struct pdiag_profile *profile = pdiag_capture_profile(capture), *loaded;
	struct pdiag_recording *recording;
	struct pdiag_text live;
	(void)state;

	close(mkstemp(path));
	assert_int_equal(pdiag_recording_new(context, &options, &recording), 0);
	assert_int_equal(pdiag_capture_record(capture, recording), 0);
	start();
	script_one();
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_true(pdiag_capture_dispatch(capture) > 0);
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	now = pdiag_capture_clock() + 10 * SECOND;
	script_one();
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(pdiag_recording_finish(recording, profile), 0);
	assert_int_equal(pdiag_recording_load(context, path, NULL, &loaded), 0);
	stacks_of(profile);
	assert_int_equal(pdiag_profile_each_loss(profile, add_loss, &text), 0);
	live = text;
	text = (struct pdiag_text){ 0 };
	stacks_of(loaded);
	assert_int_equal(pdiag_profile_each_loss(loaded, add_loss, &text), 0);
	assert_string_equal(live.data, text.data);
	pdiag_text_free(&live);
	unlink(path);
}

/* All of it, with memory short at one place or from there on. Nothing vanishes untold. */
static bool survive(unsigned long n, bool all)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_ledger *ledger;
	bool failed;

	assert_int_equal(setup(NULL), 0);
	start();
	script_one();
	ledger = capture->pipeline.profile->ledger;
	if (all)
		fail_alloc_start_all(n);
	else
		fail_alloc_start(n);
	pdiag_capture_dispatch(capture);
	pdiag_capture_freeze(capture);
	pdiag_capture_dispatch(capture);
	failed = fail_alloc_stop();
	assert_int_equal(capture->held.count, 0);
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(pdiag_profile_get_info(capture->pipeline.profile, &info), 0);
	/* One that leaves and one that comes back are a sample. */
	assert_true(info.samples + ledger->total[PDIAG_LOSS_MEMORY] >= 5);
	if (!failed)
		expect(script_one_stacks);
	teardown(NULL);
	return failed;
}

static void test_out_of_memory(void **state)
{
	(void)state;

	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0; survive(n, false); n++)
		;
	for (unsigned long n = 0; survive(n, true); n++)
		;
}

/* No memory to hold anything: applied as it comes, and told. */
static void test_nothing_held(void **state)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_EXIT, .pid = PID, .tid = PID };
	(void)state;

	FAIL_ALLOC_OR_SKIP();
	start();
	put_exec(source, PID, "one", "/no/one", ago(9));
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(capture->held.count, 2);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(capture->held.count, 0);
	pdiag_held_free(&capture->held);
	r.time = now;
	fail_alloc_start(0);
	assert_int_equal(pdiag_flight_record(capture, &r), 0);
	assert_true(fail_alloc_stop());
	assert_int_equal(capture->held.count, 0);
	assert_true(pdiag_processes_ended(capture->pipeline.processes, PID, now));
	assert_int_equal(capture->pipeline.profile->ledger->total[PDIAG_LOSS_TASKS], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ended),
		TEST(test_image_of_then),
		TEST(test_order),
		TEST(test_lag),
		TEST(test_read_late),
		TEST(test_two_windows),
		TEST(test_file_of_then),
		TEST(test_bound),
		TEST(test_losses),
		TEST(test_replay),
		cmocka_unit_test(test_out_of_memory),
		TEST(test_nothing_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
