/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/error.h"
#include "source/limits.h"
#include "source/perf_buffer.h"
#include "util/array.h"

/* A process that makes threads faster than this is seen as it was then. */
#define LATE_ROUNDS 8

static int add(struct pdiag_perf_events *e, int fd, uint32_t ring)
{
	if (pdiag_array_reserve(&e->list, &e->cap, e->count + 1, sizeof(*e->list))) {
		close(fd);
		return pdiag_fail_memory("opening perf events");
	}
	e->list[e->count].fd = fd;
	e->list[e->count++].ring = ring;
	return 0;
}

/* What goes wrong with one of many: a CPU that is offline, a thread that has just ended. */
static bool may_skip(int err, const struct pdiag_perf_target *target,
	const struct pdiag_source_config *config)
{
	if (err == ENODEV)
		return !config->cpus;
	return err == ESRCH && target->id_count > 1;
}

/* All ids on one CPU. *first: the descriptor that will make the ring, -1 if there is none. */
static int open_cpu(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target, uint32_t ring, int *first)
{
	const struct pdiag_perf_ring *r = &e->rings.rings[ring];
	int fd, ret;

	*first = -1;
	for (uint32_t i = 0; i < target->id_count; i++) {
		fd = pdiag_perf_event_open(
			&e->attrs[r->kind], target->ids[i], r->cpu, target->flags);
		if (fd < 0 && may_skip(-fd, target, config))
			continue;
		if (fd == -ENODEV)
			return pdiag_fail(ENODEV, "CPU %d is not online", r->cpu);
		if (fd < 0)
			return pdiag_perf_event_fail(-fd, config, r->kind);
		ret = add(e, fd, ring);
		if (ret)
			return ret;
		if (*first < 0)
			*first = fd;
	}
	return 0;
}

/* One kind of event on all CPUs. */
static int open_kind(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target, enum pdiag_perf_kind kind, uint32_t *ring)
{
	uint64_t size = pdiag_perf_buffer_size(config, kind, target->cpu_count);
	struct pdiag_perf_ring *r;
	int fd, ret;

	fd = pdiag_perf_event_first(&e->choice, config, target, kind, 1);
	if (fd < 0)
		return fd;
	close(fd);
	pdiag_perf_attr(
		&e->attrs[kind], &e->choice, config, target, kind, (uint32_t)(size / 4));
	for (uint32_t i = 0; i < target->cpu_count; i++) {
		r = &e->rings.rings[*ring];
		*r = (struct pdiag_perf_ring){
			.fd = -1, .cpu = target->cpus[i], .kind = (uint16_t)kind,
			.backward = e->attrs[kind].write_backward };
		ret = open_cpu(e, config, target, *ring, &r->fd);
		if (ret)
			return ret;
		if (r->fd >= 0)
			++*ring;
	}
	return 0;
}

/* Let an event write to the ring of another. */
static int join_ring(int fd, int owner)
{
	if (fd == owner || !ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, owner))
		return 0;
	return pdiag_fail(errno, "cannot join an event to its ring buffer: %s", strerror(errno));
}

static int attach_rings(struct pdiag_perf_events *e)
{
	int ret = 0;

	for (size_t i = 0; i < e->count && !ret; i++)
		ret = join_ring(e->list[i].fd, e->rings.rings[e->list[i].ring].fd);
	return ret;
}

static void fill_state(const struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target, struct pdiag_source_state *state)
{
	state->event = "context-switches";
	if (config->events & PDIAG_ON_CPU)
		state->event = e->choice.hardware ? "cycles" : "cpu-clock";
	state->hz = e->choice.hz;
	state->cpus = target->cpu_count;
	state->kernel = e->choice.kernel;
	state->max_depth = e->choice.max_depth;
	state->period_ns = 1000000000ull / e->choice.hz;
	if (e->choice.hardware && config->events & PDIAG_ON_CPU)
		state->weight_mult = pdiag_perf_cycle_mult(&e->rings.rings[0]);
	if (!e->choice.kernel && !(config->flags & PDIAG_USER_ONLY))
		pdiag_limits_add(state, "user frames only: kernel frames need the capability "
			"CAP_PERFMON, or kernel.perf_event_paranoid at 1 or less");
	if (e->choice.hz < config->hz) {
		pdiag_limits_add(state, "sampling at %u Hz, not %u: "
			"kernel.perf_event_max_sample_rate", e->choice.hz, config->hz);
	}
	if (e->choice.max_depth < config->max_depth) {
		pdiag_limits_add(state, "stacks of %u frames at most, not %u: "
			"kernel.perf_event_max_stack", e->choice.max_depth, config->max_depth);
	}
}

static void choose(struct pdiag_perf_choice *c, const struct pdiag_source_config *config)
{
	struct pdiag_perf_limits limits;

	pdiag_perf_limits_read(&limits);
	*c = (struct pdiag_perf_choice){
		.hardware = true,
		.kernel = !(config->flags & PDIAG_USER_ONLY),
		.user = PDIAG_PERF_USER_REGS,
		.count_lost = true,
		.hz = config->hz < limits.max_rate ? config->hz : limits.max_rate,
		.max_depth = config->max_depth < limits.max_stack ? config->max_depth :
								    limits.max_stack,
	};
}

static int open_kinds(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target)
{
	uint32_t rings = 0;
	int ret = 0;

	if (config->events & PDIAG_ON_CPU)
		ret = open_kind(e, config, target, PDIAG_PERF_ON_CPU, &rings);
	/* Without the kernel's part there are no switches to see: it would open and give nothing.
	 */
	if (!ret && config->events & PDIAG_OFF_CPU)
		ret = e->choice.kernel
			      ? open_kind(e, config, target, PDIAG_PERF_OFF_CPU, &rings)
			      : pdiag_perf_event_fail(EACCES, config, PDIAG_PERF_OFF_CPU);
	if (!ret)
		ret = open_kind(e, config, target, PDIAG_PERF_TASKS, &rings);
	if (!ret && !rings)
		ret = pdiag_perf_event_fail(ESRCH, config, PDIAG_PERF_TASKS);
	e->rings.count = rings;
	return ret;
}

static int open_all(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target, struct pdiag_source_state *state)
{
	int ret;

	if (pdiag_perf_rings_alloc(&e->rings, target->cpu_count * PDIAG_PERF_KINDS))
		return pdiag_fail_memory("opening perf events");
	choose(&e->choice, config);
	ret = open_kinds(e, config, target);
	if (!ret)
		ret = pdiag_perf_buffer_map(&e->rings, config, target->cpu_count, state);
	if (!ret)
		ret = attach_rings(e);
	return ret;
}

/* The smallest ring, if the kernel allowed no ring of the size wanted; else 0. */
static uint64_t shrunk_to(const struct pdiag_perf_events *e,
	const struct pdiag_source_config *config, const struct pdiag_perf_target *target)
{
	const struct pdiag_perf_ring *r = e->rings.rings;
	uint64_t least = 0;

	for (uint32_t i = 0; i < e->rings.count; i++)
		if (r[i].size < pdiag_perf_buffer_size(config, r[i].kind, target->cpu_count) &&
			(!least || r[i].size < least))
			least = r[i].size;
	return least;
}

/* One thread that came late, on all CPUs. */
static int open_late_thread(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target, int tid)
{
	int fd, ret;

	for (uint32_t i = 0; i < e->rings.count; i++) {
		const struct pdiag_perf_ring *r = &e->rings.rings[i];

		fd = pdiag_perf_event_open(&e->attrs[r->kind], tid, r->cpu, target->flags);
		if (fd == -ESRCH)
			return 0;
		if (fd < 0)
			return pdiag_perf_event_fail(-fd, config, r->kind);
		ret = add(e, fd, i);
		if (!ret)
			ret = join_ring(fd, r->fd);
		if (!ret)
			ret = pdiag_perf_late_add(&e->late, fd, tid, i);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Threads made while events were being opened: they have inherited those that were there when they
 * were made, and others not. Each gets events of its own, and what comes twice is left out.
 */
static int open_late(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	struct pdiag_perf_target *target)
{
	uint32_t known;
	int ret = 0;

	for (int round = 0; round < LATE_ROUNDS && !ret; round++) {
		known = target->id_count;
		ret = pdiag_perf_target_relist(target);
		if (ret || target->id_count == known)
			break;
		for (uint32_t i = known; i < target->id_count && !ret; i++)
			ret = open_late_thread(e, config, target, target->ids[i]);
	}
	return ret;
}

int pdiag_perf_events_open(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	struct pdiag_perf_target *target, struct pdiag_source_state *state)
{
	struct pdiag_source_config small = *config;
	int ret = open_all(e, config, target, state);

	/* When a ring wakes its reader is settled when its event is opened: by the size wanted, a
	 * smaller ring would be full before. */
	if (!ret)
		small.buffer_bytes = shrunk_to(e, config, target);
	if (!ret && small.buffer_bytes) {
		pdiag_perf_events_close(e, false);
		ret = open_all(e, &small, target, state);
	}
	if (!ret && !target->whole_cpus && !(config->flags & PDIAG_NO_INHERIT))
		ret = open_late(e, config, target);
	if (!ret)
		fill_state(e, config, target, state);
	return ret;
}

int pdiag_perf_events_enable(struct pdiag_perf_events *e, bool on)
{
	unsigned long request = on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;

	for (size_t i = 0; i < e->count; i++)
		if (ioctl(e->list[i].fd, request, 0) && on)
			return pdiag_fail(errno, "cannot start a perf event: %s", strerror(errno));
	return 0;
}

uint64_t pdiag_perf_events_lost(const struct pdiag_perf_events *e, uint32_t ring)
{
	struct {
		uint64_t value, lost;
	} count;
	uint64_t sum = 0;

	for (size_t i = 0; e->choice.count_lost && i < e->count; i++)
		if (e->list[i].ring == ring &&
			read(e->list[i].fd, &count, sizeof(count)) == sizeof(count))
			sum += count.lost;
	return sum;
}

void pdiag_perf_events_close(struct pdiag_perf_events *e, bool forked)
{
	/* The rings are not mapped in a child: what is at their addresses there is not ours. */
	pdiag_perf_rings_free(&e->rings, !forked);
	pdiag_perf_late_free(&e->late);
	for (size_t i = 0; i < e->count; i++)
		close(e->list[i].fd);
	free(e->list);
	e->list = NULL;
	e->count = e->cap = 0;
}
