/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where dumps come from: the module's ring, or /proc. */
#ifndef PDIAG_TASKS_TASKS_H
#define PDIAG_TASKS_TASKS_H

#include "source/kmod_device.h"
#include "source/kmod_session.h"
#include "tasks/dump.h"

#define PDIAG_TASKS_STACKS 4096u /* numbers for stacks in the module */

/* A stack of the module, under its number. */
struct pdiag_tasks_stack {
	uint32_t nr, flags;
	uint64_t ips[];
};

struct pdiag_tasks {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_tasks_options options;
	struct pdiag_list dumps; /* whole, oldest first */
	uint32_t count;
	char limits[192];
	/* with the module */
	bool kmod;
	struct pdiag_kdevice device;
	struct pdiag_ksession session;
	struct pdiag_tasks_stack *stacks[PDIAG_TASKS_STACKS];
	struct pdiag_dump *current; /* its end has not come yet */
	/* without */
	int event_fd; /* readable while dumps wait */
	uint64_t last_id;
};

/* A dump is whole: it waits to be taken. */
void pdiag_tasks_whole(struct pdiag_tasks *t, struct pdiag_dump *dump);

/* kmod.c. The sentence is set on failure. */
int pdiag_tasks_kmod_open(struct pdiag_tasks *t);
void pdiag_tasks_kmod_close(struct pdiag_tasks *t, bool forked);
/* Take in all records of the ring. 0, -ENOMEM or -EBADMSG. */
int pdiag_tasks_kmod_read(struct pdiag_tasks *t, struct pdiag_kring *ring);

/* proc.c: a dump, made now. */
int pdiag_tasks_proc_dump(struct pdiag_tasks *t, uint64_t id);

#endif
