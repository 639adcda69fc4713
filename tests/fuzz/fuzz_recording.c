/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a recording. The first byte says how: 0 as they are; 1 as the bodies of frames with
 * right checksums, each preceded by two bytes of length, which gets further; 2 the same in the
 * other byte order. Read record by record first, then loaded into a profile.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/context.h>
#include <pdiag/profile.h>
#include <pdiag/recording.h>

#include "decode/decode.h"
#include "support/replay_file.h"
#include "support/stream_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct image image; /* large, and overwritten each time */

static void frames(const uint8_t *data, size_t size, bool foreign)
{
	size_t len;

	image_header(&image, foreign);
	while (size > 2) {
		len = (size_t)data[0] | (size_t)data[1] << 8;
		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		len &= ~(size_t)7;
		if (image.len + 48 + len > sizeof(image.data))
			break;
		image_frame(&image);
		memcpy(image.data + image.len, data, len);
		image.len += len;
		image.records = (uint32_t)(len / 32);
		/* Only sometimes what it should be. */
		image.forgets_here = len % 64 == 0;
		image_frame_end(&image);
		data += len;
		size -= len;
	}
}

static void touch(void *user, const struct pdiag_raw *raw)
{
	struct pdiag_record r;
	uint64_t *sum = user;

	if (pdiag_decode_stream(raw->data, raw->len, &r))
		return;
	if (r.type == PDIAG_RECORD_STACK)
		for (uint32_t i = 0; i < r.stack.nr; i++)
			*sum += r.stack.ips[i];
	if (r.type == PDIAG_RECORD_NAME)
		*sum += strlen(r.name.name) + strlen(r.name.raw_name) + strlen(r.name.module);
	if (r.type == PDIAG_RECORD_MMAP)
		*sum += strlen(r.mmap.path);
}

/* The whole way: records, processes, stacks, profile. */
static void load(const void *data, size_t size)
{
	struct pdiag_recording_info info = { .size = sizeof(info) };
	struct pdiag_profile *profile;
	struct pdiag *context;
	char path[64];
	int fd = file_of(data, size, path);

	if (fd < 0 || pdiag_open(NULL, &context))
		abort();
	if (!pdiag_recording_load(context, path, &info, &profile))
		pdiag_profile_free(profile);
	pdiag_close(context);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdiag_replay_stats stats;
	volatile uint64_t sink;
	uint64_t sum = 0;

	if (!size)
		return 0;
	if (data[0] == 1 || data[0] == 2) {
		frames(data + 1, size - 1, data[0] == 2);
		replay_all(image.data, image.len, touch, &sum, &stats);
		load(image.data, image.len);
	} else {
		replay_all(data + 1, size - 1, touch, &sum, &stats);
		load(data + 1, size - 1);
	}
	if (stats.bytes > size + sizeof(image.data) || stats.lost > size + sizeof(image.data))
		abort();
	sink = sum;
	(void)sink;
	return 0;
}
