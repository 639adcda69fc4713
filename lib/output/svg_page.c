/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page around the frames: title, what was measured, legend, footer, style and script. */
#include <string.h>

#include "core/error.h"
#include "output/number.h"
#include "output/sanitize.h"
#include "output/svg.h"

#define TITLE_BASELINE 26
#define LINE_BASELINE 47
#define LINE_HEIGHT 17
#define FOOTER 44
#define TITLE_BYTES 512

static void add_clean(struct pdiag_text *t, const char *text, size_t len)
{
	size_t cut = pdiag_sanitize_cut(text, len, TITLE_BYTES);

	pdiag_sanitize_xml(t, text, cut);
	if (cut < len)
		pdiag_text_str(t, "\xe2\x80\xa6");
}

static uint32_t line_count(const struct pdiag_svg *svg)
{
	uint32_t n = 0;

	for (int i = 0; i < PDIAG_SVG_LINES; i++)
		n += svg->lines[i].len != 0;
	return n;
}

static uint32_t legend_top(const struct pdiag_svg *svg)
{
	return LINE_BASELINE + line_count(svg) * LINE_HEIGHT - 9;
}

void pdiag_svg_write_head(const struct pdiag_svg *svg, struct pdiag_text *t)
{
	uint32_t y = LINE_BASELINE;

	pdiag_text_printf(t, "<g class=\"head\">\n<text class=\"title\" x=\"%d\" y=\"%d\">",
		PDIAG_SVG_MARGIN, TITLE_BASELINE);
	add_clean(t, svg->title, strlen(svg->title));
	pdiag_text_str(t, "</text>\n");
	for (int i = 0; i < PDIAG_SVG_LINES; i++) {
		if (!svg->lines[i].len)
			continue;
		pdiag_text_printf(t, "<text class=\"note%s\" x=\"%d\" y=\"%u\">",
			svg->loss[i] ? " loss" : "", PDIAG_SVG_MARGIN, y);
		add_clean(t, svg->lines[i].data, svg->lines[i].len);
		pdiag_text_str(t, "</text>\n");
		y += LINE_HEIGHT;
	}
	pdiag_text_str(t, "</g>\n");
}

static void swatch(struct pdiag_text *t, uint32_t *x, uint32_t y, const char *class)
{
	pdiag_text_printf(t, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"14\" height=\"12\"/>",
		class, *x, y);
	*x += 14;
}

static void word(struct pdiag_text *t, uint32_t *x, uint32_t y, const char *text)
{
	pdiag_text_printf(t, "<text x=\"%u\" y=\"%u\">%s</text>\n", *x + 5, y + 10, text);
	*x += 5 + 13 * (uint32_t)strlen(text) / 2 + 16;
}

static void kinds_legend(const struct pdiag_svg *svg, struct pdiag_text *t, uint32_t y)
{
	static const struct {
		uint32_t kind;
		const char *class, *text;
	} kinds[] = {
		{ PDIAG_FRAME_USER, "u2", "user" },
		{ PDIAG_FRAME_KERNEL, "k2", "kernel" },
		{ PDIAG_FRAME_JIT, "j2", "run-time code" },
		{ PDIAG_FRAME_INLINED, "i2", "inlined" },
		{ PDIAG_FRAME_VDSO, "v2", "vdso" },
		{ PDIAG_FRAME_UNRESOLVED, "x2", "no name" },
		{ PDIAG_FRAME_MARK, "m2", "wait, mark" },
		{ PDIAG_CALL_THREAD, "t2", "thread" },
	};
	uint32_t x = PDIAG_SVG_MARGIN;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!svg->kinds[kinds[i].kind])
			continue;
		swatch(t, &x, y, kinds[i].class);
		word(t, &x, y, kinds[i].text);
	}
}

static void diff_legend(const struct pdiag_svg *svg, struct pdiag_text *t, uint32_t y)
{
	static const char *const classes[] = { "n5", "n4", "n3", "n2", "n1", "z", "p1", "p2", "p3",
		"p4", "p5" };
	uint64_t max = (uint64_t)(svg->max_points * 10 + 0.5);
	uint32_t x = PDIAG_SVG_MARGIN;
	struct pdiag_text points = { 0 };

	pdiag_number_fixed(&points, max, 1);
	t->error = t->error ? t->error : points.error;
	if (!points.error) {
		pdiag_text_printf(t, "<text x=\"%u\" y=\"%u\">\xe2\x88\x92%s</text>\n", x, y + 10,
			points.data);
		x += 7 * (uint32_t)points.len + 14;
		for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
			swatch(t, &x, y, classes[i]);
		pdiag_text_printf(t, "<text x=\"%u\" y=\"%u\">+%s points of share</text>\n", x + 5,
			y + 10, points.data);
		x += 7 * (uint32_t)points.len + 140;
	}
	pdiag_text_free(&points);
	swatch(t, &x, y, "g");
	word(t, &x, y, "gone");
	pdiag_text_printf(t,
		"<text x=\"%d\" y=\"%u\">A frame is as wide as its share after, and that "
		"of gone frames above it, as wide as before.</text>\n",
		PDIAG_SVG_MARGIN, y + 27);
}

void pdiag_svg_write_legend(const struct pdiag_svg *svg, struct pdiag_text *t)
{
	pdiag_text_str(t, "<g class=\"legend\">\n");
	if (svg->widths)
		diff_legend(svg, t, legend_top(svg));
	else
		kinds_legend(svg, t, legend_top(svg));
	pdiag_text_str(t, "</g>\n");
}

static void write_start(const struct pdiag_svg *svg, struct pdiag_text *t)
{
	uint32_t width = svg->output->options.width;

	pdiag_text_printf(t, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pdiag\" version=\"1.1\" "
		"width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" role=\"graphics-document\" "
		"aria-label=\"", width, svg->height, width, svg->height);
	add_clean(t, svg->title, strlen(svg->title));
	pdiag_text_str(t, "\">\n<title>");
	add_clean(t, svg->title, strlen(svg->title));
	pdiag_text_str(t, "</title>\n<desc>");
	for (int i = 0; i < PDIAG_SVG_LINES; i++) {
		if (!svg->lines[i].len)
			continue;
		add_clean(t, svg->lines[i].data, svg->lines[i].len);
		pdiag_text_str(t, ". ");
	}
	pdiag_text_str(t, "</desc>\n<style><![CDATA[\n");
	pdiag_text_add(t, pdiag_flamegraph_css, pdiag_flamegraph_css_len);
	pdiag_text_str(t, "]]></style>\n");
	if (svg->widths)
		pdiag_text_str(t, "<defs><pattern id=\"pdiag-gone\" width=\"6\" height=\"6\" "
			"patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
			"<rect width=\"6\" height=\"6\" fill=\"#dbe9fb\"/>"
			"<rect width=\"2\" height=\"6\" fill=\"#a9c9f2\"/></pattern></defs>\n");
	pdiag_text_str(t, "<rect class=\"bg\" width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
}

static void write_footer(const struct pdiag_svg *svg, struct pdiag_text *t)
{
	uint32_t y = svg->top + svg->rows * PDIAG_SVG_ROW + 17;
	double percent = svg->output->options.min_percent;

	pdiag_text_printf(t,
		"<g class=\"head shift\">\n<text class=\"note keys\" x=\"%d\" y=\"%u\">"
		"</text>\n",
		PDIAG_SVG_MARGIN, y);
	if (svg->left_out) {
		pdiag_text_printf(t, "<text class=\"note\" x=\"%d\" y=\"%u\">", PDIAG_SVG_MARGIN,
			y + LINE_HEIGHT);
		pdiag_number_grouped(t, svg->left_out);
		pdiag_text_str(t, svg->left_out == 1 ? " frame narrower than " :
						       " frames narrower than ");
		if (percent > 0) {
			pdiag_number_fixed(t, (uint64_t)(percent * 10000 + 0.5), 4);
			pdiag_text_str(t, " %");
		} else {
			pdiag_text_str(t, "a tenth of a pixel");
		}
		pdiag_text_str(t, svg->left_out == 1 ? " is left out.</text>\n" :
						       " are left out.</text>\n");
	}
	pdiag_text_str(t, "</g>\n");
}

int pdiag_svg_write(struct pdiag_svg *svg, struct pdiag_out *out)
{
	struct pdiag_text *t = &out->text;
	int ret;

	pdiag_svg_measure(svg);
	svg->top = legend_top(svg) + (svg->widths ? 41 : 24);
	svg->height = svg->top + svg->rows * PDIAG_SVG_ROW + FOOTER;
	write_start(svg, t);
	pdiag_svg_write_head(svg, t);
	pdiag_svg_write_legend(svg, t);
	ret = pdiag_svg_write_boxes(svg, out);
	if (ret)
		return ret;
	write_footer(svg, t);
	pdiag_text_str(t, "<script><![CDATA[\n");
	pdiag_text_add(t, pdiag_flamegraph_js, pdiag_flamegraph_js_len);
	pdiag_text_str(t, "]]></script>\n</svg>\n");
	return pdiag_out_room(out);
}
