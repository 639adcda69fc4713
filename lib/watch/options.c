/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/setup.h"

#include <errno.h>

#include "core/error.h"
#include "core/options.h"

_Static_assert(sizeof(struct pdiag_watch_options) ==
		sizeof(size_t) + 6 * sizeof(void *) + 3 * 8 + 8 * 4,
	"no holes in struct pdiag_watch_options");
_Static_assert(sizeof(struct pdiag_watch_info) ==
		sizeof(size_t) + 2 * sizeof(void *) + 8 * 8 + 4 * 4,
	"no holes in struct pdiag_watch_info");

#define FLAGS (PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS | \
	PDIAG_WATCH_NO_OFF_CPU | PDIAG_WATCH_ONLY_ENDED)

static int number(uint32_t *value, uint32_t otherwise, uint32_t least, uint32_t most,
	const char *name)
{
	if (!*value)
		*value = otherwise;
	if (*value >= least && *value <= most)
		return 0;
	return pdiag_fail(EINVAL, "pdiag_watch_options: %s is %u; it is %u to %u, or 0 for %u",
		name, *value, least, most, otherwise);
}

static int check_numbers(struct pdiag_watch_options *o)
{
	int ret = number(&o->interval_ms, 1000, 100, 1000, "interval_ms");

	if (!ret)
		ret = number(&o->hz, 99, 1, 10000, "hz");
	if (!ret)
		ret = number(&o->before_s, 15, 5, 300, "before_s");
	if (!ret)
		ret = number(&o->during_s, 15, 1, 300, "during_s");
	if (!ret)
		ret = number(&o->cooldown_s, 30, 1, 86400, "cooldown_s");
	return ret ? ret : number(&o->history, 64, 1, 4096, "history");
}

int pdiag_watch_options_check(
	struct pdiag_watch_options *to, const struct pdiag_watch_options *from)
{
	int ret = PDIAG_OPTIONS_COPY(to, from, flags);

	if (!ret)
		ret = check_numbers(to);
	if (ret)
		return ret;
	if (to->flags & ~FLAGS)
		return pdiag_fail(EINVAL, "pdiag_watch_options: flags are PDIAG_WATCH_*");
	if (!(to->false_alarms >= 0 && to->false_alarms <= 1000))
		return pdiag_fail(EINVAL, "pdiag_watch_options: false_alarms is 0 to 1000 a day");
	if (to->false_alarms == 0)
		to->false_alarms = 0.5;
	if (!to->max_bytes)
		to->max_bytes = 64ull << 20;
	if (to->flags & PDIAG_WATCH_ONLY_RULES && (!to->rules || !to->rules[0] || to->metrics))
		return pdiag_fail(EINVAL, "pdiag_watch_options: PDIAG_WATCH_ONLY_RULES needs rules "
			"and no metrics");
	return 0;
}
