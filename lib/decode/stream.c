/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of our own stream. Their checksum was right, but nothing in them is trusted. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "decode/decode.h"
#include "source/stream_format.h"

#define SAME(name) \
	_Static_assert((int)PDIAG_RECORD_##name == (int)PDIAG_STREAM_##name, #name " in a stream")

SAME(INFO);
SAME(MMAP);
SAME(COMM);
SAME(FORK);
SAME(EXIT);
SAME(STACK);
SAME(SAMPLE);
SAME(SWITCH);
SAME(LOSS);
SAME(FORGET);
SAME(MODULE);
SAME(NAME);
SAME(END);
SAME(EXEC);
SAME(OUT);
SAME(PREEMPT);
SAME(SEEDED);
SAME(GONE);
SAME(WAKER);

#define STACK_FLAGS \
	(PDIAG_STACK_TRUNCATED | PDIAG_STACK_NO_USER | PDIAG_STACK_PENDING | PDIAG_STACK_LATE | \
		PDIAG_STACK_FAULTED)

/* What stands behind the fixed fields. */
struct tail {
	const char *at;
	size_t left;
};

/* The tail behind a struct of `size` bytes; false if there is not even that. */
static bool tail_of(const struct pdiag_stream_record *r, size_t size, struct tail *t)
{
	if (r->len < size)
		return false;
	t->at = (const char *)r + size;
	t->left = r->len - size;
	return true;
}

/* The next text of the tail; NULL if it is not all there or not one text. */
static const char *take_text(struct tail *t, uint32_t len)
{
	const char *text = t->at;

	if (len >= t->left || memchr(text, 0, (size_t)len + 1) != text + len)
		return NULL;
	t->at += len + 1;
	t->left -= (size_t)len + 1;
	return text;
}

static const uint64_t *take_addresses(const struct tail *t, uint32_t nr)
{
	/* Aligned, as records and their fixed parts are multiples of 8 long. */
	return nr > t->left / 8 ? NULL : (const uint64_t *)(const void *)t->at;
}

static int decode_info(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	const struct pdiag_stream_info *in = (const struct pdiag_stream_info *)r;
	struct tail t;

	if (!tail_of(r, sizeof(*in), &t))
		return -EBADMSG;
	out->info.realtime = in->realtime;
	out->info.period_ns = in->period_ns;
	out->info.boot_id[0] = in->boot_id[0];
	out->info.boot_id[1] = in->boot_id[1];
	out->info.hz = in->hz;
	out->info.events = in->events;
	out->info.cpus = in->cpus;
	out->info.kernel = in->kernel;
	return 0;
}

static int decode_mmap(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	const struct pdiag_stream_mmap *in = (const struct pdiag_stream_mmap *)r;
	struct tail t;

	if (!tail_of(r, sizeof(*in), &t) || in->start + in->len < in->start)
		return -EBADMSG;
	out->mmap.start = in->start;
	out->mmap.len = in->len;
	out->mmap.pgoff = in->pgoff;
	out->mmap.inode = in->inode;
	out->mmap.generation = in->generation;
	out->mmap.major = in->major;
	out->mmap.minor = in->minor;
	out->mmap.path = take_text(&t, r->number);
	return out->mmap.path ? 0 : -EBADMSG;
}

static int decode_comm(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	struct tail t;

	if (!tail_of(r, sizeof(struct pdiag_stream_comm), &t))
		return -EBADMSG;
	out->comm.text = take_text(&t, r->number);
	return out->comm.text ? 0 : -EBADMSG;
}

static int decode_fork(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	const struct pdiag_stream_fork *in = (const struct pdiag_stream_fork *)r;
	struct tail t;

	if (!tail_of(r, sizeof(*in), &t))
		return -EBADMSG;
	out->fork.ppid = in->ppid;
	out->fork.ptid = in->ptid;
	return 0;
}

static int decode_stack(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	const struct pdiag_stream_stack *in = (const struct pdiag_stream_stack *)r;
	struct tail t;

	if (!tail_of(r, sizeof(*in), &t))
		return -EBADMSG;
	out->stack.id = r->number;
	out->stack.nr = in->nr;
	out->stack.ips = take_addresses(&t, in->nr);
	return out->stack.ips ? 0 : -EBADMSG;
}

static int decode_waker(const struct tail *t, struct pdiag_record *out)
{
	struct pdiag_stream_waker waker = { .stack = 0 };

	if (out->flags & PDIAG_RECORD_WAKER && t->left < sizeof(waker))
		return -EBADMSG;
	if (out->flags & PDIAG_RECORD_WAKER)
		memcpy(&waker, t->at, sizeof(waker));
	out->sample.waker_stack = waker.stack;
	out->sample.waker_pid = waker.pid;
	out->sample.waker_tid = waker.tid;
	return 0;
}

static int decode_sample(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	const struct pdiag_stream_sample *in = (const struct pdiag_stream_sample *)r;
	struct tail t;

	if (!tail_of(r, sizeof(*in), &t) || in->state > PDIAG_STATE_PAGE_FAULT)
		return -EBADMSG;
	out->sample.ips = NULL;
	out->sample.nr = 0;
	out->sample.stack = in->nr == PDIAG_STREAM_BY_NUMBER ? r->number : 0;
	out->sample.weight = in->weight;
	out->sample.state = in->state;
	out->sample.flags = in->flags & STACK_FLAGS;
	if (in->nr == PDIAG_STREAM_BY_NUMBER)
		return decode_waker(&t, out);
	/* With a stack of its own it has none. */
	out->flags &= (uint16_t)~PDIAG_RECORD_WAKER;
	decode_waker(&t, out);
	out->sample.nr = in->nr;
	out->sample.ips = take_addresses(&t, in->nr);
	return out->sample.ips ? 0 : -EBADMSG;
}

static int decode_loss(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	const struct pdiag_stream_loss *in = (const struct pdiag_stream_loss *)r;
	struct tail t;

	if (!tail_of(r, sizeof(*in), &t) || r->number > PDIAG_LOSS_LAST)
		return -EBADMSG;
	out->loss.events = in->events;
	out->loss.reason = r->number;
	out->loss.pid = in->pid;
	return 0;
}

static int decode_module(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	const struct pdiag_stream_module *in = (const struct pdiag_stream_module *)r;
	struct tail t;

	if (!tail_of(r, sizeof(*in), &t) || in->reason > PDIAG_REASON_OUT_OF_MEMORY)
		return -EBADMSG;
	out->module.id = r->number;
	out->module.kind = in->kind;
	out->module.reason = in->reason;
	out->module.pid = in->pid;
	out->module.major = in->major;
	out->module.minor = in->minor;
	out->module.inode = in->inode;
	out->module.generation = in->generation;
	out->module.born = in->born;
	out->module.path = take_text(&t, in->path_len);
	return out->module.path ? 0 : -EBADMSG;
}

static int decode_name(const struct pdiag_stream_record *r, struct pdiag_record *out)
{
	const struct pdiag_stream_name *in = (const struct pdiag_stream_name *)r;
	struct tail t;

	if (!tail_of(r, sizeof(*in), &t) || r->number > PDIAG_FRAME_MARK ||
		in->reason > PDIAG_REASON_OUT_OF_MEMORY)
		return -EBADMSG;
	out->name.value = in->value;
	out->name.address = in->address;
	out->name.size = in->size;
	out->name.offset = in->offset;
	out->name.kind = r->number;
	out->name.reason = in->reason;
	out->name.name = take_text(&t, in->name_len);
	if (!out->name.name)
		return -EBADMSG;
	out->name.raw_name = in->raw_len == PDIAG_STREAM_SAME_NAME ? out->name.name :
								     take_text(&t, in->raw_len);
	if (!out->name.raw_name)
		return -EBADMSG;
	out->name.module = take_text(&t, in->module_len);
	return out->name.module ? 0 : -EBADMSG;
}

int pdiag_decode_stream(const void *data, uint32_t len, struct pdiag_record *out)
{
	const struct pdiag_stream_record *r = data;

	if (len < sizeof(*r) || r->len < sizeof(*r) || r->len > len || r->len % 8)
		return -EBADMSG;
	out->type = r->type;
	out->flags = r->flags;
	out->cpu = r->cpu;
	out->pid = r->pid;
	out->tid = r->tid;
	out->time = r->time;
	switch (r->type) {
	case PDIAG_STREAM_SAMPLE:
		return decode_sample(r, out);
	case PDIAG_STREAM_EXIT:
	case PDIAG_STREAM_SWITCH:
	case PDIAG_STREAM_FORGET:
	case PDIAG_STREAM_END:
		return 0;
	case PDIAG_STREAM_INFO:
		return decode_info(r, out);
	case PDIAG_STREAM_MMAP:
		return decode_mmap(r, out);
	case PDIAG_STREAM_COMM:
		return decode_comm(r, out);
	case PDIAG_STREAM_FORK:
		return decode_fork(r, out);
	case PDIAG_STREAM_STACK:
		return decode_stack(r, out);
	case PDIAG_STREAM_LOSS:
		return decode_loss(r, out);
	case PDIAG_STREAM_MODULE:
		return decode_module(r, out);
	case PDIAG_STREAM_NAME:
		return decode_name(r, out);
	}
	/* From a later release. */
	out->type = PDIAG_RECORD_NONE;
	return 0;
}
