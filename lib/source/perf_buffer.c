/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_buffer.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "source/flight.h"
#include "source/limits.h"
#include "source/perf_layout.h"
#include "util/machine.h"

/* The default rides out a reader that stands still for this long ... */
#define STALL_SECONDS 10
/* ... with samples of this size: 54 frames each and bytes of the stack, or fewer frames and other
 * records between them. */
#define SAMPLE_BYTES 1056
/* Context switches come at any rate; this is room for 10,000 of them. */
#define OFF_CPU_BYTES (8u << 20)
/* Programs start at any rate, too; this is room for 800 that do. */
#define TASK_BYTES (1u << 20)
#define MIN_BYTES (64u << 10)
/* All rings together take no more than this part of the machine's memory. */
#define MEMORY_PART 32

static uint64_t round_up(uint64_t bytes)
{
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE);

	while (size < bytes && size < 1ull << 40)
		size *= 2;
	return size;
}

/* A flight recorder's: what others need, too, and what only perf samples have. */
static uint64_t flight_bytes(const struct pdiag_source_config *config, enum pdiag_perf_kind kind)
{
	bool on_cpu = kind == PDIAG_PERF_ON_CPU;
	uint64_t stack = PDIAG_PERF_USER_BYTES(pdiag_perf_stack_bytes(kind, true));

	return pdiag_flight_bytes(config, on_cpu ? PDIAG_ON_CPU : PDIAG_OFF_CPU) +
		config->flight_sec * stack * (on_cpu ? config->hz : PDIAG_FLIGHT_SWITCHES);
}

uint64_t pdiag_perf_buffer_size(const struct pdiag_source_config *config, enum pdiag_perf_kind kind,
	uint32_t cpus)
{
	uint64_t memory = pdiag_machine_memory();
	uint64_t want;

	if (config->buffer_bytes)
		return round_up(config->buffer_bytes);
	if (config->flight_sec && kind != PDIAG_PERF_TASKS)
		return round_up(flight_bytes(config, kind));
	want = (uint64_t)config->hz * STALL_SECONDS * SAMPLE_BYTES;
	if (want < MIN_BYTES)
		want = MIN_BYTES;
	if (kind == PDIAG_PERF_OFF_CPU && want < OFF_CPU_BYTES)
		want = OFF_CPU_BYTES;
	if (kind == PDIAG_PERF_TASKS)
		want = TASK_BYTES;
	want = round_up(want);
	while (want > MIN_BYTES && want * cpus > memory / MEMORY_PART)
		want /= 2;
	return want;
}

static int map_all(struct pdiag_perf_rings *rings, const struct pdiag_source_config *config,
	uint32_t cpus, unsigned int shift, uint64_t *total)
{
	struct pdiag_perf_ring *r;
	uint64_t size;
	int ret;

	*total = 0;
	for (uint32_t i = 0; i < rings->count; i++) {
		r = &rings->rings[i];
		size = pdiag_perf_buffer_size(config, r->kind, cpus) >> shift;
		if (size < (uint64_t)sysconf(_SC_PAGESIZE))
			size = (uint64_t)sysconf(_SC_PAGESIZE);
		ret = pdiag_perf_ring_map(r, r->fd, size);
		if (ret) {
			while (i)
				pdiag_perf_ring_unmap(&rings->rings[--i]);
			return ret;
		}
		*total += size;
	}
	return 0;
}

/* The kernel has one errno for what it does not allow, and another for what it does not have. */
static const char *more_room(int err)
{
	if (err == -ENOMEM)
		return "the machine (or the address space, RLIMIT_AS) had no memory for more";
	return "RLIMIT_MEMLOCK (ulimit -l), kernel.perf_event_mlock_kb or the capability "
		"CAP_IPC_LOCK gives more";
}

int pdiag_perf_buffer_map(struct pdiag_perf_rings *rings, const struct pdiag_source_config *config,
	uint32_t cpus, struct pdiag_source_state *state)
{
	unsigned int shift = 0;
	int ret, err = 0;

	do {
		ret = map_all(rings, config, cpus, shift, &state->buffer_bytes);
		err = ret ? ret : err;
	} while ((ret == -EPERM || ret == -ENOMEM) && ++shift < 16);
	if (ret)
		return pdiag_fail(-ret, "cannot map ring buffers: %s; %s", strerror(-ret),
			more_room(err));
	if (shift)
		pdiag_limits_add(state, "ring buffers of %llu KiB a CPU, 1/%u of what was wanted: "
			"%s", (unsigned long long)rings->rings[0].size >> 10, 1u << shift,
			more_room(err));
	return 0;
}

uint64_t pdiag_perf_cycle_mult(const struct pdiag_perf_ring *ring)
{
	const struct perf_event_mmap_page *page = ring->page;
	uint16_t shift = page->time_shift;

	/* The time stamp counter runs near the base frequency. Without the scale: 2 GHz. */
	if (!page->cap_user_time || !page->time_mult || shift > 63)
		return 1ull << 31;
	return shift <= 32 ? (uint64_t)page->time_mult << (32 - shift) :
			     (uint64_t)page->time_mult >> (shift - 32);
}
