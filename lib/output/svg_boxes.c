/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frames of a flame graph: boxes, what is written on them, and their names for the script. */
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "output/number.h"
#include "output/sanitize.h"
#include "output/svg.h"
#include "util/array.h"
#include "util/hash.h"

/* Hundredths of a pixel: of a character at 12 px, and around the text in a box. */
#define CELL 735
#define PADDING 600
/* Narrower frames have no <title>; the script has its own tooltips. */
#define TITLE_WIDTH 200
#define SHADES 5

void pdiag_svg_measure(struct pdiag_svg *svg)
{
	double percent = svg->output->options.min_percent;
	double inner = svg->output->options.width - 2 * PDIAG_SVG_MARGIN;
	uint64_t all = pdiag_svg_width(svg, 0);
	struct pdiag_call_walk walk = { .tree = svg->tree };
	bool narrow = false;

	if (percent <= 0)
		percent = 100 * 0.1 / inner;
	svg->min_width = (uint64_t)ceil((double)all * percent / 100);
	svg->rows = 1;
	svg->drawn = 1;
	svg->kinds[PDIAG_CALL_ALL] = true;
	while (pdiag_call_walk_next(&walk, narrow)) {
		narrow = pdiag_svg_width(svg, walk.node) < svg->min_width;
		if (narrow)
			continue;
		svg->drawn++;
		if (walk.depth + 1 > svg->rows)
			svg->rows = walk.depth + 1;
		svg->kinds[svg->tree->labels[svg->tree->nodes[walk.node].label].kind] = true;
	}
	svg->left_out = (uint32_t)(svg->tree->node_count - svg->drawn);
}

/* Where boxes are put as the walk comes to them. */
struct boxes {
	const struct pdiag_svg *svg;
	struct pdiag_out *out;
	struct pdiag_text labels; /* written behind the boxes, to be on top */
	uint64_t *at;		  /* by depth: where the next frame begins, ns */
	struct pdiag_svg_names names;
	uint64_t all, inner;	  /* ns; hundredths of a pixel */
};

static uint64_t pixels(const struct boxes *b, uint64_t ns)
{
	return pdiag_number_ratio(ns, b->inner, b->all);
}

static void add_class(const struct boxes *b, uint32_t node)
{
	const struct pdiag_call_label *l = &b->svg->tree->labels[b->svg->tree->nodes[node].label];
	struct pdiag_text *t = &b->out->text;
	unsigned int shade = 0;

	if (b->svg->widths && node) {
		pdiag_text_str(t, pdiag_svg_diff_class(b->svg, node));
		return;
	}
	if (l->kind != PDIAG_CALL_ALL)
		shade = (unsigned int)(pdiag_hash_bytes(0, l->text, l->len) >> 32) % SHADES;
	pdiag_text_char(t, pdiag_svg_kind_letter(l->kind));
	pdiag_text_char(t, (char)('0' + shade));
}

static void add_data(struct boxes *b, uint32_t node, uint64_t start, uint64_t width)
{
	const struct pdiag_call_node *n = &b->svg->tree->nodes[node];
	struct pdiag_text *t = &b->out->text;

	pdiag_text_u64(t, pdiag_svg_name_number(&b->names, n->label));
	pdiag_text_char(t, ' ');
	pdiag_text_u64(t, start);
	pdiag_text_char(t, ' ');
	pdiag_text_u64(t, width);
	if (b->svg->widths) {
		pdiag_text_char(t, ' ');
		pdiag_text_u64(t, n->total[0]);
		pdiag_text_char(t, ' ');
		pdiag_text_u64(t, n->total[1]);
	} else if (n->self[0] != width) {
		pdiag_text_char(t, ' ');
		pdiag_text_u64(t, n->self[0]);
	}
}

/* The tooltip where scripts do not run. */
static void add_title(struct boxes *b, uint32_t node)
{
	const struct pdiag_call_node *n = &b->svg->tree->nodes[node];
	const struct pdiag_call_node *all = &b->svg->tree->nodes[0];
	const struct pdiag_call_label *l = &b->svg->tree->labels[n->label];
	struct pdiag_text *t = &b->out->text;

	pdiag_text_str(t, "<title>");
	pdiag_svg_add_name(t, l->text, l->len, pdiag_sanitize_xml);
	pdiag_text_char(t, '\n');
	if (b->svg->widths) {
		pdiag_text_str(t, "before ");
		pdiag_number_percent(t, n->total[0], all->total[0]);
		pdiag_text_str(t, ", after ");
		pdiag_number_percent(t, n->total[1], all->total[1]);
	} else {
		pdiag_number_grouped(t, pdiag_output_units(b->svg->output, n->total[0]));
		pdiag_text_char(t, ' ');
		pdiag_text_str(t, pdiag_output_unit_text(b->svg->output));
		pdiag_text_str(t, ", ");
		pdiag_number_percent(t, n->total[0], all->total[0]);
	}
	pdiag_text_str(t, "</title>");
}

/* What of the name has room in the box; nothing if that is too little to tell. */
static void add_label(struct boxes *b, uint32_t node, uint64_t x, uint64_t width, uint32_t y)
{
	const struct pdiag_call_label *l = &b->svg->tree->labels[b->svg->tree->nodes[node].label];
	size_t cells = width > PADDING ? (width - PADDING) / CELL : 0, used, fits;
	struct pdiag_text *t = &b->labels;

	if (cells < 3)
		return;
	fits = pdiag_sanitize_fit(l->text, l->len, cells, &used);
	if (fits < l->len)
		fits = pdiag_sanitize_fit(l->text, l->len, cells - 1, &used);
	pdiag_text_str(t, "<text x=\"");
	pdiag_number_fixed(t, x + PADDING / 2, 2);
	pdiag_text_printf(t, "\" y=\"%u\">", y + 13);
	pdiag_sanitize_xml(t, l->text, fits);
	pdiag_text_str(t, fits < l->len ? "\xe2\x80\xa6</text>\n" : "</text>\n");
}

static void add_box(struct boxes *b, uint32_t node, uint32_t depth, uint64_t start)
{
	const struct pdiag_svg *svg = b->svg;
	uint64_t ns = pdiag_svg_width(svg, node);
	uint64_t x = PDIAG_SVG_MARGIN * 100 + pixels(b, start), width = pixels(b, ns);
	uint32_t y = svg->top + (svg->rows - 1 - depth) * PDIAG_SVG_ROW;
	struct pdiag_text *t = &b->out->text;

	if (!b->all)
		width = b->inner;
	pdiag_text_str(t, "<rect class=\"");
	add_class(b, node);
	pdiag_text_str(t, "\" x=\"");
	pdiag_number_fixed(t, x, 2);
	pdiag_text_str(t, "\" y=\"");
	pdiag_text_u64(t, y);
	pdiag_text_str(t, "\" width=\"");
	/* A hair between neighbours. */
	pdiag_number_fixed(t, width > 200 ? width - 50 : width < 10 ? 10 : width, 2);
	pdiag_text_str(t, "\" height=\"17\" data-f=\"");
	add_data(b, node, start, ns);
	if (width >= TITLE_WIDTH) {
		pdiag_text_str(t, "\">");
		add_title(b, node);
		pdiag_text_str(t, "</rect>\n");
	} else {
		pdiag_text_str(t, "\"/>\n");
	}
	add_label(b, node, x, width, y);
}

static int walk_boxes(struct boxes *b)
{
	const struct pdiag_svg *svg = b->svg;
	struct pdiag_call_walk walk = { .tree = svg->tree };
	bool narrow = false;
	uint64_t width;
	int ret;

	do {
		width = pdiag_svg_width(svg, walk.node);
		narrow = walk.node && width < svg->min_width;
		if (!narrow) {
			add_box(b, walk.node, walk.depth, b->at[walk.depth]);
			b->at[walk.depth + 1] = b->at[walk.depth];
			ret = pdiag_out_room(b->out);
			if (ret)
				return ret;
		}
		/* What is left out keeps its room. */
		b->at[walk.depth] += width;
	} while (pdiag_call_walk_next(&walk, narrow));
	return 0;
}

static int write_all(struct boxes *b)
{
	struct pdiag_text *t = &b->out->text;
	int ret;

	pdiag_text_str(t, "<g class=\"boxes\">");
	ret = walk_boxes(b);
	if (ret)
		return ret;
	pdiag_text_str(t, "</g>\n<g class=\"labels\">\n");
	if (b->labels.error)
		return pdiag_fail_memory("drawing a flame graph");
	pdiag_text_add(t, b->labels.data, b->labels.len);
	pdiag_text_str(t, "</g>\n");
	return pdiag_svg_write_data(b->svg, &b->names, b->out);
}

int pdiag_svg_write_boxes(const struct pdiag_svg *svg, struct pdiag_out *out)
{
	pdiag_auto_free uint64_t *at = calloc((size_t)svg->rows + 1, sizeof(*at));
	pdiag_auto_free uint32_t *numbers = calloc(svg->tree->label_count, sizeof(*numbers));
	pdiag_auto_free uint32_t *labels = malloc(svg->tree->label_count * sizeof(*labels));
	struct boxes b = { .svg = svg, .out = out, .at = at,
		.names = { .numbers = numbers, .labels = labels } };
	int ret;

	if (!at || !numbers || !labels)
		return pdiag_fail_memory("drawing a flame graph");
	b.all = pdiag_svg_width(svg, 0);
	b.inner = (uint64_t)(svg->output->options.width - 2 * PDIAG_SVG_MARGIN) * 100;
	ret = write_all(&b);
	pdiag_text_free(&b.labels);
	return ret;
}
