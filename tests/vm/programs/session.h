/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session of the kernel module, by its contract; what goes wrong ends the program. */
#ifndef SESSION_H
#define SESSION_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "pdiag_kmod.h"

/* How many times slower than others this machine is. */
static inline int times_slower(void)
{
	const char *slow = getenv("PDIAG_SLOW");

	return slow ? atoi(slow) : 1;
}

#define RINGS 64
/* The clock that can be read anywhere may go back when the kernel adjusts it; ns. */
#define CLOCK_STEP 10000

struct session {
	int fd;
	struct pdiag_kmod_session options;
	struct pdiag_kmod_ring *control[RINGS];
	unsigned char *data[RINGS];
	uint64_t size[RINGS];
};

static inline void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Options are filled in by the caller. */
static inline void session_open(struct session *s)
{
	int device = open(PDIAG_KMOD_DEVICE, O_RDWR | O_CLOEXEC);

	if (device < 0)
		die("%s: %s", PDIAG_KMOD_DEVICE, strerror(errno));
	s->options.size = sizeof(s->options);
	s->fd = ioctl(device, PDIAG_KMOD_IOC_SESSION, &s->options);
	if (s->fd < 0)
		die("no session: %s", strerror(errno));
	close(device);
	if (s->options.nr_rings > RINGS)
		die("%u rings are too many for this test", s->options.nr_rings);
}

static inline void session_map(struct session *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map;

	for (uint32_t i = 0; i < s->options.nr_rings; i++) {
		map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd,
			(off_t)PDIAG_KMOD_CONTROL(i));
		if (map == MAP_FAILED)
			continue;
		s->control[i] = map;
		s->size[i] = s->control[i]->data_bytes;
		map = mmap(NULL, s->size[i], PROT_READ, MAP_SHARED, s->fd,
			(off_t)PDIAG_KMOD_DATA(i));
		if (map == MAP_FAILED)
			die("mapping ring %u: %s", i, strerror(errno));
		s->data[i] = map;
	}
}

static inline void session_do(struct session *s, unsigned long request, void *arg, const char *what)
{
	if (ioctl(s->fd, request, arg))
		die("%s: %s", what, strerror(errno));
}

/* 1: there may be more. */
static inline int session_flush(struct session *s)
{
	struct pdiag_kmod_flush flush = { .size = sizeof(flush) };

	session_do(s, PDIAG_KMOD_IOC_FLUSH, &flush, "flush");
	return flush.pending > 0;
}

typedef void (*record_fn)(void *user, uint32_t ring, const struct pdiag_kmod_record *record);

/* All that is in the rings now. Returns the number of records. */
static inline uint64_t session_read(struct session *s, record_fn fn, void *user)
{
	const struct pdiag_kmod_record *record;
	uint64_t head, tail, count = 0;

	for (uint32_t i = 0; i < s->options.nr_rings; i++) {
		if (!s->control[i])
			continue;
		head = __atomic_load_n(&s->control[i]->head, __ATOMIC_ACQUIRE);
		tail = s->control[i]->tail;
		if (tail < s->control[i]->oldest)
			tail = s->control[i]->oldest;
		for (; tail < head; tail += record->len, count++) {
			record = (const void *)(s->data[i] + (tail & (s->size[i] - 1)));
			if (record->len < 16 || record->len % 16 || tail + record->len > head)
				die("ring %u: a record of %u bytes at %llu of %llu", i, record->len,
					(unsigned long long)tail, (unsigned long long)head);
			fn(user, i, record);
		}
		__atomic_store_n(&s->control[i]->tail, tail, __ATOMIC_RELEASE);
	}
	return count;
}

static inline void session_close(struct session *s)
{
	for (uint32_t i = 0; i < s->options.nr_rings; i++) {
		if (!s->control[i])
			continue;
		munmap(s->control[i], (size_t)sysconf(_SC_PAGESIZE));
		munmap(s->data[i], s->size[i]);
	}
	close(s->fd);
}

#endif
