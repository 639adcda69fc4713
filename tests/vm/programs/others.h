/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes to look at, and what the kernel knows of their time without the module. */
#ifndef OTHERS_H
#define OTHERS_H

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "session.h"

/* Seconds of a thread so far: on a CPU; runnable, but on none. */
struct times {
	double ran, waited;
};

static inline struct times times_of(pid_t pid, pid_t tid)
{
	unsigned long long ran, waited;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%llu %llu", &ran, &waited) != 2)
		die("%s: no times in it", path);
	fclose(file);
	return (struct times){ (double)ran / 1e9, (double)waited / 1e9 };
}

/* How often it has left the CPU. */
static inline uint64_t switches_of(pid_t pid)
{
	unsigned long long one, sum = 0;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &one) == 1 ||
			sscanf(line, "nonvoluntary_ctxt_switches: %llu", &one) == 1)
			sum += one;
	if (file)
		fclose(file);
	return sum;
}

static inline void pin(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(tid, sizeof(set), &set))
		die("CPU %d: %s", cpu, strerror(errno));
}

/*
 * A process of that name on that CPU (-1: any), which goes on in fn. It ends with its parent.
 * Back when it is at its place.
 */
static inline pid_t other_begin(const char *name, int cpu, void (*fn)(void *), void *arg)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready))
		die("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (cpu >= 0)
			pin(0, cpu);
		close(ready[0]);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		close(ready[1]);
		fn(arg);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		die("%s did not begin", name);
	close(ready[0]);
	return pid;
}

static inline void other_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A byte from one process to another that waits for it; who cannot ends. */
static inline void pass(int fd)
{
	if (write(fd, "", 1) != 1)
		_exit(1);
}

static inline void take(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(1);
}

/* So many turns of a loop, in user mode. */
static inline void spin(uint64_t turns)
{
	volatile uint64_t x = turns;

	for (; turns; turns--)
		x = x * 2862933555777941757ull + turns;
}

static inline void burn_on(void *arg)
{
	(void)arg;
	for (;;)
		spin(100000);
}

static inline double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Use so much CPU time. */
static inline void burn(double seconds)
{
	double end = cpu_time() + seconds;

	while (cpu_time() < end)
		spin(1000);
}

/* Is it from least to most, give or take a part of them? Says so if not. */
static inline bool between(const char *what, double value, double least, double most, double part)
{
	bool in = value >= least * (1 - part) && value <= most * (1 + part);

	/* A machine that is that slow shows other things. */
	if (!in && times_slower() > 1) {
		printf("   not judged: this machine is %d times slower\n", times_slower());
		in = true;
	}
	printf("   %s: %.3f, expected %.3f to %.3f within %.0f %%%s\n", what, value, least, most,
		part * 100, in ? "" : ": NO");
	return in;
}

/* Is it so? Says what, if not. */
static inline bool __attribute__((format(printf, 2, 3))) so(bool is, const char *format, ...)
{
	va_list args;

	if (is)
		return true;
	va_start(args, format);
	printf("   NOT ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	return false;
}

#endif
