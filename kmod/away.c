// SPDX-License-Identifier: GPL-2.0-only
#include "away.h"

#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define PROBES 16
/* A slot that is being filled in belongs to no task. */
#define TAKEN ((struct task_struct *)1)

static u32 words(bool wakers)
{
	return PDIAG_AWAY_DEPTH + (wakers ? PDIAG_AWAY_WAKER : 0);
}

static u32 stride(bool wakers, u32 user_bytes)
{
	return sizeof(struct pdiag_away_slot) + words(wakers) * sizeof(u64) +
		(user_bytes ? sizeof(struct pdiag_kmod_user) + user_bytes : 0);
}

int pdiag_away_init(struct pdiag_away *away, u32 size, bool wakers, u32 user_bytes)
{
	away->size = size;
	away->wakers = wakers;
	away->user_bytes = user_bytes;
	away->stride = stride(wakers, user_bytes);
	away->slots = vzalloc(pdiag_away_bytes(size, wakers, user_bytes));
	return away->slots ? 0 : -ENOMEM;
}

void pdiag_away_free(struct pdiag_away *away)
{
	vfree(away->slots);
	away->slots = NULL;
}

void pdiag_away_clear(struct pdiag_away *away)
{
	memset(away->slots, 0, pdiag_away_bytes(away->size, away->wakers, away->user_bytes));
}

size_t pdiag_away_bytes(u32 size, bool wakers, u32 user_bytes)
{
	return (size_t)size * stride(wakers, user_bytes);
}

struct pdiag_kmod_user *pdiag_away_user(
	const struct pdiag_away *away, struct pdiag_away_slot *slot)
{
	return away->user_bytes ? (void *)(slot->words + words(away->wakers)) : NULL;
}

static struct pdiag_away_slot *at(struct pdiag_away *away, u32 i)
{
	return (void *)(away->slots + (size_t)(i & (away->size - 1)) * away->stride);
}

struct pdiag_away_slot *pdiag_away_slot(struct pdiag_away *away, u32 number)
{
	struct pdiag_away_slot *slot = at(away, number);

	return slot->task && slot->task != TAKEN ? slot : NULL;
}

static u32 first(const struct pdiag_away *away, const struct task_struct *task)
{
	return hash_ptr(task, ilog2(away->size));
}

struct pdiag_away_slot *pdiag_away_find(struct pdiag_away *away, struct task_struct *task)
{
	u32 i, from = first(away, task);
	struct pdiag_away_slot *slot;

	for (i = 0; i < PROBES; i++) {
		slot = at(away, from + i);
		/* What the slot holds was written before its task was. */
		if (smp_load_acquire(&slot->task) == task)
			return slot;
	}
	return NULL;
}

struct pdiag_away_slot *pdiag_away_take(struct pdiag_away *away, struct task_struct *task)
{
	u32 i, from = first(away, task);
	struct pdiag_away_slot *slot = pdiag_away_find(away, task);

	/* It came back unseen: its old slot is no good any more. */
	if (unlikely(slot)) {
		WRITE_ONCE(slot->task, TAKEN);
		return slot;
	}
	for (i = 0; i < PROBES; i++) {
		slot = at(away, from + i);
		if (!READ_ONCE(slot->task) && !cmpxchg(&slot->task, NULL, TAKEN))
			return slot;
	}
	return NULL;
}

void pdiag_away_publish(struct pdiag_away_slot *slot, struct task_struct *task)
{
	smp_store_release(&slot->task, task);
}

void pdiag_away_drop(struct pdiag_away_slot *slot)
{
	smp_store_release(&slot->task, NULL);
}
