/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ways to a mapped file: by path, through the process that maps it, by what it has mapped. */
#ifndef PDIAG_PROCESS_REACH_H
#define PDIAG_PROCESS_REACH_H

#include "process/module.h"

/* Does our own path lead to the module's file? NONE, or why not. Opens nothing. */
enum pdiag_reason pdiag_reach_check(const struct pdiag_module *module);

/*
 * Open the file, checked. `own`: begin with our own path. A descriptor above 2, or
 * -(enum pdiag_reason).
 */
int pdiag_reach_open(const struct pdiag_module *module, bool own);

/* A second descriptor for an open file, with an offset of its own. */
int pdiag_reach_again(int fd);

/* The innermost pid of a process's own namespace; 0: not known. */
int32_t pdiag_reach_ns_pid(int32_t pid);

#endif
