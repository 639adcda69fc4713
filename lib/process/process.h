/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who runs: threads, processes and what they have mapped, kept by the order of events. */
#ifndef PDIAG_PROCESS_PROCESS_H
#define PDIAG_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/record.h"
#include "process/module.h"

struct pdiag_mapping {
	uint64_t start, end, pgoff;
	struct pdiag_module *module;
};

/* One process image: fork, exec and reuse of a pid each make a new one, with a new serial. */
struct pdiag_process {
	int32_t pid;
	uint32_t serial; /* unique in the table; with `maps_changes` a key for what a stack means */
	uint32_t maps_changes; /* counts changes of its mappings */
	uint64_t born;	  /* ns: fork or exec, or when it was first seen */
	const char *comm; /* of its main thread; interned in the table */
	struct pdiag_mapping *maps; /* sorted by start, no overlaps */
	uint32_t map_count;
	bool seeded;	  /* mappings are known from events or /proc */
	bool gone;	  /* seeding found no such process */
	bool kernel_thread;
	bool exited;
	bool begun;	  /* `born` is when this image began, by its fork or exec */
};

struct pdiag_thread {
	int32_t tid;
	uint32_t serial; /* unique in the table; a new name keeps it, an exec does not */
	const char *comm;	     /* interned in the table: another name, another pointer */
	struct pdiag_process *process;
};

struct pdiag_processes;

/* Called with records that seeding makes of /proc, before they are applied, so that they can be
 * recorded, too. It must not call back into the table; what it returns is ignored. */
typedef int (*pdiag_seed_fn)(void *user, const struct pdiag_record *record);

/* live: /proc may be asked about processes that are not known; false in a replay. */
int pdiag_processes_new(struct pdiag *context, bool live, pdiag_seed_fn seed, void *user,
	struct pdiag_processes **out);
void pdiag_processes_free(struct pdiag_processes *p);
/* A replay of what happened since this machine was booted: its kernel can be asked for names. To be
 * told before any record. */
void pdiag_processes_same_boot(struct pdiag_processes *p);

/*
 * Take in MMAP, COMM, FORK and EXIT; others are ignored. -ENOMEM: the table is consistent, but may
 * lack what the record said. A live FORK may seed the parent first, if it is not known: who
 * records it does so after the update, so that a replay has them in the same order.
 */
int pdiag_processes_update(struct pdiag_processes *p, const struct pdiag_record *record);

/*
 * The thread that a sample names, made if it is not known, its process seeded from /proc if live
 * and never seen. pid 0 is the idle task "swapper". NULL: out of memory. The pointer is valid
 * until the next call.
 */
struct pdiag_thread *pdiag_processes_thread(struct pdiag_processes *p, int32_t pid, int32_t tid,
	uint64_t time);

/* Was the process another image at that time, of which nothing is known any more? */
static inline bool pdiag_process_was_other(const struct pdiag_process *process, uint64_t time)
{
	return process->begun && time < process->born;
}

/*
 * An MMAP record that is applied later: its file is looked for and held now, as the process may be
 * gone by then. Says nothing of processes.
 */
void pdiag_processes_foresee(struct pdiag_processes *p, const struct pdiag_record *record);

/* Is the thread known to have ended by that time? False for one that is not known. */
bool pdiag_processes_ended(const struct pdiag_processes *p, int32_t tid, uint64_t time);

/* Seed one process from /proc, if not yet known; the names of its threads are read when they are
 * sampled. 0, -ENOMEM. */
int pdiag_processes_seed(struct pdiag_processes *p, int32_t pid, uint64_t time);

/*
 * Seed the names of a process's threads, before they may end, in at most `budget_ns`; those that
 * are left are seeded when they are sampled. 0, -ENOMEM.
 */
int pdiag_processes_seed_threads(struct pdiag_processes *p, int32_t pid, uint64_t budget_ns,
	uint64_t time);

/*
 * Seed all processes of the machine, with `threads` the names of their threads, too; at most
 * `budget_ns` of work a call. 1: there is more to do, call again; 0: done. Negative errno on
 * failure.
 */
int pdiag_processes_sweep(struct pdiag_processes *p, bool threads, uint64_t budget_ns,
	uint64_t time);

/* Free what ended processes hold; they are kept until here, as samples may come late. */
void pdiag_processes_prune(struct pdiag_processes *p, uint64_t before);

/*
 * Where an address of a process comes from. *value is what the module's kind says. Never fails:
 * an address without a mapping gets a module of kind NONE with the reason. process NULL: of an
 * image that is gone. NULL: out of memory.
 */
struct pdiag_module *pdiag_process_locate(struct pdiag_processes *p, struct pdiag_process *process,
	uint64_t address, bool kernel, uint64_t *value);

#endif
