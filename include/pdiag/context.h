/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context: what every other object is made from, and what frees them all. */
#ifndef PDIAG_CONTEXT_H
#define PDIAG_CONTEXT_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

enum pdiag_log_level {
	PDIAG_LOG_ERROR = 1,
	PDIAG_LOG_WARNING = 2,
	PDIAG_LOG_INFO = 3,
	PDIAG_LOG_DEBUG = 4,
};

/* Called in the thread that uses the context. `message` is one line without a newline. */
typedef void (*pdiag_log_fn)(void *user, enum pdiag_log_level level, const char *message);

struct pdiag_options {
	size_t size;	    /* sizeof(struct pdiag_options) */
	pdiag_log_fn log;   /* NULL: silent */
	void *log_user;	    /* first argument of log */
	uint32_t log_level; /* most verbose level passed to log; 0: PDIAG_LOG_WARNING */
	uint32_t reserved;  /* 0 */
};

/*
 * Make a context. options may be NULL. *out receives it; free it with pdiag_close().
 * Errors: -EINVAL (size or level), -E2BIG (options from a newer release), -ENOMEM.
 */
PDIAG_API int pdiag_open(const struct pdiag_options *options, struct pdiag **out);

/*
 * Free the context and every object made from it that is still there; their handles become
 * invalid. Leaves no thread, file descriptor, mapping or unreaped child behind; but a COMMAND that
 * still runs is left to run, and is the caller's to wait for. NULL is fine.
 * In a child after fork() it frees the memory and closes the child's copies of the descriptors;
 * the parent's capture goes on.
 */
PDIAG_API void pdiag_close(struct pdiag *context);

PDIAG_END_DECLS

#endif
