/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records for the tests of this folder, and what is expected of them. Includes come first. */
#ifndef TESTS_UNIT_PROCESS_SCRIPT_H
#define TESTS_UNIT_PROCESS_SCRIPT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <pdiag/context.h>

#include "process/process.h"

#define SEEDED PDIAG_RECORD_SEEDED
#define EXEC PDIAG_RECORD_EXEC
#define GONE PDIAG_RECORD_GONE

struct table {
	struct pdiag *context;
	struct pdiag_processes *p;
	uint64_t now;
};

static inline void table_begin(struct table *t)
{
	t->now = 1000;
	assert_int_equal(pdiag_open(NULL, &t->context), 0);
	assert_int_equal(pdiag_processes_new(t->context, false, NULL, NULL, &t->p), 0);
}

static inline void table_end(struct table *t)
{
	pdiag_processes_free(t->p);
	pdiag_close(t->context);
}

static inline struct pdiag_record record(uint16_t type, uint16_t flags, int32_t pid, int32_t tid)
{
	return (struct pdiag_record){ .type = type, .flags = flags, .cpu = -1, .pid = pid,
		.tid = tid };
}

static inline struct pdiag_record mmap_record(int32_t pid, uint16_t flags, uint64_t start,
	uint64_t len, uint64_t pgoff, const char *path)
{
	struct pdiag_record r = record(PDIAG_RECORD_MMAP, flags, pid, pid);

	r.mmap.start = start;
	r.mmap.len = len;
	r.mmap.pgoff = pgoff;
	r.mmap.path = path;
	if (path[0] == '/' && path[1] != '/') {
		r.mmap.inode = 100 + strlen(path);
		r.mmap.major = 8;
		r.mmap.generation = flags & SEEDED ? 0 : 5;
	}
	return r;
}

static inline void put(struct table *t, struct pdiag_record *r)
{
	r->time = ++t->now;
	assert_int_equal(pdiag_processes_update(t->p, r), 0);
}

static inline void map(struct table *t, int32_t pid, uint16_t flags, uint64_t start, uint64_t len,
	uint64_t pgoff, const char *path)
{
	struct pdiag_record r = mmap_record(pid, flags, start, len, pgoff, path);

	put(t, &r);
}

static inline void comm(struct table *t, int32_t pid, int32_t tid, uint16_t flags,
	const char *text)
{
	struct pdiag_record r = record(PDIAG_RECORD_COMM, flags, pid, tid);

	r.comm.text = text;
	put(t, &r);
}

static inline void forked(struct table *t, int32_t ppid, int32_t ptid, int32_t pid, int32_t tid)
{
	struct pdiag_record r = record(PDIAG_RECORD_FORK, 0, pid, tid);

	r.fork.ppid = ppid;
	r.fork.ptid = ptid;
	put(t, &r);
}

static inline void ended(struct table *t, int32_t pid, int32_t tid)
{
	struct pdiag_record r = record(PDIAG_RECORD_EXIT, 0, pid, tid);

	put(t, &r);
}

static inline struct pdiag_thread *thread(struct table *t, int32_t pid, int32_t tid)
{
	struct pdiag_thread *thread = pdiag_processes_thread(t->p, pid, tid, ++t->now);

	assert_non_null(thread);
	assert_int_equal(thread->tid, tid);
	assert_int_equal(thread->process->pid, pid);
	return thread;
}

/* The address comes from that path, at that value. */
static inline void at(struct table *t, int32_t pid, uint64_t address, const char *path,
	uint64_t value)
{
	uint64_t found;
	struct pdiag_module *m;

	m = pdiag_process_locate(t->p, thread(t, pid, pid)->process, address, false, &found);
	assert_non_null(m);
	assert_string_equal(m->path, path);
	assert_int_equal(found, value);
}

/* The address comes from nowhere, for that reason. */
static inline void nowhere(struct table *t, int32_t pid, uint64_t address, enum pdiag_reason reason)
{
	uint64_t found;
	struct pdiag_module *m;

	m = pdiag_process_locate(t->p, thread(t, pid, pid)->process, address, false, &found);
	assert_non_null(m);
	assert_int_equal(m->kind, PDIAG_MODULE_NONE);
	assert_int_equal(m->reason, reason);
	assert_int_equal(found, address);
}

static inline void named(struct table *t, int32_t pid, int32_t tid, const char *name,
	const char *process)
{
	struct pdiag_thread *th = thread(t, pid, tid);

	assert_string_equal(th->comm, name);
	assert_string_equal(th->process->comm, process);
}

#endif
