/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sentence behind a failure, one a thread. */
#ifndef PDIAG_CORE_ERROR_H
#define PDIAG_CORE_ERROR_H

#include <pdiag/error.h>

/* Forget the last sentence; every public call that can fail begins with it. */
void pdiag_error_clear(void);

/*
 * Keep the sentence and return -err (err is a positive errno). The text says what failed, where
 * and what to do. Control characters in it are replaced. Allocates nothing.
 */
PDIAG_PRINTF(2, 3) int pdiag_fail(int err, const char *fmt, ...);

/* The usual sentence for an allocation that failed; returns -ENOMEM. */
int pdiag_fail_memory(const char *what);

/* Of a public call that makes something of a handle: -EINVAL with its sentence if the handle or the
 * pointer for the result is NULL. The result is NULL from here on. */
#define PDIAG_CHECK_NEW(handle, out) \
	((out) ? (void)(*(out) = NULL) : (void)0, \
		pdiag_check_new((handle), (out), __func__, #handle))
int pdiag_check_new(const void *handle, const void *out, const char *call, const char *name);

/* Make one line of a text from outside: control characters become '?'. */
void pdiag_one_line(char *text);

#endif
