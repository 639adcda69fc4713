/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Children that live for ten milliseconds of CPU time: forked ones, and ones that also exec. */
#include "workload.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int shared_fd = -1;

#define CHILDREN_EVERY_NS 40000000u

DEFINE_SPIN(child_burn, 0x589965cc75374cc3u)
DEFINE_SPIN(exec_burn, 0x1d8e4e27c47d124fu)

static void burn(void (*work)(uint64_t), enum truth which)
{
	uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID), used;

	/* Short enough that the end of the time is met within a fiftieth. */
	do {
		work(200000);
		used = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	} while (used < CHILD_CPU_NS);
	truth_add(which, used);
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void *children_thread(void *unused)
{
	pid_t pid;

	(void)unused;
	while (!atomic_load(&stopping)) {
		pid = fork();
		if (!pid) {
			burn(child_burn, TRUTH_CHILD_BURN);
			_exit(0);
		}
		if (pid > 0) {
			atomic_fetch_add(&shared->children, 1);
			reap(pid);
		}
		sleep_nap(CHILDREN_EVERY_NS);
	}
	return NULL;
}

void *exec_thread(void *unused)
{
	char fd[16];
	pid_t pid;

	(void)unused;
	snprintf(fd, sizeof(fd), "%d", shared_fd);
	while (!atomic_load(&stopping)) {
		pid = fork();
		if (!pid) {
			execl("/proc/self/exe", "workload-child", "--child", fd, (char *)NULL);
			_exit(127);
		}
		if (pid > 0) {
			atomic_fetch_add(&shared->children, 1);
			reap(pid);
		}
		sleep_nap(CHILDREN_EVERY_NS);
	}
	return NULL;
}

int child_main(const char *fd)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
	if (shared == MAP_FAILED)
		return 1;
	pthread_setname_np(pthread_self(), "exec-child");
	burn(exec_burn, TRUTH_EXEC_BURN);
	return 0;
}
