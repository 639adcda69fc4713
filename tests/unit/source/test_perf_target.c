/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Targets that end, as a whole or in part, while or before they are sampled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pdiag/context.h>
#include <pdiag/error.h>

#include "source/perf_target.h"
#include "source/source.h"
#include "util/file.h"

/* A child that ends when the test closes *end. */
static pid_t child_until(int *end)
{
	int fds[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fds[1]);
		_exit(read(fds[0], &c, 1) != 0);
	}
	close(fds[0]);
	*end = fds[1];
	return pid;
}

/* It has ended, and nobody has waited for it. */
static void become_zombie(pid_t pid, int end)
{
	siginfo_t info;

	close(end);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static int open_perf(struct pdiag *ctx, enum pdiag_target target, pid_t pid,
	struct pdiag_source **out)
{
	struct pdiag_source_config config = { .context = ctx, .target = target, .pid = pid,
		.events = PDIAG_ON_CPU, .hz = 99, .max_depth = 16, .flags = PDIAG_USER_ONLY };
	int ret = pdiag_source_perf.open(&config, out);

	if (ret == -EACCES || ret == -EPERM || ret == -ENOSYS || ret == -EOPNOTSUPP) {
		print_message("not run: %s\n", pdiag_errmsg());
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pdiag_close(ctx);
		skip();
	}
	return ret;
}

static void *tell_tid(void *arg)
{
	int *fds = arg, tid = gettid();
	char c;

	assert_int_equal(write(fds[1], &tid, sizeof(tid)), sizeof(tid));
	return read(fds[2], &c, 1) ? arg : NULL;
}

static void test_thread_is_no_process(void **state)
{
	struct pdiag_source_config config = { .target = PDIAG_TARGET_PROCESS };
	int fds[4], tid;
	struct pdiag_perf_target t;
	pthread_t thread;
	(void)state;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(fds + 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, tell_tid, fds), 0);
	assert_int_equal(read(fds[0], &tid, sizeof(tid)), sizeof(tid));
	config.pid = tid;
	assert_int_equal(pdiag_perf_target_open(&t, &config), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "is a thread"));
	close(fds[3]);
	pthread_join(thread, NULL);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static void test_thread_that_nobody_waits_for(void **state)
{
	struct pdiag_source_config config = { .target = PDIAG_TARGET_THREAD };
	struct pdiag_perf_target t;
	int end;
	(void)state;

	config.pid = child_until(&end);
	assert_int_equal(pdiag_perf_target_open(&t, &config), 0);
	assert_false(pdiag_perf_target_ended(&t));
	become_zombie(config.pid, end);
	assert_true(pdiag_perf_target_ended(&t));
	pdiag_perf_target_close(&t, false);
	assert_int_equal(waitpid(config.pid, NULL, 0), config.pid);
}

/* The thread that goes on tells when the first one has ended. */
static void *outlive(void *arg)
{
	int fd = *(int *)arg;
	char path[64], text[256] = "";

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	while (!strstr(text, ") Z"))
		if (pdiag_file_read(path, text, sizeof(text)) < 0)
			_exit(1);
	if (write(fd, "z", 1) == 1)
		pause();
	_exit(1);
}

static void test_process_without_its_first_thread(void **state)
{
	struct pdiag_source *source;
	struct pdiag *ctx;
	pthread_t thread;
	int fds[2];
	pid_t pid;
	char c;
	(void)state;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (!pthread_create(&thread, NULL, outlive, &fds[1]))
			syscall(SYS_exit, 0);
		_exit(1);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(open_perf(ctx, PDIAG_TARGET_PROCESS, pid, &source), 0);
	source->ops->close(source);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	pdiag_close(ctx);
}

/* An event loop that goes on after the end has nothing to wake up for. */
static void test_quiet_after_the_end(void **state)
{
	struct pdiag_source *source;
	struct pollfd p = { .events = POLLIN };
	struct pdiag *ctx;
	int end, tries;
	pid_t pid;
	(void)state;

	pid = child_until(&end);
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(open_perf(ctx, PDIAG_TARGET_PROCESS, pid, &source), 0);
	assert_int_equal(source->ops->start(source), 0);
	become_zombie(pid, end);
	p.fd = source->fd;
	/* The tick may come in between. */
	for (tries = 0; tries < 100; tries++) {
		assert_int_equal(source->ops->refresh(source), 0);
		if (source->state.ended && !poll(&p, 1, 0))
			break;
	}
	assert_true(tries < 100);
	source->ops->close(source);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	pdiag_close(ctx);
}

/* The sentence is about descriptors, and not about what could not be opened for want of one. */
static void test_no_descriptors_left(void **state)
{
	struct pdiag_source_config config = { .target = PDIAG_TARGET_SYSTEM, .cgroup = "a" };
	struct pdiag_perf_target t;
	struct rlimit old, none;
	int ret;
	(void)state;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
		ret = pdiag_perf_target_open(&t, &config);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		assert_int_equal(ret, -EMFILE);
		assert_non_null(strstr(pdiag_errmsg(), "RLIMIT_NOFILE"));
		config.target = PDIAG_TARGET_CGROUP;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thread_is_no_process),
		cmocka_unit_test(test_thread_that_nobody_waits_for),
		cmocka_unit_test(test_process_without_its_first_thread),
		cmocka_unit_test(test_quiet_after_the_end),
		cmocka_unit_test(test_no_descriptors_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
