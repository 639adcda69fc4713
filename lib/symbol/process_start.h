/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a process began, to tell it from another that has its pid later. */
#ifndef PDIAG_SYMBOL_PROCESS_START_H
#define PDIAG_SYMBOL_PROCESS_START_H

#include <stdint.h>

/* ns, CLOCK_BOOTTIME, up to a clock tick early, always the same; 0: there is no such process. */
uint64_t pdiag_process_start(int32_t pid);
/* The same time by CLOCK_MONOTONIC, at most a little early, never late. */
uint64_t pdiag_boottime_to_monotonic(uint64_t time);
/* ns since 1970 for a time of CLOCK_MONOTONIC. */
uint64_t pdiag_monotonic_to_realtime(uint64_t time);

#endif
