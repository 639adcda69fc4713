/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that wait for each other: a convoy at a lock, parents that wait uninterruptibly. */
#include "fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define NORMAL_HANDOVERS 1000.0
#define CONVOY_THREADS 16
#define NORMAL_BLOCKED 1.0
#define FULL_BLOCKED 40
#define BLOCK_S 0.2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_ulong sink, handovers;
static uint64_t convoy_start;
static double handover_rate;

__attribute__((noinline)) static void hold_the_lock(void)
{
	unsigned long x = 1;

	for (int i = 0; i < 100000; i++)
		x = x * 6364136223846793005ul + 1442695040888963407ul;
	atomic_fetch_add(&sink, x);
}

/* The queue is fair only if whoever has had the lock lets others have it. */
__attribute__((noinline)) static void wait_in_line(void)
{
	pthread_mutex_lock(&lock);
	hold_the_lock();
	pthread_mutex_unlock(&lock);
	usleep(1);
}

static void *convoy_thread(void *arg)
{
	(void)arg;
	while (!fault_over()) {
		wait_in_line();
		atomic_fetch_add(&handovers, 1);
		while (!fault_over() && (double)atomic_load(&handovers) >
			(double)(fault_clock() - convoy_start) / 1e9 * handover_rate)
			fault_sleep(0.01);
	}
	return NULL;
}

int fault_run_convoy(const struct fault *f)
{
	handover_rate = fault_level(f, NORMAL_HANDOVERS, 1e9);
	convoy_start = fault_clock();
	fault_begins(getpid());
	return fault_threads(CONVOY_THREADS, convoy_thread, NULL);
}

/* A thread that called vfork() sleeps uninterruptibly until its child has ended. */
__attribute__((noinline)) static void start_and_wait(void)
{
	pid_t pid = vfork();

	if (!pid) {
		usleep((unsigned)(BLOCK_S * 1e6));
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void *vfork_thread(void *arg)
{
	struct fault_duty d;

	while (!fault_over()) {
		fault_duty_begin(&d, *(double *)arg);
		start_and_wait();
		fault_duty_end(&d);
	}
	return NULL;
}

int fault_run_vfork(const struct fault *f)
{
	double level = fault_level(f, NORMAL_BLOCKED, FULL_BLOCKED);
	int threads = (int)level + ((int)level < level);

	level /= threads;
	fault_begins(getpid());
	return fault_threads(threads, vfork_thread, &level);
}
