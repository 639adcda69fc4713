/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/held.h"

#include <errno.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "decode/encode.h"
#include "source/stream_format.h"

struct pdiag_held_chunk {
	struct pdiag_held_chunk *next;
	size_t read, end;
	uint64_t data[];
};

#define DATA_BYTES (PDIAG_HELD_CHUNK - sizeof(struct pdiag_held_chunk))

static const struct pdiag_stream_record *first_of(const struct pdiag_held *h)
{
	return (const void *)((const char *)h->first->data + h->first->read);
}

static struct pdiag_held_chunk *new_chunk(struct pdiag_held *h)
{
	size_t limit = h->limit_bytes ? h->limit_bytes : PDIAG_HELD_BYTES;
	struct pdiag_held_chunk *c = h->spare;

	h->spare = NULL;
	if (!c && h->bytes + PDIAG_HELD_CHUNK <= limit) {
		c = malloc(PDIAG_HELD_CHUNK);
		h->bytes += c ? PDIAG_HELD_CHUNK : 0;
	}
	if (!c)
		return NULL;
	c->next = NULL;
	c->read = c->end = 0;
	if (h->last)
		h->last->next = c;
	else
		h->first = c;
	h->last = c;
	return c;
}

static long put(struct pdiag_held_chunk *c, const struct pdiag_record *record)
{
	return c ? pdiag_encode(record, (char *)c->data + c->end, DATA_BYTES - c->end) : -ENOBUFS;
}

int pdiag_held_add(struct pdiag_held *h, const struct pdiag_record *record)
{
	long len = put(h->last, record);

	/* One that fits into no chunk needs none. */
	if (len == -ENOBUFS && (!h->last || h->last->end))
		len = new_chunk(h) ? put(h->last, record) : -ENOMEM;
	if (len < 0)
		return (int)len;
	if (!len)
		return 0;
	h->last->end += (size_t)len;
	h->newest = record->time;
	h->count++;
	return 0;
}

uint64_t pdiag_held_time(const struct pdiag_held *h)
{
	return first_of(h)->time;
}

bool pdiag_held_first(const struct pdiag_held *h, struct pdiag_record *out)
{
	if (!h->count)
		return false;
	/* What makes no sense now made none before: it says nothing. */
	if (pdiag_decode_stream(first_of(h), first_of(h)->len, out))
		out->type = PDIAG_RECORD_NONE;
	return true;
}

void pdiag_held_drop(struct pdiag_held *h)
{
	struct pdiag_held_chunk *c = h->first;

	if (!h->count)
		return;
	h->count--;
	c->read += first_of(h)->len;
	if (c->read < c->end)
		return;
	if (c == h->last) {
		c->read = c->end = 0;
		return;
	}
	h->first = c->next;
	if (!h->spare) {
		h->spare = c;
		return;
	}
	h->bytes -= PDIAG_HELD_CHUNK;
	free(c);
}

void pdiag_held_free(struct pdiag_held *h)
{
	struct pdiag_held_chunk *c, *next;

	for (c = h->first; c; c = next) {
		next = c->next;
		free(c);
	}
	free(h->spare);
	*h = (struct pdiag_held){ .limit_bytes = h->limit_bytes };
}
