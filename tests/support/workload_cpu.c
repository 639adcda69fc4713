/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the workload that use CPU time. */
#include "workload.h"

#include <fcntl.h>
#include <unistd.h>

/* A slice of work is so long that reading the clock around it does not count. */
#define SLICE_NS 4000000u
#define CALIBRATION_LOOPS 2000000u

static uint64_t slice_loops = CALIBRATION_LOOPS;
volatile uint64_t spin_result;

DEFINE_SPIN(spin_a, 0x9e3779b97f4a7c15u)
DEFINE_SPIN(spin_b, 0xd6e8feb86659fd93u)
DEFINE_SPIN(spin_c, 0xa0761d6478bd642fu)
DEFINE_SPIN(recurse_leaf, 0xe7037ed1a0b428dbu)
DEFINE_SPIN(pool_task, 0x8ebc6af09c88c6e3u)

void calibrate(void)
{
	uint64_t start, best = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		spin_a(CALIBRATION_LOOPS);
		start = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
		best = start < best ? start : best;
	}
	slice_loops = CALIBRATION_LOOPS * (uint64_t)SLICE_NS / (best ? best : 1) + 1;
}

static uint64_t timed(void (*work)(uint64_t), uint64_t loops, enum truth which)
{
	uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	work(loops);
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	truth_add(which, start);
	return start;
}

/* Half of the time in spin_a, 30 % in spin_b, 20 % in spin_c: always the one furthest behind. */
void *spin_thread(void *unused)
{
	static void (*const work[])(uint64_t) = { spin_a, spin_b, spin_c };
	static const uint64_t share[] = { 50, 30, 20 };
	uint64_t used[3] = { 0 };

	(void)unused;
	while (!atomic_load(&stopping)) {
		int next = 0;

		for (int i = 1; i < 3; i++)
			if (used[i] * share[next] < used[next] * share[i])
				next = i;
		used[next] += timed(work[next], slice_loops, TRUTH_SPIN_A + (unsigned int)next);
	}
	return NULL;
}

void recurse(unsigned int depth);

/* RECURSION_DEPTH frames of recurse() above recurse_leaf(). */
void recurse(unsigned int depth)
{
	if (depth > 1)
		recurse(depth - 1);
	else
		timed(recurse_leaf, slice_loops, TRUTH_RECURSE_LEAF);
}

void *recurse_thread(void *unused)
{
	(void)unused;
	while (!atomic_load(&stopping))
		recurse(RECURSION_DEPTH);
	return NULL;
}

void read_write(int from, int to);

/* Time in the kernel: zeroes through a pipe. */
void read_write(int from, int to)
{
	static char buffer[65536];
	int pipe_fd[2];

	if (pipe(pipe_fd))
		return;
	for (int i = 0; i < 200; i++) {
		sys_read(from, buffer, sizeof(buffer));
		sys_write(pipe_fd[1], buffer, sizeof(buffer));
		sys_read(pipe_fd[0], buffer, sizeof(buffer));
		sys_write(to, buffer, sizeof(buffer));
	}
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

void *rw_thread(void *unused)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	uint64_t start;

	(void)unused;
	while (zero >= 0 && null >= 0 && !atomic_load(&stopping)) {
		start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		read_write(zero, null);
		truth_add(TRUTH_READ_WRITE, clock_ns(CLOCK_THREAD_CPUTIME_ID) - start);
	}
	if (zero >= 0)
		close(zero);
	if (null >= 0)
		close(null);
	return NULL;
}

/* The pool: a counter of tasks to do that the feeder adds to. */
static _Atomic uint32_t tasks;

static bool pool_take(void)
{
	uint32_t n = atomic_load(&tasks);

	while (n)
		if (atomic_compare_exchange_weak(&tasks, &n, n - 1))
			return true;
	return false;
}

void *pool_thread(void *unused)
{
	(void)unused;
	while (!atomic_load(&stopping)) {
		if (pool_take())
			timed(pool_task, slice_loops, TRUTH_POOL_TASK);
		else
			futex_block(&tasks, 0, 100000000);
	}
	return NULL;
}

void *pool_feed_thread(void *unused)
{
	(void)unused;
	while (!atomic_load(&stopping)) {
		if (atomic_load(&tasks) < POOL_THREADS)
			atomic_fetch_add(&tasks, POOL_THREADS);
		futex_wake(&tasks, POOL_THREADS);
		sleep_nap(50000000);
	}
	return NULL;
}
