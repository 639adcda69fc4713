/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hot path: a sample to its stack, its thread and its entry in the profile. */
#include <errno.h>
#include <string.h>

#include "capture/pipeline.h"

/*
 * Addresses that nothing is mapped at come from code without frame pointers and are different in
 * each process: beyond this many frames they are kept as one, so that a profile stays small.
 */
#define LOOSE_FRAMES 65536

int pdiag_pipeline_translate(struct pdiag_pipeline *p, struct pdiag_process *process,
	const struct pdiag_unwound_frame *frame, uint32_t *node)
{
	struct pdiag_module *module;
	uint64_t value;
	uint32_t id;

	module = pdiag_process_locate(p->processes, process, frame->address, frame->kernel,
		&value);
	if (!module)
		return -ENOMEM;
	if (module->kind == PDIAG_MODULE_NONE && p->profile->frame_count > LOOSE_FRAMES)
		value = 0;
	id = pdiag_profile_frame(p->profile, module, value);
	if (id == PDIAG_ID_NONE)
		return -ENOMEM;
	*node = pdiag_profile_node(p->profile, *node, id);
	return *node == PDIAG_ID_NONE ? -ENOMEM : 0;
}

/* Make the frames and nodes of an unwound stack, from the root on. */
static int translate(struct pdiag_pipeline *p, struct pdiag_process *process,
	struct pdiag_stack_place *place)
{
	const struct pdiag_unwound *u = &p->unwound;
	int ret = 0;

	place->node = 0;
	place->flags = u->flags;
	for (uint32_t i = u->nr; i-- > 0 && !ret;)
		ret = pdiag_pipeline_translate(p, process, &u->frames[i], &place->node);
	return ret;
}

/* process NULL: of an image that is gone; no process has the serial 0. */
static int locate_stack(struct pdiag_pipeline *p, struct pdiag_process *process, uint32_t stack,
	struct pdiag_stack_place *out)
{
	struct pdiag_stack_key key = { .process = process ? process->serial : 0,
		.changes = process ? process->maps_changes : 0, .stack = stack };
	const struct pdiag_stack_place *known = pdiag_stack_map_find(&p->stack_map, &key);
	const uint64_t *ips;
	uint32_t nr = 0;
	int ret;

	if (known) {
		*out = *known;
		return 0;
	}
	ips = pdiag_stack_table_get(&p->stacks, stack, &nr);
	if (!ips && nr)
		return -EBADMSG;
	pdiag_unwind_callchain(ips, nr, p->max_depth, &p->unwound);
	out->key = key;
	ret = translate(p, process, out);
	if (!ret)
		pdiag_stack_map_add(&p->stack_map, out);
	return ret;
}

/* Its id in the profile, which hashes names; here their places tell whether they are the same. */
static uint32_t thread_id(struct pdiag_pipeline *p, const struct pdiag_record *r,
	const struct pdiag_thread *thread)
{
	struct pdiag_known_thread *known = &p->known[thread->serial % PDIAG_KNOWN_THREADS];
	uint32_t who;

	if (known->serial == thread->serial && known->pid == r->pid &&
		known->comm == thread->comm && known->process == thread->process->comm)
		return known->who;
	who = pdiag_profile_thread(p->profile, r->pid, r->tid, thread->comm,
		thread->process->comm);
	if (who != PDIAG_ID_NONE)
		*known = (struct pdiag_known_thread){ .serial = thread->serial, .who = who,
			.pid = r->pid, .comm = thread->comm, .process = thread->process->comm };
	return who;
}

static int count(struct pdiag_pipeline *p, const struct pdiag_record *r, uint32_t who,
	const struct pdiag_stack_place *place)
{
	uint32_t entry;

	if (who == PDIAG_ID_NONE)
		return -ENOMEM;
	entry = pdiag_profile_entry(p->profile, who, place->node, r->sample.state,
		place->flags | r->sample.flags);
	if (entry == PDIAG_ID_NONE)
		return -ENOMEM;
	return pdiag_profile_count(p->profile, entry, r->sample.weight, r->cpu, r->time);
}

int pdiag_pipeline_sample(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_stack_place place;
	struct pdiag_thread *thread;
	struct pdiag_record out = *r;
	uint32_t who = PDIAG_ID_NONE;
	int ret;

	thread = pdiag_processes_thread(p->processes, r->pid, r->tid, r->time);
	if (!thread)
		return -ENOMEM;
	/* What was counted and comes late may be of before an exec: its addresses are not those
	 * of now. */
	ret = locate_stack(p, pdiag_process_was_other(thread->process, r->time) ? NULL :
		thread->process, r->sample.stack, &place);
	/* The waker may be a thread that is new, and then this one's place is another. */
	if (!ret)
		who = thread_id(p, r, thread);
	if (!ret && r->flags & PDIAG_RECORD_WAKER)
		ret = pdiag_pipeline_waker(p, r, &place);
	if (!ret)
		ret = count(p, r, who, &place);
	/* After what it refers to: the thread's records and its stack. A replay does not know what
	 * depth was asked for, so the recording says where the stack was cut. */
	if (!ret)
		out.sample.flags |= place.flags;
	out.sample.ips = NULL;
	out.sample.nr = 0;
	if (p->recording)
		pdiag_recording_put(p->recording, &out);
	/* A recording says itself when its numbers start over. */
	if (!ret && p->live && pdiag_stack_table_full(&p->stacks))
		ret = pdiag_pipeline_forget(p, r);
	return ret;
}
