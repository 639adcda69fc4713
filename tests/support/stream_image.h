/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recording made number by number, in either byte order, by the text of source/stream_format.h
 * and not by the library's own writer.
 */
#ifndef TESTS_SUPPORT_STREAM_IMAGE_H
#define TESTS_SUPPORT_STREAM_IMAGE_H

#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct image {
	unsigned char data[1 << 16];
	size_t len;
	bool foreign; /* the other byte order */
	size_t frame, record; /* where the open ones begin */
	uint64_t before;
	uint32_t records, forgets, forgets_here;
};

static inline void image_number_at(struct image *m, size_t at, unsigned int width, uint64_t value)
{
	unsigned char bytes[8];

	memcpy(bytes, &value, 8);
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		memmove(bytes, bytes + 8 - width, width);
	for (unsigned int i = 0; i < width; i++)
		m->data[at + i] = bytes[m->foreign ? width - 1 - i : i];
}

static inline void image_number(struct image *m, unsigned int width, uint64_t value)
{
	image_number_at(m, m->len, width, value);
	m->len += width;
}

static inline void image_text(struct image *m, const char *text)
{
	memcpy(m->data + m->len, text, strlen(text) + 1);
	m->len += strlen(text) + 1;
}

static inline void image_pad(struct image *m)
{
	while (m->len % 8)
		m->data[m->len++] = 0;
}

/* Close the header again after a change. */
static inline void image_seal_header(struct image *m)
{
	image_number_at(m, 60, 4, lzma_crc32(m->data, 60, 0));
}

static inline void image_header(struct image *m, bool foreign)
{
	memset(m, 0, sizeof(*m));
	m->foreign = foreign;
	memcpy(m->data, "\x89PDIAG\r\n", 8);
	image_number_at(m, 8, 4, 0x01020304);
	image_number_at(m, 12, 2, 1);
	image_number_at(m, 14, 2, 0);
	image_number_at(m, 16, 4, 64);
	image_number_at(m, 24, 8, 1234567890);
	memcpy(m->data + 32, "0.1.0", 5);
	image_seal_header(m);
	m->len = 64;
}

static inline void image_frame(struct image *m)
{
	m->frame = m->len;
	memset(m->data + m->len, 0, 48);
	m->len += 48;
	m->records = m->forgets_here = 0;
}

/* Checksums of the frame at `at`, after a change, too. */
static inline void image_seal_frame(struct image *m, size_t at, size_t len)
{
	image_number_at(m, at + 32, 8, lzma_crc64(m->data + at + 48, len - 48, 0));
	image_number_at(m, at + 44, 4, lzma_crc32(m->data + at, 44, 0));
}

static inline void image_frame_end(struct image *m)
{
	size_t at = m->frame;

	image_number_at(m, at, 4, 0x6d617246);
	image_number_at(m, at + 4, 4, m->len - at);
	image_number_at(m, at + 8, 8, at);
	image_number_at(m, at + 16, 8, m->before);
	image_number_at(m, at + 24, 4, m->records);
	image_number_at(m, at + 28, 4, m->forgets);
	image_seal_frame(m, at, m->len - at);
	m->before += m->records;
	m->forgets += m->forgets_here;
}

static inline void image_record(struct image *m, unsigned int type, uint64_t time, uint32_t number)
{
	m->record = m->len;
	image_number(m, 4, 0);
	image_number(m, 2, type);
	image_number(m, 2, 0);
	image_number(m, 8, time);
	image_number(m, 4, 1);
	image_number(m, 4, 1000);
	image_number(m, 4, 1001);
	image_number(m, 4, number);
	m->records++;
	m->forgets_here += type == 10;
}

static inline void image_record_end(struct image *m)
{
	image_pad(m);
	image_number_at(m, m->record, 4, m->len - m->record);
}

static inline void image_bare(struct image *m, unsigned int type, uint64_t time)
{
	image_record(m, type, time, 0);
	image_record_end(m);
}

/* `count` SWITCH records in a frame of their own, numbered by their time from `time` on. */
static inline void image_switches(struct image *m, uint64_t time, unsigned int count)
{
	image_frame(m);
	for (unsigned int i = 0; i < count; i++)
		image_bare(m, 8, time + i);
	image_frame_end(m);
}

#endif
