/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From bytes to a profile. Their checksum was right, but nothing in them is trusted. */
#include <errno.h>
#include <stdlib.h>

#include "journal/profile_image.h"
#include "profile/ledger.h"
#include "util/array.h"

/* The least bytes that one of each takes. */
#define TEXT_LEAST 1u
#define MODULE_LEAST 9u
#define FRAME_LEAST 13u
#define NODE_LEAST 2u
#define THREAD_LEAST 4u
#define ENTRY_LEAST 6u
#define LOSS_LEAST 5u

/* A ledger gets no coarser. */
#define COARSE_MAX 33u

/* What is named by number, and which id it has got. */
struct image {
	struct pdiag_bytes *from;
	struct pdiag_profile *p;
	const char **texts;
	struct pdiag_module **modules;
	uint32_t *frames, *nodes, *threads;
	uint16_t *depths; /* of nodes */
	uint32_t text_count, module_count, frame_count, node_count, thread_count;
};

/* Room for one more than asked for, so that none is no failure. */
#define ROOM(array, count) ((array) = calloc((size_t)(count) + 1, sizeof(*(array))))

static uint32_t take_index(struct image *m, uint32_t count)
{
	uint32_t i = pdiag_take_u32(m->from, UINT32_MAX);

	if (i < count)
		return i;
	m->from->wrong = true;
	return 0;
}

/* NULL: it was not there, or is wrong. */
static const char *take_name(struct image *m)
{
	uint32_t i = take_index(m, m->text_count + 1);

	return i ? m->texts[i - 1] : NULL;
}

/* One that must be there. */
static const char *take_own_name(struct image *m)
{
	const char *name = take_name(m);

	if (name)
		return name;
	m->from->wrong = true;
	return "";
}

static int take_texts(struct image *m)
{
	uint32_t count = pdiag_take_count(m->from, TEXT_LEAST);

	if (!ROOM(m->texts, count))
		return -ENOMEM;
	for (; m->text_count < count; m->text_count++) {
		m->texts[m->text_count] = pdiag_take_text(m->from, &m->p->strings);
		if (!m->texts[m->text_count])
			return -ENOMEM;
	}
	return 0;
}

static struct pdiag_module *module_for(struct pdiag_modules *all, uint32_t kind,
	const struct pdiag_record *file, uint64_t born, uint32_t reason)
{
	switch (kind) {
	case PDIAG_MODULE_KERNEL:
		return pdiag_modules_kernel(all, false);
	case PDIAG_MODULE_VDSO:
		return pdiag_modules_vdso(all, false);
	case PDIAG_MODULE_JIT:
		return pdiag_modules_jit(all, file->pid, born, false);
	case PDIAG_MODULE_NONE:
		return pdiag_modules_none(all, (enum pdiag_reason)reason);
	case PDIAG_MODULE_MARK:
		return pdiag_modules_mark(all, file->mmap.path);
	default:
		return pdiag_modules_file(all, file, false);
	}
}

static int take_module(struct image *m, struct pdiag_modules *all, struct pdiag_module **out)
{
	struct pdiag_record file = { .type = PDIAG_RECORD_MMAP };
	uint32_t kind = pdiag_take_u32(m->from, PDIAG_MODULE_MARK), reason;
	uint64_t born;

	file.mmap.path = take_own_name(m);
	file.mmap.inode = pdiag_take_u64(m->from);
	file.mmap.generation = pdiag_take_u64(m->from);
	file.mmap.major = pdiag_take_u32(m->from, UINT32_MAX);
	file.mmap.minor = pdiag_take_u32(m->from, UINT32_MAX);
	file.pid = file.tid = pdiag_take_i32(m->from);
	born = pdiag_take_u64(m->from);
	reason = pdiag_take_u32(m->from, PDIAG_REASON_OUT_OF_MEMORY);
	if (m->from->wrong)
		return -EBADMSG;
	*out = module_for(all, kind, &file, born, reason);
	return *out ? 0 : -ENOMEM;
}

static int take_modules(struct image *m)
{
	struct pdiag_modules *all = pdiag_modules_get(m->p->context);
	uint32_t count = pdiag_take_count(m->from, MODULE_LEAST);
	int ret = 0;

	if (!all || !ROOM(m->modules, count))
		return -ENOMEM;
	for (; m->module_count < count && !ret; m->module_count++)
		ret = take_module(m, all, &m->modules[m->module_count]);
	return ret;
}

static void take_symbol(struct image *m, struct pdiag_symbol *s)
{
	*s = (struct pdiag_symbol){ .name = take_own_name(m) };
	s->raw_name = take_name(m);
	if (!s->raw_name)
		s->raw_name = s->name;
	s->module = take_name(m);
	s->file = take_name(m);
	s->address = pdiag_take_u64(m->from);
	s->size = pdiag_take_u64(m->from);
	s->offset = pdiag_take_u64(m->from);
	s->line = pdiag_take_u32(m->from, UINT32_MAX);
	s->kind = pdiag_take_u32(m->from, PDIAG_FRAME_MARK);
	s->reason = pdiag_take_u32(m->from, PDIAG_REASON_OUT_OF_MEMORY);
}

static int take_frame(struct image *m, uint32_t *id)
{
	struct pdiag_symbol chain[PDIAG_IMAGE_CALLERS_MAX + 1];
	uint32_t module = take_index(m, m->module_count), callers;
	uint64_t value = pdiag_take_u64(m->from);

	callers = pdiag_take_u32(m->from, PDIAG_IMAGE_CALLERS_MAX);
	for (uint32_t i = 0; i <= callers; i++) {
		take_symbol(m, &chain[i]);
		if (i)
			chain[i - 1].caller = &chain[i];
	}
	if (m->from->wrong)
		return -EBADMSG;
	*id = pdiag_profile_frame(m->p, m->modules[module], value);
	if (*id == PDIAG_ID_NONE)
		return -ENOMEM;
	return m->p->frames[*id].symbol ? 0 : pdiag_profile_name(m->p, *id, &chain[0]);
}

static int take_frames(struct image *m)
{
	uint32_t count = pdiag_take_count(m->from, FRAME_LEAST);
	int ret = 0;

	if (!ROOM(m->frames, count))
		return -ENOMEM;
	for (; m->frame_count < count && !ret; m->frame_count++)
		ret = take_frame(m, &m->frames[m->frame_count]);
	m->p->resolved = m->p->frame_count;
	return ret;
}

static int take_nodes(struct image *m)
{
	uint32_t count = pdiag_take_count(m->from, NODE_LEAST), back, frame, parent;

	if (!ROOM(m->nodes, count) || !ROOM(m->depths, count))
		return -ENOMEM;
	for (m->node_count = 1; m->node_count <= count; m->node_count++) {
		back = pdiag_take_u32(m->from, m->node_count);
		frame = take_index(m, m->frame_count);
		if (!back || m->from->wrong)
			return -EBADMSG;
		parent = m->node_count - back;
		m->depths[m->node_count] = (uint16_t)(m->depths[parent] + 1);
		if (m->depths[parent] >= PDIAG_IMAGE_DEPTH_MAX)
			return -EBADMSG;
		m->nodes[m->node_count] =
			pdiag_profile_node(m->p, m->nodes[parent], m->frames[frame]);
		if (m->nodes[m->node_count] == PDIAG_ID_NONE)
			return -ENOMEM;
	}
	return 0;
}

static int take_threads(struct image *m)
{
	uint32_t count = pdiag_take_count(m->from, THREAD_LEAST), id;
	const char *comm, *process;
	int32_t pid, tid;

	if (!ROOM(m->threads, count))
		return -ENOMEM;
	for (; m->thread_count < count; m->thread_count++) {
		pid = pdiag_take_i32(m->from);
		tid = pdiag_take_i32(m->from);
		comm = take_own_name(m);
		process = take_own_name(m);
		if (m->from->wrong)
			return -EBADMSG;
		id = m->threads[m->thread_count] =
			pdiag_profile_thread(m->p, pid, tid, comm, process);
		if (id == PDIAG_ID_NONE)
			return -ENOMEM;
	}
	return 0;
}

static int take_entries(struct image *m)
{
	uint32_t count = pdiag_take_count(m->from, ENTRY_LEAST), thread, node, state, flags, id;
	struct pdiag_profile *p = m->p;
	uint64_t samples, weight;

	while (count--) {
		thread = take_index(m, m->thread_count);
		node = take_index(m, m->node_count);
		state = pdiag_take_u32(m->from, PDIAG_STATE_PAGE_FAULT);
		flags = pdiag_take_u32(m->from, UINT16_MAX);
		samples = pdiag_take_u64(m->from);
		weight = pdiag_take_u64(m->from);
		if (m->from->wrong)
			return -EBADMSG;
		id = pdiag_profile_entry(p, m->threads[thread], m->nodes[node],
			(enum pdiag_state)state, flags);
		if (id == PDIAG_ID_NONE)
			return -ENOMEM;
		if (weight > PDIAG_WEIGHT_MAX - p->weight)
			weight = PDIAG_WEIGHT_MAX - p->weight;
		p->entries[id].samples += samples;
		p->entries[id].weight += weight;
		p->weight += weight;
	}
	return 0;
}

static int take_lines(struct image *m)
{
	uint32_t count = pdiag_take_count(m->from, LOSS_LEAST);
	struct pdiag_loss loss;
	int ret = 0;

	while (count-- && !ret) {
		loss = (struct pdiag_loss){
			.reason = pdiag_take_u32(m->from, PDIAG_LOSS_TASKS),
			.cpu = pdiag_take_i32(m->from),
		};
		loss.pid = pdiag_take_i32(m->from);
		loss.second = pdiag_take_u32(m->from, UINT32_MAX);
		loss.events = pdiag_take_u64(m->from);
		ret = m->from->wrong ? -EBADMSG : pdiag_ledger_add(m->p->ledger, &loss);
	}
	return ret;
}

static int take_losses(struct image *m)
{
	struct pdiag_ledger *l = m->p->ledger;
	uint64_t total[PDIAG_COUNT(l->total)] = { 0 }, value;
	uint32_t coarse = pdiag_take_u32(m->from, COARSE_MAX);
	uint32_t count = pdiag_take_count(m->from, 1);
	int ret;

	for (uint32_t i = 0; i < count; i++) {
		value = pdiag_take_u64(m->from);
		if (i < PDIAG_COUNT(total))
			total[i] = value;
	}
	ret = take_lines(m);
	if (ret)
		return ret;
	/* Some may have no line. */
	for (size_t i = 0; i < PDIAG_COUNT(total); i++)
		if (total[i] > l->total[i])
			l->total[i] = total[i];
	l->coarse = coarse;
	return m->from->wrong ? -EBADMSG : 0;
}

static int take_all(struct image *m)
{
	int ret;

	m->p->start_time = pdiag_take_u64(m->from);
	m->p->end_time = pdiag_take_u64(m->from);
	m->p->extra_duration = pdiag_take_u64(m->from);
	m->p->start_realtime = pdiag_take_u64(m->from);
	m->p->period_ns = pdiag_take_u64(m->from);
	m->p->hz = pdiag_take_u32(m->from, UINT32_MAX);
	ret = take_texts(m);
	if (!ret)
		ret = take_modules(m);
	if (!ret)
		ret = take_frames(m);
	if (!ret)
		ret = take_nodes(m);
	if (!ret)
		ret = take_threads(m);
	if (!ret)
		ret = take_entries(m);
	return ret ? ret : take_losses(m);
}

int pdiag_profile_take(struct pdiag_bytes *from, struct pdiag *context, struct pdiag_profile **out)
{
	struct image m = { .from = from };
	int ret = pdiag_profile_new_borrowed(context, &m.p);

	*out = NULL;
	if (ret)
		return ret;
	ret = take_all(&m);
	free(m.texts);
	free(m.modules);
	free(m.frames);
	free(m.nodes);
	free(m.depths);
	free(m.threads);
	if (ret)
		pdiag_profile_destroy(m.p);
	else
		*out = m.p;
	return ret;
}
