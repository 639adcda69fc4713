/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The call tree: stacks merged from the root by the names of their frames, for one profile, or for
 * two that are compared. Nodes are made parent first; node 0 is the root and stands for all.
 */
#ifndef PDIAG_OUTPUT_CALL_TREE_H
#define PDIAG_OUTPUT_CALL_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag/types.h>

#include "output/output.h"
#include "util/arena.h"
#include "util/table.h"
#include "util/text.h"

#define PDIAG_CALL_NONE UINT32_MAX

/* Kinds of label beside those of enum pdiag_frame_kind. */
#define PDIAG_CALL_THREAD 7u
#define PDIAG_CALL_ALL 8u
#define PDIAG_CALL_KINDS 9u

/* What a node is called. Nodes below one parent differ in their labels. */
struct pdiag_call_label {
	const char *text;   /* clean (see sanitize.h) */
	const char *module; /* of the first frame seen with this label, not clean; NULL: none */
	uint32_t len;
	uint16_t kind;
	uint16_t reason;    /* enum pdiag_reason */
	bool modules;	    /* frames of several modules have this label */
};

struct pdiag_call_node {
	uint32_t parent, label;
	uint32_t child, next; /* first child, next sibling, by name; 0: none */
	uint64_t self[2], total[2]; /* ns, by side; total is set by _finish() */
};

struct pdiag_call_tree {
	struct pdiag_arena arena;
	struct pdiag_call_label *labels;
	struct pdiag_call_node *nodes;
	size_t label_count, label_cap, node_count, node_cap;
	struct pdiag_table label_index, node_index;
};

/* Make the root. Free it in any case, also after a failure. 0, -ENOMEM. */
int pdiag_call_tree_init(struct pdiag_call_tree *t);
void pdiag_call_tree_free(struct pdiag_call_tree *t);

/* The label of this text and kind, made if need be. Text must be clean. NONE: out of memory. */
uint32_t pdiag_call_tree_label(struct pdiag_call_tree *t, const char *text, size_t len,
	uint32_t kind);
/* The node with this label below `parent`, made if need be. NONE: out of memory, or one of the
 * two is NONE already. */
uint32_t pdiag_call_tree_child(struct pdiag_call_tree *t, uint32_t parent, uint32_t label);
/* All is in: sum up the totals and put children in the order of their names. 0, -ENOMEM. */
int pdiag_call_tree_finish(struct pdiag_call_tree *t);

/* How frames become labels. */
enum pdiag_call_style {
	PDIAG_CALL_GRAPH,  /* by name and kind */
	PDIAG_CALL_FOLDED, /* by what a folded line says */
};

/* Add all stacks of a profile to one side (0 or 1) of the tree. Sentence on failure. */
int pdiag_call_tree_add_profile(struct pdiag_call_tree *t, struct pdiag_profile *profile,
	const struct pdiag_output *output, enum pdiag_call_style style, unsigned int side);

/* Walk a finished tree, a parent before its children; begins at the root with depth 0. */
struct pdiag_call_walk {
	const struct pdiag_call_tree *tree;
	uint32_t node;
	uint32_t depth;
};
/* Go on; with `skip` past what is below this node. False: that was all. */
bool pdiag_call_walk_next(struct pdiag_call_walk *w, bool skip);

#endif
