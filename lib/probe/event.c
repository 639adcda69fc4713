/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events: read, checked, their stacks found and counted. */
#include <errno.h>
#include <string.h>

#include <pdiag/symbolizer.h>

#include "core/error.h"
#include "decode/decode.h"
#include "probe/probe.h"
#include "symbol/state.h"
#include "symbol/symbolizer.h"
#include "util/clock.h"

/* A bound for one call, so that a flood of other records does not hold the caller. */
#define RECORDS_MAX 65536u

static int32_t id(uint64_t number)
{
	return number <= INT32_MAX ? (int32_t)number : -1;
}

/* The event's fixed part and args; false: it makes no sense. */
static bool take(struct pdiag_probe *p, const struct pdiag_raw *raw)
{
	const struct pdiag_probe_field *owner = pdiag_probe_field_of(&p->text.info, "owner");
	const struct pdiag_kmod_event *e = raw->data;

	if (raw->len < sizeof(*e) || e->probe != p->text.raw.index ||
		e->nr_args > PDIAG_KMOD_ARGS_MAX ||
		e->nr_args > (raw->len - sizeof(*e)) / sizeof(e->args[0]))
		return false;
	memset(p->args, 0, sizeof(p->args));
	memcpy(p->args, e->args, e->nr_args * sizeof(e->args[0]));
	memcpy(p->comm, e->comm, sizeof(p->comm));
	p->comm[sizeof(p->comm) - 1] = '\0';
	pdiag_one_line(p->comm);
	p->event = (struct pdiag_probe_event){
		.time_ns = e->head.time, .value = e->value, .comm = p->comm, .args = p->args,
		.addresses = p->addresses, .arg_count = e->nr_args, .pid = id(e->pid),
		.tid = id(e->tid), .cpu = raw->cpu, .stack_pid = id(e->pid),
	};
	if (owner && owner->first < e->nr_args)
		p->event.stack_pid = id(p->args[owner->first]);
	return true;
}

static void take_stack(struct pdiag_probe *p, const struct pdiag_record *sample)
{
	uint32_t flags, nr = 0;
	uint32_t stack = pdiag_pipeline_numbered(&p->pipeline, sample, &flags);
	const uint64_t *ips = stack == PDIAG_STACK_NONE ? NULL :
		pdiag_stack_table_get(&p->pipeline.stacks, stack, &nr);

	if (!ips)
		return;
	pdiag_unwind_callchain(ips, nr, p->pipeline.max_depth, &p->unwound);
	p->event.depth = p->unwound.nr;
	p->event.stack_flags = p->unwound.flags | flags;
	for (uint32_t i = 0; i < p->unwound.nr; i++) {
		p->addresses[i] = p->unwound.frames[i].address;
		p->event.kernel_depth += p->unwound.frames[i].kernel;
	}
}

/* The stack's thread: the event's, or that of the process that the stack is of. */
static int32_t stack_tid(const struct pdiag_probe *p)
{
	const struct pdiag_probe_field *owner = pdiag_probe_field_of(&p->text.info, "owner");

	if (!owner)
		return p->event.tid;
	/* By convention the thread's number comes behind the process's. */
	return owner->first + 1 < p->event.arg_count ? id(p->args[owner->first + 1]) :
						       p->event.stack_pid;
}

static int count(struct pdiag_probe *p, uint32_t stack)
{
	struct pdiag_record sample = {
		.type = PDIAG_RECORD_SAMPLE, .flags = PDIAG_RECORD_OF_CPU, .cpu = p->event.cpu,
		.pid = p->event.stack_pid, .tid = stack_tid(p), .time = p->event.time_ns,
		.sample = { .stack = stack, .weight = p->event.value,
			.state = PDIAG_STATE_RUNNING },
	};

	if (p->pipeline.profile->period_ns)
		sample.sample.weight = 1;
	if (stack == PDIAG_KMOD_NO_STACK || sample.pid < 0 || sample.tid < 0)
		return 0;
	take_stack(p, &sample);
	return pdiag_pipeline_record(&p->pipeline, &sample);
}

/* 1: an event; 0: another record. */
static int take_record(struct pdiag_probe *p, const struct pdiag_raw *raw)
{
	const struct pdiag_kmod_record *head = raw->data;
	const struct pdiag_kmod_event *event = raw->data;
	struct pdiag_record record;
	int ret;

	if (raw->format == PDIAG_RAW_KMOD && raw->len >= sizeof(*head) &&
		head->type == PDIAG_KMOD_EVENT && take(p, raw)) {
		ret = count(p, event->stack);
		if (ret == -ENOMEM)
			return pdiag_fail_memory("counting the stack of an event");
		return 1;
	}
	if (pdiag_decode(raw, 0, &record)) {
		pdiag_pipeline_lose(&p->pipeline, PDIAG_LOSS_CORRUPT, raw->cpu,
			p->pipeline.last_time, 1);
		return 0;
	}
	ret = pdiag_pipeline_record(&p->pipeline, &record);
	return ret == -ENOMEM ? pdiag_fail_memory("taking in what processes do") : 0;
}

int pdiag_probe_next(struct pdiag_probe *p, const struct pdiag_probe_event **out)
{
	struct pdiag_raw raw;
	bool fresh = false;
	int ret;

	pdiag_error_clear();
	*out = NULL;
	if (!p->started || pdiag_context_forked(p->context))
		return 0;
	p->event = (struct pdiag_probe_event){ .comm = p->comm };
	if (!p->stopped)
		p->pipeline.profile->end_time = pdiag_clock_ns(CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < RECORDS_MAX; i++) {
		ret = p->source->ops->next(p->source, &raw);
		if (!ret && !fresh) {
			/* All that was seen at the last look is read. */
			fresh = true;
			ret = p->source->ops->refresh(p->source);
			if (!ret)
				ret = p->source->ops->next(p->source, &raw);
		}
		if (ret <= 0)
			return ret;
		ret = take_record(p, &raw);
		if (ret > 0 || (ret < 0 && p->event.args))
			*out = &p->event;
		if (ret)
			return ret;
	}
	return 0;
}

int pdiag_probe_symbol(struct pdiag_probe *p, uint32_t index, const struct pdiag_symbol **out)
{
	static const struct pdiag_symbol gone = {
		.name = "[unknown]", .raw_name = "[unknown]", .module = "",
		.kind = PDIAG_FRAME_UNRESOLVED, .reason = PDIAG_REASON_PROCESS_GONE,
	};
	struct pdiag_symbolizer *s;
	int ret;

	pdiag_error_clear();
	*out = NULL;
	if (index >= p->event.depth)
		return pdiag_fail(EINVAL, "the event has no frame %u", index);
	ret = pdiag_symbolizer_default(p->context, &s);
	if (ret)
		return ret;
	if (p->unwound.frames[index].kernel)
		return pdiag_symbolizer_kernel(s, p->addresses[index], out);
	ret = pdiag_symbolizer_process(s, p->event.stack_pid, p->addresses[index], out);
	if (!ret || ret == -ENOMEM)
		return ret;
	pdiag_error_clear();
	*out = &gone;
	return 0;
}
