/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/error.h"
#include "source/perf_buffer.h"
#include "util/array.h"

static void note(struct pdiag_source_state *state, const char *text)
{
	size_t len = strlen(state->limits);

	snprintf(state->limits + len, sizeof(state->limits) - len, "%s%s", len ? "; " : "", text);
}

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
	const struct pdiag_perf_target *target, struct perf_event_attr *attr, uint32_t ring,
	int cpu, int *first)
{
	int fd, ret;

	*first = -1;
	for (uint32_t i = 0; i < target->id_count; i++) {
		fd = pdiag_perf_event_open(attr, target->ids[i], cpu, target->flags);
		if (fd < 0 && may_skip(-fd, target, config))
			continue;
		if (fd == -ENODEV)
			return pdiag_fail(ENODEV, "CPU %d is not online", cpu);
		if (fd < 0)
			return pdiag_perf_event_fail(-fd, config, e->rings.rings[ring].off_cpu);
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
	const struct pdiag_perf_target *target, bool off_cpu, uint32_t *ring)
{
	struct perf_event_attr attr;
	struct pdiag_perf_ring *r;
	int fd, ret;

	fd = pdiag_perf_event_first(&e->choice, config, target, off_cpu, 1);
	if (fd < 0)
		return fd;
	close(fd);
	pdiag_perf_attr(&attr, &e->choice, config, target, off_cpu,
		(uint32_t)(pdiag_perf_buffer_size(config, off_cpu, target->cpu_count) / 4));
	for (uint32_t i = 0; i < target->cpu_count; i++) {
		r = &e->rings.rings[*ring];
		*r = (struct pdiag_perf_ring){.fd = -1, .cpu = target->cpus[i], .off_cpu = off_cpu};
		ret = open_cpu(e, config, target, &attr, *ring, target->cpus[i], &r->fd);
		if (ret)
			return ret;
		if (r->fd >= 0)
			++*ring;
	}
	e->choice.sideband = false; /* once is enough */
	return 0;
}

static int attach_rings(struct pdiag_perf_events *e)
{
	for (size_t i = 0; i < e->count; i++) {
		int owner = e->rings.rings[e->list[i].ring].fd;

		if (e->list[i].fd != owner &&
			ioctl(e->list[i].fd, PERF_EVENT_IOC_SET_OUTPUT, owner))
			return pdiag_fail(errno, "cannot join an event to its ring buffer: %s",
				strerror(errno));
	}
	return 0;
}

static void fill_state(const struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target, struct pdiag_source_state *state)
{
	char text[256];

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
		note(state, "user frames only: kernel frames need the capability CAP_PERFMON, or "
			"kernel.perf_event_paranoid at 1 or less");
	if (e->choice.hz < config->hz) {
		snprintf(text, sizeof(text), "sampling at %u Hz, not %u: "
			"kernel.perf_event_max_sample_rate", e->choice.hz, config->hz);
		note(state, text);
	}
	if (e->choice.max_depth < config->max_depth) {
		snprintf(text, sizeof(text), "stacks of %u frames at most, not %u: "
			"kernel.perf_event_max_stack", e->choice.max_depth, config->max_depth);
		note(state, text);
	}
}

static void choose(struct pdiag_perf_choice *c, const struct pdiag_source_config *config)
{
	struct pdiag_perf_limits limits;

	pdiag_perf_limits_read(&limits);
	*c = (struct pdiag_perf_choice){
		.hardware = true,
		.kernel = !(config->flags & PDIAG_USER_ONLY),
		.count_lost = true,
		.sideband = true,
		.hz = config->hz < limits.max_rate ? config->hz : limits.max_rate,
		.max_depth = config->max_depth < limits.max_stack ? config->max_depth :
								    limits.max_stack,
	};
}

static int open_all(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target, struct pdiag_source_state *state)
{
	uint32_t rings = 0;
	int ret;

	if (pdiag_perf_rings_alloc(&e->rings, target->cpu_count * 2))
		return pdiag_fail_memory("opening perf events");
	choose(&e->choice, config);
	ret = config->events & PDIAG_ON_CPU ? open_kind(e, config, target, false, &rings) : 0;
	/* Without the kernel's part there are no switches to see: it would open, and give nothing.
	 */
	if (!ret && config->events & PDIAG_OFF_CPU)
		ret = e->choice.kernel ? open_kind(e, config, target, true, &rings) :
					 pdiag_perf_event_fail(EACCES, config, true);
	if (!ret && !rings)
		ret = pdiag_perf_event_fail(ESRCH, config, false);
	e->rings.count = rings;
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
		if (r[i].size < pdiag_perf_buffer_size(config, r[i].off_cpu, target->cpu_count) &&
			(!least || r[i].size < least))
			least = r[i].size;
	return least;
}

int pdiag_perf_events_open(struct pdiag_perf_events *e, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target, struct pdiag_source_state *state)
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
	for (size_t i = 0; i < e->count; i++)
		close(e->list[i].fd);
	free(e->list);
	e->list = NULL;
	e->count = e->cap = 0;
}
