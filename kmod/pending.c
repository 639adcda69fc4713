// SPDX-License-Identifier: GPL-2.0-only
#include "pending.h"

#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#define PROBES 16
/* One for each state, as their weights must not be added up. */
#define RESTS 4
#define ALL (PDIAG_PENDING_SIZE + RESTS)

int pdiag_pending_init(struct pdiag_pending *pending)
{
	pending->entry = vzalloc(ALL * sizeof(*pending->entry));
	return pending->entry ? 0 : -ENOMEM;
}

void pdiag_pending_free(struct pdiag_pending *pending)
{
	vfree(pending->entry);
	pending->entry = NULL;
}

static bool same(const struct pdiag_pending_entry *a, const struct pdiag_pending_entry *b)
{
	return a->stack == b->stack && a->tid == b->tid && a->pid == b->pid &&
		a->start == b->start && a->state == b->state && a->flags == b->flags;
}

/* Probes are bounded and entries vanish one by one, so a combination may be there twice: fine. */
static struct pdiag_pending_entry *find(
	struct pdiag_pending *pending, const struct pdiag_pending_entry *what)
{
	u32 at = hash_64(((u64)what->stack << 32) ^ what->tid ^ ((u64)what->state << 28),
		ilog2(PDIAG_PENDING_SIZE));
	struct pdiag_pending_entry *entry, *free = NULL;
	u32 i;

	for (i = 0; i < PROBES; i++, at = (at + 1) & (PDIAG_PENDING_SIZE - 1)) {
		entry = &pending->entry[at];
		if (entry->count && same(entry, what))
			return entry;
		if (!entry->count && !free)
			free = entry;
	}
	return free;
}

static void add_to(struct pdiag_pending *pending, struct pdiag_pending_entry *entry,
	const struct pdiag_pending_entry *what)
{
	if (!entry->count) {
		*entry = *what;
		pending->used++;
		return;
	}
	entry->first = min(entry->first, what->first);
	entry->last = max(entry->last, what->last);
	entry->weight += what->weight;
	entry->count = min_t(u64, (u64)entry->count + what->count, U32_MAX);
}

void pdiag_pending_add(struct pdiag_pending *pending, const struct pdiag_pending_entry *what)
{
	struct pdiag_pending_entry coarse = *what;
	struct pdiag_pending_entry *entry = find(pending, what);

	pending->samples += what->count;
	if (likely(entry)) {
		add_to(pending, entry, what);
		return;
	}
	/* Who gave its stack up has counted it. */
	if (!(what->flags & PDIAG_KMOD_COARSE))
		pending->coarsened += what->count;
	coarse.flags |= PDIAG_KMOD_COARSE;
	coarse.stack = PDIAG_KMOD_NO_STACK;
	entry = find(pending, &coarse);
	if (!entry) {
		coarse.pid = 0;
		coarse.tid = 0;
		coarse.start = 0;
		entry = &pending->entry[PDIAG_PENDING_SIZE + (what->state & (RESTS - 1))];
	}
	add_to(pending, entry, &coarse);
}

struct pdiag_pending_entry *pdiag_pending_next(struct pdiag_pending *pending, u32 looks)
{
	struct pdiag_pending_entry *entry;

	if (!pending->used)
		return NULL;
	for (; looks; looks--) {
		entry = &pending->entry[pending->cursor];
		if (++pending->cursor == ALL)
			pending->cursor = 0;
		if (entry->count)
			return entry;
	}
	return NULL;
}

void pdiag_pending_forget_stacks(struct pdiag_pending *pending)
{
	struct pdiag_pending_entry *entry;

	if (!pending->used)
		return;
	for (entry = pending->entry; entry < pending->entry + ALL; entry++) {
		if (!entry->count || entry->stack == PDIAG_KMOD_NO_STACK)
			continue;
		entry->stack = PDIAG_KMOD_NO_STACK;
		entry->flags |= PDIAG_KMOD_COARSE;
		pending->coarsened += entry->count;
	}
}

void pdiag_pending_done(struct pdiag_pending *pending, struct pdiag_pending_entry *entry)
{
	pending->samples -= min_t(u64, pending->samples, entry->count);
	entry->count = 0;
	pending->used--;
}
