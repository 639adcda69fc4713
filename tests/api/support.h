/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the API tests share. */
#ifndef TESTS_API_SUPPORT_H
#define TESTS_API_SUPPORT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <pdiag/pdiag.h>

/* A call succeeds; if not, its sentence is shown. */
#define OK(call) \
	do { \
		int ok_ret = (call); \
		if (ok_ret) \
			fail_msg("%s: %d: %s", #call, ok_ret, pdiag_errmsg()); \
	} while (0)

/* A call fails with -err, in one sentence that has `words` in it. */
#define FAILS(call, err, words)                                                                    \
	do {                                                                                       \
		int fails_ret = (call);                                                            \
		if (fails_ret != -(err) || !strstr(pdiag_errmsg(), words) ||                       \
			strpbrk(pdiag_errmsg(), "\n\t"))                                           \
			fail_msg("%s: %d, not %d with \"%s\": %s", #call, fails_ret, -(err),       \
				words, pdiag_errmsg());                                            \
	} while (0)

/* Use CPU time of this thread; returns what was used, in ns. */
static inline uint64_t burn(unsigned int milliseconds)
{
	uint64_t start = 0, used = 0;
	struct timespec ts;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
		used = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
		start = start ? start : used;
		for (volatile unsigned int i = 0; i < 500000; i++)
			;
	} while (used - start < milliseconds * 1000000ull);
	return used - start;
}

/* Why this process cannot be sampled here, or NULL. */
static inline const char *cannot_sample(void)
{
	struct pdiag_capture_options options = { .size = sizeof(options),
		.flags = PDIAG_USER_ONLY };
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
	int ret;

	OK(pdiag_open(NULL, &context));
	ret = pdiag_capture_new(context, &options, &capture);
	if (!ret)
		ret = pdiag_capture_start(capture);
	pdiag_close(context);
	if (ret != -EACCES && ret != -EPERM && ret != -ENOSYS && ret != -EOPNOTSUPP)
		return NULL;
	return pdiag_errmsg();
}

#define SAMPLE_OR_SKIP() \
	do { \
		const char *why_ = cannot_sample(); \
		if (why_) { \
			print_message("skipped: %s\n", why_); \
			skip(); \
		} \
	} while (0)

#define ROOT_OR_SKIP() \
	do { \
		if (geteuid()) { \
			print_message("skipped: needs root\n"); \
			skip(); \
		} \
	} while (0)

#endif
