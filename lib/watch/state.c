/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the detectors have learned, as bytes: a head of 16 (magic, version, how many, a checksum of
 * the rest), then for each its metric's name and its own state, each behind its length of 2 bytes.
 * Little-endian.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/error.h"
#include "watch/setup.h"
#include "watch/watch.h"

#define MAGIC 0x57494450u /* PDIW */
#define VERSION 1u
#define HEAD 16u

static void put(uint8_t *to, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *from, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

/* Where bytes go, or would if there was room. */
struct target {
	uint8_t *bytes;
	size_t room, used;
};

static void add(struct target *t, const void *data, size_t len)
{
	uint8_t head[2];

	put(head, len, 2);
	if (t->used + 2 + len <= t->room) {
		memcpy(t->bytes + t->used, head, 2);
		memcpy(t->bytes + t->used + 2, data, len);
	}
	t->used += 2 + len;
}

static const char *name_of(const struct pdiag_watch *w, uint32_t i)
{
	return pdiag_metrics_describe(w->metrics, w->list[i].index)->name;
}

int pdiag_watch_save(const struct pdiag_watch *watch, void *bytes, size_t room, size_t *used)
{
	uint8_t state[PDIAG_DETECTOR_STATE_MAX], *head = bytes;
	struct target t = { bytes, room, HEAD };
	size_t len = 0;
	int ret;

	pdiag_error_clear();
	if (!used || (!bytes && room))
		return pdiag_fail(EINVAL, "pdiag_watch_save: there is no place for the bytes, or "
			"for how many they are");
	for (uint32_t i = 0; i < watch->count; i++) {
		ret = pdiag_detector_save(watch->list[i].detector, state, sizeof(state), &len);
		if (ret)
			return ret;
		add(&t, name_of(watch, i), strlen(name_of(watch, i)));
		add(&t, state, len);
	}
	*used = t.used;
	if (t.used > room)
		return pdiag_fail(ENOSPC, "what the watch has learned takes %zu bytes; there is "
			"room for %zu", t.used, room);
	put(head, MAGIC, 4);
	put(head + 4, VERSION, 4);
	put(head + 8, watch->count, 4);
	put(head + 12, crc32(0, head + HEAD, (uInt)(t.used - HEAD)), 4);
	return 0;
}

/* The next piece; false: there is none. */
static bool next(const uint8_t **at, const uint8_t *end, const uint8_t **piece, size_t *len)
{
	if (end - *at < 2)
		return false;
	*len = (size_t)get(*at, 2);
	if ((size_t)(end - *at - 2) < *len)
		return false;
	*piece = *at + 2;
	*at += 2 + *len;
	return true;
}

static int fail_damaged(void)
{
	return pdiag_fail(EBADMSG, "this is not what a watch has learned, or it is damaged");
}

static int check_head(const uint8_t *head, size_t size)
{
	if (size < HEAD || size > UINT32_MAX || get(head, 4) != MAGIC)
		return fail_damaged();
	if (get(head + 4, 4) != VERSION)
		return pdiag_fail(ENOTSUP, "what this watch has learned is of a newer release");
	if (get(head + 12, 4) != crc32(0, head + HEAD, (uInt)(size - HEAD)))
		return fail_damaged();
	return 0;
}

/* A detector for one of our metrics that has learned this; none, if it was another kind then. */
static int restore_one(struct pdiag_watch *w, const uint8_t *name, size_t name_len,
	const uint8_t *state, size_t len, struct pdiag_detector **fresh)
{
	int ret;

	for (uint32_t i = 0; i < w->count; i++) {
		if (strlen(name_of(w, i)) != name_len || memcmp(name_of(w, i), name, name_len) ||
			fresh[i])
			continue;
		ret = pdiag_watch_detector(w, &w->list[i], &fresh[i]);
		if (!ret)
			ret = pdiag_detector_restore(fresh[i], state, len);
		if (ret == -EINVAL) {
			pdiag_detector_free(fresh[i]);
			fresh[i] = NULL;
			ret = 0;
		}
		return ret;
	}
	return 0;
}

static int restore_all(struct pdiag_watch *w, const uint8_t *bytes, size_t size,
	struct pdiag_detector **fresh)
{
	const uint8_t *at = bytes + HEAD, *end = bytes + size, *name, *state;
	size_t name_len, len;
	int ret = 0;

	for (uint64_t left = get(bytes + 8, 4); left && !ret; left--) {
		if (!next(&at, end, &name, &name_len) || !next(&at, end, &state, &len))
			return fail_damaged();
		ret = restore_one(w, name, name_len, state, len, fresh);
	}
	return ret;
}

int pdiag_watch_restore(struct pdiag_watch *watch, const void *bytes, size_t size)
{
	struct pdiag_detector **fresh;
	int ret;

	pdiag_error_clear();
	ret = bytes ? check_head(bytes, size) : fail_damaged();
	if (ret)
		return ret;
	fresh = calloc(watch->count + 1, sizeof(*fresh));
	if (!fresh)
		return pdiag_fail_memory("restoring what a watch has learned");
	ret = restore_all(watch, bytes, size, fresh);
	for (uint32_t i = 0; i < watch->count; i++) {
		if (ret || !fresh[i]) {
			pdiag_detector_free(fresh[i]);
			continue;
		}
		pdiag_detector_free(watch->list[i].detector);
		watch->list[i].detector = fresh[i];
	}
	free(fresh);
	if (ret)
		return ret;
	watch->restored = true;
	pdiag_error_clear();
	return 0;
}
