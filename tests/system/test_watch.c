/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A watch of this machine, on which a known program begins to burn: found by a rule, with the
 * seconds before it, and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define SECOND 1000000000ull
#define A_CPU 12
#define HANGS_S 120 /* it never takes so long */

static pid_t children[1024];
static size_t child_count;
static volatile uint64_t sink;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void __attribute__((noipa)) burn_known(void)
{
	for (;;)
		for (int i = 0; i < 20000; i++)
			sink = sink * 3 + 1;
}

static void begin(void)
{
	size_t count = (size_t)sysconf(_SC_NPROCESSORS_ONLN) * A_CPU;

	for (; child_count < count && child_count < 1024; child_count++) {
		children[child_count] = fork();
		if (children[child_count])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "burner");
		burn_known();
	}
}

static void end(void)
{
	for (size_t i = 0; i < child_count; i++)
		kill(children[i], SIGKILL);
	for (size_t i = 0; i < child_count; i++)
		waitpid(children[i], NULL, 0);
	child_count = 0;
}

static int teardown(void **state)
{
	(void)state;
	end();
	return 0;
}

/* Dispatch until there is an event, or so long. */
static struct pdiag_event *next(struct pdiag_watch *watch, uint64_t until)
{
	struct pdiag_event *event = NULL;

	while (!event && now() < until)
		assert_true(pdiag_watch_wait(watch, 100, &event) >= 0);
	return event;
}

struct search {
	const char *process, *function;
	uint64_t ns;
};

static int look_for(void *user, const struct pdiag_stack *stack)
{
	struct search *s = user;

	if (strcmp(stack->process, s->process))
		return 0;
	for (uint32_t i = 0; i < stack->depth; i++)
		if (!strcmp(stack->frames[i]->name, s->function)) {
			s->ns += stack->weight_ns;
			break;
		}
	return 0;
}

static uint64_t time_in(struct pdiag_profile *profile)
{
	struct search s = { "burner", "burn_known", 0 };

	assert_non_null(profile);
	assert_int_equal(pdiag_profile_each_stack(profile, look_for, &s), 0);
	return s.ns;
}

static bool has_frame(const struct pdiag_culprit *c, const char *name)
{
	for (uint32_t i = 0; i < c->depth; i++)
		if (!strcmp(c->frames[i]->name, name))
			return true;
	return false;
}

/* The first process and the first stack. */
static void is_named(const struct pdiag_event *event)
{
	const struct pdiag_culprit *c = pdiag_event_culprit(event, 0);

	assert_non_null(c);
	print_message("   %s\n", c->sentence);
	assert_string_equal(c->process, "burner");
	for (uint32_t i = 0; c && c->kind != PDIAG_CULPRIT_STACK; i++)
		c = pdiag_event_culprit(event, i);
	assert_non_null(c);
	assert_string_equal(c->process, "burner");
	assert_true(has_frame(c, "burn_known"));
}

/* Of these frames there are none yet: the flight recorder only has what was before. */
static void is_before(struct pdiag_event *event, const struct pdiag_event_info *info,
	uint64_t injected)
{
	print_message("   %.1f s before the onset, found %.1f s after it\n",
		(double)info->before_ns / 1e9,
		(double)(info->detected_ns - info->onset_ns) / 1e9);
	assert_true(info->before_ns >= 10 * SECOND);
	/* The onset is the first look that saw it, or the one before. */
	assert_true(info->onset_ns + 2 * SECOND > injected);
	if (info->onset_ns <= injected)
		assert_int_equal(
			time_in(pdiag_event_profile(event, PDIAG_EVIDENCE_BEFORE)), 0);
}

static void found(void **state)
{
	static const char *const rules[] = { "runnable >= 10 per cpu for 1 s clear 9", NULL };
	struct pdiag_watch_options options = { .size = sizeof(options), .rules = rules,
		.flags = PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_NO_OFF_CPU };
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_watch_info known = { .size = sizeof(known) };
	struct pdiag_watch *watch;
	struct pdiag_event *event;
	struct pdiag *context;
	uint64_t injected, hang;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	if (pdiag_watch_new(context, &options, &watch))
		fail_msg("no watch: %s", pdiag_errmsg());
	pdiag_watch_get_info(watch, &known);
	if (!known.source[0]) {
		print_message("   nothing can be sampled: %s\n", known.limits);
		pdiag_close(context);
		skip();
	}
	/* The first window of ordinary times is taken after 20 s. What was just before would be
	 * less: the first second of burning is in it. */
	event = next(watch, now() + 24 * SECOND);
	if (event) {
		print_message("   the machine is too busy\n");
		pdiag_close(context);
		skip();
	}
	injected = now();
	hang = injected + HANGS_S * SECOND;
	begin();
	event = next(watch, hang);
	assert_non_null(event);
	assert_int_equal(pdiag_event_get_info(event, &info), 0);
	assert_int_equal(info.phase, PDIAG_EVENT_BEGUN);
	is_before(event, &info, injected);
	pdiag_event_free(event);
	/* Some seconds more of it; on a busy machine it may be told again meanwhile. */
	event = next(watch, now() + 4 * SECOND);
	end();
	for (;;) {
		if (!event)
			event = next(watch, hang);
		assert_non_null(event);
		assert_int_equal(pdiag_event_get_info(event, &info), 0);
		if (info.phase == PDIAG_EVENT_ENDED)
			break;
		assert_int_equal(info.phase, PDIAG_EVENT_UPDATED);
		pdiag_event_free(event);
		event = NULL;
	}
	assert_true(time_in(pdiag_event_profile(event, PDIAG_EVIDENCE_DURING)) > SECOND);
	is_named(event);
	/* The rest goes with the context, the event as well. */
	pdiag_close(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_teardown(found, teardown) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
