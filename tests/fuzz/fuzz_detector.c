/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the state of a detector, as they are and with a right checksum; then points made of
 * them. What is said of a point must be numbers.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <pdiag/detect.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void points(struct pdiag_detector *d, const uint8_t *data, size_t size)
{
	struct pdiag_detection r = { .size = sizeof(r) };
	uint64_t time_ns = 0;
	double value;

	for (; size >= 9; data += 9, size -= 9) {
		memcpy(&value, data, sizeof(value));
		time_ns += (uint64_t)data[8] << (data[8] % 32);
		if (pdiag_detector_add(d, time_ns, value, &r))
			abort();
		if (!(r.score >= 0 && r.score < 1) || !isfinite(r.surprise) || !isfinite(r.low) ||
			!isfinite(r.high) || !isfinite(r.threshold))
			abort();
	}
}

static void again(const struct pdiag_detector *d, struct pdiag_detector *to)
{
	unsigned char bytes[PDIAG_DETECTOR_STATE_MAX];
	size_t used;

	/* What a detector has become is always a state that can be restored. */
	if (pdiag_detector_save(d, bytes, sizeof(bytes), &used) ||
		pdiag_detector_restore(to, bytes, used))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char bytes[PDIAG_DETECTOR_STATE_MAX];
	struct pdiag_detector *d, *other;
	size_t used = size < sizeof(bytes) ? size : sizeof(bytes);

	if (pdiag_detector_new(NULL, &d))
		return 0;
	if (pdiag_detector_new(NULL, &other)) {
		pdiag_detector_free(d);
		return 0;
	}
	pdiag_detector_restore(d, data, size);
	if (used >= 28) {
		uint32_t crc;

		memcpy(bytes, data, used);
		bytes[12] = (unsigned char)used;
		bytes[13] = (unsigned char)(used >> 8);
		crc = (uint32_t)crc32(0, bytes, (uInt)(used - 4));
		for (unsigned int i = 0; i < 4; i++)
			bytes[used - 4 + i] = (unsigned char)(crc >> (8 * i));
		pdiag_detector_restore(d, bytes, used);
	}
	points(d, data, size);
	again(d, other);
	pdiag_detector_free(d);
	pdiag_detector_free(other);
	return 0;
}
