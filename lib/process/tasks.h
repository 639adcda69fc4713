/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table inside: processes by pid, threads by tid, and the queue of those that ended.
 *
 * A process lives as long as it has threads in the table, ended ones included. Ended threads wait
 * in the queue, in the order of their ends, until pdiag_processes_prune().
 */
#ifndef PDIAG_PROCESS_TASKS_H
#define PDIAG_PROCESS_TASKS_H

#include <dirent.h>

#include "process/maps.h"
#include "process/process.h"
#include "util/list.h"
#include "util/strings.h"
#include "util/table.h"

#define PDIAG_NO_INDEX UINT32_MAX

struct pdiag_process_entry {
	struct pdiag_process process; /* first */
	struct pdiag_maps *maps;
	uint32_t index;
	uint32_t threads; /* the first of its threads, or PDIAG_NO_INDEX */
	uint32_t running; /* threads that have not ended */
	uint32_t last;	  /* mapping found last */
	bool fresh;	  /* seeded, and no fork, exec or exit was seen since: those that come may
			     be older than what /proc said */
};

struct pdiag_thread_entry {
	struct pdiag_thread thread; /* first */
	uint64_t ended_at;
	uint32_t next, prev;	/* of its process; next of the free ones */
	uint32_t later, earlier; /* in the queue */
	bool ended;
	bool fresh;
};

struct pdiag_processes {
	struct pdiag *context;
	struct pdiag_modules *modules;
	bool live;
	bool same_boot; /* the kernel of the records is the one that runs */
	pdiag_seed_fn seed;
	void *seed_user;
	struct pdiag_strings names;
	const char *unknown, *exited, *idle; /* names that are always there */
	struct pdiag_process_entry **processes; /* NULL: free */
	size_t process_count, process_cap;
	uint32_t *free_processes;
	size_t free_count, free_cap;
	struct pdiag_table by_pid;
	struct pdiag_thread_entry *threads;
	size_t thread_count, thread_cap;
	uint32_t free_thread;
	struct pdiag_table by_tid;
	uint32_t oldest, newest; /* of the queue */
	uint32_t process_serial, thread_serial;
	size_t maps_total;
	DIR *sweep;
	bool swept;
};

static inline struct pdiag_process_entry *pdiag_process_entry(struct pdiag_process *process)
{
	return pdiag_container(process, struct pdiag_process_entry, process);
}

/* NULL: not known. */
struct pdiag_process_entry *pdiag_tasks_process(const struct pdiag_processes *p, int32_t pid);
struct pdiag_thread_entry *pdiag_tasks_thread(const struct pdiag_processes *p, int32_t tid);

/* The process, made with its main thread if not known. NULL: out of memory. */
struct pdiag_process_entry *pdiag_tasks_need_process(struct pdiag_processes *p, int32_t pid,
	uint64_t time);
/*
 * The thread of that process, made if not known; one of another process by that number is gone,
 * so it goes. Makes room, so pointers to other threads are void. NULL: out of memory.
 */
struct pdiag_thread_entry *pdiag_tasks_need_thread(struct pdiag_processes *p,
	struct pdiag_process_entry *process, int32_t tid);

/* Take a thread out, and its process with its last one. */
void pdiag_tasks_drop_thread(struct pdiag_processes *p, struct pdiag_thread_entry *t);
/* Take out all threads of a process but `keep`, which it has. */
void pdiag_tasks_drop_others(struct pdiag_processes *p, struct pdiag_process_entry *process,
	struct pdiag_thread_entry *keep);

/* The thread ended at `time`, or, ended already, was seen then; the queue keeps it. */
void pdiag_tasks_end_thread(struct pdiag_processes *p, struct pdiag_thread_entry *t, uint64_t time);
/* It has not ended after all. */
void pdiag_tasks_revive_thread(struct pdiag_processes *p, struct pdiag_thread_entry *t);

/*
 * Begin a new image in place: new serials, no mappings, only the main thread. Out of memory (no
 * main thread, and none can be made): -ENOMEM.
 */
int pdiag_tasks_new_image(struct pdiag_processes *p, struct pdiag_process_entry *process,
	uint64_t time);

/* Give the process these mappings; takes over the reference. */
void pdiag_tasks_set_maps(struct pdiag_processes *p, struct pdiag_process_entry *process,
	struct pdiag_maps *maps);

#endif
