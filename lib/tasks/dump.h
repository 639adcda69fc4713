/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dump: a profile with one sample of each task, and what a profile has no place for. It goes
 * through a pipeline of its own, as between two dumps nobody tells of processes that come and go.
 */
#ifndef PDIAG_TASKS_DUMP_H
#define PDIAG_TASKS_DUMP_H

#include <pdiag/tasks.h>

#include "capture/pipeline.h"
#include "core/context.h"
#include "util/list.h"

#define PDIAG_TASK_WEIGHT 1000u /* ns that a task counts as */

struct pdiag_dump_task {
	int32_t pid, tid, cpu;
	uint32_t letter;
	bool running;
	uint64_t start;
	char comm[16];
};

struct pdiag_dump {
	struct pdiag_child child;
	struct pdiag_list waiting; /* of a pdiag_tasks, until it is taken */
	struct pdiag *context;
	struct pdiag_pipeline pipeline; /* while it is made */
	struct pdiag_profile *profile;	/* then */
	struct pdiag_dump_info info;
	struct pdiag_dump_task *tasks; /* sorted by tid once it is whole */
	size_t count, cap;
	char limits[192];
};

/* A dump that begins at `time`. 0 or -ENOMEM. */
int pdiag_dump_new(struct pdiag *context, const char *source, uint64_t time,
	struct pdiag_dump **out);
/* Add a task; ips as the kernel gives them, with marks. -ENOMEM: it counts as lost. */
int pdiag_dump_add(struct pdiag_dump *d, const struct pdiag_dump_task *task, uint64_t time,
	const uint64_t *ips, uint32_t nr, uint32_t flags);
/* From our hands into the caller's: from now on it goes with its context at the latest. */
void pdiag_dump_hand_over(struct pdiag_dump *d);
/* And back, for who keeps it as a part of something else, which is freed after what is younger. */
void pdiag_dump_adopt(struct pdiag_dump *d);
/* No more tasks. */
void pdiag_dump_finish(struct pdiag_dump *d, uint64_t time);

#endif
