/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways to be told of events, on this machine: waiting, a callback, a descriptor, and taking
 * them when it suits. A rule that is always broken has one begin at the first look.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>

#include <pdiag/pdiag.h>

#define HANGS_MS 60000 /* nothing takes so long */

static const char *const always[] = { "load >= 0", NULL };
static const char *const never[] = { "load < 0", NULL };
static struct pdiag_watch_options options;
static struct pdiag *context;
static struct pdiag_watch *watch;

static int setup(void **state)
{
	(void)state;
	watch = NULL;
	options = (struct pdiag_watch_options){ .size = sizeof(options), .rules = always,
		.interval_ms = 100, .flags = PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_NO_PROFILE |
			PDIAG_WATCH_NO_TASKS };
	return pdiag_open(NULL, &context);
}

/* With events that were not freed, and those that nobody took. */
static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

static void made(void)
{
	if (pdiag_watch_new(context, &options, &watch))
		fail_msg("no watch: %s", pdiag_errmsg());
}

static struct pdiag_watch_info watch_info(void)
{
	struct pdiag_watch_info info = { .size = sizeof(info) };

	assert_int_equal(pdiag_watch_get_info(watch, &info), 0);
	return info;
}

static void is_begun(const struct pdiag_event *event)
{
	struct pdiag_event_info info = { .size = sizeof(info) };

	assert_int_equal(pdiag_event_get_info(event, &info), 0);
	assert_int_equal(info.phase, PDIAG_EVENT_BEGUN);
	assert_string_equal(info.rule, always[0]);
	assert_string_equal(info.metric, "system.cpu.load_average.1m");
	assert_true(info.onset_ns > 0 && info.onset_realtime_ns > 1700000000000000000u);
}

static void blocking(void **state)
{
	struct pdiag_event *event;

	(void)state;
	made();
	assert_int_equal(pdiag_watch_wait(watch, HANGS_MS, &event), 1);
	is_begun(event);
	pdiag_event_free(event);
	/* It goes on, and there is no other. */
	event = (struct pdiag_event *)&event;
	assert_int_equal(pdiag_watch_wait(watch, 250, &event), 0);
	assert_null(event);
	assert_int_equal(watch_info().ongoing, 1);
	assert_true(watch_info().looks >= 2);
}

static void for_ever(void **state)
{
	struct pdiag_event *event;

	(void)state;
	made();
	assert_int_equal(pdiag_watch_wait(watch, 0, &event), 1);
	is_begun(event);
}

static void count_event(void *user, struct pdiag_event *event)
{
	is_begun(event);
	(*(int *)user)++;
	/* It is the watch's. */
	pdiag_event_free(event);
	is_begun(event);
}

static void by_callback(void **state)
{
	struct pdiag_event *event;
	int told = 0;

	(void)state;
	options.fn = count_event;
	options.user = &told;
	made();
	for (int i = 0; i < HANGS_MS / 150 && !told; i++)
		assert_int_equal(pdiag_watch_run(watch, 150), 0);
	assert_int_equal(told, 1);
	assert_int_equal(pdiag_watch_run(watch, 250), 0);
	assert_int_equal(told, 1);
	assert_int_equal(pdiag_watch_take(watch, &event), 0);
}

static void pollable(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct pdiag_event *event;
	int waiting = 0;

	(void)state;
	made();
	p.fd = pdiag_watch_fd(watch);
	for (int i = 0; i < HANGS_MS / 100 && !waiting; i++) {
		assert_int_equal(poll(&p, 1, HANGS_MS), 1);
		assert_true(p.revents & POLLIN);
		waiting = pdiag_watch_dispatch(watch);
		assert_true(waiting >= 0);
	}
	/* Nobody has taken it: dispatch says so again. */
	assert_int_equal(waiting, 1);
	assert_int_equal(pdiag_watch_dispatch(watch), 1);
	assert_int_equal(pdiag_watch_take(watch, &event), 1);
	is_begun(event);
	assert_int_equal(pdiag_watch_dispatch(watch), 0);
	assert_int_equal(pdiag_watch_take(watch, &event), 0);
	assert_null(event);
}

static int see(void *user, const struct pdiag_event_info *info)
{
	assert_int_equal(info->phase, PDIAG_EVENT_BEGUN);
	(*(int *)user)++;
	return 0;
}

/* Whoever dispatches is not who asks. */
static void pulled(void **state)
{
	struct pdiag_event *event;
	int seen = 0;

	(void)state;
	made();
	while (!watch_info().events)
		assert_int_equal(pdiag_watch_run(watch, 50), 0);
	assert_int_equal(pdiag_watch_each_event(watch, see, &seen), 0);
	assert_int_equal(pdiag_watch_take(watch, &event), 1);
	is_begun(event);
	assert_int_equal(pdiag_watch_each_event(watch, see, &seen), 0);
	assert_int_equal(seen, 2);
}

/* Once more when its samples are complete, whenever it ends. */
static void updated(void **state)
{
	struct pdiag_event_info begun = { .size = sizeof(begun) }, more = begun;
	struct pdiag_event *event;

	(void)state;
	options.flags = PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_NO_TASKS;
	options.during_s = 1;
	made();
	if (!watch_info().source[0]) {
		printf("skipped: %s\n", watch_info().limits);
		skip();
	}
	assert_int_equal(pdiag_watch_wait(watch, HANGS_MS, &event), 1);
	is_begun(event);
	assert_int_equal(pdiag_event_get_info(event, &begun), 0);
	pdiag_event_free(event);
	assert_int_equal(pdiag_watch_wait(watch, HANGS_MS, &event), 1);
	assert_int_equal(pdiag_event_get_info(event, &more), 0);
	assert_int_equal(more.phase, PDIAG_EVENT_UPDATED);
	assert_string_equal(pdiag_event_phase_text(more.phase), "updated");
	assert_int_equal(more.id, begun.id);
	assert_int_equal(more.end_ns, 0);
	assert_true(more.evidence & PDIAG_EVIDENCE_DURING);
	assert_true(more.during_ns >= begun.during_ns + 1000000000u / 2);
	pdiag_event_free(event);
	assert_int_equal(pdiag_watch_wait(watch, 1250, &event), 0);
	assert_int_equal(watch_info().ongoing, 1);
}

static void only_ended(void **state)
{
	struct pdiag_event *event;

	(void)state;
	options.flags |= PDIAG_WATCH_ONLY_ENDED;
	made();
	assert_int_equal(pdiag_watch_wait(watch, 350, &event), 0);
	assert_int_equal(watch_info().ongoing, 1);
}

static void note(int number)
{
	(void)number;
}

static void interrupted(void **state)
{
	const struct sigaction action = { .sa_handler = note };
	/* Again and again: the first may come before we wait. */
	const struct itimerval timer = { { 0, 30000 }, { 0, 30000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct pdiag_event *event;
	int ran, waited;

	(void)state;
	options.rules = never;
	options.interval_ms = 1000;
	made();
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
	ran = pdiag_watch_run(watch, 0);
	waited = pdiag_watch_wait(watch, 0, &event);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_int_equal(ran, -EINTR);
	assert_int_equal(waited, -EINTR);
	/* It is as it was. */
	assert_int_equal(pdiag_watch_run(watch, 20), 0);
	assert_int_equal(watch_info().events, 0);
}

static void learned(void **state)
{
	static char bytes[1 << 20];
	size_t used = 0, more = 0;

	(void)state;
	options.rules = NULL;
	options.flags &= ~PDIAG_WATCH_ONLY_RULES;
	made();
	assert_int_equal(pdiag_watch_run(watch, 500), 0);
	assert_int_equal(watch_info().learning, 1);
	assert_int_equal(pdiag_watch_save(watch, NULL, 0, &used), -ENOSPC);
	assert_int_equal(pdiag_watch_save(watch, bytes, used, &more), 0);
	assert_int_equal(used, more);
	pdiag_watch_free(watch);
	made();
	assert_int_equal(pdiag_watch_restore(watch, bytes, used), 0);
	assert_int_equal(pdiag_watch_restore(watch, bytes, used - 1), -EBADMSG);
	assert_true(strlen(pdiag_errmsg()) > 10);
	assert_true(pdiag_metrics_count(pdiag_watch_metrics(watch)) > watch_info().metrics);
}

static void mistakes(void **state)
{
	struct pdiag_watch_info info = { .size = 8 };
	struct {
		struct pdiag_watch_options o;
		uint64_t tail;
	} newer = { options, 1 };

	(void)state;
	newer.o.size = sizeof(newer);
	assert_int_equal(pdiag_watch_new(context, &newer.o, &watch), -E2BIG);
	assert_null(watch);
	options.rules = NULL;
	assert_int_equal(pdiag_watch_new(context, &options, &watch), -EINVAL);
	options.rules = always;
	options.history = 5000;
	assert_int_equal(pdiag_watch_new(context, &options, &watch), -EINVAL);
	options.history = 0;
	made();
	assert_int_equal(pdiag_watch_get_info(watch, &info), -EINVAL);
	pdiag_watch_free(watch);
	pdiag_watch_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(blocking, setup, teardown),
		cmocka_unit_test_setup_teardown(for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(by_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(pollable, setup, teardown),
		cmocka_unit_test_setup_teardown(pulled, setup, teardown),
		cmocka_unit_test_setup_teardown(updated, setup, teardown),
		cmocka_unit_test_setup_teardown(only_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(learned, setup, teardown),
		cmocka_unit_test_setup_teardown(mistakes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
