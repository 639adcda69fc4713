/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/kmod_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "source/flight.h"
#include "source/limits.h"
#include "source/perf_layout.h"
#include "util/machine.h"

/* Bytes of the stack as perf events bring, for the same reasons (perf_layout.h). */
#define USER_ON_CPU PDIAG_PERF_STACK_ON_CPU
#define USER_OFF_CPU PDIAG_PERF_STACK_OFF_CPU
#define USER_FLIGHT PDIAG_PERF_STACK_FLIGHT
/* A ring's default, in bytes; without bytes of the stack it is the module's, which is the least. */
#define RING_LEAST (1ull << 20)
#define RING_OFF_CPU (4ull << 20)
#define RING_MOST (8ull << 20)
#define RING_SECONDS 10
/* Where memory is short: the least of a ring, and of the stacks beside it (else the module's). */
#define RING_SHRUNK (128ull << 10)
#define STACKS 4096u
#define STACKS_SHRUNK 512u
/* All of them together take no more than this part of the machine's memory ... */
#define MEMORY_PART 32
/* ... and leave room in what a session may have, which counts all CPUs there are. */
#define ALL_MOST (2ull << 30)

static int need(const struct pdiag_kdevice *d, uint32_t id, const char *what)
{
	struct pdiag_kmod_feature feature;
	int ret = pdiag_kdevice_feature(d, id, &feature);

	if (ret || feature.available)
		return ret;
	return pdiag_fail(EOPNOTSUPP, "the kernel module has no %s here: %s", what,
		feature.why[0] ? feature.why : "it does not say why");
}

/* All that this capture cannot do without. */
static int check_features(const struct pdiag_kdevice *d, const struct pdiag_source_config *config)
{
	bool processes = config->target != PDIAG_TARGET_SYSTEM &&
		config->target != PDIAG_TARGET_CGROUP;
	int ret = 0;

	if (config->events & PDIAG_ON_CPU)
		ret = need(d, PDIAG_KMOD_FEATURE_TIMER, "on-CPU sampling");
	if (!ret && config->events & PDIAG_OFF_CPU)
		ret = need(d, PDIAG_KMOD_FEATURE_OFF_CPU, "off-CPU sampling");
	if (!ret && processes && !(config->flags & PDIAG_NO_INHERIT))
		ret = need(d, PDIAG_KMOD_FEATURE_INHERIT, "following of threads and children");
	if (!ret && config->flight_sec)
		ret = need(d, PDIAG_KMOD_FEATURE_FLIGHT, "flight recorder");
	if (!ret && config->target == PDIAG_TARGET_CGROUP)
		ret = need(d, PDIAG_KMOD_FEATURE_CGROUP, "sampling of cgroups");
	return ret;
}

/* What a capture can do without. A module of before a feature has it not. */
static bool has(const struct pdiag_kdevice *d, uint32_t id)
{
	struct pdiag_kmod_feature feature;

	return !pdiag_kdevice_feature(d, id, &feature) && feature.available;
}

static uint64_t bounded(uint64_t size, uint32_t cpus)
{
	uint64_t memory = pdiag_machine_memory();
	uint64_t all = (uint64_t)sysconf(_SC_NPROCESSORS_CONF);

	while (size > RING_LEAST && (size * cpus > memory / MEMORY_PART || size * all > ALL_MOST))
		size /= 2;
	return size;
}

/* With bytes of the stack samples are larger: a ring is to hold as many seconds of them. */
static void set_user_part(struct pdiag_kmod_session *out, const struct pdiag_kdevice *d,
	const struct pdiag_source_config *config, uint32_t cpus)
{
	uint64_t size = config->events & PDIAG_OFF_CPU ? RING_OFF_CPU : RING_LEAST;
	uint32_t bytes = config->events & PDIAG_ON_CPU ? USER_ON_CPU : USER_OFF_CPU;
	uint64_t second = out->hz * (sizeof(struct pdiag_kmod_sample) +
		sizeof(struct pdiag_kmod_user) + bytes);

#if defined(__x86_64__)
	if (config->events && has(d, PDIAG_KMOD_FEATURE_USER_PART))
		out->user_bytes = config->flight_sec ? USER_FLIGHT : bytes;
#endif
	while (size < RING_MOST && size < second * RING_SECONDS)
		size *= 2;
	if (out->user_bytes && !out->ring_bytes)
		out->ring_bytes = bounded(size, cpus);
}

static int set_cpus(struct pdiag_kmod_session *out, struct pdiag_kmod_cpus *cpus,
	const struct pdiag_source_config *config)
{
	uint32_t words;

	if (!config->cpu_count)
		return 0;
	words = (uint32_t)config->cpus[config->cpu_count - 1] / 64 + 1;
	cpus->mask = calloc(words, sizeof(*cpus->mask));
	if (!cpus->mask)
		return pdiag_fail_memory("listing CPUs");
	for (uint32_t i = 0; i < config->cpu_count; i++)
		cpus->mask[config->cpus[i] / 64] |= 1ull << (config->cpus[i] % 64);
	out->cpus = (uint64_t)(uintptr_t)cpus->mask;
	out->cpus_bytes = words * (uint32_t)sizeof(*cpus->mask);
	return 0;
}

static void set_target(struct pdiag_kmod_session *out, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target)
{
	out->cgroup_fd = -1;
	switch (config->target) {
	case PDIAG_TARGET_SYSTEM:
		out->target = PDIAG_KMOD_ALL;
		break;
	case PDIAG_TARGET_CGROUP:
		out->target = PDIAG_KMOD_CGROUP;
		out->cgroup_fd = target->cgroup_fd;
		break;
	case PDIAG_TARGET_THREAD:
		out->target = PDIAG_KMOD_THREAD;
		out->pid = target->tid;
		break;
	default:
		out->target = PDIAG_KMOD_PROCESS;
		out->pid = target->pid;
		break;
	}
}

static uint64_t power_of_two(uint64_t bytes)
{
	uint64_t size = 1;

	while (size < bytes && size < 1ull << 62)
		size *= 2;
	return bytes ? size : 0;
}

/* Ring for nothing but what triggers say. */
#define TRIGGER_BYTES 65536u

/* One segment in eight is just being overwritten. */
static int set_flight(struct pdiag_kmod_session *out, const struct pdiag_kdevice *d,
	const struct pdiag_source_config *config, uint32_t cpus)
{
	uint64_t bytes = pdiag_flight_bytes(config, config->events), rate = out->hz;

	if (!config->flight_sec)
		return 0;
	if (config->events & PDIAG_OFF_CPU)
		rate += PDIAG_FLIGHT_SWITCHES;
	if (out->user_bytes)
		bytes += config->flight_sec * rate *
			(sizeof(struct pdiag_kmod_user) + out->user_bytes);
	bytes = bytes / 7 * 8;
	out->flags |= PDIAG_KMOD_FLIGHT;
	if (!config->buffer_bytes)
		out->ring_bytes = power_of_two(bytes);
	/* The thread that makes task dumps looks at the triggers, too. */
	if (has(d, PDIAG_KMOD_FEATURE_TASKS)) {
		out->events |= PDIAG_KMOD_TASKS;
		out->tasks_bytes = TRIGGER_BYTES;
	}
	return pdiag_flight_check(config, out->ring_bytes, cpus);
}

int pdiag_kmod_options(struct pdiag_kmod_session *out, struct pdiag_kmod_cpus *cpus,
	const struct pdiag_kdevice *d, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target)
{
	int ret = check_features(d, config);

	cpus->mask = NULL;
	if (ret)
		return ret;
	*out = (struct pdiag_kmod_session){
		/* As perf does: an idle CPU is no sample. */
		.flags = PDIAG_KMOD_SKIP_IDLE,
		.ring_bytes = power_of_two(config->buffer_bytes),
		.max_depth = config->max_depth < PDIAG_KMOD_DEPTH_MAX ? config->max_depth :
									PDIAG_KMOD_DEPTH_MAX,
		.budget_ppm = config->budget_ppm,
	};
	if (config->events & PDIAG_ON_CPU) {
		out->events |= PDIAG_KMOD_ON_CPU;
		out->hz = config->hz;
	}
	if (config->events & PDIAG_OFF_CPU) {
		out->events |= PDIAG_KMOD_OFF_CPU;
		out->off_cpu_min_ns = config->off_cpu_min_ns;
	}
	if (config->flags & PDIAG_NO_INHERIT)
		out->flags |= PDIAG_KMOD_NO_INHERIT;
	if (config->flags & PDIAG_USER_ONLY)
		out->flags |= PDIAG_KMOD_USER_ONLY;
	if (config->flags & PDIAG_WAKERS)
		out->flags |= PDIAG_KMOD_WAKERS;
	if (config->flags & PDIAG_SHORT_WAITS && has(d, PDIAG_KMOD_FEATURE_SHORT_WAITS))
		out->flags |= PDIAG_KMOD_SHORT_WAITS;
	set_user_part(out, d, config, target->cpu_count);
	set_target(out, config, target);
	ret = set_flight(out, d, config, target->cpu_count);
	return ret ? ret : set_cpus(out, cpus, config);
}

bool pdiag_kmod_options_shrink(struct pdiag_kmod_session *options,
	const struct pdiag_source_config *config)
{
	uint64_t ring = options->ring_bytes ? options->ring_bytes : RING_LEAST;
	uint32_t stacks = options->stacks ? options->stacks : STACKS;

	/* A flight recorder that holds less would not be what was asked for. */
	if (config->buffer_bytes || config->flight_sec || ring <= RING_SHRUNK)
		return false;
	options->ring_bytes = ring / 2;
	options->stacks = stacks > STACKS_SHRUNK ? stacks / 2 : stacks;
	return true;
}

int pdiag_kmod_options_fail(int err, const struct pdiag_source_config *config)
{
	switch (-err) {
	case ESRCH:
		return pdiag_fail(ESRCH, "process or thread %d has ended", config->pid);
	case EPERM:
	case EACCES:
		return pdiag_fail(-err, "the kernel module does not let you sample this: without "
			"the capability CAP_PERFMON only processes of your own, on-CPU, at no "
			"more than 1,000 Hz");
	case EUSERS:
		return pdiag_fail(EUSERS, "all that sample through the kernel module's group have "
			"as many sessions, or as much memory, as they may: end one, or ask for a "
			"smaller buffer");
	case EBADF:
		return pdiag_fail(EINVAL, "%s is no cgroup that the kernel module can sample: "
			"it takes those of version 2", config->cgroup ? config->cgroup : "this");
	case EMFILE:
	case ENFILE:
		return pdiag_fail(-err, "too many open files; raise RLIMIT_NOFILE (ulimit -n)");
	case EINVAL:
		return pdiag_fail(EINVAL, "the kernel module refuses these options (a buffer "
			"that is too large, or CPUs that are not there)");
	default:
		return err; /* has its sentence */
	}
}

void pdiag_kmod_options_tell(const struct pdiag_kmod_session *session,
	const struct pdiag_source_config *config, struct pdiag_source_state *state)
{

	state->event = "context-switches";
	if (config->events & PDIAG_ON_CPU)
		state->event = session->clock == PDIAG_KMOD_CLOCK_CYCLES ? "cycles" : "timer";
	state->period_ns = session->period_ns;
	state->hz = config->hz;
	if (session->period_ns)
		state->hz = (uint32_t)((1000000000ull + session->period_ns / 2) /
			session->period_ns);
	state->kernel = !(session->flags & PDIAG_KMOD_USER_ONLY);
	state->max_depth = session->max_depth;
	if (!state->kernel && !(config->flags & PDIAG_USER_ONLY))
		pdiag_limits_add(state, "user frames only: kernel frames need the capability "
			"CAP_PERFMON");
	if (session->max_depth < config->max_depth) {
		pdiag_limits_add(state, "stacks of %u frames at most, not %u: the kernel "
			"module takes no more", session->max_depth, config->max_depth);
	}
	if (config->flags & PDIAG_SHORT_WAITS && !(session->flags & PDIAG_KMOD_SHORT_WAITS)) {
		pdiag_limits_add(state, "short waits are counted only: the kernel module is "
			"older than their sampling");
	}
#if defined(__x86_64__)
	if (config->events && !session->user_bytes) {
		pdiag_limits_add(state, "callers that frame pointers skip are missing: the kernel "
			"module is older, or gives what they are found by to who has CAP_PERFMON");
	}
#endif
	if (config->budget_ppm && session->budget_ppm != config->budget_ppm) {
		pdiag_limits_add(state, "a budget of %u millionths of a CPU, not %u: who has "
			"no privilege does not choose", session->budget_ppm, config->budget_ppm);
	}
}
