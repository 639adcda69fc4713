/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From records of the kernel module to ours. Fields behind those that are known here, and types
 * that are not, are of a later release. Weights are whole: what was held back, delivered late or
 * counted together is in them.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include <pdiag_kmod.h>

#include "decode/decode.h"
#include "source/kmod_parts.h"

_Static_assert(offsetof(struct pdiag_kmod_user, ip) == 24, "registers as in a record of ours");

/* The marks and addresses of no stack at all. */
static const uint64_t no_ips[1];

static bool is_id(uint32_t id)
{
	return id <= INT32_MAX;
}

uint32_t pdiag_decode_kmod_stack_flags(uint16_t flags)
{
	return (flags & PDIAG_KMOD_TRUNCATED ? PDIAG_STACK_TRUNCATED : 0) |
		(flags & PDIAG_KMOD_FAULTED ? PDIAG_STACK_FAULTED : 0);
}

static int decode_stack(const struct pdiag_kmod_stack *s, uint32_t len, struct pdiag_record *out)
{
	if (len < sizeof(*s) || s->nr > (len - sizeof(*s)) / 8)
		return -EBADMSG;
	out->type = PDIAG_RECORD_STACK;
	out->flags = PDIAG_RECORD_OF_CPU;
	out->stack.id = s->id;
	out->stack.nr = s->nr;
	out->stack.ips = (const uint64_t *)(const void *)s->ips;
	out->stack.flags = pdiag_decode_kmod_stack_flags(s->head.flags);
	return 0;
}

static int decode_thread(uint32_t pid, uint32_t tid, uint32_t stack, uint16_t flags,
	struct pdiag_record *out)
{
	if (!is_id(pid) || !is_id(tid))
		return -EBADMSG;
	out->type = PDIAG_RECORD_SAMPLE;
	out->pid = (int32_t)pid;
	out->tid = (int32_t)tid;
	if (flags & PDIAG_KMOD_LATE)
		out->sample.flags |= PDIAG_STACK_LATE;
	if (flags & PDIAG_KMOD_AWAY)
		out->sample.flags |= PDIAG_STACK_PENDING;
	if (stack == PDIAG_KMOD_NO_STACK) {
		out->sample.ips = no_ips;
		return 0;
	}
	out->flags = PDIAG_RECORD_OF_CPU;
	out->sample.stack = stack;
	return 0;
}

/* What is behind the `known` bytes of a record of `len`. */
static int decode_user(const struct pdiag_kmod_record *head, uint32_t known, uint32_t len,
	struct pdiag_record *out)
{
	const struct pdiag_kmod_user *u = (const void *)((const char *)head + known);
	uint32_t bytes;

	if (!(head->flags & PDIAG_KMOD_HAS_USER) || !(out->flags & PDIAG_RECORD_OF_CPU))
		return 0;
	if (len < known + sizeof(*u))
		return -EBADMSG;
	/* Once: it is memory that the kernel writes to. */
	bytes = __atomic_load_n(&u->bytes, __ATOMIC_RELAXED);
	if (bytes > len - known - sizeof(*u))
		return -EBADMSG;
	out->sample.regs = (const uint64_t *)(const void *)u;
	out->sample.copy = u->stack;
	out->sample.copy_len = bytes;
	return 0;
}

static int decode_sample(const struct pdiag_kmod_sample *s, uint32_t len,
	struct pdiag_record *out)
{
	int ret;

	if (len < sizeof(*s))
		return -EBADMSG;
	out->sample.weight = s->weight;
	out->sample.state = PDIAG_STATE_RUNNING;
	ret = decode_thread(s->pid, s->tid, s->stack, s->head.flags, out);
	return ret ? ret : decode_user(&s->head, sizeof(*s), len, out);
}

/* Of a whole that is cut into equal parts, what is before part `part`. */
static uint64_t before(uint64_t whole, uint32_t part, uint32_t parts)
{
	return (uint64_t)((unsigned __int128)whole * part / parts);
}

static uint64_t share(uint64_t whole, uint32_t part, uint32_t parts)
{
	return before(whole, part + 1, parts) - before(whole, part, parts);
}

static int decode_count(const struct pdiag_kmod_count *c, uint32_t len, uint32_t part,
	uint32_t parts, struct pdiag_record *out)
{
	static const enum pdiag_state states[] = {
		[PDIAG_KMOD_STATE_ON_CPU] = PDIAG_STATE_RUNNING,
		[PDIAG_KMOD_STATE_BLOCKED] = PDIAG_STATE_BLOCKED,
		[PDIAG_KMOD_STATE_DISK] = PDIAG_STATE_BLOCKED,
		[PDIAG_KMOD_STATE_WAITING] = PDIAG_STATE_PREEMPTED,
	};

	if (len < sizeof(*c) || c->state > PDIAG_KMOD_STATE_WAITING || c->last < c->first)
		return -EBADMSG;
	out->sample.weight = share(c->weight, part, parts);
	out->sample.state = states[c->state];
	out->time = c->first + (parts > 1 ? before(c->last - c->first, part, parts - 1) : 0);
	/* Nothing of it is left for this part. */
	if (out->sample.state == PDIAG_STATE_BLOCKED && !out->sample.weight)
		return 0;
	return decode_thread(c->pid, c->tid, c->stack, c->head.flags, out);
}

/* First the time until it was woken, then the time until it ran. */
static int decode_wait(const struct pdiag_kmod_wait *w, uint32_t len, uint32_t part,
	struct pdiag_record *out)
{
	uint64_t weight;
	int ret;

	if (len < sizeof(*w) || w->state > PDIAG_KMOD_STATE_WAITING || !w->scale)
		return -EBADMSG;
	weight = part ? w->waiting : w->blocked;
	if (!weight)
		return 0;
	if (__builtin_mul_overflow(weight, (uint64_t)w->scale, &out->sample.weight))
		return -EBADMSG;
	out->sample.state = part ? PDIAG_STATE_PREEMPTED : PDIAG_STATE_BLOCKED;
	ret = decode_thread(w->pid, w->tid, w->stack, w->head.flags, out);
	if (!ret)
		ret = decode_user(&w->head, sizeof(*w), len, out);
	/* Who it was that ended a wait is of no interest to the one for a CPU. */
	if (ret || part || w->stack == PDIAG_KMOD_NO_STACK ||
		w->waker_stack == PDIAG_KMOD_NO_STACK || !is_id(w->waker_pid) ||
		!is_id(w->waker_tid))
		return ret;
	out->flags |= PDIAG_RECORD_WAKER;
	out->sample.waker_stack = w->waker_stack;
	out->sample.waker_pid = (int32_t)w->waker_pid;
	out->sample.waker_tid = (int32_t)w->waker_tid;
	return 0;
}

/*
 * What the governor left out and what an NMI interrupted is in the weights of others: that is not
 * lost, but held back. Task dumps and probes have readers of their own.
 */
static int decode_loss(const struct pdiag_kmod_loss_record *l, uint32_t len,
	struct pdiag_record *out)
{
	if (len < sizeof(*l))
		return -EBADMSG;
	switch (l->reason) {
	case PDIAG_KMOD_LOST_NESTED:
	case PDIAG_KMOD_LOST_BUDGET:
		out->loss.reason = PDIAG_LOSS_THROTTLED;
		break;
	case PDIAG_KMOD_LOST_SLOTS:
		out->loss.reason = PDIAG_LOSS_SWITCHES;
		break;
	case PDIAG_KMOD_LOST_INHERIT:
		out->loss.reason = PDIAG_LOSS_TASKS;
		break;
	case PDIAG_KMOD_LOST_SHORT:
		out->loss.reason = PDIAG_LOSS_SHORT;
		break;
	default:
		return 0;
	}
	out->type = PDIAG_RECORD_LOSS;
	out->loss.events = l->events;
	out->loss.pid = l->pid && is_id(l->pid) ? (int32_t)l->pid : -1;
	return 0;
}

static int decode_rate(const struct pdiag_kmod_rate *r, uint32_t len, struct pdiag_record *out)
{
	if (len < sizeof(*r))
		return -EBADMSG;
	if (r->period <= r->old_period)
		return 0;
	out->type = PDIAG_RECORD_LOSS;
	out->loss.reason = PDIAG_LOSS_THROTTLED;
	out->loss.events = 1;
	out->loss.pid = -1;
	return 0;
}

int pdiag_decode_kmod(const void *data, uint32_t len, uint32_t part, uint32_t parts, int32_t cpu,
	struct pdiag_record *out)
{
	const struct pdiag_kmod_record *head = data;

	*out = (struct pdiag_record){ .cpu = cpu, .pid = -1, .tid = -1 };
	if (len < sizeof(*head) || head->len != len || part >= parts)
		return -EBADMSG;
	out->time = head->time;
	switch (head->type) {
	case PDIAG_KMOD_STACK:
		return decode_stack(data, len, out);
	case PDIAG_KMOD_SAMPLE:
		return decode_sample(data, len, out);
	case PDIAG_KMOD_COUNT:
		return decode_count(data, len, part, parts, out);
	case PDIAG_KMOD_WAIT:
		return decode_wait(data, len, part, out);
	case PDIAG_KMOD_LOSS:
		return decode_loss(data, len, out);
	case PDIAG_KMOD_RATE:
		return decode_rate(data, len, out);
	default:
		return 0; /* NONE: of task dumps and probes, or of a later release */
	}
}
