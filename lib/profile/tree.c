/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a profile holds, each thing once: frames, the tree of stacks, threads, entries. */
#include <string.h>

#include "profile/profile.h"
#include "util/array.h"
#include "util/hash.h"

/* Ids stay below what both PDIAG_ID_NONE and a table's index allow. */
#define ID_LIMIT ((size_t)UINT32_MAX - 2)

static uint64_t hash_frame(const struct pdiag_module *module, uint64_t value)
{
	return pdiag_hash_u64((uintptr_t)module, value);
}

static uint64_t hash_node(uint32_t parent, uint32_t frame)
{
	return pdiag_hash_u64(1, (uint64_t)parent << 32 | frame);
}

static uint64_t hash_thread(int32_t pid, int32_t tid, const char *comm, const char *process)
{
	uint64_t h = pdiag_hash_u64(2, (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid);

	h = pdiag_hash_bytes(h, comm, strlen(comm));
	return pdiag_hash_bytes(h, process, strlen(process));
}

static uint64_t hash_entry(uint32_t thread, uint32_t node, uint32_t state, uint32_t flags)
{
	uint64_t h = pdiag_hash_u64(3, (uint64_t)thread << 32 | node);

	return pdiag_hash_u64(h, (uint64_t)state << 32 | flags);
}

/* Put id `count` in the index after making room for it. Says if that worked. */
static bool room(void *data_ptr, size_t *cap, size_t count, size_t size, struct pdiag_table *index,
	uint64_t hash)
{
	return count < ID_LIMIT && !pdiag_array_reserve(data_ptr, cap, count + 1, size) &&
		!pdiag_table_insert(index, hash, (uint32_t)count);
}

uint32_t pdiag_profile_find_frame(const struct pdiag_profile *p, const struct pdiag_module *module,
	uint64_t value)
{
	uint64_t hash = hash_frame(module, value);
	uint32_t pos, i;

	for (i = pdiag_table_first(&p->frame_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&p->frame_index, hash, &pos))
		if (p->frames[i].value == value && p->frames[i].module == module)
			return i;
	return PDIAG_ID_NONE;
}

uint32_t pdiag_profile_frame(struct pdiag_profile *p, struct pdiag_module *module, uint64_t value)
{
	uint32_t id = pdiag_profile_find_frame(p, module, value);

	if (id != PDIAG_ID_NONE)
		return id;
	if (!room(&p->frames, &p->frame_cap, p->frame_count, sizeof(*p->frames), &p->frame_index,
		    hash_frame(module, value)))
		return PDIAG_ID_NONE;
	p->frames[p->frame_count] = (struct pdiag_frame){ .module = module, .value = value };
	return (uint32_t)p->frame_count++;
}

uint32_t pdiag_profile_node(struct pdiag_profile *p, uint32_t parent, uint32_t frame)
{
	uint64_t hash = hash_node(parent, frame);
	uint32_t pos, i;

	for (i = pdiag_table_first(&p->node_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&p->node_index, hash, &pos))
		if (p->nodes[i].parent == parent && p->nodes[i].frame == frame)
			return i;
	if (!room(&p->nodes, &p->node_cap, p->node_count, sizeof(*p->nodes), &p->node_index, hash))
		return PDIAG_ID_NONE;
	p->nodes[p->node_count] = (struct pdiag_node){ .parent = parent, .frame = frame };
	return (uint32_t)p->node_count++;
}

static bool same_thread(const struct pdiag_profile_thread *t, int32_t pid, int32_t tid,
	const char *comm, const char *process)
{
	return t->pid == pid && t->tid == tid && !strcmp(t->comm, comm) &&
		!strcmp(t->process, process);
}

uint32_t pdiag_profile_thread(struct pdiag_profile *p, int32_t pid, int32_t tid, const char *comm,
	const char *process)
{
	uint64_t hash = hash_thread(pid, tid, comm, process);
	struct pdiag_profile_thread t = { .pid = pid, .tid = tid };
	uint32_t pos, i;

	for (i = pdiag_table_first(&p->thread_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&p->thread_index, hash, &pos))
		if (same_thread(&p->threads[i], pid, tid, comm, process))
			return i;
	t.comm = pdiag_strings_add(&p->strings, comm);
	t.process = t.comm ? pdiag_strings_add(&p->strings, process) : NULL;
	if (!t.process || !room(&p->threads, &p->thread_cap, p->thread_count, sizeof(*p->threads),
				  &p->thread_index, hash))
		return PDIAG_ID_NONE;
	p->threads[p->thread_count] = t;
	return (uint32_t)p->thread_count++;
}

uint32_t pdiag_profile_entry(struct pdiag_profile *p, uint32_t thread, uint32_t node,
	enum pdiag_state state, uint32_t flags)
{
	uint64_t hash = hash_entry(thread, node, state, flags);
	struct pdiag_entry *e;
	uint32_t pos, i;

	for (i = pdiag_table_first(&p->entry_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&p->entry_index, hash, &pos)) {
		e = &p->entries[i];
		if (e->thread == thread && e->node == node && e->state == (uint32_t)state &&
			e->flags == flags)
			return i;
	}
	if (!room(&p->entries, &p->entry_cap, p->entry_count, sizeof(*p->entries), &p->entry_index,
		    hash))
		return PDIAG_ID_NONE;
	p->entries[p->entry_count] = (struct pdiag_entry){
		.thread = thread,
		.node = node,
		.state = (uint16_t)state,
		.flags = (uint16_t)flags,
	};
	if (!p->nodes[node].entries++)
		p->stacks++;
	return (uint32_t)p->entry_count++;
}

struct pdiag_profile_mark pdiag_profile_mark(const struct pdiag_profile *p)
{
	return (struct pdiag_profile_mark){
		.frames = p->frame_count,
		.nodes = p->node_count,
		.threads = p->thread_count,
		.entries = p->entry_count,
	};
}

static void drop_entry(struct pdiag_profile *p)
{
	const struct pdiag_entry *e = &p->entries[--p->entry_count];

	if (!--p->nodes[e->node].entries)
		p->stacks--;
	pdiag_table_remove(&p->entry_index, hash_entry(e->thread, e->node, e->state, e->flags),
		(uint32_t)p->entry_count);
}

/* Interned strings stay: nobody sees them. */
void pdiag_profile_rewind(struct pdiag_profile *p, const struct pdiag_profile_mark *mark)
{
	while (p->entry_count > mark->entries)
		drop_entry(p);
	while (p->thread_count > mark->threads) {
		const struct pdiag_profile_thread *t = &p->threads[--p->thread_count];

		pdiag_table_remove(&p->thread_index,
			hash_thread(t->pid, t->tid, t->comm, t->process),
			(uint32_t)p->thread_count);
	}
	while (p->node_count > mark->nodes) {
		const struct pdiag_node *n = &p->nodes[--p->node_count];

		pdiag_table_remove(&p->node_index, hash_node(n->parent, n->frame),
			(uint32_t)p->node_count);
	}
	while (p->frame_count > mark->frames) {
		const struct pdiag_frame *f = &p->frames[--p->frame_count];

		pdiag_table_remove(&p->frame_index, hash_frame(f->module, f->value),
			(uint32_t)p->frame_count);
	}
}
