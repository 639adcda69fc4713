/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module: something that code comes from, with an identity that outlives any process: a file
 * (device, inode, generation and path), the kernel, the vdso, or the run-time code of one process.
 */
#ifndef PDIAG_PROCESS_MODULE_H
#define PDIAG_PROCESS_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag/types.h>

#include "core/context.h"
#include "decode/record.h"

enum pdiag_module_kind {
	PDIAG_MODULE_FILE,   /* frame value: offset in the file */
	PDIAG_MODULE_KERNEL, /* frame value: address; kernel modules, too */
	PDIAG_MODULE_VDSO,   /* frame value: offset in the vdso's image */
	PDIAG_MODULE_JIT,    /* frame value: address in the process; one module a process image */
	PDIAG_MODULE_NONE,   /* frame value: address that nothing is mapped at; `reason` why */
	PDIAG_MODULE_MARK,   /* frame value: 0; no code, `path` is what it says */
};

struct pdiag_module {
	uint32_t id;	 /* in order of making, from 0, in its context */
	uint32_t kind;	 /* enum pdiag_module_kind */
	const char *path; /* as the process sees it; "[kernel]", "[vdso]", "[jit]", "" */
	uint64_t inode, generation;
	uint32_t major, minor;
	int32_t pid;	 /* JIT: whose; FILE: who mapped it first (a way to reach it) */
	int32_t ns_pid;	 /* JIT: its pid in its own namespace; 0: not known */
	uint64_t born;	 /* JIT: start of the process image, ns */
	int fd;		 /* the file, open for reading; -1: not held */
	uint32_t reason; /* enum pdiag_reason: why it cannot be read or named; NONE: it may be */
	bool live;	 /* seen on this machine in this boot, not in a recording from elsewhere */
};

/* The mark between where a thread waited and who woke it. */
#define PDIAG_WAKER_MARK "--"

struct pdiag_modules;

/* The modules of a context, made when first asked for; NULL when out of memory. Modules are never
 * freed before their context. */
struct pdiag_modules *pdiag_modules_get(struct pdiag *context);
uint32_t pdiag_modules_count(const struct pdiag_modules *m);
struct pdiag_module *pdiag_modules_at(const struct pdiag_modules *m, uint32_t id);

/* The kernel (this boot's, or another's), the vdso, and the module of addresses that have none. */
struct pdiag_module *pdiag_modules_kernel(struct pdiag_modules *m, bool live);
struct pdiag_module *pdiag_modules_vdso(struct pdiag_modules *m, bool live);
struct pdiag_module *pdiag_modules_none(struct pdiag_modules *m, enum pdiag_reason reason);
/* Run-time code of a process image. */
struct pdiag_module *pdiag_modules_jit(struct pdiag_modules *m, int32_t pid, uint64_t born,
	bool live);
/* A frame that is no code but this text; of too many of them "[other]". */
struct pdiag_module *pdiag_modules_mark(struct pdiag_modules *m, const char *text);
/*
 * The file of an MMAP record. When first seen and live, it is opened where our own path does not
 * lead to it (deleted, replaced, another mount namespace), by map_files and /proc/PID/root.
 */
struct pdiag_module *pdiag_modules_file(struct pdiag_modules *m, const struct pdiag_record *mmap,
	bool live);
/* The module of a recording that a MODULE record means; *out NULL: there is none. 0 or -ENOMEM. */
int pdiag_modules_find(struct pdiag_modules *m, const struct pdiag_record *module,
	struct pdiag_module **out);
/*
 * A descriptor for reading the module's file, checked against its inode; the caller closes it.
 * Negative: -(enum pdiag_reason).
 */
int pdiag_module_open(const struct pdiag_module *module);

#endif
