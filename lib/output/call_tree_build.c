/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the stacks of a profile to the call tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "output/call_tree.h"
#include "output/sanitize.h"
#include "util/array.h"
#include "util/hash.h"

/* Labels already found for a symbol, so that its name is looked at once. */
struct known_symbol {
	const struct pdiag_symbol *symbol;
	uint64_t address; /* 0 unless the label depends on it */
	uint32_t label;
};

/* The nodes of the last stack, outermost first: the next one mostly begins alike. */
struct path_step {
	const struct pdiag_symbol *symbol;
	uint64_t address;
	uint32_t node;
};

struct builder {
	struct pdiag_call_tree *tree;
	uint32_t flags;
	enum pdiag_call_style style;
	unsigned int side;
	struct pdiag_text scratch, clean;
	struct known_symbol *known;
	size_t known_count, known_cap;
	struct pdiag_table known_index;
	struct path_step *path;
	size_t path_len, path_cap;
	uint32_t path_base; /* the node that the path stands on */
};

/* A label for raw text; FOLDED puts `mark` behind and does not tell kinds apart. */
static uint32_t raw_label(struct builder *b, const char *text, size_t len, uint32_t kind,
	const char *mark)
{
	b->clean.len = 0;
	if (b->style == PDIAG_CALL_FOLDED) {
		pdiag_sanitize_frame(&b->clean, text, len);
		pdiag_text_str(&b->clean, mark);
		kind = 0;
	} else {
		pdiag_sanitize_name(&b->clean, text, len);
	}
	if (b->clean.error)
		return PDIAG_CALL_NONE;
	return pdiag_call_tree_label(b->tree, b->clean.data, b->clean.len, kind);
}

static const char *mark_of(const struct builder *b, uint32_t kind)
{
	if (!(b->flags & PDIAG_OUTPUT_KERNEL_MARK))
		return "";
	switch (kind) {
	case PDIAG_FRAME_KERNEL:
		return "_[k]";
	case PDIAG_FRAME_JIT:
		return "_[j]";
	case PDIAG_FRAME_INLINED:
		return "_[i]";
	default:
		return "";
	}
}

static uint32_t kind_of(const struct pdiag_symbol *s)
{
	return s->kind <= PDIAG_FRAME_MARK ? s->kind : PDIAG_FRAME_UNRESOLVED;
}

/* "libfoo.so+0x1234" for a frame without a name. */
static void place(struct builder *b, const struct pdiag_symbol *s, uint64_t address)
{
	const char *module = s->module && *s->module ? s->module : "[unknown]";
	const char *slash = strrchr(module, '/');

	b->scratch.len = 0;
	pdiag_text_str(&b->scratch, slash && slash[1] ? slash + 1 : module);
	pdiag_text_printf(&b->scratch, "+0x%llx", (unsigned long long)address);
}

static uint32_t make_label(struct builder *b, const struct pdiag_symbol *s, uint64_t address,
	bool by_place)
{
	const char *module = s->module && *s->module ? s->module : NULL;
	uint32_t kind = kind_of(s), id;
	struct pdiag_call_label *l;

	if (by_place) {
		place(b, s, address);
		if (b->scratch.error)
			return PDIAG_CALL_NONE;
		id = raw_label(b, b->scratch.data, b->scratch.len, kind, mark_of(b, kind));
	} else {
		id = raw_label(b, s->name, strlen(s->name), kind, mark_of(b, kind));
	}
	if (id == PDIAG_CALL_NONE || b->style == PDIAG_CALL_FOLDED)
		return id;
	l = &b->tree->labels[id];
	if (l->module && module && strcmp(l->module, module))
		l->modules = true;
	if (!l->module && module) {
		l->module = pdiag_arena_copy(&b->tree->arena, module, strlen(module));
		if (!l->module)
			return PDIAG_CALL_NONE;
	}
	if (!l->reason)
		l->reason = (uint16_t)s->reason;
	return id;
}

static uint32_t symbol_label(struct builder *b, const struct pdiag_symbol *s, uint64_t address)
{
	bool by_place = b->flags & PDIAG_OUTPUT_MODULE && s->kind == PDIAG_FRAME_UNRESOLVED;
	uint64_t key = by_place ? address : 0;
	uint64_t hash = pdiag_hash_u64((uintptr_t)s, key);
	uint32_t pos, i;

	for (i = pdiag_table_first(&b->known_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&b->known_index, hash, &pos))
		if (b->known[i].symbol == s && b->known[i].address == key)
			return b->known[i].label;
	i = make_label(b, s, address, by_place);
	if (i == PDIAG_CALL_NONE || b->known_count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&b->known, &b->known_cap, b->known_count + 1,
			sizeof(*b->known)) ||
		pdiag_table_insert(&b->known_index, hash, (uint32_t)b->known_count))
		return PDIAG_CALL_NONE;
	b->known[b->known_count++] = (struct known_symbol){ s, key, i };
	return i;
}

/* The node of the thread's name, and of the mark where the outer frames are missing. */
static uint32_t thread_node(struct builder *b, const struct pdiag_stack *s)
{
	static const char truncated[] = "[truncated]";
	uint32_t node, label;

	b->scratch.len = 0;
	pdiag_text_str(&b->scratch, s->comm);
	if (b->flags & PDIAG_OUTPUT_TID)
		pdiag_text_printf(&b->scratch, "-%d/%d", s->pid, s->tid);
	else if (b->flags & PDIAG_OUTPUT_PID)
		pdiag_text_printf(&b->scratch, "-%d", s->pid);
	if (b->scratch.error)
		return PDIAG_CALL_NONE;
	label = raw_label(b, b->scratch.data, b->scratch.len, PDIAG_CALL_THREAD, "");
	node = pdiag_call_tree_child(b->tree, 0, label);
	if (s->flags & PDIAG_STACK_TRUNCATED) {
		label = raw_label(b, truncated, sizeof(truncated) - 1, PDIAG_FRAME_MARK, "");
		node = pdiag_call_tree_child(b->tree, node, label);
	}
	return node;
}

/* How many of the outer frames are those of the last stack. */
static size_t shared_steps(const struct builder *b, const struct pdiag_stack *s, uint32_t base)
{
	size_t n = 0, i;

	if (base != b->path_base)
		return 0;
	for (; n < b->path_len && n < s->depth; n++) {
		i = s->depth - 1 - n;
		if (b->path[n].symbol != s->frames[i] || b->path[n].address != s->addresses[i])
			break;
	}
	return n;
}

static uint32_t frame_nodes(struct builder *b, const struct pdiag_stack *s, uint32_t base)
{
	size_t n = shared_steps(b, s, base), i;
	uint32_t node = n ? b->path[n - 1].node : base;

	b->path_base = base;
	b->path_len = n;
	if (pdiag_array_reserve(&b->path, &b->path_cap, s->depth, sizeof(*b->path)))
		return PDIAG_CALL_NONE;
	for (; n < s->depth; n++) {
		i = s->depth - 1 - n;
		node = pdiag_call_tree_child(b->tree, node,
			symbol_label(b, s->frames[i], s->addresses[i]));
		if (node == PDIAG_CALL_NONE)
			break;
		b->path[n] = (struct path_step){ s->frames[i], s->addresses[i], node };
		b->path_len = n + 1;
	}
	return node;
}

static uint32_t wait_node(struct builder *b, const struct pdiag_stack *s, uint32_t node)
{
	b->scratch.len = 0;
	pdiag_text_printf(&b->scratch, "[off-cpu: %s]", pdiag_state_text(s->state));
	if (b->scratch.error)
		return PDIAG_CALL_NONE;
	return pdiag_call_tree_child(b->tree, node,
		raw_label(b, b->scratch.data, b->scratch.len, PDIAG_FRAME_MARK, ""));
}

static int add_stack(void *user, const struct pdiag_stack *s)
{
	struct builder *b = user;
	uint32_t node;

	/* What stands for no time is drawn nowhere. */
	if (!s->weight_ns)
		return 0;
	node = thread_node(b, s);
	if (node != PDIAG_CALL_NONE)
		node = frame_nodes(b, s, node);
	if (s->state != PDIAG_STATE_RUNNING && !(b->flags & PDIAG_OUTPUT_NO_STATE))
		node = wait_node(b, s, node);
	if (node == PDIAG_CALL_NONE)
		return pdiag_fail_memory("building a call tree");
	b->tree->nodes[node].self[b->side] += s->weight_ns;
	return 0;
}

int pdiag_call_tree_add_profile(struct pdiag_call_tree *t, struct pdiag_profile *profile,
	const struct pdiag_output *output, enum pdiag_call_style style, unsigned int side)
{
	struct builder b = { .tree = t, .flags = output->options.flags, .style = style, .side = side,
		.path_base = PDIAG_CALL_NONE };
	int ret;

	ret = pdiag_profile_each_stack(profile, add_stack, &b);
	pdiag_text_free(&b.scratch);
	pdiag_text_free(&b.clean);
	pdiag_table_free(&b.known_index);
	free(b.known);
	free(b.path);
	return ret;
}
