/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The source that runs on perf_event_open(2): no module, no privilege beyond what perf needs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/context.h"
#include "core/error.h"
#include "source/flight.h"
#include "source/limits.h"
#include "source/perf_events.h"
#include "source/perf_flight.h"
#include "source/perf_layout.h"
#include "util/array.h"
#include "util/clock.h"

/* A record may carry a time this much before it can be read. */
#define SETTLE_NS 1000000ull
/* Ended targets and quiet rings are looked at this often. */
#define TICK_NS 200000000l

struct perf_source {
	struct pdiag_source base;
	struct pdiag_perf_target target;
	struct pdiag_perf_events events;
	int timer_fd;
	int flight_fd; /* of a flight recorder, readable while there is something held */
	bool started, stopped;
	uint32_t lost_ring; /* see next_hidden_loss() */
	uint64_t corrupt;   /* rings skipped, as told so far */
	struct {
		struct perf_event_header header;
		uint64_t id, lost;
		struct pdiag_perf_id sample_id;
	} lost_record;
};

static struct perf_source *self(struct pdiag_source *s)
{
	return (struct perf_source *)s;
}

static void perf_close(struct pdiag_source *s)
{
	struct perf_source *p = self(s);
	bool forked = pdiag_context_forked(s->context);

	pdiag_perf_events_close(&p->events, forked);
	pdiag_perf_target_close(&p->target, forked);
	if (p->timer_fd >= 0)
		close(p->timer_fd);
	if (p->flight_fd >= 0)
		close(p->flight_fd);
	if (s->fd >= 0)
		close(s->fd);
	free(p);
}

static int watch(struct pdiag_source *s, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	if (!epoll_ctl(s->fd, EPOLL_CTL_ADD, fd, &e))
		return 0;
	return pdiag_fail(errno, "cannot watch the ring buffers: %s", strerror(errno));
}

static int open_fds(struct perf_source *p)
{
	int ret = 0;

	p->base.fd = epoll_create1(EPOLL_CLOEXEC);
	p->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p->base.fd < 0 || p->timer_fd < 0)
		return pdiag_fail(errno, "cannot make a file descriptor to poll: %s",
			strerror(errno));
	ret = watch(&p->base, p->timer_fd);
	if (!ret && p->target.pid_fd >= 0)
		ret = watch(&p->base, p->target.pid_fd);
	if (!ret && p->base.state.flight.span) {
		p->flight_fd = pdiag_flight_fd();
		ret = watch(&p->base, p->flight_fd);
	}
	for (uint32_t i = 0; !ret && i < p->events.rings.count; i++)
		if (!p->events.rings.rings[i].backward)
			ret = watch(&p->base, p->events.rings.rings[i].fd);
	return ret;
}

/* Of what perf events cannot do: a refusal if it is perf that was asked for, else a limit. */
static int lack(const struct pdiag_source_config *config, struct pdiag_source_state *state,
	const char *refusal, const char *limit)
{
	if (config->source == PDIAG_SOURCE_PERF)
		return pdiag_fail(EOPNOTSUPP, "%s, or use the kernel module", refusal);
	pdiag_limits_add(state, "%s", limit);
	return 0;
}

static int check_lacks(
	const struct pdiag_source_config *config, struct pdiag_source_state *state)
{
	int ret = 0;

	/* The kernel bounds what all perf events together may take, and no single capture. */
	if (config->budget_ppm)
		ret = lack(config, state, "budget_ppm is set, but perf events have no budget for a "
			"capture, only kernel.perf_cpu_time_max_percent for all of them; leave it "
			"zero", "no budget: perf events have none for a capture, only "
			"kernel.perf_cpu_time_max_percent for all of them");
	if (!ret && config->flags & PDIAG_WAKERS)
		ret = lack(config, state, "PDIAG_WAKERS is set, but perf events do not tell who "
			"ends a wait; leave it out",
			"no stacks of wakers: perf events do not tell who ends a wait");
	return ret;
}

static int perf_open(const struct pdiag_source_config *config, struct pdiag_source **out)
{
	struct perf_source *p = calloc(1, sizeof(*p));
	struct pdiag_source_state *state;
	int ret;

	if (!p)
		return pdiag_fail_memory("opening perf events");
	p->base.ops = &pdiag_source_perf;
	p->base.context = config->context;
	p->base.fd = p->timer_fd = p->flight_fd = -1;
	p->target.command = (struct pdiag_command){ .pid = -1, .link = -1, .status = -1 };
	p->target.pid_fd = p->target.cgroup_fd = -1;
	state = &p->base.state;
	state->live = true;
	state->exit_status = -1;
	ret = check_lacks(config, state);
	if (!ret)
		ret = pdiag_perf_target_open(&p->target, config);
	if (!ret)
		ret = pdiag_perf_flight_check(config, p->target.cpu_count);
	if (!ret)
		ret = pdiag_perf_events_open(&p->events, config, &p->target, state);
	state->flight.span = config->flight_sec * 1000000000ull;
	if (!ret)
		ret = open_fds(p);
	if (ret) {
		perf_close(&p->base);
		return ret;
	}
	state->pid = config->target == PDIAG_TARGET_SYSTEM ? 0 : p->target.pid;
	*out = &p->base;
	return 0;
}

static int perf_start(struct pdiag_source *s)
{
	/* At once for the first time: who is dispatching reads up on the processes there are. */
	struct itimerspec tick = { .it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = 1 };
	struct perf_source *p = self(s);
	int ret;

	if (p->target.command.pid > 0)
		ret = pdiag_command_go(&p->target.command); /* enables on exec */
	else
		ret = pdiag_perf_events_enable(&p->events, true);
	if (ret)
		return ret;
	p->started = true;
	s->state.flight.begun = pdiag_clock_ns(CLOCK_MONOTONIC);
	timerfd_settime(p->timer_fd, 0, &tick, NULL);
	return 0;
}

static int perf_freeze(struct pdiag_source *s, bool frozen)
{
	struct pdiag_perf_rings *rings = &self(s)->events.rings;
	int fd = self(s)->flight_fd;

	return frozen ? pdiag_perf_flight_freeze(rings, &s->state.flight, fd) :
			pdiag_perf_flight_thaw(rings, &s->state.flight, fd);
}

static void perf_recent(
	struct pdiag_source *s, uint64_t since, pdiag_source_recent_fn fn, void *user)
{
	pdiag_perf_flight_recent(
		&self(s)->events.rings, s->state.weight_mult, since, fn, user);
}

static int perf_stop(struct pdiag_source *s)
{
	struct itimerspec none = { .it_value.tv_sec = 0 };
	struct perf_source *p = self(s);
	int ret = 0;

	if (p->stopped)
		return 0;
	if (s->state.flight.span && p->started)
		ret = perf_freeze(s, true);
	pdiag_perf_events_enable(&p->events, false);
	timerfd_settime(p->timer_fd, 0, &none, NULL);
	p->stopped = true;
	return ret;
}

/*
 * The event of a thread that has ended polls as hung up for ever, though others may still write to
 * its ring: that ring is then looked at with each tick.
 */
static void unwatch_ended(struct perf_source *p)
{
	struct epoll_event ready[16];
	int n = epoll_wait(p->base.fd, ready, (int)PDIAG_COUNT(ready), 0);

	for (int i = 0; i < n; i++)
		if (ready[i].events & EPOLLHUP && ready[i].data.fd != p->target.pid_fd)
			epoll_ctl(p->base.fd, EPOLL_CTL_DEL, ready[i].data.fd, NULL);
}

static int perf_refresh(struct pdiag_source *s)
{
	struct perf_source *p = self(s);
	uint64_t ticks;

	if (read(p->timer_fd, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
		return -errno;
	unwatch_ended(p);
	if (!s->state.ended && p->started && pdiag_perf_target_ended(&p->target)) {
		s->state.ended = true;
		s->state.exit_status = p->target.command.status;
		/* It stays readable for ever; whoever polls on has been told. */
		if (p->target.pid_fd >= 0)
			epoll_ctl(s->fd, EPOLL_CTL_DEL, p->target.pid_fd, NULL);
	}
	pdiag_perf_rings_refresh(&p->events.rings,
		p->stopped ? UINT64_MAX : pdiag_clock_ns(CLOCK_MONOTONIC) - SETTLE_NS);
	return 0;
}

/*
 * The kernel reports a loss with the first record that fits again. After the stop none comes, so
 * the counters tell what was lost last: one record for each ring, made here.
 */
static int next_hidden_loss(struct perf_source *p, struct pdiag_raw *raw)
{
	struct pdiag_perf_ring *ring;
	uint64_t lost;

	for (; p->stopped && p->lost_ring < p->events.rings.count; p->lost_ring++) {
		ring = &p->events.rings.rings[p->lost_ring];
		if (ring->backward)
			continue; /* nothing but what came while it was paused */
		lost = pdiag_perf_events_lost(&p->events, p->lost_ring);
		if (lost <= ring->lost)
			continue;
		p->lost_record.header.type = PERF_RECORD_LOST;
		p->lost_record.header.size = sizeof(p->lost_record);
		p->lost_record.lost = lost - ring->lost;
		p->lost_record.sample_id.cpu = (uint32_t)ring->cpu;
		p->lost_record.sample_id.time = ring->time;
		ring->lost = lost;
		*raw = (struct pdiag_raw){ .data = &p->lost_record, .len = sizeof(p->lost_record),
			.cpu = ring->cpu, .format = PDIAG_RAW_PERF, .kind = ring->kind };
		return 1;
	}
	return 0;
}

/* What came while a flight recorder was frozen is not lost. */
static bool is_paused(const struct pdiag_perf_ring *ring, const struct perf_event_header *header)
{
	return ring->backward && header->type == PERF_RECORD_LOST;
}

static int perf_next(struct pdiag_source *s, struct pdiag_raw *raw)
{
	struct perf_source *p = self(s);
	struct pdiag_perf_ring *ring;
	const struct perf_event_header *header;

	do
		header = pdiag_perf_rings_next(&p->events.rings, &ring);
	while (header && (is_paused(ring, header) ||
				 pdiag_perf_late_twice(&p->events.late, header,
					 (uint32_t)(ring - p->events.rings.rings))));
	if (!header && s->state.flight.unread)
		pdiag_perf_flight_end(&p->events.rings, &s->state.flight, p->flight_fd);
	s->state.bytes = p->events.rings.bytes;
	if (p->corrupt < p->events.rings.corrupt) {
		/* No decoder takes a record of no length: it goes to the ledger. The one at hand
		 * comes with the next call. */
		p->corrupt++;
		p->events.rings.taken = false;
		*raw = (struct pdiag_raw){ .data = &p->lost_record, .cpu = -1,
			.format = PDIAG_RAW_PERF };
		return 1;
	}
	if (!header)
		return next_hidden_loss(p, raw);
	if (header->type == PERF_RECORD_LOST && header->size >= 24)
		ring->lost += ((const uint64_t *)header)[2];
	*raw = (struct pdiag_raw){ .data = header, .len = header->size, .cpu = ring->cpu,
		.format = PDIAG_RAW_PERF, .kind = ring->kind };
	return 1;
}

const struct pdiag_source_ops pdiag_source_perf = {
	.name = "perf",
	.open = perf_open,
	.start = perf_start,
	.stop = perf_stop,
	.refresh = perf_refresh,
	.next = perf_next,
	.close = perf_close,
	.freeze = perf_freeze,
	.recent = perf_recent,
};
