/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a profile tells about itself: its sums and its losses. */
#include <pdiag/profile.h>

#include "core/error.h"
#include "core/options.h"
#include "profile/ledger.h"
#include "profile/profile.h"
#include "util/array.h"

_Static_assert(sizeof(struct pdiag_profile_info) == sizeof(size_t) + 7 * 8 + 4 * 4,
	"no holes in struct pdiag_profile_info");
_Static_assert(sizeof(struct pdiag_loss) == 24, "no holes in struct pdiag_loss");

uint64_t pdiag_profile_duration(const struct pdiag_profile *p)
{
	uint64_t own = p->end_time > p->start_time ? p->end_time - p->start_time : 0;

	return own > UINT64_MAX - p->extra_duration ? UINT64_MAX : own + p->extra_duration;
}

int pdiag_profile_get_info(const struct pdiag_profile *profile, struct pdiag_profile_info *info)
{
	struct pdiag_profile_info all = {
		.lost = pdiag_ledger_lost(profile->ledger),
		.duration_ns = pdiag_profile_duration(profile),
		.start_realtime_ns = profile->start_realtime,
		.period_ns = profile->period_ns,
		.hz = profile->hz,
		.stacks = (uint32_t)profile->stacks,
		.frames = (uint32_t)profile->frame_count,
		.threads = (uint32_t)profile->thread_count,
	};

	pdiag_error_clear();
	/* Const means the same numbers; how they are kept inside may change. */
	pdiag_profile_settle((struct pdiag_profile *)profile, UINT64_MAX);
	for (size_t i = 0; i < profile->entry_count; i++) {
		const struct pdiag_entry *e = &profile->entries[i];

		all.samples += e->samples;
		if (e->state == PDIAG_STATE_RUNNING)
			all.on_cpu_ns += e->weight;
		else
			all.off_cpu_ns += e->weight;
	}
	return PDIAG_INFO_COPY(info, &all, threads, "pdiag_profile_info");
}

static int tell_unplaced(const struct pdiag_ledger *ledger, uint32_t reason, pdiag_loss_fn fn,
	void *user)
{
	struct pdiag_loss rest = {
		.reason = reason,
		.cpu = -1,
		.pid = -1,
		.events = pdiag_ledger_unplaced(ledger, reason),
	};

	return rest.events ? fn(user, &rest) : 0;
}

int pdiag_profile_each_loss(const struct pdiag_profile *profile, pdiag_loss_fn fn, void *user)
{
	struct pdiag_ledger *ledger = profile->ledger;
	size_t i = 0;
	int ret;

	pdiag_error_clear();
	pdiag_ledger_sort(ledger);
	for (uint32_t reason = 0; reason < PDIAG_COUNT(ledger->total); reason++) {
		ret = tell_unplaced(ledger, reason, fn, user);
		for (; !ret && i < ledger->count && ledger->lines[i].reason == reason; i++)
			ret = fn(user, &ledger->lines[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static uint64_t table_bytes(const struct pdiag_table *t)
{
	return t->slots ? ((uint64_t)t->mask + 1) * sizeof(*t->slots) : 0;
}

uint64_t pdiag_profile_bytes(const struct pdiag_profile *p)
{
	return sizeof(*p) + p->symbols.bytes + p->strings.arena.bytes +
		p->frame_cap * sizeof(*p->frames) + p->node_cap * sizeof(*p->nodes) +
		p->thread_cap * sizeof(*p->threads) + p->entry_cap * sizeof(*p->entries) +
		table_bytes(&p->frame_index) + table_bytes(&p->node_index) +
		table_bytes(&p->thread_index) + table_bytes(&p->entry_index);
}
