/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes an allocation fail, one after the other. Include it in one C file of a test program.
 *
 *	for (unsigned long n = 0; ; n++) {
 *		fail_alloc_start(n);		the n-th allocation from here on fails, once
 *		ret = the_call();
 *		if (!fail_alloc_stop())
 *			break;			nothing was left to fail: the call went through
 *		assert_int_equal(ret, -ENOMEM);	and its object is as it was
 *	}
 *
 * Allocations inside libc and other libraries fail as well. Some they can do without (asprintf()
 * that gives back what it has too much): where such calls are made, 0 may be a good answer too.
 * fail_alloc_start_all(n) fails all allocations from the n-th on. Only the calling thread is
 * concerned. Under a sanitizer, which has its own malloc, and under valgrind nothing ever fails
 * and fail_alloc_works() is 0: use FAIL_ALLOC_OR_SKIP() first in the test.
 */
#ifndef TESTS_SUPPORT_FAIL_ALLOC_H
#define TESTS_SUPPORT_FAIL_ALLOC_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FAIL_ALLOC_ON 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define FAIL_ALLOC_ON 0
#endif
#endif
#ifndef FAIL_ALLOC_ON
#define FAIL_ALLOC_ON 1
#endif

static _Thread_local struct {
	unsigned long left; /* allocations that still succeed */
	int armed, all, failed;
} fail_alloc;

static inline void fail_alloc_start(unsigned long n)
{
	fail_alloc.left = n;
	fail_alloc.all = fail_alloc.failed = 0;
	fail_alloc.armed = 1;
}

static inline void fail_alloc_start_all(unsigned long n)
{
	fail_alloc_start(n);
	fail_alloc.all = 1;
}

/* Allocations succeed again. Says if any was made to fail. */
static inline int fail_alloc_stop(void)
{
	fail_alloc.armed = 0;
	return fail_alloc.failed;
}

#if FAIL_ALLOC_ON
/* Visible, so that allocations inside libc and other libraries come here as well. */
#define FAIL_ALLOC_EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

static int fail_alloc_now(void)
{
	if (!fail_alloc.armed)
		return 0;
	if (fail_alloc.left) {
		fail_alloc.left--;
		return 0;
	}
	fail_alloc.failed = 1;
	fail_alloc.armed = fail_alloc.all;
	errno = ENOMEM;
	return 1;
}

FAIL_ALLOC_EXPORT void *malloc(size_t size)
{
	return fail_alloc_now() ? NULL : __libc_malloc(size);
}

FAIL_ALLOC_EXPORT void *calloc(size_t count, size_t size)
{
	return fail_alloc_now() ? NULL : __libc_calloc(count, size);
}

FAIL_ALLOC_EXPORT void *realloc(void *old, size_t size)
{
	return fail_alloc_now() ? NULL : __libc_realloc(old, size);
}

FAIL_ALLOC_EXPORT void *aligned_alloc(size_t align, size_t size)
{
	return fail_alloc_now() ? NULL : __libc_memalign(align, size);
}

FAIL_ALLOC_EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
	void *p = fail_alloc_now() ? NULL : __libc_memalign(align, size);

	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}
#endif

/* Does failing work in this program? */
static inline int fail_alloc_works(void)
{
	/* By way of a volatile pointer, as the compiler may leave out an unused allocation. One in
	 * libc, which only fails if it, too, is served here. */
	char *(*volatile copy)(const char *) = strdup;

	fail_alloc_start(0);
	free(copy("x"));
	return fail_alloc_stop();
}

#define FAIL_ALLOC_OR_SKIP()                                                                       \
	do {                                                                                       \
		if (!fail_alloc_works()) {                                                         \
			printf("skipped: allocations cannot be failed here (sanitizer or "         \
			       "valgrind)\n");                                                     \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

#endif
