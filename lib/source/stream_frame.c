/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/stream_frame.h"

#include <byteswap.h>
#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <string.h>

#include <pdiag/version.h>

#include "core/error.h"

static uint32_t header_crc(const struct pdiag_stream_header *h)
{
	return lzma_crc32((const uint8_t *)h, offsetof(struct pdiag_stream_header, crc), 0);
}

static uint32_t frame_crc(const void *frame)
{
	return lzma_crc32(frame, offsetof(struct pdiag_stream_frame, crc), 0);
}

static uint64_t body_crc(const void *frame, uint32_t len)
{
	return lzma_crc64((const uint8_t *)frame + sizeof(struct pdiag_stream_frame),
		len - sizeof(struct pdiag_stream_frame), 0);
}

void pdiag_stream_header_make(struct pdiag_stream_header *h, uint64_t created)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, PDIAG_STREAM_MAGIC, sizeof(h->magic));
	h->byte_order = PDIAG_STREAM_ORDER;
	h->major = PDIAG_STREAM_MAJOR;
	h->minor = PDIAG_STREAM_MINOR;
	h->header_len = sizeof(*h);
	h->created = created;
	snprintf(h->writer, sizeof(h->writer), "%s", pdiag_version());
	h->crc = header_crc(h);
}

static void swap_header(struct pdiag_stream_header *h)
{
	h->byte_order = bswap_32(h->byte_order);
	h->major = bswap_16(h->major);
	h->minor = bswap_16(h->minor);
	h->header_len = bswap_32(h->header_len);
	h->flags = bswap_32(h->flags);
	h->created = bswap_64(h->created);
	h->crc = bswap_32(h->crc);
}

int pdiag_stream_header_check(struct pdiag_stream_header *h, size_t len, const char *path,
	bool *swap)
{
	uint32_t crc;

	if (!len)
		return pdiag_fail(EBADMSG, "%s is empty: not a pdiag recording", path);
	if (memcmp(h->magic, PDIAG_STREAM_MAGIC, len < 8 ? len : 8))
		return pdiag_fail(EBADMSG, "%s is not a pdiag recording", path);
	if (len < sizeof(*h))
		return pdiag_fail(EBADMSG, "%s is cut within its header, %zu bytes long: nothing "
			"was recorded", path, len);
	crc = header_crc(h);
	*swap = h->byte_order != PDIAG_STREAM_ORDER;
	if (*swap)
		swap_header(h);
	if (h->byte_order != PDIAG_STREAM_ORDER)
		return pdiag_fail(EBADMSG, "%s: the header of the recording is damaged", path);
	if (h->major > PDIAG_STREAM_MAJOR)
		return pdiag_fail(EPROTO, "%s is a recording of format version %u.%u, this release "
			"of libpdiag reads up to %u; update the library", path, h->major, h->minor,
			PDIAG_STREAM_MAJOR);
	if (h->crc != crc || h->major != PDIAG_STREAM_MAJOR || h->header_len % 8 ||
		h->header_len < sizeof(*h) || h->header_len > PDIAG_STREAM_HEADER_MAX)
		return pdiag_fail(EBADMSG, "%s: the header of the recording is damaged", path);
	if (h->flags)
		return pdiag_fail(EPROTO, "%s is a recording that uses features (0x%x) which this "
			"release of libpdiag does not know; update the library", path, h->flags);
	return 0;
}

void pdiag_stream_frame_seal(struct pdiag_stream_frame *f)
{
	f->marker = PDIAG_STREAM_MARKER;
	f->reserved = 0;
	f->body_crc = body_crc(f, f->len);
	f->crc = frame_crc(f);
}

bool pdiag_stream_frame_head(const void *data, uint64_t offset, bool swap,
	struct pdiag_stream_frame *f)
{
	memcpy(f, data, sizeof(*f));
	if (swap) {
		f->marker = bswap_32(f->marker);
		f->len = bswap_32(f->len);
		f->offset = bswap_64(f->offset);
		f->before = bswap_64(f->before);
		f->records = bswap_32(f->records);
		f->forgets = bswap_32(f->forgets);
		f->body_crc = bswap_64(f->body_crc);
		f->crc = bswap_32(f->crc);
	}
	return f->marker == PDIAG_STREAM_MARKER && f->offset == offset && f->len >= sizeof(*f) &&
		f->len <= PDIAG_STREAM_FRAME_MAX && f->len % 8 == 0 && f->crc == frame_crc(data);
}

bool pdiag_stream_frame_body(const void *data, const struct pdiag_stream_frame *f)
{
	return body_crc(data, f->len) == f->body_crc;
}
