// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash table of buckets, each with as many keys as fit a cache line. A task is in the bucket
 * that it hashes to or in the one beside it, so that a look-up costs two lines at most and holes
 * need no care. A free slot's payload is zero: it is cleared before the key is.
 */
#include "task_map.h"

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define BUCKET 8
#define SLOTS_MAX (1u << 20)

size_t pdiag_task_map_bytes(u32 slots, u32 payload)
{
	return slots * (sizeof(unsigned long) + (size_t)round_up(payload, sizeof(u64)));
}

int pdiag_task_map_init(struct pdiag_task_map *map, u32 slots, u32 payload)
{
	memset(map, 0, sizeof(*map));
	if (!is_power_of_2(slots) || slots < 8 * BUCKET || slots > SLOTS_MAX || !payload ||
		payload > PAGE_SIZE)
		return -EINVAL;
	map->payload_size = round_up(payload, sizeof(u64));
	/* Whole pages, so that buckets are whole cache lines. */
	map->key = vzalloc(slots * sizeof(*map->key));
	map->payload = vzalloc((size_t)slots * map->payload_size);
	if (!map->key || !map->payload) {
		pdiag_task_map_free(map);
		return -ENOMEM;
	}
	map->slots = slots;
	map->shift = ilog2(slots / BUCKET);
	return 0;
}

void pdiag_task_map_free(struct pdiag_task_map *map)
{
	vfree(map->key);
	vfree(map->payload);
	memset(map, 0, sizeof(*map));
}

void pdiag_task_map_clear(struct pdiag_task_map *map)
{
	memset(map->key, 0, map->slots * sizeof(*map->key));
	memset(map->payload, 0, (size_t)map->slots * map->payload_size);
}

static inline u32 bucket_of(const struct pdiag_task_map *map, const struct task_struct *task)
{
	return hash_ptr(task, map->shift) * BUCKET;
}

static inline void *payload(const struct pdiag_task_map *map, u32 slot)
{
	return map->payload + (size_t)slot * map->payload_size;
}

static void *find_in(const struct pdiag_task_map *map, u32 first, unsigned long key)
{
	u32 i;

	for (i = 0; i < BUCKET; i++)
		if (READ_ONCE(map->key[first + i]) == key)
			return payload(map, first + i);
	return NULL;
}

void *pdiag_task_map_find(const struct pdiag_task_map *map, const struct task_struct *task)
{
	u32 first = bucket_of(map, task);

	return find_in(map, first, (unsigned long)task) ?:
		find_in(map, first ^ BUCKET, (unsigned long)task);
}

static void *claim_in(struct pdiag_task_map *map, u32 first, unsigned long key)
{
	u32 i;

	for (i = 0; i < BUCKET; i++)
		if (!READ_ONCE(map->key[first + i]) && !cmpxchg(&map->key[first + i], 0, key))
			return payload(map, first + i);
	return NULL;
}

void *pdiag_task_map_insert(struct pdiag_task_map *map, const struct task_struct *task)
{
	u32 first = bucket_of(map, task);
	void *found = pdiag_task_map_find(map, task);

	return found ?: claim_in(map, first, (unsigned long)task) ?:
		claim_in(map, first ^ BUCKET, (unsigned long)task);
}

void pdiag_task_map_remove(struct pdiag_task_map *map, void *payload)
{
	u32 slot = div_u64((u8 *)payload - map->payload, map->payload_size);

	memset(payload, 0, map->payload_size);
	smp_store_release(&map->key[slot], 0);
}
