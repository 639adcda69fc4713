/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about task dumps share. A session that makes dumps has one thread for it, and
 * only that thread walks tasks, writes to the ring and uses the stack table, so nothing of that
 * is locked. The thread runs before all ordinary tasks, as it is there for machines on which an
 * ordinary one would not get to run; that is why it works in short slices and sleeps between them.
 */
#ifndef PDIAG_TASKS_OWN_H
#define PDIAG_TASKS_OWN_H

#include <linux/sched.h>
#include <linux/spinlock.h>

#include "ring.h"
#include "stack_table.h"
#include "tasks.h"

#define PDIAG_TRIGGERS 3 /* one of each enum pdiag_kmod_trigger_on */

struct pdiag_task_cpu;

struct pdiag_trigger {
	struct pdiag_kmod_trigger set; /* no actions: there is none */
	u64 check;	/* when to look next */
	u64 since;	/* at or above `rise`; 0: it is below */
	u64 again;	/* not before that */
	u64 owed;	/* it has fired by this value, and the flight recorder could not be frozen
			   yet; 0: it could */
};

struct pdiag_tasks {
	struct pdiag_session *session;
	struct task_struct *thread; /* NULL: not started */
	struct pdiag_ring ring;
	struct pdiag_stack_table stacks;
	struct pdiag_task_cpu *cpu; /* nr_cpu_ids */

	spinlock_t lock; /* of what user space asked for */
	u64 last_id;
	u64 wanted;	/* id of the dump that is asked for; 0: none */
	u32 wanted_flags;
	struct pdiag_trigger trigger[PDIAG_TRIGGERS];
	bool changed;	/* since triggers were last looked at */

	/* the thread's own */
	u64 slice_began, slice;
	struct mm_struct *mm; /* in use, and of this one */
	struct task_struct *walked; /* its stack must not go now */
	bool hooked;
	u64 gives_up; /* when a dump no longer waits for room; 0: it did not wait yet */

	/* statistics */
	u64 stacks_sent, lost, dumps, busy_ns;
};

/* What is asked of a dump. */
struct pdiag_task_request {
	u64 id;
	u32 flags; /* PDIAG_KMOD_DUMP_* */
	u32 by;
	u64 value;
};

/* tasks.c: time. A slice begins: work for so long, ns. */
void pdiag_tasks_slice(struct pdiag_tasks *tasks, u64 ns);
/* Between two pieces of work: sleep if the slice is used up. False: the thread is to end. */
bool pdiag_tasks_pace(struct pdiag_tasks *tasks);
/* Let others run. False: the thread is to end. */
bool pdiag_tasks_sleep(struct pdiag_tasks *tasks, u64 ns);
/* A number for a dump that a trigger asked for. */
u64 pdiag_tasks_new_id(struct pdiag_tasks *tasks);

/* task_dump.c */
void pdiag_task_dump(struct pdiag_tasks *tasks, const struct pdiag_task_request *request);
/* The session's flight recorder was frozen. */
void pdiag_task_frozen(struct pdiag_tasks *tasks, const struct pdiag_task_request *request);
/* 1-minute load average in hundredths. */
u32 pdiag_task_load(void);

/* trigger.c: look at those that are due. Returns when to look again; U64_MAX: never. */
u64 pdiag_triggers_look(struct pdiag_tasks *tasks);
void pdiag_triggers_restart(struct pdiag_tasks *tasks);

#endif
