/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The workload: parts of known behaviour, each of which measures itself. What a profiler says of
 * it can be held against the truth that it prints at its end.
 */
#ifndef PDIAG_TESTS_WORKLOAD_H
#define PDIAG_TESTS_WORKLOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define RECURSION_DEPTH 20
#define POOL_THREADS 3
#define CHILD_CPU_NS 10000000ull

/* What is measured: seconds in a function, on a CPU or waiting in it. */
enum truth {
	TRUTH_SPIN_A,
	TRUTH_SPIN_B,
	TRUTH_SPIN_C,
	TRUTH_RECURSE_LEAF,
	TRUTH_READ_WRITE,
	TRUTH_POOL_TASK,
	TRUTH_CHILD_BURN,
	TRUTH_EXEC_BURN,
	TRUTH_FUTEX_BLOCK,
	TRUTH_SLEEP_NAP,
	TRUTH_COUNT,
};

/* gcc gives a leaf function no frame, whatever the options, unless it keeps something on the stack;
 * without one its caller would be missing from the call chain. */
#define KEEP_FRAME() do { volatile char on_stack_ = 0; (void)on_stack_; } while (0)

/* Shared with the children that are forked. */
struct shared {
	_Atomic uint64_t ns[TRUTH_COUNT];
	_Atomic uint64_t children; /* started */
};

extern struct shared *shared;
extern atomic_bool stopping;

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Nothing but arithmetic; each has its own constant, so that none is merged with another. */
#define DEFINE_SPIN(name, constant) \
	void name(uint64_t loops); \
	void name(uint64_t loops) \
	{ \
		uint64_t x = loops; \
		KEEP_FRAME(); \
		for (uint64_t i = 0; i < loops; i++) \
			x = (x ^ i) * (constant); \
		spin_result = x; \
	}

extern volatile uint64_t spin_result;

static inline void truth_add(enum truth which, uint64_t ns)
{
	atomic_fetch_add(&shared->ns[which], ns);
}

/* Thread bodies; each runs until `stopping` is set. */
void *spin_thread(void *unused);
void *recurse_thread(void *unused);
void *rw_thread(void *unused);
void *pool_thread(void *number);
void *pool_feed_thread(void *unused);
void *futex_thread(void *unused);
void *futex_wake_thread(void *unused);
void *sleep_thread(void *unused);
void *children_thread(void *unused);
void *exec_thread(void *unused);

/* Measure how much work a slice is; before any thread starts. */
void calibrate(void);
/* `workload --child FD`: what exec_thread() starts. FD is the shared page. */
int child_main(const char *fd);
/* The shared page, to be handed to exec_thread()'s children. */
extern int shared_fd;

/* System calls from a function with a frame of its own: libc's have none, which would hide their
 * callers from anyone who walks frame pointers. They return a negative errno on failure. */
long sys_read(int fd, void *buf, unsigned long len);
long sys_write(int fd, const void *buf, unsigned long len);
long futex_block(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns);
long futex_wake(_Atomic uint32_t *word, int count);
long sleep_nap(uint64_t ns);

#endif
