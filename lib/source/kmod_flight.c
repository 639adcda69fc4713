/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/kmod_flight.h"

#include <string.h>
#include <time.h>

#include "source/flight.h"
#include "util/clock.h"

static void hold(struct pdiag_kmod_flight *f, uint64_t time, uint32_t by, uint64_t value)
{
	f->state->by = by;
	f->state->value = value;
	pdiag_flight_freeze(f->state, f->fd, time, pdiag_krings_hold(f->rings));
}

void pdiag_kmod_flight_look(struct pdiag_kmod_flight *f)
{
	struct pdiag_kring *ring = pdiag_ksession_tasks(f->session);
	struct pdiag_kmod_frozen record;

	if (!ring)
		return;
	pdiag_kring_refresh(ring);
	for (; pdiag_kring_peek(ring) > 0; pdiag_kring_advance(ring)) {
		if (ring->record < sizeof(record) || f->state->frozen)
			continue;
		memcpy(&record, pdiag_kring_record(ring), sizeof(record));
		if (record.head.type == PDIAG_KMOD_FROZEN)
			hold(f, record.head.time, record.by, record.value);
	}
	if (ring->tail != ring->published)
		pdiag_kring_publish(ring);
}

int pdiag_kmod_flight_freeze(struct pdiag_kmod_flight *f)
{
	uint64_t now = pdiag_clock_ns(CLOCK_MONOTONIC);
	int ret;

	if (f->state->frozen)
		return 0;
	ret = pdiag_ksession_freeze(f->session, true);
	if (ret)
		return ret;
	pdiag_flight_settle();
	/* A trigger may have been first. */
	pdiag_kmod_flight_look(f);
	if (!f->state->frozen)
		hold(f, now, 0, 0);
	return 0;
}

int pdiag_kmod_flight_thaw(struct pdiag_kmod_flight *f)
{
	int ret;

	pdiag_kmod_flight_look(f);
	if (!f->state->frozen)
		return 0;
	ret = pdiag_ksession_freeze(f->session, false);
	if (ret)
		return ret;
	pdiag_krings_release(f->rings);
	pdiag_flight_begin(f->state, f->fd, pdiag_clock_ns(CLOCK_MONOTONIC));
	return 0;
}

int pdiag_kmod_flight_stop(struct pdiag_kmod_flight *f)
{
	uint64_t pending = UINT64_MAX, before;
	int ret;

	pdiag_kmod_flight_look(f);
	ret = pdiag_ksession_stop(f->session);
	/* Only a freeze could have come before this. */
	pdiag_kmod_flight_look(f);
	if (ret || f->state->frozen)
		return ret;
	/* Tasks that are still away come with it; nobody reads the rings yet. */
	do
		before = pending;
	while (!pdiag_ksession_flush(f->session, &pending) && pending && pending < before);
	hold(f, pdiag_clock_ns(CLOCK_MONOTONIC), 0, 0);
	return 0;
}

void pdiag_kmod_flight_end(struct pdiag_kmod_flight *f)
{
	if (f->state->unread && !f->rings->order.count)
		pdiag_flight_read(f->state, f->fd);
}
