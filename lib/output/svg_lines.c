/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/svg_lines.h"

#include "output/loss.h"
#include "output/number.h"

/* "41 tasks, 2 of them on a CPU": in a dump of them spans of time mean nothing. */
static void count_tasks(struct pdiag_text *t, const struct pdiag_output *o)
{
	pdiag_number_grouped(t, o->info.samples);
	pdiag_text_str(t, o->info.samples == 1 ? " task, " : " tasks, ");
	pdiag_number_grouped(t, pdiag_output_units(o, o->info.on_cpu_ns));
	pdiag_text_str(t, " of them on a CPU");
	if (o->info.start_realtime_ns) {
		pdiag_text_str(t, ", at ");
		pdiag_number_date(t, o->info.start_realtime_ns);
	}
}

void pdiag_svg_measured(struct pdiag_text *t, const struct pdiag_output *o)
{
	const struct pdiag_profile_info *info = &o->info;
	bool on = o->options.states & PDIAG_STATES_ON_CPU;

	if (o->options.unit == PDIAG_UNIT_TASKS) {
		count_tasks(t, o);
		return;
	}
	pdiag_number_span(t, info->duration_ns);
	if (info->start_realtime_ns) {
		pdiag_text_str(t, " from ");
		pdiag_number_date(t, info->start_realtime_ns);
	}
	if (info->hz) {
		pdiag_text_str(t, ", ");
		pdiag_number_grouped(t, info->hz);
		pdiag_text_str(t, " Hz");
	}
	pdiag_text_str(t, ": ");
	pdiag_number_grouped(t, info->samples);
	pdiag_text_str(t, info->samples == 1 ? " sample, " : " samples, ");
	if (on) {
		pdiag_number_span(t, info->on_cpu_ns);
		pdiag_text_str(t, " on CPU");
	}
	if (info->off_cpu_ns || !on) {
		pdiag_text_str(t, on ? ", " : "");
		pdiag_number_span(t, info->off_cpu_ns);
		pdiag_text_str(t, " off CPU");
	}
}

static void add_states(struct pdiag_text *t, uint64_t states)
{
	const char *before = "";

	if (states == PDIAG_STATES_ON_CPU || states == PDIAG_STATES_OFF_CPU) {
		pdiag_text_str(t, states == PDIAG_STATES_ON_CPU ? "on CPU" : "off CPU");
		return;
	}
	for (uint32_t i = 0; i < 64; i++) {
		if (!(states >> i & 1))
			continue;
		pdiag_text_str(t, before);
		pdiag_text_str(t, pdiag_state_text(i));
		before = ", ";
	}
}

void pdiag_svg_shown(struct pdiag_text *t, const struct pdiag_output *o)
{
	uint64_t states = o->options.states;
	bool some = states != (PDIAG_STATES_ON_CPU | PDIAG_STATES_OFF_CPU);

	if (pdiag_output_shows_all(o))
		return;
	pdiag_text_str(t, "shown: only ");
	if (o->options.pid)
		pdiag_text_printf(t, "process %d%s", o->options.pid, some ? "; only " : "");
	if (some)
		add_states(t, states);
}

int pdiag_svg_lost(struct pdiag_text *t, const struct pdiag_profile *profile,
	const struct pdiag_output *o)
{
	struct pdiag_loss_totals totals;
	int ret = pdiag_loss_totals(profile, &totals);

	if (ret)
		return ret;
	if (!pdiag_output_shows_all(o))
		pdiag_text_str(t, "whole capture: ");
	pdiag_loss_sentence(t, &o->all, &totals);
	return 0;
}

bool pdiag_svg_lines_failed(const struct pdiag_svg *svg)
{
	for (int i = 0; i < PDIAG_SVG_LINES; i++)
		if (svg->lines[i].error)
			return true;
	return false;
}
