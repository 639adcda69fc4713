/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking /proc about one process or thread. */
#ifndef PDIAG_PROCESS_SEED_H
#define PDIAG_PROCESS_SEED_H

#include "process/process.h"

/*
 * Seed a process as /proc has it now. One that began only after `started_by` is another by the
 * same number, and the one that is meant is gone; 0: do not ask. 0, -ENOMEM.
 */
int pdiag_seed_process(struct pdiag_processes *p, int32_t pid, uint64_t time, uint64_t started_by);
/* The name of a thread of a known process. 0, also if there is no such thread; -ENOMEM. */
int pdiag_seed_thread(struct pdiag_processes *p, int32_t pid, int32_t tid, uint64_t time);

#endif
