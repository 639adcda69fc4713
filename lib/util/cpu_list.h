/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of CPUs as the kernel and taskset write them: "0-3,8". */
#ifndef PDIAG_UTIL_CPU_LIST_H
#define PDIAG_UTIL_CPU_LIST_H

#include <stdint.h>

#define PDIAG_CPU_MAX 65535

/*
 * Parse into a sorted array without repetitions that the caller frees. -EINVAL: not a list (blanks
 * and a final newline are fine); -ENOMEM.
 */
int pdiag_cpu_list_parse(const char *text, int **cpus, uint32_t *count);

#endif
