/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/error.h"
#include "output/sanitize.h"
#include "output/svg.h"
#include "output/svg_lines.h"

#include <string.h>

static const char *default_title(const struct pdiag_output *o)
{
	bool on = o->options.states & PDIAG_STATES_ON_CPU;

	if (!o->info.off_cpu_ns && on)
		return "Flame graph: time on CPU";
	if (!o->info.on_cpu_ns)
		return "Flame graph: time off CPU";
	return "Flame graph: time on and off CPU";
}

static int draw(struct pdiag_svg *svg, struct pdiag_profile *profile,
	const struct pdiag_output *output, struct pdiag_out *out)
{
	const char *title = output->options.title;
	struct pdiag_text clean = { 0 };
	int ret;

	if (!title)
		title = default_title(output);
	pdiag_sanitize_name(&clean, title, strlen(title));
	pdiag_svg_measured(&svg->lines[0], output);
	pdiag_svg_shown(&svg->lines[1], output);
	ret = pdiag_svg_lost(&svg->lines[2], profile, output);
	svg->loss[2] = output->all.lost != 0;
	if (!ret && (clean.error || pdiag_svg_lines_failed(svg)))
		ret = pdiag_fail_memory("drawing a flame graph");
	svg->title = clean.data;
	if (!ret)
		ret = pdiag_svg_write(svg, out);
	for (int i = 0; i < PDIAG_SVG_LINES; i++)
		pdiag_text_free(&svg->lines[i]);
	pdiag_text_free(&clean);
	return ret;
}

int pdiag_profile_write_flamegraph(struct pdiag_profile *profile,
	const struct pdiag_output_options *options, const struct pdiag_sink *sink)
{
	struct pdiag_call_tree tree = { 0 };
	struct pdiag_output output;
	struct pdiag_svg svg = { .tree = &tree, .output = &output };
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
		ret = pdiag_call_tree_add_profile(&tree, profile, &output, PDIAG_CALL_GRAPH, 0);
	if (!ret)
		ret = pdiag_call_tree_finish(&tree);
	if (!ret)
		ret = draw(&svg, profile, &output, &out);
	pdiag_call_tree_free(&tree);
	return pdiag_out_end(&out, ret);
}
