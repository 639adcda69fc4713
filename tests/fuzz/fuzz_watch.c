/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what a watch has learned. The first byte says how: 0 as they are; 1 as pieces behind
 * a right head; 2 the same, but every second piece, which is the state of a detector, gets its
 * length and checksum right, too. What is taken can be given again, and taken again.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <pdiag/context.h>
#include <pdiag/detect.h>
#include <pdiag/watch.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 16u
#define ROOM (1u << 17)

static struct pdiag *context;
static struct pdiag_watch *watch;
static uint8_t fresh[ROOM], image[ROOM];
static size_t fresh_size;

static void forget(void)
{
	pdiag_close(context);
}

/* Three metrics that there are on every machine, so that detectors are few. */
static void make_watch(void)
{
	static const char *const names[] = { "system.cpu.load_average.*", NULL };
	const struct pdiag_watch_options o = { .size = sizeof(o), .metrics = names,
		.flags = PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS };

	if (pdiag_open(NULL, &context) || pdiag_watch_new(context, &o, &watch) ||
		pdiag_watch_save(watch, fresh, sizeof(fresh), &fresh_size))
		abort();
	atexit(forget);
}

static void put(uint8_t *to, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void mend_detector(uint8_t *state, size_t len)
{
	if (len < 28)
		return;
	put(state + 12, len, 2);
	put(state + len - 4, crc32(0, state, (uInt)(len - 4)), 4);
}

static size_t mend(const uint8_t *data, size_t size, bool detectors)
{
	size_t at = HEAD, len;
	uint32_t count = 0;

	size = size < sizeof(image) - HEAD ? size : sizeof(image) - HEAD;
	memcpy(image, fresh, HEAD);
	memcpy(image + HEAD, data, size);
	size += HEAD;
	for (; size - at >= 2; at += len, count++) {
		len = (size_t)image[at] | (size_t)image[at + 1] << 8;
		at += 2;
		if (len > size - at)
			break;
		if (detectors && count % 2)
			mend_detector(image + at, len);
	}
	put(image + 8, count / 2, 4);
	put(image + 12, crc32(0, image + HEAD, (uInt)(size - HEAD)), 4);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[ROOM], second[ROOM];
	size_t used, again;

	if (!watch)
		make_watch();
	if (!size)
		return 0;
	if (pdiag_watch_restore(watch, fresh, fresh_size))
		abort();
	if (data[0]) {
		used = mend(data + 1, size - 1, data[0] == 2);
		pdiag_watch_restore(watch, image, used);
	} else {
		pdiag_watch_restore(watch, data + 1, size - 1);
	}
	if (pdiag_watch_save(watch, first, sizeof(first), &used) ||
		pdiag_watch_restore(watch, first, used) ||
		pdiag_watch_save(watch, second, sizeof(second), &again) || used != again ||
		memcmp(first, second, used))
		abort();
	return 0;
}
