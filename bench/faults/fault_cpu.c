/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Too much work: in user code, in the kernel, by processes that hardly live. */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The background's, at its level of 1: what strengths are of. */
#define NORMAL_CPUS 0.5
#define NORMAL_SYSTEM_CPUS 0.15
#define NORMAL_FORKS 30.0
/* Children that are there at a time. */
#define CHILDREN_MAX 64

static atomic_ulong sink;

static double share(double level, int threads)
{
	return level / threads;
}

static int threads_for(double level)
{
	int count = (int)level;

	return count < level ? count + 1 : count;
}

__attribute__((noinline)) static void burn_in_circles(void)
{
	unsigned long x = 1;

	for (int i = 0; i < 4000000; i++)
		x = x * 6364136223846793005ul + 1442695040888963407ul;
	atomic_fetch_add(&sink, x);
}

static void *hog_thread(void *arg)
{
	struct fault_duty d;

	while (!fault_over()) {
		fault_duty_begin(&d, *(double *)arg);
		burn_in_circles();
		fault_duty_end(&d);
	}
	return NULL;
}

int fault_run_hog(const struct fault *f)
{
	double level = fault_level(f, NORMAL_CPUS, fault_cpus());
	int threads = threads_for(level);

	level = share(level, threads);
	fault_begins(getpid());
	return fault_threads(threads, hog_thread, &level);
}

__attribute__((noinline)) static void call_again(int fd)
{
	char byte[64];

	for (int i = 0; i < 20000; i++)
		if (read(fd, byte, sizeof(byte)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
			return;
}

static void *calls_thread(void *arg)
{
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	struct fault_duty d;

	while (fd >= 0 && !fault_over()) {
		fault_duty_begin(&d, *(double *)arg);
		call_again(fd);
		fault_duty_end(&d);
	}
	close(fd);
	return NULL;
}

int fault_run_calls(const struct fault *f)
{
	double level = fault_level(f, NORMAL_SYSTEM_CPUS, fault_cpus());
	int threads = threads_for(level);

	level = share(level, threads);
	fault_begins(getpid());
	return fault_threads(threads, calls_thread, &level);
}

__attribute__((noinline)) static void be_a_child(void)
{
	unsigned long x = 1;

	for (int i = 0; i < 200000; i++)
		x = x * 6364136223846793005ul + 1;
	_exit((int)(x & 1));
}

/* One more, if there are not too many. Returns how many there are. */
__attribute__((noinline)) static int fork_again(int children)
{
	pid_t pid = children < CHILDREN_MAX ? fork() : -1;

	if (!pid)
		be_a_child();
	children += pid > 0;
	while (children > 0 && waitpid(-1, NULL, children < CHILDREN_MAX ? WNOHANG : 0) > 0)
		children--;
	return children;
}

int fault_run_forks(const struct fault *f)
{
	double rate = fault_level(f, NORMAL_FORKS, 1e9);
	uint64_t start = fault_clock(), made = 0;
	int children = 0;

	fault_begins(getpid());
	while (!fault_over()) {
		children = fork_again(children);
		made++;
		while (!fault_over() && made > (double)(fault_clock() - start) / 1e9 * rate)
			fault_sleep(0.01);
	}
	while (children-- > 0 && (wait(NULL) > 0 || errno == EINTR))
		;
	return 0;
}
