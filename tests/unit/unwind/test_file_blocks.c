/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reading costs, for a thread that waits, works, or is kept from its CPU by others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unwind/file_blocks.h"

#define MS 1000000ull

static void waits(void **state)
{
	struct timespec nap = { .tv_nsec = 20 * MS };
	struct pdiag_moment from, to;
	(void)state;

	pdiag_moment_now(&from);
	nanosleep(&nap, NULL);
	pdiag_moment_now(&to);
	assert_int_equal(pdiag_moment_cost(&from, &to), to.wall - from.wall);
	assert_true(to.wall - from.wall >= 20 * MS);
}

/* Another process that never rests, on our CPU. */
static pid_t rival(void)
{
	cpu_set_t set;
	pid_t pid;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return -1;
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		;
}

static void others_have_the_cpu(void **state)
{
	struct pdiag_moment from, to;
	pid_t pid = rival();
	(void)state;

	assert_true(pid > 0);
	pdiag_moment_now(&from);
	do
		pdiag_moment_now(&to);
	while (to.wall - from.wall < to.cpu - from.cpu + 20 * MS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(to.waits, from.waits);
	assert_int_equal(pdiag_moment_cost(&from, &to), to.cpu - from.cpu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits),
		cmocka_unit_test(others_have_the_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
