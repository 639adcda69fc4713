/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/perf_layout.h"
#include "util/array.h"

/* Of the newest records so many are looked at. */
#define RECENT_MAX 16384u

int pdiag_perf_ring_map(struct pdiag_perf_ring *r, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	/* The kernel overwrites what cannot be told to have been read. */
	int prot = r->backward ? PROT_READ : PROT_READ | PROT_WRITE;
	void *p = mmap(NULL, page + size, prot, MAP_SHARED, fd, 0);

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
	if (r->backward)
		return;
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
	r->held_count = 0;
	r->tail = r->head;
	pdiag_perf_ring_publish(r);
	return -EBADMSG;
}

/* Where the records of a backward ring end. */
static uint64_t end_of(const struct pdiag_perf_ring *r, uint64_t head)
{
	return r->floor - head > r->size ? head + r->size : r->floor;
}

/* Is there one? The oldest is overwritten in part; behind what makes no sense all is lost. */
static bool header_at(const struct pdiag_perf_ring *r, uint64_t at, uint64_t end,
	struct perf_event_header *header)
{
	uint64_t w;

	if (end - at < sizeof(*header))
		return false;
	w = word(r, at);
	memcpy(header, &w, sizeof(*header));
	return header->size >= sizeof(*header) && !(header->size % 8) && header->size <= end - at;
}

int pdiag_perf_ring_hold(struct pdiag_perf_ring *r, bool *overwritten)
{
	uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t end = end_of(r, head);
	struct perf_event_header header;

	*overwritten = end != r->floor;
	r->head = head;
	r->held_count = 0;
	for (uint64_t at = head; header_at(r, at, end, &header); at += header.size) {
		if (pdiag_array_reserve(&r->held, &r->held_cap, r->held_count + 1,
			    sizeof(*r->held))) {
			r->held_count = 0;
			return -ENOMEM;
		}
		r->held[r->held_count++] = at;
	}
	return 0;
}

/* What is of one size in all samples. */
static void copy_sample(const struct pdiag_perf_ring *r, uint64_t at, struct pdiag_perf_sample *out)
{
	uint64_t words[sizeof(*out) / 8];

	for (size_t i = 0; i < PDIAG_COUNT(words); i++)
		words[i] = word(r, at + 8 * i);
	memcpy(out, words, sizeof(*out));
}

void pdiag_perf_ring_recent(const struct pdiag_perf_ring *r, uint64_t since,
	void (*fn)(void *user, const struct pdiag_perf_sample *sample), void *user)
{
	uint64_t at = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t end = end_of(r, at);
	struct perf_event_header header;
	struct pdiag_perf_sample s;

	for (uint32_t n = 0; n < RECENT_MAX && header_at(r, at, end, &header); n++) {
		if (header.type == PERF_RECORD_SAMPLE && header.size >= sizeof(s)) {
			copy_sample(r, at, &s);
			if (s.time < since)
				return;
			fn(user, &s);
		}
		at += header.size;
	}
}

void pdiag_perf_ring_release(struct pdiag_perf_ring *r)
{
	r->floor = r->head;
	r->held_count = r->held_cap = 0;
	free(r->held);
	r->held = NULL;
}

int pdiag_perf_ring_peek(struct pdiag_perf_ring *r)
{
	uint64_t avail = r->head - r->tail, at;
	struct perf_event_header header;
	uint64_t w;

	if (r->backward) {
		avail = r->held_count ? r->size : 0;
		r->tail = r->held_count ? r->held[r->held_count - 1] : r->head;
	}
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
	r->published = r->tail;
	if (r->backward)
		return; /* the page is not ours to write */
	__atomic_store_n(&r->page->data_tail, r->tail, __ATOMIC_RELEASE);
}

void pdiag_perf_ring_advance(struct pdiag_perf_ring *r)
{
	if (r->backward) {
		r->held_count--;
		return;
	}
	r->tail += r->record;
	/* Not for each record: the line is shared with the CPU that writes. */
	if (r->tail - r->published > r->size / 16)
		pdiag_perf_ring_publish(r);
}
