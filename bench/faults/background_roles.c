/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers that always run, and short things that look like trouble and are none. */
#include "background.h"
#include "group.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WEB_THREADS 4
#define CHUNK (1 << 20)
#define CROWD_MAX 65536

/* Requests of about 3 ms: 0.3 of a CPU at a level of 1. */
static void *web_thread(void *arg)
{
	(void)arg;
	while (!is_over()) {
		work_for(0.003);
		next_turn(100.0 / WEB_THREADS);
	}
	return NULL;
}

void role_web(const char *work)
{
	pthread_t threads[WEB_THREADS];

	(void)work;
	for (int i = 0; i < WEB_THREADS; i++)
		if (pthread_create(&threads[i], NULL, web_thread, NULL))
			exit(1);
	for (int i = 0; i < WEB_THREADS; i++)
		pthread_join(threads[i], NULL);
}

static int open_in(const char *work, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", work, name);
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static bool put(int fd, size_t size, off_t at)
{
	static const char zeros[CHUNK];

	return pwrite(fd, zeros, size, at) == (ssize_t)size;
}

/* Small transactions, each made sure of. */
void role_store(const char *work)
{
	int fd = open_in(work, "store");
	off_t at = 0;

	while (fd >= 0 && !is_over()) {
		work_for(0.001);
		if (!put(fd, 64 << 10, at) || fdatasync(fd))
			return;
		at = (at + (64 << 10)) % (64 << 20);
		next_turn(10);
	}
}

static pid_t spawn(double seconds)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		work_for(seconds);
	_exit(0);
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* Shell scripts, health checks. */
void role_cron(const char *work)
{
	(void)work;
	while (!is_over()) {
		spawn(0.002);
		next_turn(30);
		reap();
	}
}

/* A compiler: all CPUs for less than 2 s. */
void role_build(const char *work)
{
	uint64_t end = clock_ns() + 1800000000u;

	(void)work;
	while (clock_ns() < end && !is_over()) {
		for (int i = 0; i < 3; i++)
			spawn(0.15);
		while (wait(NULL) > 0)
			;
	}
}

/* A log that is rotated and packed: 48 MB are written at once. */
void role_rotate(const char *work)
{
	int fd = open_in(work, "log");

	for (off_t i = 0; fd >= 0 && i < 48 && !is_over(); i++) {
		if (!put(fd, CHUNK, i * CHUNK))
			return;
		work_for(0.005);
	}
	if (fd >= 0 && !fdatasync(fd))
		close(fd);
}

/* The full hour: all jobs at once. */
void role_flurry(const char *work)
{
	(void)work;
	for (int i = 0; i < 150 && !is_over(); i++) {
		spawn(0.003);
		nap(0.006);
		reap();
	}
	while (wait(NULL) > 0)
		;
}

/*
 * Batch work: at each moment so many processes a CPU want to run. They are a service of their own,
 * with the weight of any other, as where each service has its cgroup: else nothing else would run.
 */
void role_crowd(const char *work)
{
	long count = (long)level_now() * sysconf(_SC_NPROCESSORS_ONLN);
	static pid_t pids[CROWD_MAX];
	struct group group;

	(void)work;
	if (group_make(&group, "cpu")) {
		fputs("bg-crowd: there are no cgroups for CPUs, so there is no crowd\n", stderr);
		exit(1);
	}
	if (count > CROWD_MAX)
		count = CROWD_MAX;
	for (long i = 0; i < count; i++) {
		pids[i] = spawn(1e9);
		if (pids[i] > 0)
			group_add(&group, pids[i]);
	}
	while (!is_over())
		nap(0.5);
	for (long i = 0; i < count; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	group_drop(&group);
}
