/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who ended a wait. Its stack stands upside down on that of the thread that waited, with a mark in
 * between, so that the two places where the threads met are neighbours: from the root on, where it
 * waited, "--", where it was woken, who called that, and at last the waker's name.
 */
#include <errno.h>

#include "capture/pipeline.h"

void pdiag_pipeline_waker_number(
	const struct pdiag_pipeline *p, const struct pdiag_record *r, struct pdiag_record *ours)
{
	struct pdiag_record waker = *r;
	uint32_t flags;

	if (!(r->flags & PDIAG_RECORD_WAKER))
		return;
	waker.sample.stack = r->sample.waker_stack;
	ours->sample.waker_stack = pdiag_pipeline_numbered(p, &waker, &flags);
	if (ours->sample.waker_stack == PDIAG_STACK_NONE)
		ours->flags &= (uint16_t)~PDIAG_RECORD_WAKER;
}

static int add_mark(struct pdiag_pipeline *p, const char *text, uint32_t *node)
{
	struct pdiag_modules *modules = pdiag_modules_get(p->context);
	struct pdiag_module *mark = modules ? pdiag_modules_mark(modules, text) : NULL;
	uint32_t frame = mark ? pdiag_profile_frame(p->profile, mark, 0) : PDIAG_ID_NONE;

	if (frame == PDIAG_ID_NONE)
		return -ENOMEM;
	*node = pdiag_profile_node(p->profile, *node, frame);
	return *node == PDIAG_ID_NONE ? -ENOMEM : 0;
}

static int add_frames(struct pdiag_pipeline *p, struct pdiag_process *process,
	const struct pdiag_stack_key *key, uint32_t *node)
{
	uint32_t nr = 0;
	const uint64_t *ips = pdiag_stack_table_get(&p->stacks, key->stack, &nr);
	int ret;

	if (!ips && nr)
		return -EBADMSG;
	pdiag_unwind_callchain(ips, nr, p->max_depth, &p->unwound);
	ret = add_mark(p, PDIAG_WAKER_MARK, node);
	for (uint32_t i = 0; i < p->unwound.nr && !ret; i++)
		ret = pdiag_pipeline_translate(p, process, &p->unwound.frames[i], node);
	return ret ? ret : add_mark(p, key->comm, node);
}

int pdiag_pipeline_waker(struct pdiag_pipeline *p, const struct pdiag_record *r,
	struct pdiag_stack_place *place)
{
	const struct pdiag_stack_place *known;
	struct pdiag_stack_place waker = { .key = { .stack = r->sample.waker_stack,
		.below = place->node } };
	struct pdiag_process *process;
	struct pdiag_thread *thread;
	int ret = 0;

	thread = pdiag_processes_thread(
		p->processes, r->sample.waker_pid, r->sample.waker_tid, r->time);
	if (!thread)
		return -ENOMEM;
	process = pdiag_process_was_other(thread->process, r->time) ? NULL : thread->process;
	if (process) {
		waker.key.process = process->serial;
		waker.key.changes = process->maps_changes;
	}
	waker.key.comm = thread->comm;
	known = pdiag_stack_map_find(&p->stack_map, &waker.key);
	waker.node = known ? known->node : place->node;
	if (!known)
		ret = add_frames(p, process, &waker.key, &waker.node);
	if (!known && !ret)
		pdiag_stack_map_add(&p->stack_map, &waker);
	place->node = waker.node;
	place->flags |= PDIAG_STACK_WAKER;
	return ret;
}
