/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stuck_tasks KIND N: tasks in a state that is known, until it is killed.
 *
 *	blocked	N threads that are in uninterruptible sleep: each waits for a child of vfork(2)
 *	spin	N threads that always want to run
 *	sleep	N threads that sleep
 *
 * When all are there it writes a line: "ready PID BEGIN END", the addresses of the code in which
 * all of them are. Children of vfork() end with it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ready[2];

static void tell_ready(void)
{
	if (write(ready[1], "", 1) != 1)
		_exit(1);
}

/* In a section of its own: what is in it is in these functions. */
#define STUCK __attribute__((noinline, section("stuck")))
extern const char __start_stuck[], __stop_stuck[];

/* The system call in the caller's own frame: that of the C library has none to be walked by. */
static inline __attribute__((always_inline)) long own_vfork(void)
{
#ifdef __x86_64__
	long pid;

	__asm__ volatile("syscall" : "=a"(pid) : "a"(SYS_vfork) : "rcx", "r11", "memory");
	return pid;
#else
	return vfork();
#endif
}

STUCK static void *blocked(void *arg)
{
	if (own_vfork() == 0) {
		/* The memory is the parent's: nothing here but system calls. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		tell_ready();
		for (;;)
			pause();
	}
	return arg;
}

STUCK static void *spin(void *arg)
{
	tell_ready();
	for (;;)
		__asm__ volatile("" ::: "memory");
	return arg;
}

STUCK static void *sleeper(void *arg)
{
	tell_ready();
	for (;;)
		pause();
	return arg;
}

static const struct {
	const char *name;
	void *(*run)(void *arg);
} kinds[] = { { "blocked", blocked }, { "spin", spin }, { "sleep", sleeper } };

static void start(void *(*run)(void *arg), long nr)
{
	pthread_attr_t attr;
	pthread_t thread;
	char c;
	long i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (i = 0; i < nr; i++) {
		if (pthread_create(&thread, &attr, run, NULL) || read(ready[0], &c, 1) != 1) {
			fprintf(stderr, "stuck_tasks: thread %ld of %ld cannot be made\n", i, nr);
			exit(1);
		}
	}
	pthread_attr_destroy(&attr);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc != 3 || pipe(ready))
		return 2;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(argv[1], kinds[i].name))
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return 2;
	start(kinds[i].run, strtol(argv[2], NULL, 10));
	printf("ready %d %lx %lx\n", getpid(), (unsigned long)(uintptr_t)__start_stuck,
		(unsigned long)(uintptr_t)__stop_stuck);
	fflush(stdout);
	for (;;)
		pause();
}
