/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that were made while events were being opened. Whether one has inherited the event of a
 * ring cannot be asked; its first record tells: each carries the number of the event that was
 * opened. So each such thread gets an event of its own on each ring, and once a record shows that
 * it has an inherited one there, too, its own is void: what it wrote is left out.
 */
#ifndef PDIAG_SOURCE_PERF_LATE_H
#define PDIAG_SOURCE_PERF_LATE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/table.h"

struct pdiag_perf_late {
	struct {
		uint64_t id;   /* of its own event */
		uint32_t ring;
		int32_t tid;
		int fd;	       /* not owned */
		bool is_void;
	} *list;
	size_t count, cap;
	struct pdiag_table by_id, by_thread;
};

/* A late thread's own event on a ring. 0 or a negative errno with its sentence. */
int pdiag_perf_late_add(struct pdiag_perf_late *l, int fd, int32_t tid, uint32_t ring);
/* The same with the number of the event given, fd may be -1. 0 or -ENOMEM. */
int pdiag_perf_late_put(struct pdiag_perf_late *l, uint64_t id, int fd, int32_t tid, uint32_t ring);
/* Is the record, from this ring, one that also comes by another event? */
bool pdiag_perf_late_twice(struct pdiag_perf_late *l, const struct perf_event_header *record,
	uint32_t ring);
void pdiag_perf_late_free(struct pdiag_perf_late *l);

#endif
