/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A ring in memory that a test fills as the kernel module would. */
#ifndef TESTS_SUPPORT_KMOD_RING_H
#define TESTS_SUPPORT_KMOD_RING_H

#include <string.h>

#include "source/kmod_ring.h"

#define FAKE_RING_SIZE 8192u

struct fake_ring {
	struct pdiag_kmod_ring control;
	unsigned char data[FAKE_RING_SIZE] __attribute__((aligned(64)));
};

/* Both sides begin at `start`, a multiple of 16. */
static inline void fake_ring_init(struct fake_ring *f, struct pdiag_kring *r, uint32_t number,
	uint64_t start)
{
	memset(f, 0, sizeof(*f));
	f->control.data_bytes = FAKE_RING_SIZE;
	f->control.head = f->control.oldest = f->control.tail = start;
	*r = (struct pdiag_kring){ .control = &f->control, .data = f->data,
		.size = FAKE_RING_SIZE, .number = number, .head = start, .tail = start,
		.published = start };
}

/* The next record's place, after a PAD if it does not fit before the end. */
static inline void *fake_ring_room(struct fake_ring *f, uint32_t len)
{
	uint64_t at = f->control.head % FAKE_RING_SIZE, rest = FAKE_RING_SIZE - at;
	struct pdiag_kmod_record pad = { .len = (uint32_t)rest, .type = PDIAG_KMOD_PAD };

	if (len > rest) {
		memcpy(f->data + at, &pad, sizeof(pad));
		f->control.head += rest;
	}
	return f->data + f->control.head % FAKE_RING_SIZE;
}

/* A whole record, whose head is filled in. */
static inline void fake_ring_put(struct fake_ring *f, const void *record, size_t size,
	uint16_t type, uint16_t flags, uint64_t time)
{
	uint32_t len = (uint32_t)(size + 15) & ~15u;
	struct pdiag_kmod_record head = { .len = len, .type = type, .flags = flags, .time = time };
	unsigned char *to = fake_ring_room(f, len);

	memset(to, 0, len);
	memcpy(to, record, size);
	memcpy(to, &head, sizeof(head));
	f->control.head += len;
}

static inline void fake_ring_sample(struct fake_ring *f, uint64_t time, uint32_t stack,
	uint32_t pid, uint32_t tid, uint32_t weight)
{
	struct pdiag_kmod_sample s = { .stack = stack, .pid = pid, .tid = tid, .weight = weight };

	fake_ring_put(f, &s, sizeof(s), PDIAG_KMOD_SAMPLE, 0, time);
}

static inline void fake_ring_stack(struct fake_ring *f, uint64_t time, uint32_t id,
	const uint64_t *ips, uint32_t nr)
{
	const uint32_t numbers[2] = { id, nr };
	uint64_t words[3 + PDIAG_KMOD_DEPTH_MAX + 2] = { 0 };

	memcpy(words + 2, numbers, sizeof(numbers));
	memcpy(words + 3, ips, nr * sizeof(*ips));
	fake_ring_put(f, words, (3 + nr) * (uint32_t)sizeof(*words), PDIAG_KMOD_STACK, 0, time);
}

#endif
