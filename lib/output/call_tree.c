/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/call_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "util/array.h"
#include "util/hash.h"

int pdiag_call_tree_init(struct pdiag_call_tree *t)
{
	uint32_t label;

	*t = (struct pdiag_call_tree){ 0 };
	label = pdiag_call_tree_label(t, "all", 3, PDIAG_CALL_ALL);
	if (label == PDIAG_CALL_NONE ||
		pdiag_array_reserve(&t->nodes, &t->node_cap, 64, sizeof(*t->nodes)))
		return pdiag_fail_memory("building a call tree");
	t->nodes[0] = (struct pdiag_call_node){ .label = label };
	t->node_count = 1;
	return 0;
}

void pdiag_call_tree_free(struct pdiag_call_tree *t)
{
	pdiag_arena_free(&t->arena);
	pdiag_table_free(&t->label_index);
	pdiag_table_free(&t->node_index);
	free(t->labels);
	free(t->nodes);
	*t = (struct pdiag_call_tree){ 0 };
}

uint32_t pdiag_call_tree_label(struct pdiag_call_tree *t, const char *text, size_t len,
	uint32_t kind)
{
	uint64_t hash = pdiag_hash_bytes(kind, text, len);
	struct pdiag_call_label *l;
	uint32_t pos, i;
	char *copy;

	for (i = pdiag_table_first(&t->label_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&t->label_index, hash, &pos)) {
		l = &t->labels[i];
		if (l->kind == kind && l->len == len && !memcmp(l->text, text, len))
			return i;
	}
	if (len >= UINT32_MAX || t->label_count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&t->labels, &t->label_cap, t->label_count + 1,
			sizeof(*t->labels)))
		return PDIAG_CALL_NONE;
	copy = pdiag_arena_copy(&t->arena, text, len);
	if (!copy || pdiag_table_insert(&t->label_index, hash, (uint32_t)t->label_count))
		return PDIAG_CALL_NONE;
	t->labels[t->label_count] = (struct pdiag_call_label){
		.text = copy, .len = (uint32_t)len, .kind = (uint16_t)kind };
	return (uint32_t)t->label_count++;
}

static uint32_t find_child(struct pdiag_call_tree *t, uint32_t parent, uint32_t label)
{
	uint64_t hash = pdiag_hash_u64(parent, label);
	uint32_t pos, i;

	for (i = pdiag_table_first(&t->node_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&t->node_index, hash, &pos))
		if (t->nodes[i].parent == parent && t->nodes[i].label == label)
			return i;
	if (t->node_count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&t->nodes, &t->node_cap, t->node_count + 1,
			sizeof(*t->nodes)) ||
		pdiag_table_insert(&t->node_index, hash, (uint32_t)t->node_count))
		return PDIAG_CALL_NONE;
	t->nodes[t->node_count] = (struct pdiag_call_node){ .parent = parent, .label = label };
	return (uint32_t)t->node_count++;
}

uint32_t pdiag_call_tree_child(struct pdiag_call_tree *t, uint32_t parent, uint32_t label)
{
	uint32_t i;

	if (parent == PDIAG_CALL_NONE || label == PDIAG_CALL_NONE)
		return PDIAG_CALL_NONE;
	/* Until the tree is finished, `child` is the one last asked for: mostly the next, too. */
	i = t->nodes[parent].child;
	if (i && t->nodes[i].label == label)
		return i;
	i = find_child(t, parent, label);
	if (i != PDIAG_CALL_NONE)
		t->nodes[parent].child = i;
	return i;
}

static int compare_labels(const void *a, const void *b, void *tree)
{
	const struct pdiag_call_label *labels = ((const struct pdiag_call_tree *)tree)->labels;
	const struct pdiag_call_label *x = &labels[*(const uint32_t *)a];
	const struct pdiag_call_label *y = &labels[*(const uint32_t *)b];
	int diff = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

	if (diff)
		return diff;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

/*
 * Order all children at once: chain the nodes of each label, then go through the labels from the
 * last name to the first and put each node at the head of its parent's children.
 */
static int order(struct pdiag_call_tree *t)
{
	pdiag_auto_free uint32_t *sorted = malloc(t->label_count * sizeof(*sorted));
	pdiag_auto_free uint32_t *first = calloc(t->label_count, sizeof(*first));
	pdiag_auto_free uint32_t *chain = malloc(t->node_count * sizeof(*chain));
	struct pdiag_call_node *n;

	if (!sorted || !first || !chain)
		return pdiag_fail_memory("ordering a call tree");
	for (uint32_t i = 0; i < t->label_count; i++)
		sorted[i] = i;
	for (uint32_t i = 0; i < t->node_count; i++)
		t->nodes[i].child = 0;
	qsort_r(sorted, t->label_count, sizeof(*sorted), compare_labels, t);
	for (uint32_t i = 1; i < t->node_count; i++) {
		chain[i] = first[t->nodes[i].label];
		first[t->nodes[i].label] = i;
	}
	for (size_t i = t->label_count; i-- > 0;)
		for (uint32_t at = first[sorted[i]]; at; at = chain[at]) {
			n = &t->nodes[at];
			n->next = t->nodes[n->parent].child;
			t->nodes[n->parent].child = at;
		}
	return 0;
}

int pdiag_call_tree_finish(struct pdiag_call_tree *t)
{
	struct pdiag_call_node *n, *parent;

	for (size_t i = t->node_count; i-- > 0;) {
		n = &t->nodes[i];
		parent = &t->nodes[n->parent];
		for (unsigned int side = 0; side < 2; side++) {
			n->total[side] += n->self[side];
			if (i)
				parent->total[side] += n->total[side];
		}
	}
	return order(t);
}

bool pdiag_call_walk_next(struct pdiag_call_walk *w, bool skip)
{
	const struct pdiag_call_node *nodes = w->tree->nodes;

	if (!skip && nodes[w->node].child) {
		w->node = nodes[w->node].child;
		w->depth++;
		return true;
	}
	while (w->node && !nodes[w->node].next) {
		w->node = nodes[w->node].parent;
		w->depth--;
	}
	w->node = nodes[w->node].next;
	return w->node != 0;
}
