/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What events say about processes.
 *
 * Seeding reads /proc as it is now, while events of before still wait in the buffers. What those
 * say again must do no harm: a mapping that is there already changes nothing; an exec empties the
 * image, and the mappings that follow fill it; but a fork older than the seed must not put a
 * copy of the parent's mappings in the place of what /proc told. The first fork of a process that
 * was seeded and has not ended since is taken for that one.
 */
#include "process/process.h"

#include <errno.h>

#include "process/module_kind.h"
#include "process/tasks.h"

static void maps_changed(struct pdiag_process_entry *e)
{
	e->process.maps_changes++;
}

/* A 32-bit process has another vdso, which is not the one that can be read here. */
static bool is_vdso32(const struct pdiag_record *r)
{
	return sizeof(void *) == 8 && r->mmap.start < UINT32_MAX;
}

static struct pdiag_module *module_of(struct pdiag_processes *p,
	const struct pdiag_process_entry *e, const struct pdiag_record *r)
{
	switch (pdiag_module_kind_of(r->mmap.path)) {
	case PDIAG_MODULE_NONE:
		return pdiag_modules_none(p->modules, PDIAG_REASON_NO_PERMISSION);
	case PDIAG_MODULE_VDSO:
		if (is_vdso32(r))
			return pdiag_modules_file(p->modules, r, p->live);
		return pdiag_modules_vdso(p->modules, p->same_boot);
	case PDIAG_MODULE_JIT:
		return pdiag_modules_jit(p->modules, e->process.pid, e->process.born, p->live);
	default:
		return pdiag_modules_file(p->modules, r, p->live);
	}
}

void pdiag_processes_foresee(struct pdiag_processes *p, const struct pdiag_record *r)
{
	if (!p->live || r->type != PDIAG_RECORD_MMAP || !r->mmap.len || r->pid <= 0)
		return;
	/* Out of memory now, it is tried again when it is applied. */
	if (pdiag_module_kind_of(r->mmap.path) == PDIAG_MODULE_FILE)
		(void)pdiag_modules_file(p->modules, r, true);
}

/* No process has so many: what is here is mostly of the past. Start over, from /proc if it can. */
static void forget_maps(struct pdiag_processes *p, struct pdiag_process_entry *e)
{
	pdiag_tasks_set_maps(p, e, NULL);
	e->process.seeded = false;
}

static int on_mmap(struct pdiag_processes *p, const struct pdiag_record *r)
{
	struct pdiag_process_entry *e;
	struct pdiag_mapping m = { .start = r->mmap.start, .pgoff = r->mmap.pgoff };
	int ret;

	if (!r->mmap.len || r->pid <= 0)
		return 0;
	if (__builtin_add_overflow(r->mmap.start, r->mmap.len, &m.end))
		m.end = UINT64_MAX;
	e = pdiag_tasks_need_process(p, r->pid, r->time);
	if (!e)
		return -ENOMEM;
	m.module = module_of(p, e, r);
	if (!m.module)
		return -ENOMEM;
	/* Some kernels number the pages of the vdso by their addresses. */
	if (m.module->kind == PDIAG_MODULE_VDSO && m.pgoff == m.start)
		m.pgoff = 0;
	ret = pdiag_maps_insert(&e->maps, &m, &p->maps_total);
	if (ret == -ENOSPC) {
		forget_maps(p, e);
		ret = pdiag_maps_insert(&e->maps, &m, &p->maps_total);
	}
	/* Also after a failure: it may have been unshared. */
	pdiag_tasks_set_maps(p, e, e->maps);
	if (ret > 0)
		maps_changed(e);
	return ret < 0 ? ret : 0;
}

static void rename_thread(struct pdiag_thread_entry *t, const char *name)
{
	struct pdiag_process *process = t->thread.process;

	t->thread.comm = name;
	if (t->thread.tid == process->pid)
		process->comm = name;
}

/* What /proc said of a process or thread. */
static void seeded(struct pdiag_processes *p, struct pdiag_process_entry *e,
	struct pdiag_thread_entry *t, const struct pdiag_record *r)
{
	t->fresh = true;
	if (r->flags & PDIAG_RECORD_GONE) {
		e->process.seeded = e->fresh = false;
		e->process.gone = true;
		maps_changed(e);
		pdiag_tasks_end_thread(p, t, r->time);
	} else if (t->thread.tid == e->process.pid) {
		e->process.seeded = e->fresh = true;
	}
}

static int on_comm(struct pdiag_processes *p, const struct pdiag_record *r)
{
	struct pdiag_process_entry *e;
	struct pdiag_thread_entry *t;
	const char *name;

	if (r->pid <= 0 || r->tid <= 0)
		return 0;
	e = pdiag_tasks_need_process(p, r->pid, r->time);
	if (!e)
		return -ENOMEM;
	if (r->flags & PDIAG_RECORD_EXEC) {
		if (pdiag_tasks_new_image(p, e, r->time))
			return -ENOMEM;
		e->process.seeded = true;
	}
	t = pdiag_tasks_need_thread(p, e, r->tid);
	if (!t)
		return -ENOMEM;
	if (r->flags & PDIAG_RECORD_SEEDED)
		seeded(p, e, t, r);
	name = pdiag_strings_add(&p->names, r->comm.text);
	if (!name)
		return -ENOMEM;
	rename_thread(t, name);
	return 0;
}

static int on_new_thread(struct pdiag_processes *p, const struct pdiag_record *r)
{
	struct pdiag_process_entry *e = pdiag_tasks_need_process(p, r->pid, r->time);
	struct pdiag_thread_entry *t, *maker;
	const char *comm;

	if (!e)
		return -ENOMEM;
	maker = pdiag_tasks_thread(p, r->fork.ptid);
	comm = maker && maker->thread.process == &e->process ? maker->thread.comm :
								e->process.comm;
	t = pdiag_tasks_thread(p, r->tid);
	if (t && t->thread.process == &e->process && t->fresh && !t->ended) {
		t->fresh = false;
		return 0;
	}
	t = pdiag_tasks_need_thread(p, e, r->tid);
	if (!t)
		return -ENOMEM;
	pdiag_tasks_revive_thread(p, t);
	t->thread.serial = ++p->thread_serial;
	t->thread.comm = comm;
	return 0;
}

/* Seeded as a child of another: only done for kernel threads, which have no memory to show. */
static int on_kernel_thread(struct pdiag_processes *p, const struct pdiag_record *r)
{
	struct pdiag_process_entry *e = pdiag_tasks_need_process(p, r->pid, r->time);

	if (!e)
		return -ENOMEM;
	e->process.kernel_thread = true;
	return 0;
}

static void inherit(struct pdiag_processes *p, struct pdiag_process_entry *e,
	const struct pdiag_process_entry *parent, const struct pdiag_record *r)
{
	const struct pdiag_thread_entry *maker = pdiag_tasks_thread(p, r->fork.ptid);
	const char *comm = p->unknown;

	if (maker && maker->thread.process->pid == r->fork.ppid)
		comm = maker->thread.comm;
	else if (parent)
		comm = parent->process.comm;
	rename_thread(pdiag_tasks_thread(p, r->pid), comm);
	if (!parent)
		return;
	pdiag_tasks_set_maps(p, e, pdiag_maps_share(parent->maps));
	e->process.seeded = parent->process.seeded;
	e->process.kernel_thread = parent->process.kernel_thread;
}

static int on_new_process(struct pdiag_processes *p, const struct pdiag_record *r)
{
	struct pdiag_process_entry *e = pdiag_tasks_process(p, r->pid);
	int ret;

	if (e && e->fresh && !e->process.exited) {
		e->fresh = false;
		return 0;
	}
	/* A child may end before anybody can ask /proc about it; its parent can be asked. */
	ret = pdiag_processes_seed(p, r->fork.ppid, r->time);
	if (ret)
		return ret;
	e = pdiag_tasks_need_process(p, r->pid, r->time);
	if (!e || pdiag_tasks_new_image(p, e, r->time))
		return -ENOMEM;
	/* Looked up only now, as the new one may have taken the number of its last thread. */
	inherit(p, e, pdiag_tasks_process(p, r->fork.ppid), r);
	return 0;
}

static int on_fork(struct pdiag_processes *p, const struct pdiag_record *r)
{
	if (r->pid <= 0 || r->tid <= 0)
		return 0;
	if (r->flags & PDIAG_RECORD_SEEDED)
		return on_kernel_thread(p, r);
	if (r->pid == r->fork.ppid)
		return r->tid == r->pid ? 0 : on_new_thread(p, r);
	return on_new_process(p, r);
}

static int on_exit(struct pdiag_processes *p, const struct pdiag_record *r)
{
	struct pdiag_process_entry *e;
	struct pdiag_thread_entry *t;

	if (r->pid <= 0 || r->tid <= 0)
		return 0;
	/* One not known before is noted, too: it may still be sampled on its way out. */
	e = pdiag_tasks_need_process(p, r->pid, r->time);
	if (!e)
		return -ENOMEM;
	t = pdiag_tasks_need_thread(p, e, r->tid);
	if (!t)
		return -ENOMEM;
	pdiag_tasks_end_thread(p, t, r->time);
	t->fresh = false;
	if (r->tid == r->pid)
		e->fresh = false;
	return 0;
}

int pdiag_processes_update(struct pdiag_processes *p, const struct pdiag_record *r)
{
	switch (r->type) {
	case PDIAG_RECORD_MMAP:
		return on_mmap(p, r);
	case PDIAG_RECORD_COMM:
		return on_comm(p, r);
	case PDIAG_RECORD_FORK:
		return on_fork(p, r);
	case PDIAG_RECORD_EXIT:
		return on_exit(p, r);
	default:
		return 0;
	}
}
