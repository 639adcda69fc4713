/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Perf maps: what a JIT compiler tells of the code it has made, as text in /tmp/perf-PID.map. */
#ifndef PDIAG_SYMBOL_PERF_MAP_H
#define PDIAG_SYMBOL_PERF_MAP_H

#include <sys/stat.h>

#include "process/module.h"
#include "symbol/symbol_table.h"

#define PDIAG_PERF_MAP_MAX ((uint64_t)256 << 20)

/*
 * Read lines "START SIZE NAME" from `fd` into an empty table; numbers are hexadecimal, a name may
 * have blanks. Later lines replace earlier ones where they overlap. Other lines are skipped.
 * 0 or -ENOMEM.
 */
int pdiag_perf_map_read(int fd, struct pdiag_symbol_table *table);

/*
 * Open the map of a JIT module. `dir` NULL: /tmp as the process sees it, then our own. Anyone may
 * write to /tmp, so it must be a plain file that belongs to the process's user, to root or to us.
 * A descriptor that the caller closes, with *st filled; or -(enum pdiag_reason).
 */
int pdiag_perf_map_open(const struct pdiag_module *module, const char *dir, struct stat *st);

#endif
