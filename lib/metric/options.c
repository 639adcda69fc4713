/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "core/error.h"
#include "core/options.h"
#include "metric/metric.h"

_Static_assert(sizeof(struct pdiag_metrics_options) == sizeof(size_t) + 2 * sizeof(void *) + 6 * 4,
	"no holes in struct pdiag_metrics_options");

#define ALL (PDIAG_METRICS_MACHINE | PDIAG_METRICS_CGROUP | PDIAG_METRICS_PROCESS)

int pdiag_metrics_options_check(
	struct pdiag_metrics_options *to, const struct pdiag_metrics_options *from)
{
	int ret = PDIAG_OPTIONS_COPY(to, from, reserved);

	if (ret)
		return ret;
	if (to->families & ~ALL || to->flags & ~PDIAG_METRICS_NO_HISTORY || to->reserved ||
		to->pid < 0)
		return pdiag_fail(EINVAL, "pdiag_metrics_options: families and flags are "
			"PDIAG_METRICS_*, pid is 0 or more, and reserved is 0");
	if (!to->families)
		to->families = PDIAG_METRICS_MACHINE | (to->cgroup ? PDIAG_METRICS_CGROUP : 0) |
			(to->pid ? PDIAG_METRICS_PROCESS : 0);
	if (!to->cgroup != !(to->families & PDIAG_METRICS_CGROUP))
		return pdiag_fail(EINVAL, "pdiag_metrics_options: cgroup and the family "
			"PDIAG_METRICS_CGROUP go together; give both or none");
	if (!to->pid != !(to->families & PDIAG_METRICS_PROCESS))
		return pdiag_fail(EINVAL, "pdiag_metrics_options: pid and the family "
			"PDIAG_METRICS_PROCESS go together; give both or none");
	if (!to->interval_ms)
		to->interval_ms = 1000;
	if (!to->history_s)
		to->history_s = 3600;
	if (to->interval_ms < 10 || to->interval_ms > 1000)
		return pdiag_fail(EINVAL, "pdiag_metrics_options: interval_ms is %u; it is 10 to "
			"1000, or 0 for 1000", to->interval_ms);
	if (to->history_s < 60 || to->history_s > 86400)
		return pdiag_fail(EINVAL, "pdiag_metrics_options: history_s is %u; it is 60 to "
			"86400, or 0 for 3600", to->history_s);
	return 0;
}
