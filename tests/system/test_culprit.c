/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Captures of this machine: a process that comes up and burns CPU time beside one that works as
 * ever is found, and the function that it does it in. What works as ever is nobody's fault, though
 * it is another process in each window.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define NORMAL 3
#define WINDOW_MS 3000
#define TROUBLE_MS 4000

static volatile unsigned long result;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Something on the stack, so that a function without calls has a frame, too. */
static __attribute__((noipa)) void culprit_burn(unsigned long loops)
{
	volatile char on_stack = 0;

	for (unsigned long i = 0; i < loops; i++)
		result = result * 2862933555777941757ul + i;
	(void)on_stack;
}

static __attribute__((noipa)) void usual_work(unsigned long loops)
{
	volatile char on_stack = 0;

	for (unsigned long i = 0; i < loops; i++)
		result = result * 3202034522624059733ul + i;
	(void)on_stack;
}

static pid_t start(const char *name, bool burn)
{
	pid_t parent = getpid(), pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	while (getppid() == parent) {
		if (burn)
			culprit_burn(1000000);
		else
			usual_work(1000000);
		if (!burn)
			usleep(20000);
	}
	_exit(0);
}

/* One window of this process and what it starts, with a process at its usual work in it. */
static struct pdiag_profile *window(struct pdiag *context, bool burn)
{
	struct pdiag_capture_options o = { .size = sizeof(o),
		.events = PDIAG_ON_CPU | PDIAG_OFF_CPU };
	struct pdiag_capture *capture;
	struct pdiag_profile *profile;
	pid_t usual, burner = 0;
	struct pollfd fd;
	double end;

	if (pdiag_capture_new(context, &o, &capture)) {
		printf("skipped: %s\n", pdiag_errmsg());
		return NULL;
	}
	assert_int_equal(pdiag_capture_start(capture), 0);
	usual = start("usual", false);
	if (burn)
		burner = start("burner", true);
	fd = (struct pollfd){ .fd = pdiag_capture_fd(capture), .events = POLLIN };
	for (end = now() + (burn ? TROUBLE_MS : WINDOW_MS) / 1e3; now() < end;) {
		assert_true(poll(&fd, 1, 100) >= 0 || errno == EINTR);
		assert_true(pdiag_capture_dispatch(capture) >= 0);
	}
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(pdiag_capture_take(capture, &profile), 0);
	pdiag_capture_free(capture);
	kill(usual, SIGKILL);
	if (burner)
		kill(burner, SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return profile;
}

static void show(const struct pdiag_culprits *c)
{
	const struct pdiag_culprit *one;

	for (uint32_t i = 0; (one = pdiag_culprits_get(c, i)); i++)
		print_message("%s (%.1f decades)\n", one->sentence, one->significance);
}

static const struct pdiag_culprit *first_stack(const struct pdiag_culprits *c)
{
	for (uint32_t i = 0; i < pdiag_culprits_count(c); i++)
		if (pdiag_culprits_get(c, i)->kind == PDIAG_CULPRIT_STACK)
			return pdiag_culprits_get(c, i);
	return NULL;
}

static bool has_frame(const struct pdiag_culprit *c, const char *name)
{
	for (uint32_t i = 0; c && i < c->depth; i++)
		if (!strcmp(c->frames[i]->name, name))
			return true;
	return false;
}

/* Windows this short, on a machine with others at work, tell less than the usual three decades. */
static void test_burner(void **state)
{
	struct pdiag_culprits_options o = { .size = sizeof(o), .significance = 0.5 };
	struct pdiag_profile *normal[NORMAL], *trouble;
	const struct pdiag_culprit *first;
	struct pdiag_culprits *found;
	struct pdiag *context;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	for (int i = 0; i < NORMAL; i++) {
		normal[i] = window(context, false);
		if (!normal[i]) {
			pdiag_close(context);
			skip();
		}
	}
	trouble = window(context, true);

	assert_int_equal(pdiag_culprits_new(normal, NORMAL, trouble, &o, &found), 0);
	show(found);
	first = pdiag_culprits_get(found, 0);
	assert_non_null(first);
	assert_int_equal(first->kind, PDIAG_CULPRIT_PROCESS);
	assert_string_equal(first->process, "burner");
	assert_int_equal(first->state, PDIAG_STATE_RUNNING);
	assert_true(first->rate > first->normal_rate);
	assert_true(has_frame(first_stack(found), "culprit_burn"));
	for (uint32_t i = 0; i < pdiag_culprits_count(found); i++)
		assert_string_not_equal(pdiag_culprits_get(found, i)->process, "usual");
	pdiag_culprits_free(found);

	assert_int_equal(pdiag_culprits_new(normal, NORMAL - 1, normal[NORMAL - 1], &o, &found), 0);
	show(found);
	assert_int_equal(pdiag_culprits_count(found), 0);
	pdiag_close(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
