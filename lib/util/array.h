/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Growing arrays, and scope cleanup. */
#ifndef PDIAG_UTIL_ARRAY_H
#define PDIAG_UTIL_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

/*
 * Make room for `want` elements of `size` bytes in the array *data of *cap elements. 0 or -ENOMEM;
 * on failure the array is as it was. Grows by at least half, so that appending is linear.
 */
int pdiag_array_reserve(void *data_ptr, size_t *cap, size_t want, size_t size);
/* Have at least `want` elements in it: *count is raised to that, and what is new is zero. */
int pdiag_array_extend(void *data_ptr, size_t *count, size_t *cap, size_t want, size_t size);

static inline void pdiag_cleanup_free_fn(void *p)
{
	free(*(void **)p);
}
static inline void pdiag_cleanup_close_fn(int *fd)
{
	extern int close(int);

	if (*fd >= 0)
		close(*fd);
}
#define pdiag_auto_free __attribute__((cleanup(pdiag_cleanup_free_fn)))
#define pdiag_auto_close __attribute__((cleanup(pdiag_cleanup_close_fn)))

#define PDIAG_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
