/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events on their way: a disk that is full or read-only, a history and a queue that are bounded,
 * evidence that is not taken so soon again, memory that runs out, a process that forks.
 */
#include "ground.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include "capture/capture.h"
#include "support/fail_alloc.h"
#include "support/made_event.h"
#include "tasks/dump.h"
#include "tasks/tasks.h"

static struct ground g;
static char folder[128], said[1024];
static int disk_error; /* of every write; 0: it goes well */
static const char *const by_rule[] = { "runnable >= 20", NULL };

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset);

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	if (disk_error) {
		errno = disk_error;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, data, len, offset);
}

static void note_log(void *user, enum pdiag_log_level level, const char *message)
{
	(void)user;
	(void)level;
	snprintf(said, sizeof(said), "%s", message);
}

static int setup(void **state)
{
	struct pdiag_options options = { .size = sizeof(options), .log = note_log };

	(void)state;
	ground_begin(&g);
	pdiag_close(g.f.context);
	assert_int_equal(pdiag_open(&options, &g.f.context), 0);
	g.options.rules = by_rule;
	g.options.flags |= PDIAG_WATCH_ONLY_RULES;
	snprintf(folder, sizeof(folder), "%s/journal", g.f.root);
	said[0] = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	disk_error = 0;
	ground_end(&g);
	return 0;
}

static void stop(void)
{
	pdiag_watch_free(g.watch);
	g.watch = NULL;
}

static void one_event(void)
{
	storm(&g, 3);
	quiet(&g, 10);
}

/* Takes the next: its phase, and *id. */
static uint32_t take(uint64_t *id)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event;

	if (pdiag_watch_take(g.watch, &event) != 1)
		return 0;
	assert_int_equal(pdiag_event_get_info(event, &info), 0);
	*id = info.id;
	pdiag_event_free(event);
	return info.phase;
}

/* Both are told, and the number is the same. */
static void is_told(uint64_t id)
{
	uint64_t got = 0;

	assert_int_equal(take(&got), PDIAG_EVENT_BEGUN);
	assert_int_equal(got, id);
	assert_int_equal(take(&got), PDIAG_EVENT_ENDED);
	assert_int_equal(got, id);
}

struct kept {
	uint64_t ids[16], onsets[16];
	uint32_t phases[16], count;
};

static int keep(void *user, const struct pdiag_event_info *info)
{
	struct kept *k = user;

	assert_true(k->count < 16);
	k->ids[k->count] = info->id;
	k->phases[k->count] = info->phase;
	k->onsets[k->count++] = info->onset_ns;
	return 0;
}

static struct kept in_journal(void)
{
	struct pdiag_journal_options o = { .size = sizeof(o), .flags = PDIAG_JOURNAL_READ_ONLY };
	struct kept kept = { .count = 0 };
	struct pdiag_journal *journal;

	assert_int_equal(pdiag_journal_open(g.f.context, folder, &o, &journal), 0);
	assert_int_equal(pdiag_journal_each(journal, keep, &kept), 0);
	pdiag_journal_close(journal);
	return kept;
}

static void disk_fails(int error)
{
	struct kept first, kept;

	g.options.journal = folder;
	ground_made(&g);
	one_event();
	is_told(1);
	first = in_journal();
	assert_int_equal(first.count, 1);
	assert_int_equal(first.phases[0], PDIAG_EVENT_ENDED);
	/* Nothing of an event, then only its beginning is not written. */
	disk_error = error;
	one_event();
	is_told(2);
	assert_int_equal(ground_info(&g).not_written, 2);
	if (!strstr(said, strerror(error)) || !strstr(said, folder))
		fail_msg("not said: %s, %s, but: %s", folder, strerror(error), said);
	storm(&g, 3);
	disk_error = 0;
	quiet(&g, 10);
	is_told(3);
	one_event();
	is_told(4);
	assert_int_equal(ground_info(&g).not_written, 3);
	stop();
	kept = in_journal();
	assert_int_equal(kept.count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(kept.ids[i], i ? i + 2 : 1);
		assert_int_equal(kept.phases[i], PDIAG_EVENT_ENDED);
	}
	assert_int_equal(kept.onsets[0], first.onsets[0]);
	/* Numbers go on in the next run. */
	ground_made(&g);
	one_event();
	is_told(5);
}

static void disk_full(void **state)
{
	(void)state;
	disk_fails(ENOSPC);
}

static void disk_read_only(void **state)
{
	(void)state;
	disk_fails(EROFS);
}

/* A folder where none can be made is told at once. */
static void no_folder(void **state)
{
	(void)state;
	g.options.journal = "/proc/self/journal";
	assert_true(ground_make(&g) < 0);
	assert_null(g.watch);
	assert_non_null(strstr(pdiag_errmsg(), "/proc/self/journal"));
}

/* Told when they are over; but the journal has them from their beginning on. */
static void only_ended(void **state)
{
	struct kept kept;
	uint64_t id = 0;

	(void)state;
	g.options.flags |= PDIAG_WATCH_ONLY_ENDED;
	g.options.journal = folder;
	ground_made(&g);
	storm(&g, 3);
	assert_int_equal(take(&id), 0);
	kept = in_journal();
	assert_int_equal(kept.count, 1);
	assert_int_equal(kept.phases[0], PDIAG_EVENT_BEGUN);
	quiet(&g, 10);
	assert_int_equal(take(&id), PDIAG_EVENT_ENDED);
	assert_int_equal(take(&id), 0);
	/* Whoever watched ends in the middle. */
	storm(&g, 3);
	stop();
	kept = in_journal();
	assert_int_equal(kept.count, 2);
	assert_int_equal(kept.phases[0], PDIAG_EVENT_ENDED);
	assert_int_equal(kept.phases[1], PDIAG_EVENT_CUT);
}

static int end_walk(void *user, const struct pdiag_event_info *info)
{
	(*(uint32_t *)user)++;
	return info->id == 3 ? 42 : 0;
}

static void history(void **state)
{
	struct kept kept = { .count = 0 };
	uint32_t seen = 0;
	uint64_t id;

	(void)state;
	g.options.history = 4;
	ground_made(&g);
	for (int i = 0; i < 5; i++)
		one_event();
	storm(&g, 3);
	/* Each once, as it was last told, taken or not. */
	while (take(&id))
		;
	assert_int_equal(pdiag_watch_each_event(g.watch, keep, &kept), 0);
	assert_int_equal(kept.count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(kept.ids[i], 3 + i);
		assert_int_equal(kept.phases[i], i < 3 ? PDIAG_EVENT_ENDED : PDIAG_EVENT_BEGUN);
	}
	assert_int_equal(pdiag_watch_each_event(g.watch, end_walk, &seen), 42);
	assert_int_equal(seen, 1);
}

static bool is_missing_so_soon(void)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event;
	bool missing;

	one_event();
	assert_int_equal(pdiag_watch_take(g.watch, &event), 1);
	assert_int_equal(pdiag_event_get_info(event, &info), 0);
	missing = strstr(info.limits, "so soon") != NULL;
	assert_int_equal(missing, !(info.evidence & PDIAG_EVIDENCE_TASKS));
	pdiag_event_free(event);
	return missing;
}

/* The clock of the cool-down is the machine's, and it is a minute. */
static void cooldown(void **state)
{
	uint64_t *oldest, now;

	(void)state;
	g.options.flags = PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_ONLY_ENDED |
		PDIAG_WATCH_NO_PROFILE;
	g.options.cooldown_s = 60;
	ground_made(&g);
	if (ground_info(&g).limits[0]) {
		print_message("skipped: %s\n", ground_info(&g).limits);
		skip();
	}
	for (uint32_t i = 0; i < PDIAG_EVIDENCE_BURST; i++)
		assert_false(is_missing_so_soon());
	assert_true(is_missing_so_soon());
	/* So long ago was the first of them. */
	oldest = &g.watch->evidence.event_ns[PDIAG_EVIDENCE_BURST - 1];
	now = pdiag_capture_clock();
	*oldest = now - 200 * NS;
	assert_true(is_missing_so_soon());
	*oldest = now - 240 * NS;
	assert_false(is_missing_so_soon());
}

/* Dumps that the kernel made by itself are kept, and go with their watch, whoever frees that. */
static void kept_dump(void **state)
{
	struct pdiag_evidence *e;

	(void)state;
	g.options.flags = PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_NO_PROFILE;
	ground_made(&g);
	e = &g.watch->evidence;
	if (!e->tasks) {
		print_message("skipped: %s\n", ground_info(&g).limits);
		skip();
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pdiag_tasks_request(e->tasks, NULL), 0);
		assert_int_equal(pdiag_tasks_dispatch(e->tasks), 1);
		pdiag_container(e->tasks->dumps.next, struct pdiag_dump, waiting)->info.triggered =
			i < 2;
		pdiag_evidence_tasks_dispatch(e);
		assert_non_null(e->dump);
	}
	pdiag_close(g.f.context);
	g.watch = NULL;
	assert_int_equal(pdiag_open(NULL, &g.f.context), 0);
}

static struct pdiag_event *made_with_profile(uint64_t id)
{
	struct pdiag_event *event;
	struct pdiag_profile *profile = made_profile(g.f.context);

	for (uint32_t i = 0; i < 200; i++) {
		char frame[32];

		snprintf(frame, sizeof(frame), "u:function_%u", i);
		made_samples(profile, "app", 1, frame, NULL);
	}
	assert_int_equal(pdiag_event_new(g.f.context, &event), 0);
	event->info = made_info(PDIAG_EVENT_ENDED, 0);
	event->info.id = id;
	pdiag_event_give_profile(event, PDIAG_EVIDENCE_DURING, profile);
	return event;
}

#define POINTS 4000

/* With a metric of that many points. */
static void add_points(struct pdiag_event *event)
{
	static struct pdiag_event_point points[POINTS];
	struct pdiag_event_metric metric = { .name = "m", .unit = "1", .description = "" };

	assert_int_equal(pdiag_event_add_metric(event, &metric, points, POINTS), 0);
}

static void deliver(uint64_t id)
{
	struct pdiag_event *event = made_with_profile(id);

	pdiag_watch_deliver(g.watch, event);
	pdiag_event_destroy(event);
}

/* The metrics of events take memory, too. */
static void metrics_bounded(void **state)
{
	struct pdiag_event *event;

	(void)state;
	g.options.max_bytes = 4 * POINTS * sizeof(struct pdiag_event_point) + 20000;
	ground_made(&g);
	for (uint64_t i = 1; i <= 10; i++) {
		assert_int_equal(pdiag_event_new(g.f.context, &event), 0);
		event->info = made_info(PDIAG_EVENT_ENDED, 0);
		event->info.id = i;
		add_points(event);
		pdiag_watch_deliver(g.watch, event);
		pdiag_event_destroy(event);
		assert_true(ground_info(&g).bytes <= g.options.max_bytes);
	}
	assert_int_equal(ground_info(&g).dropped, 7);
	for (uint64_t i = 8; i <= 10; i++) {
		assert_int_equal(pdiag_watch_take(g.watch, &event), 1);
		assert_int_equal(event->info.id, i);
		assert_int_equal(pdiag_event_metric(event, 0, NULL)->points, POINTS);
		pdiag_event_free(event);
	}
	assert_int_equal(pdiag_watch_take(g.watch, &event), 0);
}

/* Who comes last has its profiles, as long as others can go for them. */
static void newest_is_whole(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event = made_with_profile(99);
	uint32_t waiting = 0;

	(void)state;
	g.options.max_bytes = 4 * POINTS * sizeof(struct pdiag_event_point) +
		4 * pdiag_event_bytes(event);
	pdiag_event_destroy(event);
	ground_made(&g);
	for (uint64_t i = 1; i <= 10; i++) {
		event = made_with_profile(i);
		add_points(event);
		pdiag_watch_deliver(g.watch, event);
		pdiag_event_destroy(event);
	}
	while (pdiag_watch_take(g.watch, &event) == 1) {
		assert_int_equal(pdiag_event_get_info(event, &info), 0);
		pdiag_event_free(event);
		waiting++;
	}
	assert_in_range(waiting, 3, 8);
	assert_int_equal(info.id, 10);
	assert_int_equal(info.evidence, PDIAG_EVIDENCE_DURING);
}

/* The oldest that wait lose their profiles, and say so. */
static void memory_bounded(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event = made_with_profile(99);
	uint64_t each = pdiag_event_bytes(event);
	uint32_t with = 0;

	(void)state;
	pdiag_event_destroy(event);
	assert_true(each > 1000);
	g.options.max_bytes = each * 4 + each / 2; /* of which three quarters are for those */
	ground_made(&g);
	for (uint64_t i = 1; i <= 10; i++) {
		deliver(i);
		assert_true(ground_info(&g).bytes <= g.options.max_bytes);
	}
	for (uint64_t i = 1; i <= 10; i++) {
		assert_int_equal(pdiag_watch_take(g.watch, &event), 1);
		assert_int_equal(pdiag_event_get_info(event, &info), 0);
		assert_int_equal(info.id, i);
		assert_int_equal(!(info.evidence & PDIAG_EVIDENCE_DURING),
			strstr(info.limits, "max_bytes") != NULL);
		assert_int_equal(!(info.evidence & PDIAG_EVIDENCE_DURING), i <= 7);
		with += info.evidence & PDIAG_EVIDENCE_DURING ? 1 : 0;
		pdiag_event_free(event);
	}
	assert_int_equal(with, 3);
	assert_int_equal(ground_info(&g).dropped, 0);
}

/* What was taken is the caller's, also when its watch has gone. */
static void outlives(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event, *other;

	(void)state;
	ground_made(&g);
	one_event();
	assert_int_equal(pdiag_watch_take(g.watch, &event), 1);
	assert_int_equal(pdiag_watch_take(g.watch, &other), 1);
	stop();
	assert_int_equal(pdiag_event_get_info(event, &info), 0);
	assert_string_equal(info.metric, "system.threads.runnable");
	pdiag_event_free(event);
	/* The other goes with the context. */
}

/* Of each event either it waits, or that it does not is counted. */
static void no_memory(void **state)
{
	uint64_t dropped = 0, now, id;
	int failed;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	g.options.journal = folder;
	ground_made(&g);
	for (unsigned long n = 0;; n++) {
		struct pdiag_event *event = made_with_profile(n + 1);

		fail_alloc_start(n);
		pdiag_watch_deliver(g.watch, event);
		failed = fail_alloc_stop();
		pdiag_event_destroy(event);
		if (!failed)
			break;
		now = ground_info(&g).dropped;
		assert_int_equal(now - dropped, take(&id) ? 0 : 1);
		dropped = now;
	}
	assert_true(dropped > 0 && ground_info(&g).not_written > 0);
	assert_int_equal(take(&id), PDIAG_EVENT_ENDED);
}

static void forked(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	g.options.journal = folder;
	ground_made(&g);
	storm(&g, 3);
	pid = fork();
	if (!pid) {
		struct pdiag_event *event;
		int bad = pdiag_watch_dispatch(g.watch) != -EPERM;

		bad |= !strstr(pdiag_errmsg(), "fork");
		bad |= pdiag_watch_run(g.watch, 1) != -EPERM;
		/* What waits in memory is there; more does not come. */
		bad |= pdiag_watch_wait(g.watch, 1, &event) != 1;
		bad |= pdiag_watch_wait(g.watch, 1, &event) != -EPERM;
		pdiag_close(g.f.context);
		_exit(bad);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The parent's goes on, and the journal is still its own. */
	quiet(&g, 10);
	is_told(1);
	assert_int_equal(ground_info(&g).not_written, 0);
	stop();
	assert_int_equal(in_journal().phases[0], PDIAG_EVENT_ENDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(disk_full, setup, teardown),
		cmocka_unit_test_setup_teardown(disk_read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(no_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(only_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(history, setup, teardown),
		cmocka_unit_test_setup_teardown(cooldown, setup, teardown),
		cmocka_unit_test_setup_teardown(kept_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(metrics_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(newest_is_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(outlives, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(forked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
