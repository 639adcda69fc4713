/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one layout of the perf records we ask for, shared by source/ and decode/. */
#ifndef PDIAG_SOURCE_PERF_LAYOUT_H
#define PDIAG_SOURCE_PERF_LAYOUT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <asm/perf_regs.h>
#endif

/* What an event is for; each has a ring of its own, so that no kind can push out another. */
enum pdiag_perf_kind {
	PDIAG_PERF_ON_CPU,  /* samples at a rate */
	PDIAG_PERF_OFF_CPU, /* a sample at each switch away, and the switches */
	PDIAG_PERF_TASKS,   /* mmap, comm, fork and exit */
};
#define PDIAG_PERF_KINDS 3

#define PDIAG_PERF_SAMPLE_TYPE \
	(PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_CPU | \
		PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN)

/*
 * With it, where the kernel can: registers, and bytes of the stack, so that callers that frame
 * pointers skip are found (unwind/repair.h). Where this is not known how to, the mask is 0.
 */
#define PDIAG_PERF_USER_TYPE (PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)
#if defined(__x86_64__)
#define PDIAG_PERF_USER_REGS \
	(1ull << PERF_REG_X86_DI | 1ull << PERF_REG_X86_BP | 1ull << PERF_REG_X86_SP | \
		1ull << PERF_REG_X86_IP)
#else
#define PDIAG_PERF_USER_REGS 0ull
#endif
/*
 * Enough for what libraries have between a program and its system call: beyond 384 and 512 bytes
 * hardly another caller is found until far above.
 */
#define PDIAG_PERF_STACK_ON_CPU 512u
#define PDIAG_PERF_STACK_OFF_CPU 384u
/* A flight recorder has seconds of all switches in memory: enough for what opens, reads, waits for
 * a time or a child, and its caller; not for a condition variable. */
#define PDIAG_PERF_STACK_FLIGHT 192u

/* The registers, in the order of their bits, behind the frames ... */
struct pdiag_perf_regs {
	uint64_t abi; /* PERF_SAMPLE_REGS_ABI_*; NONE: the record has none of what follows here */
	uint64_t di, bp, sp, ip;
};

/* ... and then `size` bytes of the stack; if there are any, a word says how many are valid. */

static inline uint32_t pdiag_perf_stack_bytes(enum pdiag_perf_kind kind, bool flight)
{
	if (kind == PDIAG_PERF_ON_CPU)
		return PDIAG_PERF_STACK_ON_CPU;
	return flight ? PDIAG_PERF_STACK_FLIGHT : PDIAG_PERF_STACK_OFF_CPU;
}

/* What all that adds to a sample, in bytes. */
#define PDIAG_PERF_USER_BYTES(stack) (sizeof(struct pdiag_perf_regs) + (stack) + 16u)

/* A PERF_RECORD_SAMPLE of ours. */
struct pdiag_perf_sample {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t time;
	uint64_t id; /* of the event that was opened, also where it is inherited */
	uint32_t cpu, reserved;
	uint64_t period;
	uint64_t nr;
	uint64_t ips[];
};

/* ns that a sample stands for; mult: as in pdiag_source_state. */
static inline uint64_t pdiag_perf_weight(uint64_t period, uint64_t mult)
{
	return mult ? (uint64_t)(((unsigned __int128)period * mult) >> 32) : period;
}

/* What sample_id_all puts at the end of every other record. */
struct pdiag_perf_id {
	uint32_t pid, tid;
	uint64_t time;
	uint64_t id;
	uint32_t cpu, reserved;
};

_Static_assert(sizeof(struct pdiag_perf_sample) == 56, "layout of a sample");
_Static_assert(sizeof(struct pdiag_perf_id) == 32, "layout of sample_id");

#endif
