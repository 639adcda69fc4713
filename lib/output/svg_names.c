/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON at the end of an SVG: each name once, and what the script must know. */
#include <string.h>

#include "output/sanitize.h"
#include "output/svg.h"

/* Names are whole in folded stacks; here nobody reads more. */
#define NAME_BYTES 1024

char pdiag_svg_kind_letter(uint32_t kind)
{
	static const char letters[PDIAG_CALL_KINDS] = {
		[PDIAG_FRAME_USER] = 'u', [PDIAG_FRAME_KERNEL] = 'k', [PDIAG_FRAME_JIT] = 'j',
		[PDIAG_FRAME_VDSO] = 'v', [PDIAG_FRAME_INLINED] = 'i',
		[PDIAG_FRAME_UNRESOLVED] = 'x', [PDIAG_FRAME_MARK] = 'm',
		[PDIAG_CALL_THREAD] = 't', [PDIAG_CALL_ALL] = 'a',
	};

	return letters[kind];
}

uint32_t pdiag_svg_name_number(struct pdiag_svg_names *n, uint32_t label)
{
	if (!n->numbers[label]) {
		n->labels[n->count++] = label;
		n->numbers[label] = n->count;
	}
	return n->numbers[label] - 1;
}

void pdiag_svg_add_name(struct pdiag_text *t, const char *clean, size_t len,
	void (*escape)(struct pdiag_text *, const char *, size_t))
{
	size_t cut = pdiag_sanitize_cut(clean, len, NAME_BYTES);

	escape(t, clean, cut);
	if (cut < len)
		pdiag_text_str(t, "\xe2\x80\xa6");
}

static void add_module(struct pdiag_text *t, const struct pdiag_call_label *l)
{
	struct pdiag_text clean = { 0 };

	if (l->modules) {
		pdiag_text_str(t, "several files");
		return;
	}
	if (!l->module)
		return;
	pdiag_sanitize_name(&clean, l->module, strlen(l->module));
	if (!clean.error)
		pdiag_svg_add_name(t, clean.data, clean.len, pdiag_sanitize_json);
	t->error = t->error ? t->error : clean.error;
	pdiag_text_free(&clean);
}

static void add_entry(struct pdiag_text *t, const struct pdiag_call_label *l)
{
	pdiag_text_str(t, "[\"");
	pdiag_svg_add_name(t, l->text, l->len, pdiag_sanitize_json);
	pdiag_text_str(t, "\",\"");
	add_module(t, l);
	pdiag_text_str(t, "\",\"");
	pdiag_text_char(t, pdiag_svg_kind_letter(l->kind));
	pdiag_text_char(t, '"');
	if (l->reason) {
		pdiag_text_str(t, ",\"");
		pdiag_text_str(t, pdiag_reason_text(l->reason));
		pdiag_text_char(t, '"');
	}
	pdiag_text_char(t, ']');
}

int pdiag_svg_write_data(const struct pdiag_svg *svg, const struct pdiag_svg_names *names,
	struct pdiag_out *out)
{
	struct pdiag_text *t = &out->text;
	int ret = 0;

	pdiag_text_printf(t, "<script type=\"application/json\" class=\"pdiag-data\"><![CDATA[{"
		"\"diff\":%s,\"unit\":\"%s\",\"unit_ns\":%llu,\"width\":%u,\"height\":%u,"
		"\"top\":%u,\"rows\":%u,\"row\":%d,\"margin\":%d,\"names\":[",
		svg->widths ? "true" : "false", pdiag_output_unit_text(svg->output),
		(unsigned long long)svg->output->unit_ns, svg->output->options.width, svg->height,
		svg->top, svg->rows, PDIAG_SVG_ROW, PDIAG_SVG_MARGIN);
	for (uint32_t i = 0; i < names->count && !ret; i++) {
		pdiag_text_str(t, i ? ",\n" : "\n");
		add_entry(t, &svg->tree->labels[names->labels[i]]);
		ret = pdiag_out_room(out);
	}
	pdiag_text_str(t, "]}]]></script>\n");
	return ret;
}
