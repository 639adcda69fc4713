/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names for the frames of a profile, and the walk over its stacks with them. */
#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "profile/profile.h"
#include "symbol/symbolizer.h"
#include "util/array.h"

/* A frame that has no name yet. */
struct pending {
	const struct pdiag_module *module;
	uint64_t value;
	uint32_t frame;
};

/* By module, so that each file is needed once; by value, so that a function is named once. */
static int by_place(const void *a, const void *b)
{
	const struct pending *x = a, *y = b;

	if (x->module->id != y->module->id)
		return x->module->id < y->module->id ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

static size_t collect(const struct pdiag_profile *p, struct pending *list)
{
	size_t count = 0;

	for (size_t i = p->resolved; i < p->frame_count; i++)
		if (!p->frames[i].symbol)
			list[count++] = (struct pending){
				.module = p->frames[i].module,
				.value = p->frames[i].value,
				.frame = (uint32_t)i,
			};
	return count;
}

static int resolve(struct pdiag_profile *p, struct pdiag_symbolizer *s)
{
	pdiag_auto_free struct pending *list = NULL;
	const struct pdiag_symbol *symbol;
	size_t count;
	int ret;

	list = malloc((p->frame_count - p->resolved) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	count = collect(p, list);
	qsort(list, count, sizeof(*list), by_place);
	for (size_t i = 0; i < count; i++) {
		ret = pdiag_symbolizer_lookup(s, list[i].module, list[i].value, &symbol);
		if (!ret)
			ret = pdiag_profile_name(p, list[i].frame, symbol);
		if (ret)
			return ret;
	}
	p->resolved = p->frame_count;
	return 0;
}

int pdiag_profile_resolve(struct pdiag_profile *profile, struct pdiag_symbolizer *symbolizer)
{
	int ret = 0;

	pdiag_error_clear();
	if (profile->resolved >= profile->frame_count)
		return 0;
	if (!symbolizer)
		ret = pdiag_symbolizer_default(profile->context, &symbolizer);
	if (!ret)
		ret = resolve(profile, symbolizer);
	return ret ? pdiag_fail_memory("looking up symbols") : 0;
}

/* The frames of one stack. */
struct frames {
	const struct pdiag_symbol **symbols;
	uint64_t *addresses;
	size_t symbol_cap, address_cap;
	uint32_t depth;
};

static int gather(const struct pdiag_profile *p, uint32_t node, struct frames *f)
{
	const struct pdiag_frame *frame;

	for (f->depth = 0; node; node = p->nodes[node].parent) {
		frame = &p->frames[p->nodes[node].frame];
		if (pdiag_array_reserve(&f->symbols, &f->symbol_cap, (size_t)f->depth + 1,
			    sizeof(*f->symbols)) ||
			pdiag_array_reserve(&f->addresses, &f->address_cap, (size_t)f->depth + 1,
				sizeof(*f->addresses)))
			return -ENOMEM;
		f->symbols[f->depth] = frame->symbol;
		f->addresses[f->depth++] = frame->value;
	}
	return 0;
}

static void fill(const struct pdiag_profile *p, const struct pdiag_entry *e,
	const struct frames *f, struct pdiag_stack *stack)
{
	const struct pdiag_profile_thread *t = &p->threads[e->thread];

	*stack = (struct pdiag_stack){
		.frames = f->symbols,
		.addresses = f->addresses,
		.comm = t->comm,
		.process = t->process,
		.depth = f->depth,
		.state = e->state,
		.pid = t->pid,
		.tid = t->tid,
		.flags = e->flags,
		.samples = e->samples,
		.weight_ns = e->weight,
	};
	if (e->state == PDIAG_STATE_BLOCKED)
		stack->state = pdiag_wait_cause(f->symbols, f->depth);
}

int pdiag_profile_each_stack(struct pdiag_profile *profile, pdiag_stack_fn fn, void *user)
{
	struct frames f = { 0 };
	struct pdiag_stack stack;
	int ret;

	ret = pdiag_profile_resolve(profile, NULL);
	if (ret)
		return ret;
	if (pdiag_profile_settle(profile, UINT64_MAX))
		return pdiag_fail_memory("walking stacks");
	for (size_t i = 0; !ret && i < profile->entry_count; i++) {
		if (gather(profile, profile->entries[i].node, &f)) {
			ret = pdiag_fail_memory("walking stacks");
			break;
		}
		fill(profile, &profile->entries[i], &f, &stack);
		ret = fn(user, &stack);
	}
	free(f.symbols);
	free(f.addresses);
	return ret;
}
