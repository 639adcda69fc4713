/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints by name: most are not exported, but all can be found. */
#ifndef PDIAG_HOOKS_H
#define PDIAG_HOOKS_H

#include <linux/types.h>

struct tracepoint;

/* The tracepoint of this name in the kernel or a module that exports none; NULL: not there. */
struct tracepoint *pdiag_tracepoint(const char *name);
/* Call `fn` with `data` first. -ENOENT: no such tracepoint. */
int pdiag_hook(const char *name, void *fn, void *data);
/*
 * Only what was hooked: the kernel complains otherwise. Followed by pdiag_hook_sync() before
 * `data` goes.
 */
void pdiag_unhook(const char *name, void *fn, void *data);
void pdiag_hook_sync(void);

#endif
