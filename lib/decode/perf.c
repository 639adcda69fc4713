/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From perf_event records, as source/perf_layout.h asks for them, to ours. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "decode/decode.h"
#include "source/perf_layout.h"

struct mmap2 {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t prot, flags;
	char path[];
};

struct task {
	struct perf_event_header header;
	uint32_t pid, ppid, tid, ptid;
	uint64_t time;
};

struct comm {
	struct perf_event_header header;
	uint32_t pid, tid;
	char text[];
};

struct lost {
	struct perf_event_header header;
	uint64_t id, lost;
};

_Static_assert(sizeof(struct mmap2) == 72, "layout of MMAP2");
_Static_assert(sizeof(struct task) == 32, "layout of FORK and EXIT");

/* A string of the record ends before its sample_id. */
static const char *text_of(const void *record, const char *text, uint32_t len)
{
	const char *end = (const char *)record + len - sizeof(struct pdiag_perf_id);

	return text < end && memchr(text, '\0', (size_t)(end - text)) ? text : NULL;
}

/*
 * Registers and bytes of the stack behind the frames, in what is left of the record. One that ends
 * before comes from an event that was not asked for them.
 */
static int decode_user(const unsigned char *at, uint32_t len, struct pdiag_record *out)
{
	struct pdiag_perf_regs regs;
	uint64_t size, valid;

	if (len < sizeof(regs.abi))
		return 0;
	memcpy(&regs.abi, at, sizeof(regs.abi));
	/* Of programs of 32 bits, too, all is as it was: their stacks are others. */
	if (regs.abi != PERF_SAMPLE_REGS_ABI_64)
		return 0;
	if (len < sizeof(regs) + sizeof(size))
		return -EBADMSG;
	memcpy(&size, at + sizeof(regs), sizeof(size));
	len -= (uint32_t)(sizeof(regs) + sizeof(size));
	if (!size)
		return 0;
	if (len < sizeof(valid) || size > len - sizeof(valid))
		return -EBADMSG;
	at += offsetof(struct pdiag_perf_regs, di);
	out->sample.regs = (const uint64_t *)(const void *)at;
	at += sizeof(regs) - offsetof(struct pdiag_perf_regs, di) + sizeof(size);
	out->sample.copy = at;
	memcpy(&valid, at + size, sizeof(valid));
	out->sample.copy_len = (uint32_t)(valid < size ? valid : size);
	return 0;
}

static int decode_sample(const void *data, uint32_t len, enum pdiag_perf_kind kind, uint64_t mult,
	struct pdiag_record *out)
{
	const struct pdiag_perf_sample *s = data;
	bool off_cpu = kind == PDIAG_PERF_OFF_CPU;

	if (len < sizeof(*s) || s->nr > (len - sizeof(*s)) / 8)
		return -EBADMSG;
	out->type = PDIAG_RECORD_SAMPLE;
	out->pid = (int32_t)s->pid;
	out->tid = (int32_t)s->tid;
	out->time = s->time;
	out->cpu = (int32_t)s->cpu;
	out->sample.ips = s->ips;
	out->sample.nr = (uint32_t)s->nr;
	out->sample.weight = off_cpu ? 0 : pdiag_perf_weight(s->period, mult);
	out->sample.state = off_cpu ? PDIAG_STATE_BLOCKED : PDIAG_STATE_RUNNING;
	return decode_user((const unsigned char *)(s->ips + s->nr),
		(uint32_t)(len - sizeof(*s) - s->nr * 8), out);
}

static int decode_mmap(const struct mmap2 *m, uint32_t len, struct pdiag_record *out)
{
	out->mmap.path = len >= sizeof(*m) ? text_of(m, m->path, len) : NULL;
	if (!out->mmap.path || m->addr + m->len < m->addr)
		return -EBADMSG;
	out->type = PDIAG_RECORD_MMAP;
	out->pid = (int32_t)m->pid;
	out->tid = (int32_t)m->tid;
	out->mmap.start = m->addr;
	out->mmap.len = m->len;
	out->mmap.pgoff = m->pgoff;
	out->mmap.major = m->major;
	out->mmap.minor = m->minor;
	out->mmap.inode = m->inode;
	out->mmap.generation = m->generation;
	return 0;
}

static int decode_comm(const struct comm *c, uint32_t len, struct pdiag_record *out)
{
	out->comm.text = len >= sizeof(*c) ? text_of(c, c->text, len) : NULL;
	if (!out->comm.text)
		return -EBADMSG;
	out->type = PDIAG_RECORD_COMM;
	out->flags = c->header.misc & PERF_RECORD_MISC_COMM_EXEC ? PDIAG_RECORD_EXEC : 0;
	out->pid = (int32_t)c->pid;
	out->tid = (int32_t)c->tid;
	return 0;
}

static int decode_task(const struct task *t, uint32_t len, enum pdiag_record_type type,
	struct pdiag_record *out)
{
	if (len < sizeof(*t))
		return -EBADMSG;
	out->type = (uint16_t)type;
	out->pid = (int32_t)t->pid;
	out->tid = (int32_t)t->tid;
	out->fork.ppid = (int32_t)t->ppid;
	out->fork.ptid = (int32_t)t->ptid;
	return 0;
}

static int decode_loss(uint64_t events, enum pdiag_loss_reason reason, struct pdiag_record *out)
{
	out->type = PDIAG_RECORD_LOSS;
	out->loss.events = events;
	out->loss.reason = reason;
	out->loss.pid = -1;
	return 0;
}

static int decode_switch(const struct perf_event_header *h, struct pdiag_record *out)
{
	out->type = PDIAG_RECORD_SWITCH;
	if (h->misc & PERF_RECORD_MISC_SWITCH_OUT)
		out->flags |= PDIAG_RECORD_OUT;
	if (h->misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT)
		out->flags |= PDIAG_RECORD_PREEMPT;
	return 0;
}

/* What is lost when the ring of a kind is full. */
static const enum pdiag_loss_reason losses[PDIAG_PERF_KINDS] = {
	[PDIAG_PERF_ON_CPU] = PDIAG_LOSS_OVERRUN,
	[PDIAG_PERF_OFF_CPU] = PDIAG_LOSS_SWITCHES,
	[PDIAG_PERF_TASKS] = PDIAG_LOSS_TASKS,
};

int pdiag_decode_perf(const void *data, uint32_t len, enum pdiag_perf_kind kind, uint64_t mult,
	struct pdiag_record *out)
{
	const struct perf_event_header *h = data;
	struct pdiag_perf_id id;

	*out = (struct pdiag_record){ .cpu = -1 };
	if (len < sizeof(*h) || h->size != len)
		return -EBADMSG;
	if (h->type == PERF_RECORD_SAMPLE)
		return decode_sample(data, len, kind, mult, out);
	if (len < sizeof(*h) + sizeof(id))
		return -EBADMSG;
	memcpy(&id, (const char *)data + len - sizeof(id), sizeof(id));
	out->pid = (int32_t)id.pid;
	out->tid = (int32_t)id.tid;
	out->time = id.time;
	out->cpu = (int32_t)id.cpu;
	len -= sizeof(id);
	switch (h->type) {
	case PERF_RECORD_MMAP2:
		return decode_mmap(data, len + (uint32_t)sizeof(id), out);
	case PERF_RECORD_COMM:
		return decode_comm(data, len + (uint32_t)sizeof(id), out);
	case PERF_RECORD_FORK:
		return decode_task(data, len, PDIAG_RECORD_FORK, out);
	case PERF_RECORD_EXIT:
		return decode_task(data, len, PDIAG_RECORD_EXIT, out);
	case PERF_RECORD_LOST:
		return len < sizeof(struct lost) ? -EBADMSG :
			decode_loss(((const struct lost *)data)->lost,
				losses[kind], out);
	case PERF_RECORD_THROTTLE:
		return decode_loss(1, PDIAG_LOSS_THROTTLED, out);
	case PERF_RECORD_SWITCH:
	case PERF_RECORD_SWITCH_CPU_WIDE:
		return decode_switch(h, out);
	default:
		return 0; /* NONE: UNTHROTTLE and what later kernels add */
	}
}
