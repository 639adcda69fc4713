/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that ended. The kernel adds their CPU time to their parent's as soon as it waits for
 * them. What they were seen to use was theirs then and must not be counted once more; what they
 * used within the window is, from here on, of who made them.
 */
#include <string.h>

#include "portrait/portrait.h"

#define GENERATIONS 64 /* that may end between two samples, from parent to child */

static bool gone(const struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	return proc->sample != p->sample;
}

/* The process of that pid if it can have made `child`: nobody is younger than its children. */
static struct pdiag_proc *ancestor(
	const struct pdiag_portraits *p, int32_t pid, const struct pdiag_proc *child)
{
	struct pdiag_proc *proc = pid > 0 ? pdiag_portrait_find(p, pid) : NULL;

	return proc && proc != child && proc->start <= child->start ? proc : NULL;
}

static struct pdiag_proc *next(
	const struct pdiag_portraits *p, const struct pdiag_proc *proc, bool made)
{
	return ancestor(p, made ? proc->spawner : proc->ppid, proc);
}

/* The nearest that lives: by who made whom, or by who waits for whom. */
static struct pdiag_proc *living(
	const struct pdiag_portraits *p, const struct pdiag_proc *proc, bool made)
{
	struct pdiag_proc *up = next(p, proc, made);

	for (int i = 0; up && gone(p, up) && i < GENERATIONS; i++)
		up = next(p, up, made);
	return up && !gone(p, up) ? up : NULL;
}

/* Who is without a parent goes to the first process, or to somebody that we do not know of. */
static void owe(struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	struct pdiag_proc *parent = living(p, proc, false);

	if (!parent)
		parent = ancestor(p, 1, proc);
	if (parent && !gone(p, parent))
		parent->debt += proc->base[PDIAG_FLOW_USER] + proc->base[PDIAG_FLOW_SYSTEM] +
			proc->base[PDIAG_FLOW_CHILDREN];
}

static struct pdiag_bucket *same_time(
	struct pdiag_portraits *p, struct pdiag_proc *proc, const struct pdiag_bucket *of)
{
	struct pdiag_bucket *b = &proc->past->buckets[of->id % PDIAG_PORTRAIT_BUCKETS];

	return b->id == of->id ? b : pdiag_portrait_bucket(p, proc);
}

static void hand_up(struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	struct pdiag_proc *maker = living(p, proc, true);
	const struct pdiag_bucket *b;

	if (!maker || pdiag_portrait_give_past(p, maker))
		return;
	pdiag_portrait_bucket(p, maker)->ended++;
	for (uint32_t i = 0; proc->past && i < PDIAG_PORTRAIT_BUCKETS; i++) {
		struct pdiag_bucket *to;
		float used;

		b = &proc->past->buckets[i];
		used = b->flow[PDIAG_FLOW_USER] + b->flow[PDIAG_FLOW_SYSTEM] +
			b->flow[PDIAG_FLOW_CHILDREN];
		if (!b->id || proc->past->last - b->id >= p->bucket_count || !(used > 0))
			continue;
		to = same_time(p, maker, b);
		to->flow[PDIAG_FLOW_CHILDREN] += used;
		maker->past->credit += used;
	}
	for (uint32_t i = 0; proc->past && i < PDIAG_PORTRAIT_BUCKETS; i++)
		if (proc->past->buckets[i].ended)
			same_time(p, maker, &proc->past->buckets[i])->ended +=
				proc->past->buckets[i].ended;
}

static void credit(struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	p->info.ended++;
	if (p->flags & PDIAG_PORTRAITS_NO_CHILDREN)
		return;
	owe(p, proc);
	hand_up(p, proc);
}

/* Children of who is gone were made by who made that one. */
static void adopt(struct pdiag_portraits *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct pdiag_proc *proc = &p->procs[i], *maker = next(p, proc, true);

		if (gone(p, proc) || !maker || !gone(p, maker))
			continue;
		maker = living(p, proc, true);
		proc->spawner = maker ? maker->pid : 0;
	}
}

void pdiag_portrait_bury(struct pdiag_portraits *p)
{
	uint32_t ended = p->info.ended;

	for (size_t i = 0; i < p->count; i++)
		if (gone(p, &p->procs[i]))
			credit(p, &p->procs[i]);
	if (p->info.ended == ended)
		return;
	adopt(p);
	for (size_t i = p->count; i-- > 0;)
		if (gone(p, &p->procs[i]))
			pdiag_portrait_remove(p, &p->procs[i]);
}

void pdiag_portrait_bury_one(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	credit(p, proc);
	pdiag_portrait_remove(p, proc);
}
