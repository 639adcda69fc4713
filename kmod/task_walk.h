/* SPDX-License-Identifier: GPL-2.0-only */
/* The stacks of tasks other than the one that asks. */
#ifndef PDIAG_TASK_WALK_H
#define PDIAG_TASK_WALK_H

#include "arch/walk.h"
#include "tasks_own.h"

int pdiag_task_cpus_new(struct pdiag_tasks *tasks);
/* Waits until no CPU works for it any more. */
void pdiag_task_cpus_free(struct pdiag_tasks *tasks);
size_t pdiag_task_cpus_bytes(void);

/* Around all walks of a dump. */
void pdiag_task_walk_begin(struct pdiag_tasks *tasks);
void pdiag_task_walk_end(struct pdiag_tasks *tasks);
/* Before the thread sleeps: keep nobody's memory meanwhile. */
void pdiag_task_walk_rest(struct pdiag_tasks *tasks);

/*
 * As far as it can be had: nothing at all is fine. Returns true if the task was running. It
 * neither faults memory in nor waits for a lock that the task may hold, and for a CPU that does
 * not answer it waits for some milliseconds.
 */
bool pdiag_task_walk(
	struct pdiag_tasks *tasks, struct task_struct *task, struct pdiag_walk *walk);

#endif
