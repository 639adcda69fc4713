/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process/tasks.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

static uint64_t hash_id(int32_t id)
{
	return pdiag_hash_u64(0, (uint32_t)id);
}

static uint32_t index_of(const struct pdiag_processes *p, const struct pdiag_thread_entry *t)
{
	return (uint32_t)(t - p->threads);
}

struct pdiag_process_entry *pdiag_tasks_process(const struct pdiag_processes *p, int32_t pid)
{
	uint64_t hash = hash_id(pid);
	uint32_t pos, i;

	for (i = pdiag_table_first(&p->by_pid, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&p->by_pid, hash, &pos))
		if (p->processes[i]->process.pid == pid)
			return p->processes[i];
	return NULL;
}

struct pdiag_thread_entry *pdiag_tasks_thread(const struct pdiag_processes *p, int32_t tid)
{
	uint64_t hash = hash_id(tid);
	uint32_t pos, i;

	for (i = pdiag_table_first(&p->by_tid, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&p->by_tid, hash, &pos))
		if (p->threads[i].thread.tid == tid)
			return &p->threads[i];
	return NULL;
}

void pdiag_tasks_set_maps(struct pdiag_processes *p, struct pdiag_process_entry *e,
	struct pdiag_maps *maps)
{
	if (e->maps != maps)
		pdiag_maps_release(e->maps, &p->maps_total);
	e->maps = maps;
	e->process.maps = maps ? maps->list : NULL;
	e->process.map_count = maps ? maps->count : 0;
}

static void queue_remove(struct pdiag_processes *p, struct pdiag_thread_entry *t)
{
	if (t->earlier == PDIAG_NO_INDEX)
		p->oldest = t->later;
	else
		p->threads[t->earlier].later = t->later;
	if (t->later == PDIAG_NO_INDEX)
		p->newest = t->earlier;
	else
		p->threads[t->later].earlier = t->earlier;
}

static void queue_add(struct pdiag_processes *p, struct pdiag_thread_entry *t)
{
	t->later = PDIAG_NO_INDEX;
	t->earlier = p->newest;
	if (p->newest == PDIAG_NO_INDEX)
		p->oldest = index_of(p, t);
	else
		p->threads[p->newest].later = index_of(p, t);
	p->newest = index_of(p, t);
}

void pdiag_tasks_end_thread(struct pdiag_processes *p, struct pdiag_thread_entry *t, uint64_t time)
{
	struct pdiag_process_entry *e = pdiag_process_entry(t->thread.process);

	if (t->ended)
		queue_remove(p, t);
	else
		e->running--;
	if (!t->ended || time > t->ended_at)
		t->ended_at = time;
	t->ended = true;
	queue_add(p, t);
	e->process.exited = !e->running;
}

void pdiag_tasks_revive_thread(struct pdiag_processes *p, struct pdiag_thread_entry *t)
{
	struct pdiag_process_entry *e = pdiag_process_entry(t->thread.process);

	if (!t->ended)
		return;
	queue_remove(p, t);
	t->ended = false;
	e->running++;
	e->process.exited = false;
}

/* Take a thread out of everything; its process stays. */
static void remove_thread(struct pdiag_processes *p, struct pdiag_thread_entry *t)
{
	struct pdiag_process_entry *e = pdiag_process_entry(t->thread.process);

	if (t->ended)
		queue_remove(p, t);
	else
		e->running--;
	if (t->prev == PDIAG_NO_INDEX)
		e->threads = t->next;
	else
		p->threads[t->prev].next = t->next;
	if (t->next != PDIAG_NO_INDEX)
		p->threads[t->next].prev = t->prev;
	pdiag_table_remove(&p->by_tid, hash_id(t->thread.tid), index_of(p, t));
	t->next = p->free_thread;
	p->free_thread = index_of(p, t);
}

static void remove_process(struct pdiag_processes *p, struct pdiag_process_entry *e)
{
	pdiag_table_remove(&p->by_pid, hash_id(e->process.pid), e->index);
	pdiag_tasks_set_maps(p, e, NULL);
	p->processes[e->index] = NULL;
	p->free_processes[p->free_count++] = e->index;
	free(e);
}

void pdiag_tasks_drop_thread(struct pdiag_processes *p, struct pdiag_thread_entry *t)
{
	struct pdiag_process_entry *e = pdiag_process_entry(t->thread.process);

	remove_thread(p, t);
	if (e->threads == PDIAG_NO_INDEX)
		remove_process(p, e);
	else
		e->process.exited = !e->running;
}

void pdiag_tasks_drop_others(struct pdiag_processes *p, struct pdiag_process_entry *e,
	struct pdiag_thread_entry *keep)
{
	uint32_t i, next;

	for (i = e->threads; i != PDIAG_NO_INDEX; i = next) {
		next = p->threads[i].next;
		if (&p->threads[i] != keep)
			remove_thread(p, &p->threads[i]);
	}
	e->process.exited = !e->running;
}

/* An index in `threads`; PDIAG_NO_INDEX: out of memory. It is still in the list of free ones. */
static uint32_t room_for_thread(struct pdiag_processes *p)
{
	if (p->free_thread != PDIAG_NO_INDEX)
		return p->free_thread;
	if (p->thread_count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&p->threads, &p->thread_cap, p->thread_count + 1,
			sizeof(p->threads[0])))
		return PDIAG_NO_INDEX;
	p->threads[p->thread_count].next = PDIAG_NO_INDEX;
	p->free_thread = (uint32_t)p->thread_count++;
	return p->free_thread;
}

struct pdiag_thread_entry *pdiag_tasks_need_thread(struct pdiag_processes *p,
	struct pdiag_process_entry *e, int32_t tid)
{
	struct pdiag_thread_entry *t = pdiag_tasks_thread(p, tid);
	uint32_t i, other = t ? index_of(p, t) : PDIAG_NO_INDEX;

	if (t && t->thread.process == &e->process)
		return t;
	i = room_for_thread(p);
	/* Both are under one number for a moment, so that nothing is lost if memory is short. */
	if (i == PDIAG_NO_INDEX || pdiag_table_insert(&p->by_tid, hash_id(tid), i))
		return NULL;
	p->free_thread = p->threads[i].next;
	p->threads[i] = (struct pdiag_thread_entry){
		.thread = { .tid = tid, .serial = ++p->thread_serial, .comm = e->process.comm,
			.process = &e->process },
		.next = e->threads, .prev = PDIAG_NO_INDEX,
	};
	if (e->threads != PDIAG_NO_INDEX)
		p->threads[e->threads].prev = i;
	e->threads = i;
	e->running++;
	e->process.exited = false;
	if (other != PDIAG_NO_INDEX)
		pdiag_tasks_drop_thread(p, &p->threads[other]);
	return &p->threads[i];
}

/* An index in `processes`, taken; PDIAG_NO_INDEX: out of memory. */
static uint32_t room_for_process(struct pdiag_processes *p)
{
	if (p->free_count)
		return p->free_processes[--p->free_count];
	/* Room to give it back, so that freeing cannot fail. */
	if (p->process_count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&p->free_processes, &p->free_cap, p->process_count + 1,
			sizeof(p->free_processes[0])) ||
		pdiag_array_reserve(&p->processes, &p->process_cap, p->process_count + 1,
			sizeof(p->processes[0])))
		return PDIAG_NO_INDEX;
	p->processes[p->process_count] = NULL;
	return (uint32_t)p->process_count++;
}

struct pdiag_process_entry *pdiag_tasks_need_process(struct pdiag_processes *p, int32_t pid,
	uint64_t time)
{
	struct pdiag_process_entry *e = pdiag_tasks_process(p, pid);
	uint32_t i;

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	i = e ? room_for_process(p) : PDIAG_NO_INDEX;
	if (i == PDIAG_NO_INDEX)
		goto no_room;
	if (pdiag_table_insert(&p->by_pid, hash_id(pid), i))
		goto no_entry;
	*e = (struct pdiag_process_entry){
		.process = { .pid = pid, .serial = ++p->process_serial, .born = time,
			.comm = p->unknown },
		.index = i, .threads = PDIAG_NO_INDEX,
	};
	p->processes[i] = e;
	if (!pdiag_tasks_need_thread(p, e, pid)) {
		remove_process(p, e);
		return NULL;
	}
	return e;
no_entry:
	p->free_processes[p->free_count++] = i;
no_room:
	free(e);
	return NULL;
}

int pdiag_tasks_new_image(struct pdiag_processes *p, struct pdiag_process_entry *e, uint64_t time)
{
	struct pdiag_thread_entry *main = pdiag_tasks_need_thread(p, e, e->process.pid);

	if (!main)
		return -ENOMEM;
	pdiag_tasks_drop_others(p, e, main);
	pdiag_tasks_revive_thread(p, main);
	main->thread.serial = ++p->thread_serial;
	main->fresh = e->fresh = false;
	pdiag_tasks_set_maps(p, e, NULL);
	e->last = 0;
	e->process.serial = ++p->process_serial;
	e->process.maps_changes = 0;
	e->process.born = time;
	e->process.begun = true;
	e->process.seeded = e->process.gone = e->process.kernel_thread = false;
	return 0;
}
