/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Something of fixed size about each of many tasks, for hooks of the scheduler: bounded work, no
 * allocation, no lock, any number of CPUs at once.
 *
 * The calls about one task are the caller's to order: they come from the CPU that it runs or ran
 * on, or from the one that wakes it. Entries are taken away when they are used; a task that ends
 * must leave none behind, as its address is given to another one.
 */
#ifndef PDIAG_TASK_MAP_H
#define PDIAG_TASK_MAP_H

#include <linux/types.h>

struct task_struct;

struct pdiag_task_map {
	unsigned long *key;	/* of each slot; 0: free */
	u8 *payload;
	u32 payload_size;
	u32 slots;		/* a power of two */
	u32 shift;
};

/* Room for about `slots` tasks (a power of two, at least 64), `payload` bytes each. */
int pdiag_task_map_init(struct pdiag_task_map *map, u32 slots, u32 payload);
void pdiag_task_map_free(struct pdiag_task_map *map);
size_t pdiag_task_map_bytes(u32 slots, u32 payload);
/* Forget all. When no other call is at work. */
void pdiag_task_map_clear(struct pdiag_task_map *map);

/* The payload of the task, or NULL. */
void *pdiag_task_map_find(const struct pdiag_task_map *map, const struct task_struct *task);
/* As that, or a new one, all zero. NULL: no room. */
void *pdiag_task_map_insert(struct pdiag_task_map *map, const struct task_struct *task);
/* Give back what find() or insert() returned. */
void pdiag_task_map_remove(struct pdiag_task_map *map, void *payload);

#endif
