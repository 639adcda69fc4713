/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <pdiag/version.h>

#include "util/array.h"

/* Shorter bodies are left as they are. */
#define PACK_FROM 128u
/* Much smaller than by 1 in nearly the same time; 6 takes three times as long. */
#define PACK_LEVEL 3
#define HEADER_LIMIT 4096u

static uint32_t crc(const void *data, size_t len)
{
	return (uint32_t)crc32_z(0, data, len);
}

void pdiag_journal_header_make(
	uint8_t to[PDIAG_JOURNAL_HEADER], const struct pdiag_journal_header *header)
{
	memset(to, 0, PDIAG_JOURNAL_HEADER);
	memcpy(to, PDIAG_JOURNAL_MAGIC, 8);
	pdiag_le_put(to + 8, PDIAG_JOURNAL_MAJOR, 2);
	pdiag_le_put(to + 10, PDIAG_JOURNAL_MINOR, 2);
	pdiag_le_put(to + 12, PDIAG_JOURNAL_HEADER, 4);
	pdiag_le_put(to + 16, header->created, 8);
	pdiag_le_put(to + 24, header->next_id, 8);
	pdiag_le_put(to + 32, header->session, 8);
	snprintf((char *)to + 40, 16, "%s", pdiag_version());
	pdiag_le_put(to + 60, crc(to, 60), 4);
}

bool pdiag_journal_header_check(
	const uint8_t from[PDIAG_JOURNAL_HEADER], struct pdiag_journal_header *header)
{
	if (memcmp(from, PDIAG_JOURNAL_MAGIC, 8) || pdiag_le_take(from + 60, 4) != crc(from, 60))
		return false;
	*header = (struct pdiag_journal_header){
		.major = (uint16_t)pdiag_le_take(from + 8, 2),
		.len = (uint32_t)pdiag_le_take(from + 12, 4),
		.created = pdiag_le_take(from + 16, 8),
		.next_id = pdiag_le_take(from + 24, 8),
		.session = pdiag_le_take(from + 32, 8),
	};
	return header->len >= PDIAG_JOURNAL_HEADER && header->len <= HEADER_LIMIT &&
		header->len % 8 == 0 && header->next_id <= PDIAG_JOURNAL_ID_MAX &&
		header->session <= PDIAG_JOURNAL_ID_MAX;
}

/* *len: as long as it may be, then as long as it is. 0, -ENOMEM, or 1: it is not smaller. */
static int pack(const struct pdiag_text *body, void *to, size_t *len)
{
	z_stream z = {
		.next_in = (Bytef *)body->data, .avail_in = (uInt)body->len,
		.next_out = to, .avail_out = (uInt)*len,
	};
	int ret = deflateInit(&z, PACK_LEVEL);

	if (ret != Z_OK)
		return -ENOMEM;
	ret = deflate(&z, Z_FINISH);
	*len = z.total_out;
	deflateEnd(&z);
	return ret != Z_STREAM_END;
}

static void fill_head(uint8_t *head, const struct pdiag_journal_frame *f)
{
	pdiag_le_put(head, PDIAG_JOURNAL_MARKER, 4);
	pdiag_le_put(head + 4, f->len, 4);
	pdiag_le_put(head + 8, f->type, 2);
	pdiag_le_put(head + 10, f->flags, 2);
	pdiag_le_put(head + 12, f->raw, 4);
	pdiag_le_put(head + 16, f->id, 8);
	pdiag_le_put(head + 32, f->crc, 4);
}

int pdiag_journal_frame_add(struct pdiag_text *to, uint64_t id, enum pdiag_journal_type type,
	const struct pdiag_text *body)
{
	struct pdiag_journal_frame f = { .type = (uint16_t)type, .id = id,
		.raw = (uint32_t)body->len };
	static const char zeroes[PDIAG_JOURNAL_HEAD];
	pdiag_auto_free char *packed = NULL;
	const char *data = body->data;
	size_t start = to->len, len = body->len;
	int ret;

	if (body->error || to->error)
		return -ENOMEM;
	if (body->len > PDIAG_JOURNAL_BODY_MAX)
		return -EFBIG;
	if (len >= PACK_FROM && type != PDIAG_JOURNAL_INFO) {
		packed = malloc(len);
		ret = packed ? pack(body, packed, &len) : -ENOMEM;
		if (ret < 0)
			return ret;
		f.flags = ret ? 0 : PDIAG_JOURNAL_PACKED;
		data = ret ? body->data : packed;
		len = ret ? body->len : len;
	}
	f.len = (uint32_t)len;
	f.crc = crc(data, len);
	pdiag_text_add(to, zeroes, PDIAG_JOURNAL_HEAD);
	pdiag_text_add(to, data, len);
	pdiag_text_add(to, zeroes, pdiag_journal_frame_size(&f) - PDIAG_JOURNAL_HEAD - len);
	if (to->error)
		return -ENOMEM;
	fill_head((uint8_t *)to->data + start, &f);
	return 0;
}

void pdiag_journal_frames_seal(struct pdiag_text *frames, uint64_t base)
{
	struct pdiag_journal_frame f;
	uint8_t *head;

	for (size_t at = 0; at < frames->len; at += pdiag_journal_frame_size(&f)) {
		head = (uint8_t *)frames->data + at;
		f.len = (uint32_t)pdiag_le_take(head + 4, 4);
		pdiag_le_put(head + 24, base + at, 8);
		pdiag_le_put(head + 36, crc(head, 36), 4);
	}
}

bool pdiag_journal_frame_head(const uint8_t from[PDIAG_JOURNAL_HEAD], uint64_t offset,
	struct pdiag_journal_frame *f)
{
	if (pdiag_le_take(from, 4) != PDIAG_JOURNAL_MARKER ||
		pdiag_le_take(from + 36, 4) != crc(from, 36))
		return false;
	*f = (struct pdiag_journal_frame){
		.len = (uint32_t)pdiag_le_take(from + 4, 4),
		.type = (uint16_t)pdiag_le_take(from + 8, 2),
		.flags = (uint16_t)pdiag_le_take(from + 10, 2),
		.raw = (uint32_t)pdiag_le_take(from + 12, 4),
		.id = pdiag_le_take(from + 16, 8),
		.offset = pdiag_le_take(from + 24, 8),
		.crc = (uint32_t)pdiag_le_take(from + 32, 4),
	};
	return f->offset == offset && f->id && f->id <= PDIAG_JOURNAL_ID_MAX &&
		f->len <= PDIAG_JOURNAL_BODY_MAX && f->raw <= PDIAG_JOURNAL_BODY_MAX &&
		!(f->flags & ~PDIAG_JOURNAL_PACKED) &&
		(f->flags ? f->raw / PDIAG_JOURNAL_RATIO_MAX <= f->len : f->raw == f->len);
}

bool pdiag_journal_frame_check(const struct pdiag_journal_frame *f, const uint8_t *data)
{
	return crc(data, f->len) == f->crc;
}

static int unpack(const struct pdiag_journal_frame *f, const uint8_t *data, void *to)
{
	z_stream z = {
		.next_in = (Bytef *)data, .avail_in = f->len,
		.next_out = to, .avail_out = f->raw,
	};
	int ret = inflateInit(&z);

	if (ret != Z_OK)
		return -ENOMEM;
	ret = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	return ret == Z_STREAM_END && z.total_out == f->raw ? 0 : -EBADMSG;
}

int pdiag_journal_frame_body(const struct pdiag_journal_frame *f, const uint8_t *data,
	struct pdiag_bytes *body, void **own)
{
	int ret;

	*own = NULL;
	if (f->flags & PDIAG_JOURNAL_PACKED) {
		*own = malloc(f->raw + 1);
		ret = *own ? unpack(f, data, *own) : -ENOMEM;
		if (ret) {
			free(*own);
			*own = NULL;
			return ret;
		}
		data = *own;
	}
	*body = (struct pdiag_bytes){ .at = data, .end = data + f->raw };
	return 0;
}
