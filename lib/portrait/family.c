/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that ended. The kernel adds their CPU time to their parent's as soon as it waits for
 * them. What they were seen to use was theirs then and must not be counted once more; what they
 * used within the window is, from here on, of who made them.
 *
 * A whole line of ancestors may end at once, while a sample is being taken: some were listed and
 * not looked at any more, some were looked at when they had their child's time already and we did
 * not know yet that it is gone. Each tick finds its way in either case.
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

/* The nearest that lives, by who made whom. */
static struct pdiag_proc *living(const struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	struct pdiag_proc *up = next(p, proc, true);

	for (int i = 0; up && gone(p, up) && i < GENERATIONS; i++)
		up = next(p, up, true);
	return up && !gone(p, up) ? up : NULL;
}

/* What it had as of its last look, and what its children had that it was not looked at since. */
static uint64_t counted(const struct pdiag_proc *proc)
{
	return proc->base[PDIAG_FLOW_USER] + proc->base[PDIAG_FLOW_SYSTEM] +
		proc->base[PDIAG_FLOW_CHILDREN] + proc->debt;
}

/* From the newest bucket on. */
static void take_back(const struct pdiag_portraits *p, struct pdiag_past *past, uint64_t ticks)
{
	float left = (float)((double)(ticks * p->tick_ns) / 1e9), part;
	struct pdiag_bucket *b;

	for (uint32_t i = 0; past && i < PDIAG_PORTRAIT_BUCKETS && i < past->last; i++) {
		b = &past->buckets[(past->last - i) % PDIAG_PORTRAIT_BUCKETS];
		if (b->id != past->last - i)
			continue;
		part = b->flow[PDIAG_FLOW_CHILDREN] < left ? b->flow[PDIAG_FLOW_CHILDREN] : left;
		b->flow[PDIAG_FLOW_CHILDREN] -= part;
		left -= part;
	}
}

/*
 * Was the time of who is gone in the parent's already at its last look? Then it was taken for that
 * of a child that nobody saw. If it was that, all the same, the next look makes up for it. Returns
 * the ticks that are still owed.
 */
static uint64_t settle(const struct pdiag_portraits *p, struct pdiag_proc *parent,
	const struct pdiag_proc *proc, uint64_t ticks)
{
	uint64_t had = parent->unseen < ticks ? parent->unseen : ticks;

	if (parent->looked != proc->sample || had + PDIAG_PORTRAIT_CUT < ticks)
		return ticks;
	take_back(p, parent->past, had);
	parent->unseen -= had;
	return ticks - had;
}

/* Who is without a parent goes to the first process, or to somebody that we do not know of. */
static void owe(struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	struct pdiag_proc *parent = next(p, proc, false);
	uint64_t ticks = counted(proc);

	for (int i = 0; parent && i < GENERATIONS; i++) {
		ticks = settle(p, parent, proc, ticks);
		if (!gone(p, parent))
			break;
		parent = next(p, parent, false);
	}
	if (!parent)
		parent = ancestor(p, 1, proc);
	if (parent && !gone(p, parent))
		parent->debt += ticks;
}

static struct pdiag_bucket *same_time(
	struct pdiag_portraits *p, struct pdiag_proc *proc, const struct pdiag_bucket *of)
{
	struct pdiag_bucket *b = &proc->past->buckets[of->id % PDIAG_PORTRAIT_BUCKETS];

	return b->id == of->id ? b : pdiag_portrait_bucket(p, proc);
}

static void hand_up(struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	struct pdiag_proc *maker = living(p, proc);
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

/* Whoever waits for it now: the first process, or one that asked to. */
static void find_parent(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	struct pdiag_reading r;

	if (!pdiag_portrait_read_stat(p, proc->pid, &r) && r.start == proc->start)
		proc->ppid = r.ppid;
}

/* Children of who is gone were made by who made that one. */
static void adopt(struct pdiag_portraits *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct pdiag_proc *proc = &p->procs[i], *maker = next(p, proc, true);
		struct pdiag_proc *parent = next(p, proc, false);

		if (gone(p, proc))
			continue;
		if (parent && gone(p, parent))
			find_parent(p, proc);
		if (!maker || !gone(p, maker))
			continue;
		maker = living(p, proc);
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
