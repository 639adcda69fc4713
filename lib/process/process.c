/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process/process.h"

#include <errno.h>
#include <stdlib.h>

#include "process/seed.h"
#include "process/tasks.h"

/* The idle task of every CPU. */
static int add_idle(struct pdiag_processes *p)
{
	struct pdiag_process_entry *e = pdiag_tasks_need_process(p, 0, 0);

	if (!e)
		return -ENOMEM;
	e->process.comm = p->threads[e->threads].thread.comm = p->idle;
	e->process.seeded = e->process.kernel_thread = true;
	return 0;
}

int pdiag_processes_new(struct pdiag *context, bool live, pdiag_seed_fn seed, void *user,
	struct pdiag_processes **out)
{
	struct pdiag_processes *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->context = context;
	p->live = p->same_boot = live;
	p->seed = seed;
	p->seed_user = user;
	p->free_thread = p->oldest = p->newest = PDIAG_NO_INDEX;
	p->modules = pdiag_modules_get(context);
	p->unknown = pdiag_strings_add(&p->names, "[unknown]");
	p->exited = pdiag_strings_add(&p->names, "[exited]");
	p->idle = pdiag_strings_add(&p->names, "swapper");
	if (!p->modules || !p->unknown || !p->exited || !p->idle || add_idle(p)) {
		pdiag_processes_free(p);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

void pdiag_processes_free(struct pdiag_processes *p)
{
	if (!p)
		return;
	if (p->sweep)
		closedir(p->sweep);
	for (size_t i = 0; i < p->process_count; i++)
		if (p->processes[i]) {
			pdiag_maps_release(p->processes[i]->maps, &p->maps_total);
			free(p->processes[i]);
		}
	free(p->processes);
	free(p->free_processes);
	free(p->threads);
	pdiag_table_free(&p->by_pid);
	pdiag_table_free(&p->by_tid);
	pdiag_strings_free(&p->names);
	free(p);
}

/* Nothing is known and nothing can be asked: what it runs cannot be told. */
static void set_gone(struct pdiag_processes *p, struct pdiag_process_entry *e)
{
	struct pdiag_thread_entry *t = &p->threads[e->threads];

	if (e->process.comm == p->unknown)
		e->process.comm = p->exited;
	if (t->thread.comm == p->unknown)
		t->thread.comm = p->exited;
	e->process.gone = true;
	e->process.maps_changes++;
}

/* A process that a sample names: seeded, or gone. */
static struct pdiag_process_entry *sampled_process(struct pdiag_processes *p, int32_t pid,
	uint64_t time)
{
	struct pdiag_process_entry *e = pdiag_tasks_process(p, pid);

	if (e && (e->process.seeded || e->process.gone))
		return e;
	/* Not enough memory to seed it all: what is there is used, and the next sample asks again.
	 */
	if (p->live && pid > 0)
		pdiag_seed_process(p, pid, time, time);
	e = pdiag_tasks_need_process(p, pid, time);
	if (e && (!p->live || pid <= 0) && !e->process.gone)
		set_gone(p, e);
	return e;
}

static struct pdiag_thread_entry *find_thread(const struct pdiag_processes *p,
	const struct pdiag_process_entry *e, int32_t tid)
{
	struct pdiag_thread_entry *t = pdiag_tasks_thread(p, tid);

	return t && t->thread.process == &e->process ? t : NULL;
}

/* The way for what is not simply there. */
static struct pdiag_thread *sampled_thread(struct pdiag_processes *p, int32_t pid, int32_t tid,
	uint64_t time)
{
	struct pdiag_process_entry *e = sampled_process(p, pid, time);
	struct pdiag_thread_entry *t;
	bool ended;

	if (!e)
		return NULL;
	t = find_thread(p, e, tid);
	if (!t && p->live && tid > 0 && tid != pid && !e->process.gone) {
		pdiag_seed_thread(p, pid, tid, time);
		t = find_thread(p, e, tid);
	}
	/*
	 * Nobody will tell of the end of one that neither an event nor /proc knows: it was
	 * sampled on its way out. It stays as long as it is seen.
	 */
	ended = !t || t->ended || e->process.gone;
	if (!t)
		t = pdiag_tasks_need_thread(p, e, tid);
	if (!t)
		return NULL;
	if (ended)
		pdiag_tasks_end_thread(p, t, time);
	return &t->thread;
}

struct pdiag_thread *pdiag_processes_thread(struct pdiag_processes *p, int32_t pid, int32_t tid,
	uint64_t time)
{
	struct pdiag_thread_entry *t = pdiag_tasks_thread(p, tid);

	if (t && t->thread.process->pid == pid && t->thread.process->seeded && !t->ended)
		return &t->thread;
	return sampled_thread(p, pid, tid, time);
}

bool pdiag_processes_ended(const struct pdiag_processes *p, int32_t tid, uint64_t time)
{
	const struct pdiag_thread_entry *t = pdiag_tasks_thread(p, tid);

	return t && t->ended && t->ended_at <= time;
}

void pdiag_processes_same_boot(struct pdiag_processes *p)
{
	p->same_boot = true;
}

void pdiag_processes_prune(struct pdiag_processes *p, uint64_t before)
{
	while (p->oldest != PDIAG_NO_INDEX && p->threads[p->oldest].ended_at < before)
		pdiag_tasks_drop_thread(p, &p->threads[p->oldest]);
}

struct pdiag_module *pdiag_process_locate(struct pdiag_processes *p, struct pdiag_process *process,
	uint64_t address, bool kernel, uint64_t *value)
{
	struct pdiag_process_entry *e;
	const struct pdiag_mapping *m;

	*value = address;
	if (kernel)
		return pdiag_modules_kernel(p->modules, p->same_boot);
	if (!process)
		return pdiag_modules_none(p->modules, PDIAG_REASON_PROCESS_GONE);
	e = pdiag_process_entry(process);
	m = pdiag_maps_find(e->maps, address, &e->last);
	if (!m)
		return pdiag_modules_none(p->modules, process->gone ? PDIAG_REASON_PROCESS_GONE :
								      PDIAG_REASON_NO_MAPPING);
	if (!pdiag_module_by_address(m->module))
		*value = address - m->start + m->pgoff;
	return m->module;
}
