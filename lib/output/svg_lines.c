/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/svg_lines.h"

#include "output/loss.h"
#include "output/number.h"

void pdiag_svg_measured(struct pdiag_text *t, const struct pdiag_profile_info *info)
{
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
	pdiag_number_span(t, info->on_cpu_ns);
	pdiag_text_str(t, " on CPU");
	if (info->off_cpu_ns) {
		pdiag_text_str(t, ", ");
		pdiag_number_span(t, info->off_cpu_ns);
		pdiag_text_str(t, " off CPU");
	}
}

int pdiag_svg_lost(struct pdiag_text *t, const struct pdiag_profile *profile,
	const struct pdiag_profile_info *info)
{
	struct pdiag_loss_totals totals;
	int ret = pdiag_loss_totals(profile, &totals);

	if (!ret)
		pdiag_loss_sentence(t, info, &totals);
	return ret;
}
