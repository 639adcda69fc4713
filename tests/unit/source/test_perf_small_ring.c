/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings that are smaller than wanted, as the kernel allows no more locked memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pdiag/error.h>

#include "source/perf_buffer.h"
#include "source/perf_events.h"

enum result { GOOD, BAD, SKIPPED };

/* Run until half of the ring is full: its reader has to know by then. */
static enum result half_full(struct pdiag_perf_events *e)
{
	struct pdiag_perf_ring *r = &e->rings.rings[0];
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	if (pdiag_perf_events_enable(e, true))
		return SKIPPED;
	do
		pdiag_perf_ring_refresh(r);
	while (r->head < r->size / 2);
	pdiag_perf_events_enable(e, false);
	return poll(&p, 1, 0) == 1 ? GOOD : BAD;
}

/* In a process of its own, that has no privilege. */
static enum result try_small_ring(void)
{
	struct pdiag_source_config config = { .target = PDIAG_TARGET_THREAD, .pid = gettid(),
		.events = PDIAG_ON_CPU, .hz = 10000, .max_depth = 127, .flags = PDIAG_USER_ONLY };
	struct pdiag_perf_events events = { .count = 0 };
	const struct rlimit none = { 0, 0 };
	struct pdiag_source_state state = { .pid = 0 };
	struct pdiag_perf_target target;
	enum result result = SKIPPED;
	cpu_set_t one;

	if (setrlimit(RLIMIT_MEMLOCK, &none) || (!geteuid() && setresuid(65534, 65534, 65534)))
		return SKIPPED;
	if (pdiag_perf_target_open(&target, &config))
		return SKIPPED;
	CPU_ZERO(&one);
	CPU_SET((size_t)target.cpus[0], &one);
	if (!sched_setaffinity(0, sizeof(one), &one) &&
		!pdiag_perf_events_open(&events, &config, &target, &state) && state.limits[0])
		result = half_full(&events);
	if (result == SKIPPED)
		printf("not run: %s\n", *pdiag_errmsg() ? pdiag_errmsg() : "rings are not limited");
	pdiag_perf_events_close(&events, false);
	pdiag_perf_target_close(&target, false);
	return result;
}

static void test_reader_is_woken_in_time(void **state)
{
	int status;
	pid_t pid;
	(void)state;

	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		status = (int)try_small_ring();
		fflush(stdout);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(WEXITSTATUS(status), GOOD);
}

/* No address space is left: other limits have nothing to do with it. */
static enum result map_without_memory(void)
{
	struct pdiag_source_config config = { .hz = 99, .buffer_bytes = 65536 };
	struct rlimit none = { .rlim_cur = 4096, .rlim_max = 4096 };
	struct pdiag_perf_ring ring = { .kind = PDIAG_PERF_ON_CPU };
	struct pdiag_perf_rings rings = { .rings = &ring, .count = 1 };
	struct pdiag_source_state state = { .hz = 99 };

	ring.fd = memfd_create("ring", MFD_CLOEXEC);
	if (ring.fd < 0 || setrlimit(RLIMIT_AS, &none))
		return SKIPPED;
	if (pdiag_perf_buffer_map(&rings, &config, 1, &state) != -ENOMEM)
		return BAD;
	return strstr(pdiag_errmsg(), "RLIMIT_AS") && !strstr(pdiag_errmsg(), "MEMLOCK") ? GOOD :
											   BAD;
}

static void test_no_memory_for_rings(void **state)
{
	int status;
	pid_t pid;
	(void)state;

	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit((int)map_without_memory());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(WEXITSTATUS(status), GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_is_woken_in_time),
		cmocka_unit_test(test_no_memory_for_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
