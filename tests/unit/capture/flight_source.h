/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A flight recorder made of records: what processes do comes as it is added, samples when it is
 * frozen. Processes have numbers that this machine does not give.
 */
#ifndef TESTS_UNIT_CAPTURE_FLIGHT_SOURCE_H
#define TESTS_UNIT_CAPTURE_FLIGHT_SOURCE_H

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture.h"
#include "source/flight.h"
#include "util/list.h"

#define SECOND 1000000000ull
#define SPAN (2 * SECOND)
#define PID 999999900
#define START 0x400000ull

struct flight_queue {
	struct pdiag_record list[64];
	uint32_t count, at;
};

struct flight_source {
	struct pdiag_source base;
	struct flight_queue tasks, samples;
	uint64_t ips[64][2];
};

static inline struct flight_source *flight_of(struct pdiag_source *s)
{
	return pdiag_container(s, struct flight_source, base);
}

static inline int flight_nothing(struct pdiag_source *s)
{
	(void)s;
	return 0;
}

/* It has been running for ten seconds. */
static inline int flight_start(struct pdiag_source *s)
{
	s->state.flight.begun = pdiag_capture_clock() - 10 * SECOND;
	return 0;
}

static inline int flight_freeze(struct pdiag_source *s, bool frozen)
{
	struct pdiag_source_flight *f = &s->state.flight;

	if (frozen && !f->frozen)
		pdiag_flight_freeze(f, s->fd, pdiag_capture_clock(), 0);
	if (!frozen && f->frozen) {
		flight_of(s)->samples.at = flight_of(s)->samples.count;
		pdiag_flight_begin(f, s->fd, f->time);
	}
	return 0;
}

static inline int flight_stop(struct pdiag_source *s)
{
	return flight_freeze(s, true);
}

static inline const struct pdiag_record *flight_peek(const struct flight_queue *q)
{
	return q->at < q->count ? &q->list[q->at] : NULL;
}

static inline int flight_next(struct pdiag_source *s, struct pdiag_raw *raw)
{
	struct flight_source *f = flight_of(s);
	const struct pdiag_record *task = flight_peek(&f->tasks);
	const struct pdiag_record *sample = flight_peek(&f->samples);

	if (!s->state.flight.frozen)
		sample = NULL;
	if (!sample)
		pdiag_flight_read(&s->state.flight, s->fd);
	if (!sample && !task)
		return 0;
	*raw = (struct pdiag_raw){ .cpu = -1, .format = PDIAG_RAW_RECORD };
	if (task && (!sample || task->time <= sample->time))
		raw->data = &f->tasks.list[f->tasks.at++];
	else
		raw->data = &f->samples.list[f->samples.at++];
	return 1;
}

static inline void flight_close(struct pdiag_source *s)
{
	close(s->fd);
	free(flight_of(s));
}

static const struct pdiag_source_ops flight_ops = {
	.name = "flight", .start = flight_start, .stop = flight_stop, .refresh = flight_nothing,
	.next = flight_next, .close = flight_close, .freeze = flight_freeze,
};

/* A capture of it, not started. */
static inline struct flight_source *flight_new(struct pdiag *context, struct pdiag_capture **out)
{
	static const struct pdiag_source_config config = { .target = PDIAG_TARGET_COMMAND,
		.events = PDIAG_ON_CPU | PDIAG_OFF_CPU, .max_depth = 127 };
	struct flight_source *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->base.ops = &flight_ops;
	f->base.context = context;
	f->base.fd = pdiag_flight_fd();
	f->base.state.live = true;
	f->base.state.exit_status = -1;
	f->base.state.event = "";
	f->base.state.flight.span = SPAN;
	return pdiag_capture_wrap(context, &f->base, &config, 0, out) ? NULL : f;
}

/* What was handed out before makes room. */
static inline struct pdiag_record *flight_put(struct flight_queue *q, enum pdiag_record_type type,
	int32_t pid, int32_t tid, uint64_t time)
{
	struct pdiag_record *r;

	if (q->at == q->count)
		q->at = q->count = 0;
	if (q->count == 64)
		abort();
	r = &q->list[q->count++];
	*r = (struct pdiag_record){ .type = (uint16_t)type, .pid = pid, .tid = tid, .time = time };
	return r;
}

static inline void put_comm(struct flight_source *f, int32_t pid, int32_t tid, uint16_t flags,
	const char *name, uint64_t time)
{
	struct pdiag_record *r = flight_put(&f->tasks, PDIAG_RECORD_COMM, pid, tid, time);

	r->flags = flags;
	r->comm.text = name;
}

static inline void put_map(struct flight_source *f, int32_t pid, const char *path, uint64_t time)
{
	struct pdiag_record *r = flight_put(&f->tasks, PDIAG_RECORD_MMAP, pid, pid, time);

	r->mmap.start = START;
	r->mmap.len = 0x10000;
	r->mmap.inode = 5 + strlen(path);
	r->mmap.path = path;
}

/* A process begins to run this file, under this name. */
static inline void put_exec(struct flight_source *f, int32_t pid, const char *name,
	const char *path, uint64_t time)
{
	put_comm(f, pid, pid, PDIAG_RECORD_EXEC, name, time);
	put_map(f, pid, path, time);
}

static inline void put_fork(struct flight_source *f, int32_t ppid, int32_t pid, int32_t tid,
	uint64_t time)
{
	struct pdiag_record *r = flight_put(&f->tasks, PDIAG_RECORD_FORK, pid, tid, time);

	r->fork.ppid = r->fork.ptid = ppid;
}

static inline void put_exit(struct flight_source *f, int32_t pid, int32_t tid, uint64_t time)
{
	flight_put(&f->tasks, PDIAG_RECORD_EXIT, pid, tid, time);
}

/* Of `weight` ns; 0: it leaves its CPU. */
static inline void put_sample(struct flight_source *f, int32_t pid, int32_t tid, uint64_t weight,
	uint64_t time)
{
	struct pdiag_record *r = flight_put(&f->samples, PDIAG_RECORD_SAMPLE, pid, tid, time);
	uint64_t *ips = f->ips[r - f->samples.list];

	ips[0] = PERF_CONTEXT_USER;
	ips[1] = START + 0x10;
	r->sample.ips = ips;
	r->sample.nr = 2;
	r->sample.weight = weight;
	r->sample.state = weight ? PDIAG_STATE_RUNNING : PDIAG_STATE_BLOCKED;
}

static inline void put_return(struct flight_source *f, int32_t pid, int32_t tid, uint64_t time)
{
	flight_put(&f->samples, PDIAG_RECORD_SWITCH, pid, tid, time);
}

static inline void put_loss(struct flight_source *f, uint64_t events, uint64_t time)
{
	struct pdiag_record *r = flight_put(&f->tasks, PDIAG_RECORD_LOSS, -1, -1, time);

	r->loss.reason = PDIAG_LOSS_TASKS;
	r->loss.events = events;
	r->loss.pid = -1;
}

#endif
