/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PDIAG_ERROR_H
#define PDIAG_ERROR_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

/*
 * The sentence behind the last failure of a libpdiag call in this thread: what failed, where, and
 * what to do about it. An empty string if the last fallible call succeeded. Never NULL; valid
 * until this thread's next fallible call. Any thread.
 */
PDIAG_API const char *pdiag_errmsg(void);

PDIAG_END_DECLS

#endif
