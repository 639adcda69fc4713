/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The differential flame graph. Side 0 of the tree is before, side 1 after; what is compared are
 * shares of each profile's own total, so that neither length, rate nor unit matters.
 *
 * Layout: a frame is as wide as its share after. A frame that is gone (it has no weight after) is
 * drawn at its place among its siblings as wide as its share before, and all its callers are
 * wider by that much. So nothing that changed is without a box, and the boxes of frames that are
 * there after can be compared by eye.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "output/sanitize.h"
#include "output/svg.h"
#include "output/svg_lines.h"
#include "util/array.h"

/* Colours do not get stronger than this for less, or noise would shine. */
#define LEAST_POINTS 1.0
#define LEVELS 5

double pdiag_svg_points(const struct pdiag_call_tree *tree, uint32_t node)
{
	const struct pdiag_call_node *all = &tree->nodes[0], *n = &tree->nodes[node];
	double share[2];

	for (int side = 0; side < 2; side++)
		share[side] = all->total[side] ?
			100 * (double)n->total[side] / (double)all->total[side] : 0;
	return share[1] - share[0];
}

const char *pdiag_svg_diff_class(const struct pdiag_svg *svg, uint32_t node)
{
	static const char *const more[LEVELS + 1] = { "z", "p1", "p2", "p3", "p4", "p5" };
	static const char *const less[LEVELS + 1] = { "z", "n1", "n2", "n3", "n4", "n5" };
	double points = pdiag_svg_points(svg->tree, node);
	/* By the square root: small differences are there to be seen, too. */
	int level = (int)(LEVELS * sqrt(fabs(points) / svg->max_points) + 0.5);

	if (!svg->tree->nodes[node].total[1])
		return "g";
	if (level > LEVELS)
		level = LEVELS;
	return points < 0 ? less[level] : more[level];
}

static double strongest(const struct pdiag_call_tree *tree)
{
	double max = LEAST_POINTS, points;

	for (uint32_t i = 1; i < tree->node_count; i++) {
		points = fabs(pdiag_svg_points(tree, i));
		if (points > max)
			max = points;
	}
	return max;
}

/* Rounded down, so that children never outgrow their parent. */
static uint64_t scale(uint64_t before, const struct pdiag_call_node *all)
{
	if (!all->total[1])
		return before;
	return (uint64_t)((unsigned __int128)before * all->total[1] / all->total[0]);
}

/* The widths, in ns of after; in those of before where there is no after at all. */
static uint64_t *make_widths(const struct pdiag_call_tree *tree)
{
	uint64_t *widths = calloc(tree->node_count, sizeof(*widths));
	const struct pdiag_call_node *all = &tree->nodes[0], *n;

	if (!widths)
		return NULL;
	/* Children come after their parents. First what is gone is summed up, then the rest added.
	 * A parent that is gone itself has its own share, whatever its children gave it. */
	for (size_t i = tree->node_count; i-- > 1;) {
		n = &tree->nodes[i];
		if (!n->total[1])
			widths[i] = scale(n->total[0], all);
		widths[n->parent] += widths[i];
	}
	for (size_t i = 0; i < tree->node_count; i++)
		widths[i] += tree->nodes[i].total[1];
	return widths;
}

/* "before: ..." and the loss behind it, for one side. */
static int add_lines(struct pdiag_svg *svg, int side, struct pdiag_profile *profile,
	const struct pdiag_output *output)
{
	struct pdiag_text *t = &svg->lines[side];

	pdiag_text_str(t, side ? "after: " : "before: ");
	pdiag_svg_measured(t, output);
	pdiag_text_str(t, "; ");
	svg->loss[side] = output->all.lost != 0;
	return pdiag_svg_lost(t, profile, output);
}

static int draw(struct pdiag_svg *svg, struct pdiag_profile *const profiles[2],
	const struct pdiag_output outputs[2], struct pdiag_out *out)
{
	const char *title = outputs[1].options.title;
	struct pdiag_text clean = { 0 };
	int ret = 0;

	if (!title)
		title = "Differential flame graph: red is more, blue is less";
	pdiag_sanitize_name(&clean, title, strlen(title));
	for (int side = 0; side < 2 && !ret; side++)
		ret = add_lines(svg, side, profiles[side], &outputs[side]);
	pdiag_svg_shown(&svg->lines[2], &outputs[1]);
	if (!ret && (clean.error || pdiag_svg_lines_failed(svg)))
		ret = pdiag_fail_memory("drawing a flame graph");
	svg->title = clean.data;
	svg->max_points = strongest(svg->tree);
	if (!ret)
		ret = pdiag_svg_write(svg, out);
	for (int i = 0; i < PDIAG_SVG_LINES; i++)
		pdiag_text_free(&svg->lines[i]);
	pdiag_text_free(&clean);
	return ret;
}

static int build(struct pdiag_call_tree *tree, struct pdiag_profile *const profiles[2],
	const struct pdiag_output outputs[2])
{
	int ret = pdiag_call_tree_init(tree);

	for (unsigned int side = 0; side < 2 && !ret; side++)
		ret = pdiag_call_tree_add_profile(tree, profiles[side], &outputs[side],
			PDIAG_CALL_GRAPH, side);
	return ret ? ret : pdiag_call_tree_finish(tree);
}

int pdiag_profile_write_diff(struct pdiag_profile *before, struct pdiag_profile *after,
	const struct pdiag_output_options *options, const struct pdiag_sink *sink)
{
	struct pdiag_profile *const profiles[2] = { before, after };
	struct pdiag_call_tree tree = { 0 };
	struct pdiag_output outputs[2];
	struct pdiag_svg svg = { .tree = &tree, .output = &outputs[1] };
	pdiag_auto_free uint64_t *widths = NULL;
	struct pdiag_out out;
	int ret = 0;

	pdiag_error_clear();
	for (int side = 0; side < 2 && !ret; side++)
		ret = pdiag_output_prepare(&outputs[side], profiles[side], options);
	if (ret)
		return ret;
	ret = pdiag_out_begin(&out, sink);
	if (ret)
		return ret;
	ret = build(&tree, profiles, outputs);
	if (!ret) {
		svg.widths = widths = make_widths(&tree);
		ret = widths ? draw(&svg, profiles, outputs, &out) :
			       pdiag_fail_memory("comparing two profiles");
	}
	pdiag_call_tree_free(&tree);
	return pdiag_out_end(&out, ret);
}
