/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_flight.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "core/error.h"
#include "source/flight.h"
#include "source/perf_buffer.h"
#include "source/perf_layout.h"
#include "util/clock.h"

int pdiag_perf_flight_check(const struct pdiag_source_config *config, uint32_t cpus)
{
	uint64_t bytes = 0;

	if (!config->flight_sec)
		return 0;
	if (config->events & PDIAG_ON_CPU)
		bytes += pdiag_perf_buffer_size(config, PDIAG_PERF_ON_CPU, cpus);
	if (config->events & PDIAG_OFF_CPU)
		bytes += pdiag_perf_buffer_size(config, PDIAG_PERF_OFF_CPU, cpus);
	return pdiag_flight_check(config, bytes, cpus);
}

static int pause_all(struct pdiag_perf_rings *rings, bool paused)
{
	for (uint32_t i = 0; i < rings->count; i++)
		if (rings->rings[i].backward &&
			ioctl(rings->rings[i].fd, PERF_EVENT_IOC_PAUSE_OUTPUT, paused) && paused)
			return pdiag_fail(errno, "cannot freeze the flight recorder: %s",
				strerror(errno));
	return 0;
}

/* What the rings hold; *from: all of them have all from here on. */
static int hold_all(struct pdiag_perf_rings *rings, uint64_t *from)
{
	bool overwritten;

	*from = 0;
	for (uint32_t i = 0; i < rings->count; i++) {
		struct pdiag_perf_ring *r = &rings->rings[i];

		if (!r->backward)
			continue;
		if (pdiag_perf_ring_hold(r, &overwritten))
			return pdiag_fail_memory("freezing the flight recorder; it goes on");
		if (overwritten && pdiag_perf_ring_peek(r) > 0 && r->time > *from)
			*from = r->time;
	}
	return 0;
}

int pdiag_perf_flight_freeze(struct pdiag_perf_rings *rings, struct pdiag_source_flight *f, int fd)
{
	uint64_t from, now = pdiag_clock_ns(CLOCK_MONOTONIC);
	int ret;

	if (f->frozen)
		return 0;
	ret = pause_all(rings, true);
	if (!ret) {
		pdiag_flight_settle();
		ret = hold_all(rings, &from);
	}
	if (ret) {
		pause_all(rings, false);
		return ret;
	}
	f->by = 0;
	f->value = 0;
	pdiag_flight_freeze(f, fd, now, from);
	return 0;
}

int pdiag_perf_flight_thaw(struct pdiag_perf_rings *rings, struct pdiag_source_flight *f, int fd)
{
	if (!f->frozen)
		return 0;
	/* Go past the record that was handed out last: it may be of a ring that goes on. */
	pdiag_perf_rings_refresh(rings, 0);
	for (uint32_t i = 0; i < rings->count; i++)
		if (rings->rings[i].backward)
			pdiag_perf_ring_release(&rings->rings[i]);
	pdiag_perf_rings_refresh(rings, 0);
	pdiag_flight_begin(f, fd, pdiag_clock_ns(CLOCK_MONOTONIC));
	return pause_all(rings, false);
}

struct recent {
	uint64_t mult;
	pdiag_source_recent_fn fn;
	void *user;
};

static void tell_sample(void *user, const struct pdiag_perf_sample *s)
{
	const struct recent *r = user;

	r->fn(r->user, (int32_t)s->pid, pdiag_perf_weight(s->period, r->mult));
}

void pdiag_perf_flight_recent(const struct pdiag_perf_rings *rings, uint64_t mult, uint64_t since,
	pdiag_source_recent_fn fn, void *user)
{
	struct recent r = { mult, fn, user };

	for (uint32_t i = 0; i < rings->count; i++)
		if (rings->rings[i].backward && rings->rings[i].kind == PDIAG_PERF_ON_CPU)
			pdiag_perf_ring_recent(&rings->rings[i], since, tell_sample, &r);
}

void pdiag_perf_flight_end(
	const struct pdiag_perf_rings *rings, struct pdiag_source_flight *f, int fd)
{
	for (uint32_t i = 0; i < rings->count; i++)
		if (rings->rings[i].held_count)
			return;
	pdiag_flight_read(f, fd);
}
