/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_late.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/error.h"
#include "source/perf_layout.h"
#include "util/array.h"
#include "util/hash.h"

static uint64_t hash_thread(int32_t tid, uint32_t ring)
{
	return pdiag_hash_u64(ring, (uint32_t)tid);
}

static uint64_t hash_id(uint64_t id)
{
	return pdiag_hash_u64(1, id);
}

int pdiag_perf_late_put(struct pdiag_perf_late *l, uint64_t id, int fd, int32_t tid, uint32_t ring)
{
	uint32_t i = (uint32_t)l->count;

	if (pdiag_array_reserve(&l->list, &l->cap, l->count + 1, sizeof(*l->list)) ||
		pdiag_table_insert(&l->by_id, hash_id(id), i))
		return -ENOMEM;
	if (pdiag_table_insert(&l->by_thread, hash_thread(tid, ring), i)) {
		pdiag_table_remove(&l->by_id, hash_id(id), i);
		return -ENOMEM;
	}
	l->list[i].id = id;
	l->list[i].ring = ring;
	l->list[i].tid = tid;
	l->list[i].fd = fd;
	l->list[i].is_void = false;
	l->count++;
	return 0;
}

int pdiag_perf_late_add(struct pdiag_perf_late *l, int fd, int32_t tid, uint32_t ring)
{
	uint64_t id;

	if (ioctl(fd, PERF_EVENT_IOC_ID, &id))
		return pdiag_fail(
			errno, "cannot ask a perf event for its number: %s", strerror(errno));
	return pdiag_perf_late_put(l, id, fd, tid, ring) ?
		pdiag_fail_memory("opening perf events") : 0;
}

/* Whose record it is, and by which event. False: too short to tell. */
static bool identify(const struct perf_event_header *h, uint64_t *id, int32_t *tid)
{
	const struct pdiag_perf_sample *s = (const struct pdiag_perf_sample *)h;
	struct pdiag_perf_id last;

	if (h->type == PERF_RECORD_SAMPLE && h->size >= sizeof(*s)) {
		*id = s->id;
		*tid = (int32_t)s->tid;
		return true;
	}
	if (h->type == PERF_RECORD_SAMPLE || h->size < sizeof(*h) + sizeof(last))
		return false;
	memcpy(&last, (const char *)h + h->size - sizeof(last), sizeof(last));
	*id = last.id;
	*tid = (int32_t)last.tid;
	return true;
}

static uint32_t find_id(const struct pdiag_perf_late *l, uint64_t id)
{
	uint32_t pos, i;

	for (i = pdiag_table_first(&l->by_id, hash_id(id), &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&l->by_id, hash_id(id), &pos))
		if (l->list[i].id == id)
			break;
	return i;
}

static uint32_t find_thread(const struct pdiag_perf_late *l, int32_t tid, uint32_t ring)
{
	uint64_t hash = hash_thread(tid, ring);
	uint32_t pos, i;

	for (i = pdiag_table_first(&l->by_thread, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&l->by_thread, hash, &pos))
		if (l->list[i].tid == tid && l->list[i].ring == ring)
			break;
	return i;
}

bool pdiag_perf_late_twice(struct pdiag_perf_late *l, const struct perf_event_header *record,
	uint32_t ring)
{
	uint64_t id;
	int32_t tid;
	uint32_t i;

	/* Losses are of the ring. */
	if (!l->count || record->type == PERF_RECORD_LOST || !identify(record, &id, &tid))
		return false;
	i = find_id(l, id);
	if (i != PDIAG_TABLE_END)
		return l->list[i].is_void;
	i = find_thread(l, tid, ring);
	if (i != PDIAG_TABLE_END && !l->list[i].is_void) {
		l->list[i].is_void = true;
		if (l->list[i].fd >= 0)
			ioctl(l->list[i].fd, PERF_EVENT_IOC_DISABLE, 0);
	}
	return false;
}

void pdiag_perf_late_free(struct pdiag_perf_late *l)
{
	pdiag_table_free(&l->by_id);
	pdiag_table_free(&l->by_thread);
	free(l->list);
	*l = (struct pdiag_perf_late){ 0 };
}
