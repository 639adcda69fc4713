/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes by pid. */
#include <stdlib.h>
#include <string.h>

#include "portrait/portrait.h"
#include "util/array.h"
#include "util/hash.h"

static uint64_t hash(int32_t pid)
{
	return pdiag_hash_u64(0x706964, (uint32_t)pid);
}

struct pdiag_proc *pdiag_portrait_find(const struct pdiag_portraits *p, int32_t pid)
{
	uint64_t h = hash(pid);
	uint32_t at, i;

	for (i = pdiag_table_first(&p->index, h, &at); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&p->index, h, &at))
		if (p->procs[i].pid == pid)
			return &p->procs[i];
	return NULL;
}

struct pdiag_proc *pdiag_portrait_add(struct pdiag_portraits *p, int32_t pid)
{
	struct pdiag_proc *proc;

	if (p->count >= p->max) {
		p->lacks |= PDIAG_PORTRAIT_LACKS_ROOM;
		return NULL;
	}
	if (pdiag_array_reserve(&p->procs, &p->cap, p->count + 1, sizeof(*proc)) ||
		pdiag_array_reserve(&p->due, &p->due_cap, p->count + 1, sizeof(*p->due)) ||
		pdiag_table_insert(&p->index, hash(pid), (uint32_t)p->count))
		return NULL;
	proc = &p->procs[p->count++];
	*proc = (struct pdiag_proc){ .pid = pid };
	return proc;
}

void pdiag_portrait_drop_past(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	struct pdiag_past *past = proc->past;

	if (!past)
		return;
	p->bytes -= sizeof(*past) + past->thread_cap * sizeof(*past->threads);
	free(past->threads);
	free(past);
	proc->past = NULL;
}

void pdiag_portrait_remove(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	uint32_t i = (uint32_t)(proc - p->procs), last = (uint32_t)p->count - 1;

	pdiag_portrait_drop_past(p, proc);
	pdiag_portrait_forget_texts(p, proc);
	pdiag_table_remove(&p->index, hash(proc->pid), i);
	if (i != last) {
		pdiag_table_replace(&p->index, hash(p->procs[last].pid), last, i);
		p->procs[i] = p->procs[last];
	}
	p->count--;
}
