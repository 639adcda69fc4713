/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what the kernel module left in a ring: read by the ring's reader, cut into parts and
 * decoded. The first 16 bytes say where reading begins; the rest lies at the ring's end and, what
 * is more, at its begin.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"
#include "source/kmod_parts.h"
#include "support/kmod_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct pdiag_record *r, const struct pdiag_raw *raw)
{
	const char *begin = raw->data, *end = begin + raw->len;

	if (r->type == PDIAG_RECORD_STACK &&
		((const char *)r->stack.ips < begin ||
			(const char *)(r->stack.ips + r->stack.nr) > end))
		abort();
	if (r->type == PDIAG_RECORD_SAMPLE &&
		(r->pid < 0 || r->tid < 0 || r->sample.nr ||
			r->sample.state > PDIAG_STATE_BLOCKED))
		abort();
	if (r->type == PDIAG_RECORD_SAMPLE && r->sample.regs &&
		((const char *)r->sample.regs < begin ||
			(const char *)r->sample.copy + r->sample.copy_len > end))
		abort();
	if (r->type == PDIAG_RECORD_LOSS && r->loss.reason > PDIAG_LOSS_LAST)
		abort();
}

/* All parts of the record weigh no more than all of it. */
static void decode(const struct pdiag_kring *ring)
{
	struct pdiag_kmod_parts parts = { .more = false };
	struct pdiag_raw raw = { .data = pdiag_kring_record(ring), .len = ring->record, .cpu = 1,
		.format = PDIAG_RAW_KMOD };
	struct pdiag_record record;
	uint32_t count = 0;

	pdiag_kmod_parts_begin(&parts, &raw);
	do {
		if (!pdiag_decode(&raw, 0, &record))
			check(&record, &raw);
		if (++count > PDIAG_KMOD_PARTS_MAX)
			abort();
	} while (pdiag_kmod_parts_next(&parts, &raw));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_ring fake;
	struct pdiag_kring ring;
	uint64_t start;
	int ret;

	if (size < 16)
		return 0;
	memcpy(&start, data, sizeof(start));
	data += 16;
	size -= 16;
	fake_ring_init(&fake, &ring, 0, start & ~15ull);
	for (size_t i = 0; i < size && i < FAKE_RING_SIZE; i++)
		fake.data[((start & ~15ull) + i) % FAKE_RING_SIZE] = data[i];
	fake.control.head += size;
	pdiag_kring_refresh(&ring);
	while ((ret = pdiag_kring_peek(&ring)) > 0) {
		decode(&ring);
		pdiag_kring_advance(&ring);
	}
	if (ring.tail != ring.head)
		abort();
	return 0;
}
