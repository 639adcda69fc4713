/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks of a profile, told apart by names, and copies of the heaviest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/sanitize.h"
#include "portrait/proofs.h"
#include "util/array.h"
#include "util/hash.h"
#include "util/strings.h"

/* ---- numbers ---- */

struct numbering {
	const struct pdiag_profile *profile;
	struct pdiag_strings strings;
	struct pdiag_table index;
	const char **names; /* by frame: interned */
	uint32_t *numbers;
};

static uint64_t hash_of(const struct numbering *n, uint32_t node)
{
	const struct pdiag_node *at = &n->profile->nodes[node];

	return pdiag_hash_u64(n->numbers[at->parent], (uintptr_t)n->names[at->frame]);
}

static bool same(const struct numbering *n, uint32_t a, uint32_t b)
{
	const struct pdiag_node *x = &n->profile->nodes[a], *y = &n->profile->nodes[b];

	return n->numbers[x->parent] == n->numbers[y->parent] &&
		n->names[x->frame] == n->names[y->frame];
}

/* A parent comes before its children, so its number is known. */
static int number(struct numbering *n, uint32_t node)
{
	uint64_t h = hash_of(n, node);
	uint32_t at, i;

	for (i = pdiag_table_first(&n->index, h, &at); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&n->index, h, &at))
		if (same(n, i, node)) {
			n->numbers[node] = i;
			return 0;
		}
	n->numbers[node] = node;
	return pdiag_table_insert(&n->index, h, node);
}

static int name_frames(struct numbering *n)
{
	const struct pdiag_profile *p = n->profile;

	n->names = calloc(p->frame_count + 1, sizeof(*n->names));
	if (!n->names)
		return -ENOMEM;
	for (size_t i = 0; i < p->frame_count; i++) {
		n->names[i] = pdiag_strings_add(&n->strings, p->frames[i].symbol->name);
		if (!n->names[i])
			return -ENOMEM;
	}
	return 0;
}

int pdiag_stacks_number(const struct pdiag_profile *profile, uint32_t *numbers)
{
	struct numbering n = { .profile = profile, .numbers = numbers };
	int ret = name_frames(&n);

	numbers[0] = 0;
	for (uint32_t i = 1; !ret && i < profile->node_count; i++)
		ret = number(&n, i);
	pdiag_strings_free(&n.strings);
	pdiag_table_free(&n.index);
	free(n.names);
	return ret;
}

/* ---- copies ---- */

struct keeping {
	struct pdiag_proofs *proofs;
	const struct pdiag_profile *profile;
	const struct pdiag_symbol **kept; /* by frame; NULL: not yet */
};

static const char *copy_text(struct pdiag_arena *arena, const char *text)
{
	size_t len = strlen(text);

	/* Not in the middle of a character. */
	if (len > PDIAG_PROOFS_NAME)
		len = pdiag_sanitize_cut(text, len, PDIAG_PROOFS_NAME);
	return pdiag_arena_copy(arena, text, len);
}

static const struct pdiag_symbol *keep_symbol(struct keeping *k, uint32_t frame)
{
	const struct pdiag_symbol *from = k->profile->frames[frame].symbol;
	struct pdiag_arena *arena = &k->proofs->arena;
	struct pdiag_symbol *to;

	if (k->kept[frame])
		return k->kept[frame];
	to = pdiag_arena_alloc(arena, sizeof(*to));
	if (!to)
		return NULL;
	*to = *from;
	to->name = copy_text(arena, from->name);
	to->module = copy_text(arena, from->module);
	to->raw_name = from->raw_name == from->name ? to->name : copy_text(arena, from->raw_name);
	to->file = NULL;
	to->caller = NULL;
	to->line = 0;
	if (!to->name || !to->module || !to->raw_name)
		return NULL;
	k->kept[frame] = to;
	return to;
}

static int keep_stack(struct keeping *k, struct pdiag_proof *proof)
{
	struct pdiag_proofs *e = k->proofs;
	const struct pdiag_node *nodes = k->profile->nodes;

	proof->first = (uint32_t)e->frame_count;
	proof->depth = 0;
	for (uint32_t at = proof->node; at && proof->depth < PDIAG_PROOFS_DEPTH;
		at = nodes[at].parent) {
		if (pdiag_array_reserve(&e->frames, &e->frame_cap, e->frame_count + 1,
			    sizeof(*e->frames)))
			return -ENOMEM;
		e->frames[e->frame_count] = keep_symbol(k, nodes[at].frame);
		if (!e->frames[e->frame_count])
			return -ENOMEM;
		e->frame_count++;
		proof->depth++;
	}
	return 0;
}

static int by_weight(const void *a, const void *b)
{
	const struct pdiag_proof *x = *(struct pdiag_proof *const *)a;
	const struct pdiag_proof *y = *(struct pdiag_proof *const *)b;

	if (x->weight < y->weight || x->weight > y->weight)
		return x->weight < y->weight ? 1 : -1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

int pdiag_stacks_keep(struct pdiag_proofs *e, const struct pdiag_profile *profile)
{
	struct keeping k = { .proofs = e, .profile = profile };
	pdiag_auto_free struct pdiag_proof **order = NULL;
	int ret = 0;

	order = calloc(e->count + 1, sizeof(struct pdiag_proof *));
	k.kept = calloc(profile->frame_count + 1, sizeof(*k.kept));
	if (!order || !k.kept) {
		free(k.kept);
		return -ENOMEM;
	}
	for (size_t i = 0; i < e->count; i++)
		order[i] = &e->list[i];
	qsort(order, e->count, sizeof(*order), by_weight);
	for (size_t i = 0; i < e->count && !ret &&
		e->arena.bytes + e->frame_cap * sizeof(*e->frames) < PDIAG_PROOFS_BYTES; i++)
		ret = keep_stack(&k, order[i]);
	free(k.kept);
	return ret;
}
