/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call tree as an SVG file: a picture that is complete without scripts, and the numbers that
 * flamegraph.js makes it move by.
 *
 * Each frame is a <rect> whose data-f holds "LABEL START WIDTH" and then, in a flame graph, SELF
 * where it is not WIDTH, in a difference BEFORE AFTER; all in ns. LABEL is an index in the names of
 * the JSON at the end: [name, module, kind letter] and, where there is no name, the reason.
 */
#ifndef PDIAG_OUTPUT_SVG_H
#define PDIAG_OUTPUT_SVG_H

#include <stdbool.h>

#include "output/call_tree.h"
#include "output/out.h"
#include "output/output.h"

#define PDIAG_SVG_ROW 18
#define PDIAG_SVG_MARGIN 10
#define PDIAG_SVG_LINES 4

/* What is drawn. */
struct pdiag_svg {
	const struct pdiag_call_tree *tree; /* finished */
	const uint64_t *widths; /* by node: difference; NULL: total[0] */
	const struct pdiag_output *output;
	const char *title;	/* clean */
	struct pdiag_text lines[PDIAG_SVG_LINES]; /* below the title, clean; empty ones left out */
	bool loss[PDIAG_SVG_LINES]; /* the line tells of samples that were lost */
	double max_points;	/* difference: points of share in the strongest colour */
	/* Found by pdiag_svg_measure(). */
	uint64_t min_width;	/* ns; what is narrower is left out */
	uint32_t rows;		/* deepest frame drawn + 1 */
	uint32_t drawn, left_out;
	bool kinds[PDIAG_CALL_KINDS]; /* drawn */
	uint32_t top, height;	/* pixels: where frames begin, and all */
};

static inline uint64_t pdiag_svg_width(const struct pdiag_svg *svg, uint32_t node)
{
	return svg->widths ? svg->widths[node] : svg->tree->nodes[node].total[0];
}

/* The class prefix of a kind, such as 'u'. */
char pdiag_svg_kind_letter(uint32_t kind);

/* The names that were used, in the order they came. */
struct pdiag_svg_names {
	uint32_t *numbers; /* by label: its place among the names, + 1; 0: none yet */
	uint32_t *labels;  /* by place */
	uint32_t count;
};
/* The place of a label among the names, given to it if need be. */
uint32_t pdiag_svg_name_number(struct pdiag_svg_names *n, uint32_t label);
/* Add clean text, not longer than anyone reads, escaped by one of sanitize.h. */
void pdiag_svg_add_name(struct pdiag_text *t, const char *clean, size_t len,
	void (*escape)(struct pdiag_text *, const char *, size_t));
/* Write the JSON. */
int pdiag_svg_write_data(const struct pdiag_svg *svg, const struct pdiag_svg_names *names,
	struct pdiag_out *out);

/* Write the whole file. */
int pdiag_svg_write(struct pdiag_svg *svg, struct pdiag_out *out);
/* Its parts. */
void pdiag_svg_measure(struct pdiag_svg *svg);
int pdiag_svg_write_boxes(const struct pdiag_svg *svg, struct pdiag_out *out);
void pdiag_svg_write_head(const struct pdiag_svg *svg, struct pdiag_text *t);
void pdiag_svg_write_legend(const struct pdiag_svg *svg, struct pdiag_text *t);

/* Difference: the share after less the share before, in points. */
double pdiag_svg_points(const struct pdiag_call_tree *tree, uint32_t node);
/* The class for a frame of a difference, such as "p3". */
const char *pdiag_svg_diff_class(const struct pdiag_svg *svg, uint32_t node);

extern const char pdiag_flamegraph_js[], pdiag_flamegraph_css[];
extern const unsigned int pdiag_flamegraph_js_len, pdiag_flamegraph_css_len;

#endif
