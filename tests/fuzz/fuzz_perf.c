/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as one record of a perf ring; of a sample with bytes of the stack the call chain is
 * repaired, by rows that the bytes behind the record make up.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"
#include "source/perf_layout.h"
#include "unwind/repair.h"

#define ROOM 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct rows {
	const uint8_t *bytes;
	size_t len;
};

static bool find(void *user, uint64_t address, struct pdiag_cfi_row *row)
{
	const struct rows *rows = user;
	const uint8_t *r;

	if (rows->len < 4)
		return false;
	r = rows->bytes + address % (rows->len - 3);
	*row = (struct pdiag_cfi_row){ .base = (uint8_t)(1 + r[0] % 2), .outermost = r[0] > 250,
		.bp_saved = r[1] % 2, .ra_in_di = r[1] % 8 == 6, .cfa = (int8_t)r[2] * 8,
		.bp = (int8_t)r[3] * 8 };
	return r[0] > 8;
}

static void repair(const struct pdiag_record *r, struct rows *rows)
{
	uint64_t *out = malloc(ROOM * sizeof(*out));
	struct pdiag_user_part part = { .di = r->sample.regs[0], .bp = r->sample.regs[1],
		.sp = r->sample.regs[2], .ip = r->sample.regs[3], .copy = r->sample.copy,
		.copy_len = r->sample.copy_len };

	if (!out || pdiag_unwind_repair(r->sample.ips, r->sample.nr, &part, 127, find, rows, out,
			    ROOM) > ROOM)
		abort();
	free(out);
}

static void check(const struct pdiag_record *r, const char *begin, uint32_t len)
{
	const char *end = begin + len;

	if ((const char *)r->sample.ips < begin ||
		(const char *)(r->sample.ips + r->sample.nr) > end)
		abort();
	if (r->sample.regs && ((const char *)r->sample.regs < begin ||
				      (const char *)r->sample.copy + r->sample.copy_len > end))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct perf_event_header header;
	struct pdiag_record record;
	struct rows rows;
	uint32_t len;
	void *copy;

	if (size < 1 + sizeof(header))
		return 0;
	memcpy(&header, data + 1, sizeof(header));
	len = header.size < size - 1 ? header.size : (uint32_t)size - 1;
	/* On the heap and no larger: a read behind it is seen. Aligned, as records are. */
	copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, data + 1, len);
	rows = (struct rows){ .bytes = data + 1 + len, .len = size - 1 - len };
	if (!pdiag_decode_perf(copy, len, data[0] % PDIAG_PERF_KINDS, 1ull << 31, &record) &&
		record.type == PDIAG_RECORD_SAMPLE) {
		check(&record, copy, len);
		if (record.sample.regs)
			repair(&record, &rows);
	}
	free(copy);
	return 0;
}
