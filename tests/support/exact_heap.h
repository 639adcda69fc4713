/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes mallinfo2().uordblks exact, so that a leak of a single block shows. */
#ifndef TESTS_SUPPORT_EXACT_HEAP_H
#define TESTS_SUPPORT_EXACT_HEAP_H

#include <stdlib.h>
#include <unistd.h>

/*
 * What lies in malloc's caches of a thread counts as in use: start this program again without
 * them. Call it first in main().
 */
static inline void exact_heap(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
	execv("/proc/self/exe", argv);
}

#endif
