/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The source that runs on the kernel module. Samples and waits come from its rings, and what
 * processes do (mmap, exec, fork, exit) from perf events that never happen; both are in ns of
 * CLOCK_MONOTONIC and are merged in order of time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/context.h"
#include "core/error.h"
#include "source/flight.h"
#include "source/kmod_flight.h"
#include "source/kmod_options.h"
#include "source/kmod_parts.h"
#include "source/kmod_rings.h"
#include "source/kmod_session.h"
#include "source/limits.h"
#include "source/perf_events.h"
#include "util/array.h"
#include "util/clock.h"

/* A record may carry a time this much before it can be read. */
#define SETTLE_NS 1000000ull
/* Ended targets and quiet rings are looked at this often. */
#define TICK_NS 200000000l
/* Records of all rings that are looked at to see who was on a CPU of late: waits are between them.
 * Some milliseconds at most. */
#define RECENT_MAX 262144u

struct kmod_source {
	struct pdiag_source base;
	struct pdiag_kdevice device;
	struct pdiag_ksession session;
	struct pdiag_krings rings;
	struct pdiag_perf_target target;
	struct pdiag_perf_events tasks; /* mmap, comm, fork, exit; no rings: could not be had */
	struct pdiag_kmod_parts parts;
	struct pdiag_kmod_flight flight; /* without session: no flight recorder */
	int timer_fd;
	bool started, stopped;
	bool begun;	/* the command has exec'ed: what comes before is not its ... */
	uint64_t begins; /* ... and that was not later than this */
	bool drained;	/* stopped, and nothing waits in the module any more */
	uint64_t corrupt; /* rings skipped, as told so far */
	uint32_t short_ring; /* see next_short() */
	struct pdiag_kmod_loss_record short_record;
};

static struct kmod_source *self(struct pdiag_source *s)
{
	return (struct kmod_source *)s;
}

static void kmod_close(struct pdiag_source *s)
{
	struct kmod_source *k = self(s);
	bool forked = pdiag_context_forked(s->context);

	pdiag_perf_events_close(&k->tasks, forked);
	pdiag_krings_free(&k->rings);
	pdiag_ksession_close(&k->session, forked);
	pdiag_kdevice_close(&k->device);
	pdiag_perf_target_close(&k->target, forked);
	if (k->flight.fd >= 0)
		close(k->flight.fd);
	if (k->timer_fd >= 0)
		close(k->timer_fd);
	if (s->fd >= 0)
		close(s->fd);
	free(k);
}

static int watch(struct pdiag_source *s, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	if (!epoll_ctl(s->fd, EPOLL_CTL_ADD, fd, &e))
		return 0;
	return pdiag_fail(errno, "cannot watch the ring buffers: %s", strerror(errno));
}

static int open_fds(struct kmod_source *k)
{
	int ret;

	k->base.fd = epoll_create1(EPOLL_CLOEXEC);
	k->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (k->base.fd < 0 || k->timer_fd < 0)
		return pdiag_fail(errno, "cannot make a file descriptor to poll: %s",
			strerror(errno));
	ret = watch(&k->base, k->timer_fd, EPOLLIN);
	if (!ret && k->flight.session) {
		k->flight.fd = pdiag_flight_fd();
		ret = watch(&k->base, k->flight.fd, EPOLLIN);
	}
	/* Once for each time that the module wakes readers: records that are younger than the
	 * horizon stay in the rings, and must not keep an event loop busy. */
	if (!ret)
		ret = watch(&k->base, k->session.fd, EPOLLIN | EPOLLET);
	if (!ret && k->target.pid_fd >= 0)
		ret = watch(&k->base, k->target.pid_fd, EPOLLIN);
	for (uint32_t i = 0; !ret && i < k->tasks.rings.count; i++)
		ret = watch(&k->base, k->tasks.rings.rings[i].fd, EPOLLIN);
	return ret;
}

/* Some kernels let perf have no cgroup: then what all processes of its CPUs do. */
static int open_machine(struct kmod_source *k, const struct pdiag_source_config *config,
	struct pdiag_source_state *state)
{
	struct pdiag_perf_target machine = k->target;
	int all = -1;

	machine.ids = &all;
	machine.flags &= ~(unsigned long)PERF_FLAG_PID_CGROUP;
	return pdiag_perf_events_open(&k->tasks, config, &machine, state);
}

/* Without it names and mappings are those that /proc has when it is asked. */
static int open_tasks(struct kmod_source *k, const struct pdiag_source_config *config)
{
	struct pdiag_source_config tasks = *config;
	struct pdiag_source_state scratch = { .limits = "" };
	int ret;

	tasks.events = 0;
	tasks.hz = tasks.max_depth = 1;
	tasks.flags |= PDIAG_USER_ONLY;
	ret = pdiag_perf_events_open(&k->tasks, &tasks, &k->target, &scratch);
	if (ret && ret != -ENOMEM && config->target == PDIAG_TARGET_CGROUP) {
		pdiag_perf_events_close(&k->tasks, false);
		ret = open_machine(k, &tasks, &scratch);
	}
	k->base.state.buffer_bytes += scratch.buffer_bytes;
	if (!ret || ret == -ENOMEM)
		return ret;
	pdiag_perf_events_close(&k->tasks, false);
	pdiag_limits_add(&k->base.state, "programs that start and end are not followed: %s",
		pdiag_errmsg());
	pdiag_error_clear();
	return 0;
}

/* With as much as the module gives. */
static int try_session(struct kmod_source *k, const struct pdiag_source_config *config,
	struct pdiag_kmod_session *options)
{
	uint64_t whole = options->ring_bytes;
	int ret;

	do
		ret = pdiag_ksession_open(&k->session, &k->device, options);
	while (ret == -ENOMEM && pdiag_kmod_options_shrink(options, config));
	/* A session without privilege makes no task dumps, and has no triggers. */
	if ((ret == -EPERM || ret == -EACCES) && options->events & PDIAG_KMOD_TASKS) {
		options->events &= ~PDIAG_KMOD_TASKS;
		ret = pdiag_ksession_open(&k->session, &k->device, options);
	}
	if (ret)
		return pdiag_kmod_options_fail(ret, config);
	if (options->ring_bytes != whole) {
		pdiag_error_clear();
		pdiag_limits_add(&k->base.state, "rings of %llu KiB a CPU only: the machine "
			"has no memory for more", k->session.options.ring_bytes_used / 1024);
	}
	return 0;
}

static int open_session(struct kmod_source *k, const struct pdiag_source_config *config)
{
	struct pdiag_kmod_session options;
	struct pdiag_kmod_cpus cpus;
	int ret = pdiag_kmod_options(&options, &cpus, &k->device, config, &k->target);

	if (!ret)
		ret = try_session(k, config, &options);
	free(cpus.mask);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < k->session.nr_rings; i++)
		k->base.state.buffer_bytes += k->session.rings[i].control ?
			k->session.rings[i].size : 0;
	pdiag_kmod_options_tell(&k->session.options, config, &k->base.state);
	/* The last ring of a flight recorder tells of triggers. */
	if (pdiag_krings_init(&k->rings, k->session.rings,
		    k->session.nr_rings - !!config->flight_sec))
		return pdiag_fail_memory("opening the kernel module");
	if (!config->flight_sec)
		return 0;
	k->rings.flight = true;
	k->base.state.flight.span = config->flight_sec * 1000000000ull;
	k->flight.session = &k->session;
	k->flight.rings = &k->rings;
	k->flight.state = &k->base.state.flight;
	return 0;
}

static int open_all(struct kmod_source *k, const struct pdiag_source_config *config)
{
	int ret = pdiag_kdevice_open(&k->device);

	if (!ret)
		ret = pdiag_perf_target_open(&k->target, config);
	if (!ret)
		ret = open_session(k, config);
	if (!ret)
		ret = open_tasks(k, config);
	return ret ? ret : open_fds(k);
}

static int kmod_open(const struct pdiag_source_config *config, struct pdiag_source **out)
{
	struct kmod_source *k = calloc(1, sizeof(*k));
	int ret;

	if (!k)
		return pdiag_fail_memory("opening the kernel module");
	k->base.ops = &pdiag_source_kmod;
	k->base.context = config->context;
	k->base.fd = k->timer_fd = k->device.fd = k->session.fd = k->flight.fd = -1;
	k->target.command = (struct pdiag_command){ .pid = -1, .link = -1, .status = -1 };
	k->target.pid_fd = k->target.cgroup_fd = -1;
	k->base.state.live = true;
	k->base.state.exit_status = -1;
	ret = open_all(k, config);
	if (ret) {
		kmod_close(&k->base);
		return ret;
	}
	k->base.state.cpus = k->target.cpu_count;
	k->base.state.pid = config->target == PDIAG_TARGET_SYSTEM ? 0 : k->target.pid;
	k->begun = k->target.command.pid <= 0;
	k->begins = UINT64_MAX;
	*out = &k->base;
	return 0;
}

/* Let the command exec, which enables the events. */
static int go(struct kmod_source *k)
{
	uint64_t before = pdiag_clock_ns(CLOCK_MONOTONIC);
	int ret = pdiag_command_go(&k->target.command);

	/* Events tell when it was; without them a little of what came before is in. */
	k->begins = k->tasks.rings.count ? pdiag_clock_ns(CLOCK_MONOTONIC) : before;
	return ret;
}

static int kmod_start(struct pdiag_source *s)
{
	/* At once for the first time: who is dispatching reads up on the processes there are. */
	struct itimerspec tick = { .it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = 1 };
	struct kmod_source *k = self(s);
	int ret = 0;

	if (k->target.command.pid <= 0)
		ret = pdiag_perf_events_enable(&k->tasks, true);
	if (!ret)
		ret = pdiag_ksession_start(&k->session);
	if (!ret && k->target.command.pid > 0)
		ret = go(k);
	if (ret)
		return ret;
	k->started = true;
	k->base.state.flight.begun = pdiag_clock_ns(CLOCK_MONOTONIC);
	timerfd_settime(k->timer_fd, 0, &tick, NULL);
	return 0;
}

static int kmod_freeze(struct pdiag_source *s, bool frozen)
{
	struct kmod_source *k = self(s);

	if (frozen)
		return pdiag_kmod_flight_freeze(&k->flight);
	k->parts.more = false;
	return pdiag_kmod_flight_thaw(&k->flight);
}

static void kmod_recent(
	struct pdiag_source *s, uint64_t since, pdiag_source_recent_fn fn, void *user)
{
	struct pdiag_krings *r = &self(s)->rings;
	uint32_t most = RECENT_MAX / (r->count ? r->count : 1) + 1;

	for (uint32_t i = 0; i < r->count; i++)
		if (r->rings[i].control)
			pdiag_kring_recent(&r->rings[i], since, most, fn, user);
}

static int kmod_trigger(struct pdiag_source *s, struct pdiag_kmod_trigger *trigger)
{
	struct kmod_source *k = self(s);

	if (!(k->session.options.events & PDIAG_KMOD_TASKS))
		return pdiag_fail(EOPNOTSUPP, "the kernel module has no triggers for this capture: "
			"they need the capability CAP_PERFMON, and task dumps to be available");
	return pdiag_ksession_trigger(&k->session, trigger);
}

static int kmod_stop(struct pdiag_source *s)
{
	struct itimerspec none = { .it_value.tv_sec = 0 };
	struct kmod_source *k = self(s);
	int ret;

	if (k->stopped)
		return 0;
	if (k->flight.session)
		ret = pdiag_kmod_flight_stop(&k->flight);
	else
		ret = pdiag_ksession_stop(&k->session);
	pdiag_perf_events_enable(&k->tasks, false);
	timerfd_settime(k->timer_fd, 0, &none, NULL);
	k->stopped = true;
	return ret;
}

/*
 * Take note of what woke the reader. The event of a thread that has ended polls as hung up for
 * ever, though others may still write to its ring: that ring is then looked at with each tick.
 */
static void take_events(struct kmod_source *k)
{
	struct epoll_event ready[16];
	int n = epoll_wait(k->base.fd, ready, (int)PDIAG_COUNT(ready), 0);

	for (int i = 0; i < n; i++)
		if (ready[i].events & EPOLLHUP && ready[i].data.fd != k->target.pid_fd)
			epoll_ctl(k->base.fd, EPOLL_CTL_DEL, ready[i].data.fd, NULL);
}

static void refresh_rings(struct kmod_source *k)
{
	uint64_t horizon = UINT64_MAX;

	if (!k->stopped)
		horizon = pdiag_clock_ns(CLOCK_MONOTONIC) - SETTLE_NS;
	pdiag_krings_refresh(&k->rings, horizon);
	pdiag_perf_rings_refresh(&k->tasks.rings, horizon);
}

static int kmod_refresh(struct pdiag_source *s)
{
	struct kmod_source *k = self(s);
	uint64_t ticks;

	if (read(k->timer_fd, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
		return -errno;
	take_events(k);
	if (k->flight.session)
		pdiag_kmod_flight_look(&k->flight);
	if (!s->state.ended && k->started && pdiag_perf_target_ended(&k->target)) {
		s->state.ended = true;
		s->state.exit_status = k->target.command.status;
		/* It stays readable for ever; whoever polls on has been told. */
		if (k->target.pid_fd >= 0)
			epoll_ctl(s->fd, EPOLL_CTL_DEL, k->target.pid_fd, NULL);
	}
	/* A record of which parts are to come must stay where it is. */
	if (!k->parts.more)
		refresh_rings(k);
	return 0;
}

/* Is it what a command does before its first instruction: the exec that begins it? */
static bool begins(const struct kmod_source *k, const struct perf_event_header *h)
{
	uint32_t pid;

	if (h->type != PERF_RECORD_COMM || !(h->misc & PERF_RECORD_MISC_COMM_EXEC) ||
		h->size < sizeof(*h) + sizeof(pid))
		return false;
	memcpy(&pid, h + 1, sizeof(pid));
	return pid == (uint32_t)k->target.command.pid;
}

static bool next_task(struct kmod_source *k, struct pdiag_raw *raw)
{
	const struct perf_event_header *h;
	struct pdiag_perf_ring *ring;

	do
		h = pdiag_perf_rings_next(&k->tasks.rings, &ring);
	while (h && pdiag_perf_late_twice(
			    &k->tasks.late, h, (uint32_t)(ring - k->tasks.rings.rings)));
	if (!h)
		return false;
	if (!k->begun)
		k->begun = begins(k, h);
	*raw = (struct pdiag_raw){ .data = h, .len = h->size, .cpu = ring->cpu,
		.format = PDIAG_RAW_PERF, .kind = ring->kind };
	return true;
}

/* Stacks are known from here on, whoever they are first seen with. */
static bool wanted(const struct kmod_source *k, const struct pdiag_kmod_record *r)
{
	return k->begun || r->time > k->begins || r->type == PDIAG_KMOD_STACK ||
		r->type == PDIAG_KMOD_LOSS;
}

static bool next_record(struct kmod_source *k, struct pdiag_raw *raw)
{
	const struct pdiag_kmod_record *r;
	struct pdiag_kring *ring;

	do
		r = pdiag_krings_next(&k->rings, &ring);
	while (r && !wanted(k, r));
	if (!r)
		return false;
	/* The last ring is no CPU's. */
	*raw = (struct pdiag_raw){ .data = r, .len = ring->record, .format = PDIAG_RAW_KMOD,
		.cpu = ring->number + 1 < k->session.nr_rings ? (int32_t)ring->number : -1 };
	pdiag_kmod_parts_begin(&k->parts, raw);
	return true;
}

/* The earlier of both; of the same time, what tells of processes. */
static bool next_of_both(struct kmod_source *k, struct pdiag_raw *raw)
{
	if (pdiag_kmod_parts_next(&k->parts, raw))
		return true;
	if (pdiag_perf_rings_time(&k->tasks.rings) <= pdiag_krings_time(&k->rings) &&
		next_task(k, raw))
		return true;
	return next_record(k, raw) || next_task(k, raw);
}

/* All was read after the stop: is there anything left that had no room in the rings? */
static bool flush(struct kmod_source *k)
{
	uint64_t pending;

	if (k->drained)
		return false;
	k->drained = pdiag_ksession_flush(&k->session, &pending) || !pending;
	refresh_rings(k);
	return true;
}

/* Waits that were too short are counted by the module: one record for each CPU, made here. */
static bool next_short(struct kmod_source *k, struct pdiag_raw *raw)
{
	struct pdiag_kmod_loss_record *r = &k->short_record;
	struct pdiag_kmod_stats stats;

	while (k->short_ring + 1 < k->session.nr_rings) {
		struct pdiag_kring *ring = &k->session.rings[k->short_ring++];

		if (!ring->control || pdiag_ksession_stats(&k->session, ring->number, &stats) ||
			!stats.short_waits)
			continue;
		*r = (struct pdiag_kmod_loss_record){ .reason = PDIAG_KMOD_LOST_SHORT,
			.events = stats.short_waits };
		r->head = (struct pdiag_kmod_record){ .len = sizeof(*r),
			.type = PDIAG_KMOD_LOSS, .time = ring->time };
		*raw = (struct pdiag_raw){ .data = r, .len = sizeof(*r), .parts = 1,
			.cpu = (int32_t)ring->number, .format = PDIAG_RAW_KMOD };
		return true;
	}
	return false;
}

static int kmod_next(struct pdiag_source *s, struct pdiag_raw *raw)
{
	struct kmod_source *k = self(s);
	bool got = next_of_both(k, raw);

	if (!got && k->flight.session)
		pdiag_kmod_flight_end(&k->flight);
	else if (!got && k->stopped && flush(k)) {
		got = next_of_both(k, raw);
		/* Something waits, though there is room: it would wait for ever. */
		k->drained |= !got;
	}
	if (!got && k->drained)
		got = next_short(k, raw);
	s->state.bytes = k->rings.bytes + k->tasks.rings.bytes;
	if (k->corrupt < k->rings.corrupt + k->tasks.rings.corrupt) {
		/* No decoder takes a record of no length: it goes to the ledger. The one at hand
		 * comes with the next call. */
		k->corrupt++;
		if (got)
			pdiag_kmod_parts_keep(&k->parts, raw);
		*raw = (struct pdiag_raw){ .data = raw, .cpu = -1, .format = PDIAG_RAW_KMOD };
		return 1;
	}
	return got;
}

struct pdiag_ksession *pdiag_source_kmod_session(struct pdiag_source *s)
{
	return &self(s)->session;
}

const struct pdiag_source_ops pdiag_source_kmod = {
	.name = "kmod",
	.open = kmod_open,
	.start = kmod_start,
	.stop = kmod_stop,
	.refresh = kmod_refresh,
	.next = kmod_next,
	.close = kmod_close,
	.freeze = kmod_freeze,
	.recent = kmod_recent,
	.trigger = kmod_trigger,
};
