/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/encode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "source/stream_format.h"

/* A record in the making: `fixed` bytes at `to`, then texts or addresses. */
struct encoder {
	const struct pdiag_record *in;
	struct pdiag_stream_record *to;
	size_t room;
};

static long finish(const struct encoder *e, uint32_t number, uint64_t len)
{
	const struct pdiag_record *in = e->in;
	uint64_t whole = pdiag_stream_align(len);

	memset((char *)e->to + len, 0, whole - len);
	*e->to = (struct pdiag_stream_record){
		.len = (uint32_t)whole,
		.type = in->type,
		.flags = in->flags,
		.time = in->time,
		.cpu = in->cpu,
		.pid = in->pid,
		.tid = in->tid,
		.number = number,
	};
	return (long)whole;
}

/* 0 if `len` bytes can be written. */
static int check_room(const struct encoder *e, uint64_t len)
{
	uint64_t whole = pdiag_stream_align(len);

	if (whole > PDIAG_STREAM_FRAME_MAX - sizeof(struct pdiag_stream_frame))
		return -EMSGSIZE;
	return whole > e->room ? -ENOBUFS : 0;
}

static uint32_t text_len(const char *text)
{
	return text ? (uint32_t)strnlen(text, PDIAG_STREAM_TEXT_MAX) : 0;
}

/* Returns the place behind the text and its NUL. */
static char *put_text(char *to, const char *text, uint32_t len)
{
	if (len)
		memcpy(to, text, len);
	to[len] = '\0';
	return to + len + 1;
}

static long encode_bare(const struct encoder *e)
{
	int ret = check_room(e, sizeof(*e->to));

	return ret ? ret : finish(e, 0, sizeof(*e->to));
}

static long encode_info(const struct encoder *e)
{
	struct pdiag_stream_info *to = (struct pdiag_stream_info *)e->to;
	int ret = check_room(e, sizeof(*to));

	if (ret)
		return ret;
	to->realtime = e->in->info.realtime;
	to->period_ns = e->in->info.period_ns;
	to->boot_id[0] = e->in->info.boot_id[0];
	to->boot_id[1] = e->in->info.boot_id[1];
	to->hz = e->in->info.hz;
	to->events = e->in->info.events;
	to->cpus = e->in->info.cpus;
	to->kernel = e->in->info.kernel;
	return finish(e, 0, sizeof(*to));
}

static long encode_mmap(const struct encoder *e)
{
	struct pdiag_stream_mmap *to = (struct pdiag_stream_mmap *)e->to;
	uint32_t len = text_len(e->in->mmap.path);
	int ret = check_room(e, sizeof(*to) + len + 1);

	if (ret)
		return ret;
	to->start = e->in->mmap.start;
	to->len = e->in->mmap.len;
	to->pgoff = e->in->mmap.pgoff;
	to->inode = e->in->mmap.inode;
	to->generation = e->in->mmap.generation;
	to->major = e->in->mmap.major;
	to->minor = e->in->mmap.minor;
	put_text((char *)(to + 1), e->in->mmap.path, len);
	return finish(e, len, sizeof(*to) + len + 1);
}

static long encode_comm(const struct encoder *e)
{
	struct pdiag_stream_comm *to = (struct pdiag_stream_comm *)e->to;
	uint32_t len = text_len(e->in->comm.text);
	int ret = check_room(e, sizeof(*to) + len + 1);

	if (ret)
		return ret;
	put_text((char *)(to + 1), e->in->comm.text, len);
	return finish(e, len, sizeof(*to) + len + 1);
}

static long encode_fork(const struct encoder *e)
{
	struct pdiag_stream_fork *to = (struct pdiag_stream_fork *)e->to;
	int ret = check_room(e, sizeof(*to));

	if (ret)
		return ret;
	to->ppid = e->in->fork.ppid;
	to->ptid = e->in->fork.ptid;
	return finish(e, 0, sizeof(*to));
}

static long encode_stack(const struct encoder *e)
{
	struct pdiag_stream_stack *to = (struct pdiag_stream_stack *)e->to;
	uint64_t len = (uint64_t)e->in->stack.nr * 8;
	int ret = check_room(e, sizeof(*to) + len);

	if (ret)
		return ret;
	to->nr = e->in->stack.nr;
	to->reserved = 0;
	if (len)
		memcpy(to + 1, e->in->stack.ips, len);
	return finish(e, e->in->stack.id, sizeof(*to) + len);
}

static long encode_sample(const struct encoder *e)
{
	struct pdiag_stream_sample *to = (struct pdiag_stream_sample *)e->to;
	const uint64_t *ips = e->in->sample.ips;
	bool woken = !ips && e->in->flags & PDIAG_RECORD_WAKER;
	const struct pdiag_stream_waker waker = { .stack = e->in->sample.waker_stack,
		.pid = e->in->sample.waker_pid, .tid = e->in->sample.waker_tid };
	uint64_t len = ips ? (uint64_t)e->in->sample.nr * 8 : woken ? sizeof(waker) : 0;
	int ret = check_room(e, sizeof(*to) + len);

	if (ret)
		return ret;
	to->weight = e->in->sample.weight;
	to->nr = ips ? e->in->sample.nr : PDIAG_STREAM_BY_NUMBER;
	to->state = (uint16_t)e->in->sample.state;
	to->flags = (uint16_t)e->in->sample.flags;
	if (len)
		memcpy(to + 1, woken ? (const void *)&waker : ips, len);
	return finish(e, ips ? 0 : e->in->sample.stack, sizeof(*to) + len);
}

static long encode_loss(const struct encoder *e)
{
	struct pdiag_stream_loss *to = (struct pdiag_stream_loss *)e->to;
	int ret = check_room(e, sizeof(*to));

	if (ret)
		return ret;
	to->events = e->in->loss.events;
	to->pid = e->in->loss.pid;
	to->reserved = 0;
	return finish(e, e->in->loss.reason, sizeof(*to));
}

static long encode_module(const struct encoder *e)
{
	struct pdiag_stream_module *to = (struct pdiag_stream_module *)e->to;
	uint32_t len = text_len(e->in->module.path);
	int ret = check_room(e, sizeof(*to) + len + 1);

	if (ret)
		return ret;
	to->inode = e->in->module.inode;
	to->generation = e->in->module.generation;
	to->born = e->in->module.born;
	to->major = e->in->module.major;
	to->minor = e->in->module.minor;
	to->kind = e->in->module.kind;
	to->reason = e->in->module.reason;
	to->pid = e->in->module.pid;
	to->path_len = len;
	put_text((char *)(to + 1), e->in->module.path, len);
	return finish(e, e->in->module.id, sizeof(*to) + len + 1);
}

static long encode_name(const struct encoder *e)
{
	struct pdiag_stream_name *to = (struct pdiag_stream_name *)e->to;
	const char *name = e->in->name.name, *raw = e->in->name.raw_name;
	uint32_t name_len = text_len(name), raw_len = text_len(raw);
	uint32_t module_len = text_len(e->in->name.module);
	bool same = !raw || (raw_len == name_len && (!raw_len || !memcmp(raw, name, raw_len)));
	uint64_t len = sizeof(*to) + name_len + 1 + (same ? 0 : raw_len + 1) + module_len + 1;
	int ret = check_room(e, len);
	char *text;

	if (ret)
		return ret;
	to->value = e->in->name.value;
	to->address = e->in->name.address;
	to->size = e->in->name.size;
	to->offset = e->in->name.offset;
	to->reason = e->in->name.reason;
	to->name_len = name_len;
	to->raw_len = same ? PDIAG_STREAM_SAME_NAME : raw_len;
	to->module_len = module_len;
	text = put_text((char *)(to + 1), name, name_len);
	if (!same)
		text = put_text(text, raw, raw_len);
	put_text(text, e->in->name.module, module_len);
	return finish(e, e->in->name.kind, len);
}

long pdiag_encode(const struct pdiag_record *record, void *to, size_t room)
{
	const struct encoder e = { .in = record, .to = to, .room = room };

	switch ((enum pdiag_record_type)record->type) {
	case PDIAG_RECORD_NONE:
		return 0;
	case PDIAG_RECORD_SAMPLE:
		return encode_sample(&e);
	case PDIAG_RECORD_EXIT:
	case PDIAG_RECORD_SWITCH:
	case PDIAG_RECORD_FORGET:
	case PDIAG_RECORD_END:
		return encode_bare(&e);
	case PDIAG_RECORD_INFO:
		return encode_info(&e);
	case PDIAG_RECORD_MMAP:
		return encode_mmap(&e);
	case PDIAG_RECORD_COMM:
		return encode_comm(&e);
	case PDIAG_RECORD_FORK:
		return encode_fork(&e);
	case PDIAG_RECORD_STACK:
		return encode_stack(&e);
	case PDIAG_RECORD_LOSS:
		return encode_loss(&e);
	case PDIAG_RECORD_MODULE:
		return encode_module(&e);
	case PDIAG_RECORD_NAME:
		return encode_name(&e);
	}
	return -EINVAL;
}
