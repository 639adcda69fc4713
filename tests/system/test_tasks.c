/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* emulated: no, programs do not start fast enough */
/* A storm of programs while the reader stands still: it pushes out no samples, makes no time up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define PROGRAMS 400

extern char **environ;

static void storm(void)
{
	char *argv[] = { "true", NULL };
	pid_t pid;

	for (int i = 0; i < PROGRAMS; i++)
		if (!posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ))
			waitpid(pid, NULL, 0);
}

static int add(void *user, const struct pdiag_loss *loss)
{
	((uint64_t *)user)[loss->reason] += loss->events;
	return 0;
}

static void no_time_is_made_up(void **state)
{
	/* Small rings: a second's samples fit, what the storm does does not. */
	struct pdiag_capture_options options = { .size = sizeof(options),
		.target = PDIAG_TARGET_SYSTEM, .hz = 49, .buffer_bytes = 64 << 10,
		.source = PDIAG_SOURCE_PERF };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_profile_info profile = { .size = sizeof(profile) };
	uint64_t lost[PDIAG_LOSS_TASKS + 1] = { 0 };
	struct pdiag_capture *capture;
	struct pdiag *context;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	if (pdiag_capture_new(context, &options, &capture)) {
		printf("skipped: %s\n", pdiag_errmsg());
		pdiag_close(context);
		skip();
	}
	assert_int_equal(pdiag_capture_start(capture), 0);
	storm();
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(pdiag_capture_get_info(capture, &info), 0);
	assert_int_equal(pdiag_profile_get_info(pdiag_capture_profile(capture), &profile), 0);
	assert_int_equal(
		pdiag_profile_each_loss(pdiag_capture_profile(capture), add, lost), 0);
	assert_true(lost[PDIAG_LOSS_TASKS] > 0);
	assert_int_equal(lost[PDIAG_LOSS_OVERRUN], 0);
	assert_int_equal(profile.lost, 0);
	/* One more sample a CPU than there were periods may be taken. */
	assert_true(profile.on_cpu_ns <= info.cpus * (info.elapsed_ns + 2 * profile.period_ns));
	pdiag_close(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_time_is_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
