/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the workload that wait, and the system calls of all. */
#include "workload.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define SYSCALL4(nr, a, b, c, d) __extension__({ \
	register long r10 __asm__("r10") = (long)(d); \
	long ret_; \
	__asm__ volatile("syscall" : "=a"(ret_) \
		: "a"((long)(nr)), "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(r10) \
		: "rcx", "r11", "memory"); \
	ret_; })
#else
#define SYSCALL4(nr, a, b, c, d) __extension__({ \
	long ret_ = syscall((nr), (a), (b), (c), (d)); \
	ret_ < 0 ? -(long)errno : ret_; })
#endif

long sys_read(int fd, void *buf, unsigned long len)
{
	KEEP_FRAME();
	return SYSCALL4(SYS_read, fd, buf, len, 0);
}

long sys_write(int fd, const void *buf, unsigned long len)
{
	KEEP_FRAME();
	return SYSCALL4(SYS_write, fd, buf, len, 0);
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u) };
}

long futex_block(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec timeout = timespec_of(timeout_ns);

	return SYSCALL4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &timeout);
}

long futex_wake(_Atomic uint32_t *word, int count)
{
	KEEP_FRAME();
	return SYSCALL4(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, 0);
}

long sleep_nap(uint64_t ns)
{
	struct timespec time = timespec_of(ns);

	return SYSCALL4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, 0);
}

static _Atomic uint32_t turn;

/* Blocked until the waker's next turn. */
void *futex_thread(void *unused)
{
	uint64_t start;

	(void)unused;
	while (!atomic_load(&stopping)) {
		start = clock_ns(CLOCK_MONOTONIC);
		futex_block(&turn, atomic_load(&turn), 1000000000);
		truth_add(TRUTH_FUTEX_BLOCK, clock_ns(CLOCK_MONOTONIC) - start);
	}
	return NULL;
}

void *futex_wake_thread(void *unused)
{
	(void)unused;
	while (!atomic_load(&stopping)) {
		sleep_nap(100000000);
		atomic_fetch_add(&turn, 1);
		futex_wake(&turn, 1000);
	}
	return NULL;
}

void *sleep_thread(void *unused)
{
	uint64_t start;

	(void)unused;
	while (!atomic_load(&stopping)) {
		start = clock_ns(CLOCK_MONOTONIC);
		sleep_nap(20000000);
		truth_add(TRUTH_SLEEP_NAP, clock_ns(CLOCK_MONOTONIC) - start);
	}
	return NULL;
}
