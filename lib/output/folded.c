/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Folded stacks. A line is the frames from the outside in, joined by ";", one blank and a whole
 * number. Lines are in the order of the call tree: by frame, byte by byte, and a stack before
 * those that go on from it.
 *
 * The format has no room for the loss ledger. Overruns are in the weights already; samples that
 * were lost for want of memory or that did not decode belong to no stack, so they have a root of
 * their own, "[lost: memory]" and "[lost: corrupt]", each for the time of one sample. Where only
 * some states or one process are shown, they are left out: nobody knows whose they were.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "output/call_tree.h"
#include "output/loss.h"
#include "output/out.h"
#include "util/array.h"

/* The line up to the current node, and where it ends for each depth. */
struct line {
	struct pdiag_text text;
	size_t *ends;
	size_t cap;
};

static int line_enter(struct line *l, uint32_t depth, const struct pdiag_call_label *label)
{
	if (pdiag_array_reserve(&l->ends, &l->cap, (size_t)depth + 1, sizeof(*l->ends)))
		return pdiag_fail_memory("writing folded stacks");
	l->text.len = depth > 1 ? l->ends[depth - 1] : 0;
	if (depth > 1)
		pdiag_text_char(&l->text, ';');
	pdiag_text_add(&l->text, label->text, label->len);
	l->ends[depth] = l->text.len;
	return l->text.error ? pdiag_fail_memory("writing folded stacks") : 0;
}

/*
 * FlameGraph reads two numbers at the end of a line as a difference of two profiles, so a last
 * name that ends in a blank and a number gets "_" for that blank; so do blanks at its end.
 */
static void close_name(char *text, size_t len)
{
	size_t i = len;

	while (i && text[i - 1] == ' ')
		text[--i] = '_';
	i = len;
	while (i && (isdigit((unsigned char)text[i - 1]) || text[i - 1] == '.'))
		i--;
	if (i && i < len && text[i - 1] == ' ' && isdigit((unsigned char)text[i]))
		text[i - 1] = '_';
}

static int put_line(struct pdiag_out *out, const struct line *l, uint64_t count)
{
	size_t start = out->text.len;

	pdiag_text_add(&out->text, l->text.data, l->text.len);
	if (!out->text.error)
		close_name(out->text.data + start, l->text.len);
	pdiag_text_char(&out->text, ' ');
	pdiag_text_u64(&out->text, count);
	pdiag_text_char(&out->text, '\n');
	return pdiag_out_room(out);
}

static int put_lines(struct pdiag_out *out, const struct pdiag_call_tree *tree, uint64_t unit_ns)
{
	struct pdiag_call_walk walk = { .tree = tree };
	struct pdiag_rounding rounding = { 0 };
	const struct pdiag_call_node *n;
	struct line line = { 0 };
	int ret = 0;

	while (!ret && pdiag_call_walk_next(&walk, false)) {
		n = &tree->nodes[walk.node];
		ret = line_enter(&line, walk.depth, &tree->labels[n->label]);
		if (!ret && n->self[0])
			ret = put_line(out, &line,
				pdiag_rounding_next(&rounding, n->self[0], unit_ns));
	}
	pdiag_text_free(&line.text);
	free(line.ends);
	return ret;
}

static int add_lost_node(struct pdiag_call_tree *tree, enum pdiag_loss_reason reason, uint64_t ns)
{
	struct pdiag_text text = { 0 };
	uint32_t node = PDIAG_CALL_NONE;

	pdiag_text_printf(&text, "[lost: %s]", pdiag_loss_text(reason));
	if (!text.error)
		node = pdiag_call_tree_child(tree, 0,
			pdiag_call_tree_label(tree, text.data, text.len, 0));
	pdiag_text_free(&text);
	if (node == PDIAG_CALL_NONE)
		return pdiag_fail_memory("writing folded stacks");
	tree->nodes[node].self[0] += ns;
	return 0;
}

static int add_lost(struct pdiag_call_tree *tree, struct pdiag_profile *profile, uint64_t period)
{
	static const enum pdiag_loss_reason reasons[] = { PDIAG_LOSS_MEMORY, PDIAG_LOSS_CORRUPT };
	/* A profile weighs INT64_MAX at most, so that all together does not overflow. */
	const uint64_t limit = INT64_MAX / 4;
	struct pdiag_loss_totals totals;
	uint64_t events;
	int ret;

	ret = pdiag_loss_totals(profile, &totals);
	for (size_t i = 0; !ret && period && i < PDIAG_COUNT(reasons); i++) {
		events = totals.events[reasons[i]];
		if (events)
			ret = add_lost_node(tree, reasons[i],
				events < limit / period ? events * period : limit);
	}
	return ret;
}

int pdiag_profile_write_folded(struct pdiag_profile *profile,
	const struct pdiag_output_options *options, const struct pdiag_sink *sink)
{
	struct pdiag_call_tree tree = { 0 };
	struct pdiag_output output;
	struct pdiag_out out;
	int ret;

	pdiag_error_clear();
	ret = pdiag_output_prepare(&output, profile, options);
	if (ret)
		return ret;
	ret = pdiag_out_begin(&out, sink);
	if (ret)
		return ret;
	ret = pdiag_call_tree_init(&tree);
	if (!ret)
		ret = pdiag_call_tree_add_profile(&tree, profile, &output, PDIAG_CALL_FOLDED, 0);
	if (!ret && pdiag_output_shows_all(&output))
		ret = add_lost(&tree, profile, output.info.period_ns);
	if (!ret)
		ret = pdiag_call_tree_finish(&tree);
	if (!ret)
		ret = put_lines(&out, &tree, output.unit_ns);
	pdiag_call_tree_free(&tree);
	return pdiag_out_end(&out, ret);
}
