// SPDX-License-Identifier: GPL-2.0-only
/* What a session did, so far. Read beside the writers: each number is whole, their set is not. */

#include "arch/walk.h"
#include "session.h"
#include "tasks.h"

static void add(struct pdiag_kmod_stats *stats, const struct pdiag_cpu *cpu)
{
	u32 i;

	stats->records += READ_ONCE(cpu->ring.records);
	stats->bytes += READ_ONCE(cpu->ring.head);
	stats->samples += READ_ONCE(cpu->samples);
	stats->pending += READ_ONCE(cpu->pending.samples);
	stats->coarsened += READ_ONCE(cpu->pending.coarsened);
	stats->late += READ_ONCE(cpu->late);
	stats->stacks += READ_ONCE(cpu->stacks_sent);
	stats->short_waits += READ_ONCE(cpu->short_waits);
	stats->short_ns += READ_ONCE(cpu->short_ns);
	stats->callbacks += READ_ONCE(cpu->governor.callbacks);
	stats->callback_ns += pdiag_cycles_ns(cpu->governor.cycles + cpu->governor.used);
	stats->throttled += READ_ONCE(cpu->governor.throttled);
	stats->period_ns = max(stats->period_ns, READ_ONCE(cpu->period));
	for (i = 0; i < PDIAG_KMOD_LOSSES; i++)
		stats->lost[i] += READ_ONCE(cpu->lost[i]);
}

void pdiag_session_stats(struct pdiag_session *session, struct pdiag_kmod_stats *stats)
{
	u32 size = stats->size, ring = stats->ring, i;

	memset(stats, 0, sizeof(*stats));
	stats->size = size;
	stats->ring = ring;
	for (i = 0; i + 1 < session->nr_rings; i++)
		if (session->cpu[i] && (ring == PDIAG_KMOD_ALL_RINGS || ring == i))
			add(stats, session->cpu[i]);
	if (session->tasks && (ring == PDIAG_KMOD_ALL_RINGS || ring + 1 == session->nr_rings))
		pdiag_tasks_stats(session->tasks, stats);
}
