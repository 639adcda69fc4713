/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/trigger.h"

#include <errno.h>

#include "core/error.h"
#include "core/options.h"

_Static_assert(sizeof(struct pdiag_trigger) == sizeof(size_t) + 8 + 6 * 4,
	"no holes in struct pdiag_trigger");

int pdiag_trigger_options(const struct pdiag_trigger *trigger, uint32_t action, const char *call,
	struct pdiag_kmod_trigger *out)
{
	struct pdiag_trigger set;
	int ret;

	if (!trigger)
		return pdiag_fail(EINVAL, "%s: trigger is NULL", call);
	ret = PDIAG_OPTIONS_COPY(&set, trigger, reserved);
	if (ret)
		return ret;
	if (set.on > PDIAG_TRIGGER_BLOCKED || set.off > 1 || set.reserved)
		return pdiag_fail(EINVAL, "pdiag_trigger: on is up to %u, off is 0 or 1, and "
			"reserved is 0", PDIAG_TRIGGER_BLOCKED);
	*out = (struct pdiag_kmod_trigger){
		.on = set.on, .actions = set.off ? 0 : action, .rise = set.rise,
		.hold_ms = set.hold_ms, .cooldown_ms = set.cooldown_ms, .check_ms = set.check_ms,
	};
	return 0;
}
