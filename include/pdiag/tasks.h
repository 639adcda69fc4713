/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Task dumps: what every task that runs, wants to run or is stuck is doing at one moment, with its
 * stacks; on request, or by a trigger in the kernel.
 *
 * With the kernel module dumps are made by the kernel itself, so that they tell of the moment and
 * not of when a program got a CPU again. Without it they are made of /proc: kernel stacks only (as
 * root), no triggers, and as fast as this program gets to run.
 */
#ifndef PDIAG_TASKS_H
#define PDIAG_TASKS_H

#include <pdiag/trigger.h>
#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_tasks;
struct pdiag_dump;

/* Flags of pdiag_tasks_options. */
#define PDIAG_TASKS_ALL 1u	 /* sleeping tasks, too, in requested dumps */
#define PDIAG_TASKS_USER_ONLY 2u /* no kernel frames */

struct pdiag_tasks_options {
	size_t size;	       /* sizeof(struct pdiag_tasks_options) */
	uint32_t source;       /* enum pdiag_source_id; PERF: /proc; AUTO: the module, if it can */
	uint32_t flags;	       /* PDIAG_TASKS_* */
	uint64_t buffer_bytes; /* of the kernel's buffer for dumps; 0: 8 MiB */
	uint32_t max_depth;    /* frames of a stack, 1 to 254; 0: 127 */
	uint32_t reserved;     /* 0 */
};

/* Grows at its end only. */
struct pdiag_dump_info {
	size_t size;	       /* set by the caller to sizeof(struct pdiag_dump_info) */
	const char *source;    /* "kmod" or "proc" */
	const char *limits;    /* what is missing and why, or "" */
	uint64_t id;	       /* as pdiag_tasks_request() gave it */
	uint64_t time_ns;      /* when it began, CLOCK_MONOTONIC */
	uint64_t realtime_ns;  /* the same since 1970, UTC */
	uint64_t took_ns;      /* from the first task to the last */
	uint64_t value;	       /* that the trigger saw */
	uint32_t triggered;    /* 1: by the trigger `on`; 0: on request */
	uint32_t on;	       /* enum pdiag_trigger_on */
	uint32_t load;	       /* the 1-minute load average, in hundredths */
	uint32_t runnable;     /* tasks that ran or wanted to */
	uint32_t blocked;      /* tasks in uninterruptible sleep */
	uint32_t tasks;	       /* in this dump */
	uint32_t lost;	       /* tasks that there was no room or memory for */
	uint32_t reserved;
};

/* A task of a dump. Valid within the callback. Grows at its end only. */
struct pdiag_task {
	const struct pdiag_symbol *const *frames; /* leaf first */
	const uint64_t *addresses; /* what each frame was looked up by, in its module's terms */
	const char *comm;	   /* of the thread */
	const char *process;	   /* comm of the process */
	uint32_t depth;
	uint32_t letter;  /* as ps(1) has it: 'R' running or runnable, 'D' blocked, 'S', ... */
	int32_t pid;
	int32_t tid;
	int32_t cpu;	  /* it runs on, or ran last; -1: not known */
	uint32_t running; /* 1: on a CPU at that moment */
	uint32_t state;	  /* enum pdiag_state: of a wait its cause, as its stack tells */
	uint32_t flags;	  /* PDIAG_STACK_* */
	uint64_t start_ns; /* when it was made, CLOCK_BOOTTIME; 0: not known */
};

/* Returns 0 to go on; anything else ends the walk and is returned. */
typedef int (*pdiag_task_fn)(void *user, const struct pdiag_task *task);

/*
 * Get ready for dumps. Nothing is looked at before a request or a trigger. Errors: -EINVAL, -E2BIG,
 * -ENOENT, -EACCES or -EPERM (KMOD: no module, or not for this process), -EOPNOTSUPP, -ENOMEM.
 */
PDIAG_API int pdiag_tasks_new(struct pdiag *context, const struct pdiag_tasks_options *options,
	struct pdiag_tasks **out);
/* Dumps that were taken stay. NULL is fine. */
PDIAG_API void pdiag_tasks_free(struct pdiag_tasks *tasks);

/* A file descriptor that polls readable when dispatch has work. Do not read from or close it. */
PDIAG_API int pdiag_tasks_fd(const struct pdiag_tasks *tasks);

/* Ask for a dump; it comes by dispatch. *id may be NULL. Errors: any of the kernel's. */
PDIAG_API int pdiag_tasks_request(struct pdiag_tasks *tasks, uint64_t *id);
/* Set or take away a trigger. Errors: -EINVAL, -E2BIG, -EOPNOTSUPP (without the module). */
PDIAG_API int pdiag_tasks_set_trigger(
	struct pdiag_tasks *tasks, const struct pdiag_trigger *trigger);

/* Read what has arrived; never blocks. Returns how many whole dumps wait to be taken. Of a task
 * that there was no memory for, the dump says so. Errors: -ENOMEM, -EBADMSG. */
PDIAG_API int pdiag_tasks_dispatch(struct pdiag_tasks *tasks);
/* The oldest dump that waits. 1: *out is yours, to be freed by pdiag_dump_free(); 0: none waits. */
PDIAG_API int pdiag_tasks_take(struct pdiag_tasks *tasks, struct pdiag_dump **out);
/*
 * Wait for a dump for at most `milliseconds` (0: for ever) and take it: 1, or 0 when the time is
 * over. A thin wrapper over poll on pdiag_tasks_fd(), dispatch and take.
 */
PDIAG_API int pdiag_tasks_wait(
	struct pdiag_tasks *tasks, uint32_t milliseconds, struct pdiag_dump **out);

/* NULL is fine. */
PDIAG_API void pdiag_dump_free(struct pdiag_dump *dump);
PDIAG_API int pdiag_dump_get_info(const struct pdiag_dump *dump, struct pdiag_dump_info *info);
/* Walk all tasks with their stacks, resolved, in a fixed order. */
PDIAG_API int pdiag_dump_each_task(struct pdiag_dump *dump, pdiag_task_fn fn, void *user);
/*
 * The dump as a profile, owned by the dump, for all outputs. A task counts as one sample of 1 us,
 * so that microseconds and samples both are numbers of tasks; 'R' on a CPU is RUNNING, 'R' without
 * one PREEMPTED, and others are waits. Never NULL.
 */
PDIAG_API struct pdiag_profile *pdiag_dump_profile(struct pdiag_dump *dump);

PDIAG_END_DECLS

#endif
