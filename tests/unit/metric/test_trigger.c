/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pressure as a trigger: bad input everywhere, a live one where the kernel has it. */
#include "fixture.h"

#include <poll.h>
#include <sys/wait.h>

static struct pdiag *context;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

static int try_options(struct pdiag_pressure_options o)
{
	o.size = o.size ? o.size : sizeof(o);
	return pdiag_pressure_open(context, &o);
}

#define TRY(...) try_options((struct pdiag_pressure_options){ __VA_ARGS__ })

static void bad_input(void **state)
{
	(void)state;
	assert_int_equal(pdiag_pressure_open(context, NULL), -EINVAL);
	assert_int_equal(TRY(.size = 8), -EINVAL);
	assert_int_equal(TRY(.threshold_ms = 100), -EINVAL);
	assert_int_equal(TRY(.resource = 4, .threshold_ms = 100), -EINVAL);
	assert_int_equal(TRY(.resource = PDIAG_PRESSURE_CPU), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "0 ms within a window of 2000 ms"));
	assert_int_equal(TRY(.resource = PDIAG_PRESSURE_IO, .threshold_ms = 501, .window_ms = 500),
		-EINVAL);
	assert_int_equal(TRY(.resource = PDIAG_PRESSURE_IO, .threshold_ms = 1, .window_ms = 499),
		-EINVAL);
	assert_int_equal(TRY(.resource = PDIAG_PRESSURE_IO, .threshold_ms = 1, .window_ms = 10001),
		-EINVAL);
	assert_int_equal(TRY(.resource = PDIAG_PRESSURE_IO, .threshold_ms = 1, .full = 2), -EINVAL);
	assert_int_equal(TRY(.resource = PDIAG_PRESSURE_IO, .threshold_ms = 1, .cgroup = "no/such"),
		-ENOENT);
	assert_non_null(strstr(pdiag_errmsg(), "no/such"));
}

/* What is not to be had is said with its reason; what is, polls. */
static void live(void **state)
{
	struct pollfd poller = { .events = POLLPRI };
	pid_t children[8];
	int status;

	(void)state;
	poller.fd = TRY(.resource = PDIAG_PRESSURE_CPU, .threshold_ms = 1);
	if (poller.fd < 0) {
		assert_true(strlen(pdiag_errmsg()) > 30);
		printf("skipped: %s\n", pdiag_errmsg());
		skip();
	}
	/* More that want to run than CPUs. */
	for (int i = 0; i < 8; i++) {
		children[i] = fork();
		if (!children[i]) {
			alarm(60);
			for (;;)
				;
		}
	}
	status = poll(&poller, 1, 30000);
	for (int i = 0; i < 8; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	assert_int_equal(status, 1);
	assert_int_equal(poller.revents & (POLLPRI | POLLERR), POLLPRI);
	close(poller.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_input), cmocka_unit_test(live),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
