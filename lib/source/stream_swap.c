/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recordings of machines with the other byte order. */
#include <byteswap.h>
#include <string.h>

#include "source/stream_frame.h"
#include "util/array.h"

/* The widths of the numbers behind the head, in their order. Fields added by later minor
 * versions need not be here, as nobody reads them. */
static const char *const fields[] = {
	[PDIAG_STREAM_INFO] = "88884444",
	[PDIAG_STREAM_MMAP] = "8888844",
	[PDIAG_STREAM_FORK] = "44",
	[PDIAG_STREAM_STACK] = "44",
	[PDIAG_STREAM_SAMPLE] = "8422",
	[PDIAG_STREAM_LOSS] = "844",
	[PDIAG_STREAM_MODULE] = "888444444",
	[PDIAG_STREAM_NAME] = "88884444",
};

static void swap_field(unsigned char *p, unsigned int width)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (width) {
	case 8:
		memcpy(&v64, p, 8);
		v64 = bswap_64(v64);
		memcpy(p, &v64, 8);
		break;
	case 4:
		memcpy(&v32, p, 4);
		v32 = bswap_32(v32);
		memcpy(p, &v32, 4);
		break;
	default:
		memcpy(&v16, p, 2);
		v16 = bswap_16(v16);
		memcpy(p, &v16, 2);
	}
}

/* Swap what is there; returns the place behind it. */
static unsigned char *swap_fields(unsigned char *p, const unsigned char *end, const char *widths)
{
	unsigned int width;

	for (; *widths; widths++) {
		width = (unsigned int)(*widths - '0');
		if ((size_t)(end - p) < width)
			break;
		swap_field(p, width);
		p += width;
	}
	return p;
}

static void swap_addresses(unsigned char *p, const unsigned char *end, uint32_t nr)
{
	for (; nr && end - p >= 8; nr--, p += 8)
		swap_field(p, 8);
}

static void swap_record(struct pdiag_stream_record *r)
{
	unsigned char *p = (unsigned char *)(r + 1), *end = (unsigned char *)r + r->len;
	uint32_t nr;

	if (r->type < PDIAG_COUNT(fields) && fields[r->type])
		p = swap_fields(p, end, fields[r->type]);
	if (r->type == PDIAG_STREAM_STACK && r->len >= sizeof(struct pdiag_stream_stack)) {
		swap_addresses(p, end, ((struct pdiag_stream_stack *)r)->nr);
	} else if (r->type == PDIAG_STREAM_SAMPLE && r->len >= sizeof(struct pdiag_stream_sample)) {
		nr = ((struct pdiag_stream_sample *)r)->nr;
		if (nr != PDIAG_STREAM_BY_NUMBER)
			swap_addresses(p, end, nr);
		else if (r->flags & PDIAG_STREAM_WAKER)
			swap_fields(p, end, "4444");
	}
}

void pdiag_stream_swap(void *body, size_t len)
{
	unsigned char *p = body, *end = p + len;

	while ((size_t)(end - p) >= sizeof(struct pdiag_stream_record)) {
		swap_fields(p, end, "42284444");
		if (!pdiag_stream_record_at(p, (size_t)(end - p)))
			return;
		swap_record((struct pdiag_stream_record *)p);
		p += ((struct pdiag_stream_record *)p)->len;
	}
}
