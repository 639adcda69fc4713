/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring buffer that the kernel fills with perf records and we read. What the kernel writes to the
 * control page is read once and checked; our place in the ring is a private copy.
 */
#ifndef PDIAG_SOURCE_PERF_RING_H
#define PDIAG_SOURCE_PERF_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perf_event_mmap_page;
struct pdiag_perf_sample;

struct pdiag_perf_ring {
	struct perf_event_mmap_page *page;
	const unsigned char *data;
	size_t size;	   /* of data: a power of two */
	uint64_t head;	   /* as of the last refresh */
	uint64_t tail;	   /* where we read */
	uint64_t published; /* the tail that the kernel knows of */
	uint64_t time;	   /* of the record at tail */
	uint64_t lost;	   /* by the LOST records read so far */
	uint32_t record;   /* size of the record at tail */
	int fd;		   /* of the event that made it; not owned */
	int32_t cpu;
	uint16_t kind; /* enum pdiag_perf_kind */
	bool backward; /* a flight recorder's: written downwards, read while it is paused */
	uint64_t floor; /* ... the head when it last began anew */
	uint64_t *held; /* ... where its records are that were not read yet, newest first */
	size_t held_count, held_cap;
};

/* Map `size` bytes of ring on an event. 0 or a negative errno. */
int pdiag_perf_ring_map(struct pdiag_perf_ring *r, int fd, size_t size);
void pdiag_perf_ring_unmap(struct pdiag_perf_ring *r);
/*
 * A backward ring that is paused: find its records, to be read oldest first. *overwritten: older
 * ones are gone. 0 or -ENOMEM (nothing is held).
 */
int pdiag_perf_ring_hold(struct pdiag_perf_ring *r, bool *overwritten);
/*
 * A backward ring that is written to meanwhile: its newest samples, back to that time. Who is asked
 * about a second hardly ever meets the writer, who comes around from the other side.
 */
void pdiag_perf_ring_recent(const struct pdiag_perf_ring *r, uint64_t since,
	void (*fn)(void *user, const struct pdiag_perf_sample *sample), void *user);
/* It begins anew where it is. */
void pdiag_perf_ring_release(struct pdiag_perf_ring *r);
/* See how far the kernel has written. */
void pdiag_perf_ring_refresh(struct pdiag_perf_ring *r);
/*
 * Look at the next record: its size and time. 1: there is one; 0: none; -EBADMSG: what is there
 * makes no sense, and all of it was skipped.
 */
int pdiag_perf_ring_peek(struct pdiag_perf_ring *r);
/* The record peeked at, in one piece; `bounce` (64 KiB) is used where the ring wraps. */
const void *pdiag_perf_ring_record(const struct pdiag_perf_ring *r, void *bounce);
/* Go past the record peeked at. The kernel is told now and then, and by publish. */
void pdiag_perf_ring_advance(struct pdiag_perf_ring *r);
void pdiag_perf_ring_publish(struct pdiag_perf_ring *r);

#endif
