/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands of a host that has signals of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "source/command.h"

static void nothing(int sig)
{
	(void)sig;
}

/* Interrupted at any place, no child may be left behind. */
static void test_interrupted_by_timers(void **state)
{
	struct itimerval often = { .it_interval.tv_usec = 50, .it_value.tv_usec = 50 };
	struct itimerval never = { .it_value.tv_usec = 0 };
	struct sigaction action = { .sa_handler = nothing };
	char *argv[] = { "/bin/sh", NULL };
	struct pdiag_command c;
	(void)state;

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(pdiag_command_prepare(&c, argv), 0);
		pdiag_command_free(&c);
	}
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupted_by_timers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
