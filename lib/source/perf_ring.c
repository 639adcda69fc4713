/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/perf_layout.h"

int pdiag_perf_ring_map(struct pdiag_perf_ring *r, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap(NULL, page + size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	r->page = p;
	r->data = (const unsigned char *)p + page;
	r->size = size;
	r->fd = fd;
	r->head = r->tail = r->published = 0;
	return 0;
}

void pdiag_perf_ring_unmap(struct pdiag_perf_ring *r)
{
	if (r->page)
		munmap(r->page, (size_t)sysconf(_SC_PAGESIZE) + r->size);
	r->page = NULL;
}

void pdiag_perf_ring_refresh(struct pdiag_perf_ring *r)
{
	r->head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
}

/* Records are 8-byte aligned, so no word of one wraps. */
static uint64_t word(const struct pdiag_perf_ring *r, uint64_t pos)
{
	uint64_t v;

	memcpy(&v, r->data + (pos & (r->size - 1)), sizeof(v));
	return v;
}

static int skip_all(struct pdiag_perf_ring *r)
{
	r->tail = r->head;
	pdiag_perf_ring_publish(r);
	return -EBADMSG;
}

int pdiag_perf_ring_peek(struct pdiag_perf_ring *r)
{
	uint64_t avail = r->head - r->tail, at;
	struct perf_event_header header;
	uint64_t w;

	if (!avail)
		return 0;
	if (avail > r->size || avail < sizeof(header))
		return skip_all(r);
	w = word(r, r->tail);
	memcpy(&header, &w, sizeof(header));
	if (header.size < sizeof(header) || header.size % 8 || header.size > avail)
		return skip_all(r);
	r->record = header.size;
	if (header.type == PERF_RECORD_SAMPLE)
		at = offsetof(struct pdiag_perf_sample, time);
	else
		at = header.size - sizeof(struct pdiag_perf_id) +
			offsetof(struct pdiag_perf_id, time);
	/* Too short for its time: the decoder will refuse it; keep the time of the one before. */
	if (header.size >= sizeof(header) + sizeof(struct pdiag_perf_id))
		r->time = word(r, r->tail + at);
	return 1;
}

const void *pdiag_perf_ring_record(const struct pdiag_perf_ring *r, void *bounce)
{
	size_t at = r->tail & (r->size - 1), first = r->size - at;

	if (first >= r->record)
		return r->data + at;
	memcpy(bounce, r->data + at, first);
	memcpy((char *)bounce + first, r->data, r->record - first);
	return bounce;
}

void pdiag_perf_ring_publish(struct pdiag_perf_ring *r)
{
	__atomic_store_n(&r->page->data_tail, r->tail, __ATOMIC_RELEASE);
	r->published = r->tail;
}

void pdiag_perf_ring_advance(struct pdiag_perf_ring *r)
{
	r->tail += r->record;
	/* Not for each record: the line is shared with the CPU that writes. */
	if (r->tail - r->published > r->size / 16)
		pdiag_perf_ring_publish(r);
}
