/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "core/error.h"
#include "core/options.h"
#include "portrait/portrait.h"

_Static_assert(sizeof(struct pdiag_portraits_options) ==
		sizeof(size_t) + sizeof(void *) + 6 * 4,
	"no holes in struct pdiag_portraits_options");

#define PROCESSES_MAX (4u << 20) /* the kernel has no more pids */

int pdiag_portraits_options_check(
	struct pdiag_portraits_options *to, const struct pdiag_portraits_options *from)
{
	int ret = PDIAG_OPTIONS_COPY(to, from, reserved);

	if (ret)
		return ret;
	if (to->flags & ~PDIAG_PORTRAITS_NO_CHILDREN || to->reserved || to->pid < 0)
		return pdiag_fail(EINVAL, "pdiag_portraits_options: flags are PDIAG_PORTRAITS_*, "
			"pid is 0 or more, and reserved is 0");
	if (!to->interval_ms)
		to->interval_ms = 10000;
	if (to->interval_ms < 100 || to->interval_ms > 600000)
		return pdiag_fail(EINVAL, "pdiag_portraits_options: interval_ms is %u; it is 100 "
			"to 600000, or 0 for 10000", to->interval_ms);
	if (!to->window_s)
		to->window_s = to->interval_ms > 60000 ? (to->interval_ms + 999) / 1000 : 60;
	if (to->window_s * 1000ull < to->interval_ms || to->window_s > 86400)
		return pdiag_fail(EINVAL, "pdiag_portraits_options: window_s is %u; it is from one "
			"interval (%u ms) to 86400, or 0 for 60", to->window_s, to->interval_ms);
	if (!to->max)
		to->max = 65536;
	if (to->max > PROCESSES_MAX)
		return pdiag_fail(EINVAL, "pdiag_portraits_options: max is %u; it is up to %u",
			to->max, PROCESSES_MAX);
	return 0;
}
