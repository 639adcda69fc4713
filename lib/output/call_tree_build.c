/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the stacks of a profile to the call tree. The profile is a tree of addresses, this one of
 * names: below each thread's name, a node of the profile is looked up by name once, and known by
 * its number from then on, however many stacks go through it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "output/call_name.h"
#include "output/call_tree.h"
#include "profile/stack.h"
#include "symbol/symbolizer.h"
#include "util/array.h"

/* What a node of the profile became, below the call tree's node `base`. */
struct step {
	uint32_t base; /* 0: nothing yet */
	uint32_t node;
};

struct builder {
	struct pdiag_call_namer namer;
	struct pdiag_call_tree *tree;
	const struct pdiag_profile *profile;
	const struct pdiag_output *output;
	unsigned int side;
	struct pdiag_text scratch;
	uint32_t *labels;   /* by frame */
	uint32_t *bases;    /* by thread, whole and truncated: the node that its stacks stand on */
	struct step *steps; /* by node of the profile */
	uint32_t *path;	    /* nodes of the profile still to be looked up, leaf first */
	size_t path_cap;
	struct pdiag_stack_symbols stack; /* that is being added */
};

static uint32_t frame_label(struct builder *b, uint32_t frame)
{
	const struct pdiag_frame *f = &b->profile->frames[frame];

	if (b->labels[frame] == PDIAG_CALL_NONE)
		b->labels[frame] = pdiag_call_name_frame(&b->namer, f->symbol, f->value);
	return b->labels[frame];
}

static uint32_t make_base(struct builder *b, const struct pdiag_profile_thread *t, bool truncated)
{
	uint32_t node;

	b->scratch.len = 0;
	pdiag_text_str(&b->scratch, t->comm);
	if (b->namer.flags & PDIAG_OUTPUT_TID)
		pdiag_text_printf(&b->scratch, "-%d/%d", t->pid, t->tid);
	else if (b->namer.flags & PDIAG_OUTPUT_PID)
		pdiag_text_printf(&b->scratch, "-%d", t->pid);
	node = pdiag_call_tree_child(b->tree, 0,
		pdiag_call_name(&b->namer, &b->scratch, PDIAG_CALL_THREAD));
	if (!truncated)
		return node;
	b->scratch.len = 0;
	pdiag_text_str(&b->scratch, "[truncated]");
	return pdiag_call_tree_child(b->tree, node,
		pdiag_call_name(&b->namer, &b->scratch, PDIAG_FRAME_MARK));
}

/* The node of the thread's name, or of the mark where the outer frames are missing. */
static uint32_t entry_base(struct builder *b, const struct pdiag_entry *e)
{
	bool truncated = e->flags & (PDIAG_STACK_TRUNCATED | PDIAG_STACK_FAULTED);
	uint32_t *base = &b->bases[(size_t)e->thread * 2 + truncated];

	if (*base == PDIAG_CALL_NONE)
		*base = make_base(b, &b->profile->threads[e->thread], truncated);
	return *base;
}

/* The call tree's node for a node of the profile. */
static uint32_t frame_nodes(struct builder *b, uint32_t at, uint32_t base)
{
	const struct pdiag_node *nodes = b->profile->nodes;
	uint32_t node;
	size_t left = 0;

	for (; at && b->steps[at].base != base; at = nodes[at].parent) {
		if (pdiag_array_reserve(&b->path, &b->path_cap, left + 1, sizeof(*b->path)))
			return PDIAG_CALL_NONE;
		b->path[left++] = at;
	}
	node = at ? b->steps[at].node : base;
	while (left && node != PDIAG_CALL_NONE) {
		at = b->path[--left];
		node = pdiag_call_tree_child(b->tree, node, frame_label(b, nodes[at].frame));
		b->steps[at] = (struct step){ base, node };
	}
	return node;
}

/* What a thread waited for, as pdiag_profile_each_stack() tells it. */
static int wait_cause(struct builder *b, const struct pdiag_entry *e, enum pdiag_state *state)
{
	*state = e->state;
	if (e->state != PDIAG_STATE_BLOCKED)
		return 0;
	if (pdiag_stack_take(b->profile, e->node, &b->stack))
		return -ENOMEM;
	*state = pdiag_wait_cause(b->stack.list, b->stack.depth);
	return 0;
}

static uint32_t wait_node(struct builder *b, const struct pdiag_entry *e, uint32_t node)
{
	enum pdiag_state state;

	b->scratch.len = 0;
	if (wait_cause(b, e, &state))
		return PDIAG_CALL_NONE;
	pdiag_text_printf(&b->scratch, "[off-cpu: %s]", pdiag_state_text(state));
	return pdiag_call_tree_child(b->tree, node,
		pdiag_call_name(&b->namer, &b->scratch, PDIAG_FRAME_MARK));
}

/* The frames of who woke it, above what it waited for. */
static uint32_t waker_nodes(struct builder *b, const struct pdiag_entry *e, uint32_t own,
	uint32_t node)
{
	const struct pdiag_node *nodes = b->profile->nodes;
	size_t left = 0;

	for (uint32_t at = e->node; at != own; at = nodes[at].parent) {
		if (pdiag_array_reserve(&b->path, &b->path_cap, left + 1, sizeof(*b->path)))
			return PDIAG_CALL_NONE;
		b->path[left++] = at;
	}
	while (left && node != PDIAG_CALL_NONE)
		node = pdiag_call_tree_child(
			b->tree, node, frame_label(b, nodes[b->path[--left]].frame));
	return node;
}

static int add_entry(struct builder *b, const struct pdiag_entry *e, uint32_t base)
{
	uint32_t own = pdiag_stack_own(b->profile, e), node = frame_nodes(b, own, base);

	if (e->state != PDIAG_STATE_RUNNING && !(b->namer.flags & PDIAG_OUTPUT_NO_STATE) &&
		node != PDIAG_CALL_NONE)
		node = wait_node(b, e, node);
	if (own != e->node && node != PDIAG_CALL_NONE)
		node = waker_nodes(b, e, own, node);
	if (node == PDIAG_CALL_NONE)
		return -ENOMEM;
	b->tree->nodes[node].self[b->side] += e->weight;
	return 0;
}

/* 1, 0, -ENOMEM. What stands for no time is drawn nowhere. */
static int shows(struct builder *b, const struct pdiag_entry *e)
{
	enum pdiag_state state = e->state;

	if (!e->weight)
		return 0;
	if (pdiag_output_needs_cause(b->output) && wait_cause(b, e, &state))
		return -ENOMEM;
	return pdiag_output_shows(b->output, state, b->profile->threads[e->thread].pid);
}

/* Make the bases, and mark in `hidden` what is not shown. */
static int make_bases(struct builder *b, bool *hidden)
{
	const struct pdiag_entry *e;
	int show;

	for (size_t i = 0; i < b->profile->entry_count; i++) {
		e = &b->profile->entries[i];
		show = shows(b, e);
		if (show < 0 || (show && entry_base(b, e) == PDIAG_CALL_NONE))
			return -ENOMEM;
		hidden[i] = !show;
	}
	return 0;
}

/* Entries base by base, in their order, so that the steps of one base serve all of them. */
static int add_entries(struct builder *b)
{
	const struct pdiag_entry *entries = b->profile->entries;
	size_t count = b->profile->entry_count;
	pdiag_auto_free uint32_t *chain = malloc((count + 1) * sizeof(*chain));
	pdiag_auto_free bool *hidden = malloc((count + 1) * sizeof(*hidden));
	pdiag_auto_free uint32_t *first = NULL;
	uint32_t base, bases;

	if (!chain || !hidden || make_bases(b, hidden))
		return -ENOMEM;
	bases = (uint32_t)b->tree->node_count;
	first = calloc(bases, sizeof(*first));
	if (!first)
		return -ENOMEM;
	for (size_t i = count; i-- > 0;) {
		if (hidden[i])
			continue;
		base = entry_base(b, &entries[i]);
		chain[i] = first[base];
		first[base] = (uint32_t)i + 1;
	}
	for (base = 1; base < bases; base++)
		for (uint32_t i = first[base]; i; i = chain[i - 1])
			if (add_entry(b, &entries[i - 1], base))
				return -ENOMEM;
	return 0;
}

static uint32_t *none_yet(size_t count)
{
	uint32_t *ids = malloc((count + 1) * sizeof(*ids));

	if (ids)
		memset(ids, 0xff, (count + 1) * sizeof(*ids));
	return ids;
}

int pdiag_call_tree_add_profile(struct pdiag_call_tree *t, struct pdiag_profile *profile,
	const struct pdiag_output *output, enum pdiag_call_style style, unsigned int side)
{
	struct builder b = { .tree = t, .profile = profile, .output = output, .side = side,
		.namer = { .tree = t, .style = style, .flags = output->options.flags } };
	int ret;

	ret = pdiag_profile_settle(profile, UINT64_MAX);
	if (!ret)
		ret = pdiag_profile_resolve(profile, output->options.symbolizer);
	if (ret)
		return ret;
	b.labels = none_yet(profile->frame_count);
	b.bases = none_yet(profile->thread_count * 2);
	b.steps = calloc(profile->node_count, sizeof(*b.steps));
	ret = b.labels && b.bases && b.steps ? add_entries(&b) : -ENOMEM;
	pdiag_text_free(&b.scratch);
	pdiag_call_namer_free(&b.namer);
	free(b.labels);
	free(b.bases);
	free(b.steps);
	free(b.path);
	pdiag_stack_symbols_free(&b.stack);
	return ret ? pdiag_fail_memory("building a call tree") : 0;
}
