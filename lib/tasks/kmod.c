/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dumps out of the kernel module's ring. Nothing in it is trusted to make sense. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "decode/decode.h"
#include "tasks/tasks.h"
#include "util/array.h"
#include "util/clock.h"

/* A record, if it is long enough to be one. */
#define RECORD(type, record) \
	((record)->len < sizeof(struct pdiag_kmod_##type) ? NULL : \
		(const struct pdiag_kmod_##type *)(const void *)(record))

static struct pdiag_tasks_stack **slot(struct pdiag_tasks *t, uint32_t id)
{
	return &t->stacks[id % PDIAG_TASKS_STACKS];
}

static int learn(struct pdiag_tasks *t, const struct pdiag_kmod_stack *r)
{
	struct pdiag_tasks_stack *stack;
	size_t bytes;

	if (!r || r->nr > PDIAG_KMOD_DEPTH_MAX + 2 ||
		sizeof(*r) + r->nr * sizeof(uint64_t) > r->head.len)
		return -EBADMSG;
	bytes = r->nr * sizeof(uint64_t);
	free(*slot(t, r->id));
	stack = *slot(t, r->id) = malloc(sizeof(*stack) + bytes);
	if (!stack)
		return -ENOMEM;
	stack->nr = r->nr;
	stack->flags = pdiag_decode_kmod_stack_flags(r->head.flags);
	memcpy(stack->ips, r->ips, bytes);
	return 0;
}

static int begin(struct pdiag_tasks *t, const struct pdiag_kmod_tasks_begin *r)
{
	int ret;

	if (!r)
		return -EBADMSG;
	/* One without an end: the session was stopped in the middle. */
	pdiag_dump_free(t->current);
	ret = pdiag_dump_new(t->context, "kmod", r->head.time, &t->current);
	if (ret)
		return ret;
	t->current->info.id = r->id;
	t->current->info.triggered = r->by > 0;
	t->current->info.on = r->by ? r->by - 1 : 0;
	t->current->info.value = r->value;
	t->current->info.load = r->load;
	memcpy(t->current->limits, t->limits, sizeof(t->limits));
	return 0;
}

static int add(struct pdiag_tasks *t, const struct pdiag_kmod_task *r)
{
	const struct pdiag_tasks_stack *stack = NULL;
	struct pdiag_dump_task task;

	if (!r || r->pid > INT32_MAX || r->tid > INT32_MAX || r->cpu > INT32_MAX)
		return -EBADMSG;
	if (!t->current)
		return 0;
	if (r->stack != PDIAG_KMOD_NO_STACK)
		stack = *slot(t, r->stack);
	task = (struct pdiag_dump_task){
		.pid = (int32_t)r->pid, .tid = (int32_t)r->tid, .cpu = (int32_t)r->cpu,
		.letter = r->state, .running = r->head.flags & PDIAG_KMOD_RUNNING,
		.start = r->start,
	};
	snprintf(task.comm, sizeof(task.comm), "%.*s", (int)sizeof(task.comm) - 1, r->comm);
	return pdiag_dump_add(t->current, &task, r->head.time, stack ? stack->ips : NULL,
		stack ? stack->nr : 0, stack ? stack->flags : 0);
}

static int end(struct pdiag_tasks *t, const struct pdiag_kmod_tasks_end *r)
{
	struct pdiag_dump *d = t->current;

	if (!r)
		return -EBADMSG;
	if (!d)
		return 0;
	d->info.runnable = r->runnable;
	d->info.blocked = r->blocked;
	d->info.lost += r->lost;
	d->info.took_ns = r->took_ns;
	t->current = NULL;
	pdiag_dump_finish(d, r->head.time);
	pdiag_tasks_whole(t, d);
	return 0;
}

static int take_in(struct pdiag_tasks *t, const struct pdiag_kmod_record *r)
{
	switch (r->type) {
	case PDIAG_KMOD_STACK:
		return learn(t, RECORD(stack, r));
	case PDIAG_KMOD_TASKS_BEGIN:
		return begin(t, RECORD(tasks_begin, r));
	case PDIAG_KMOD_TASK:
		return add(t, RECORD(task, r));
	case PDIAG_KMOD_TASKS_END:
		return end(t, RECORD(tasks_end, r));
	default:
		return 0;
	}
}

int pdiag_tasks_kmod_read(struct pdiag_tasks *t, struct pdiag_kring *ring)
{
	int one, ret = 0, more;

	pdiag_kring_refresh(ring);
	while ((more = pdiag_kring_peek(ring)) > 0) {
		one = take_in(t, pdiag_kring_record(ring));
		if (one && ret != -ENOMEM)
			ret = one;
		pdiag_kring_advance(ring);
	}
	pdiag_kring_publish(ring);
	if (more < 0 && !ret)
		ret = more;
	if (ret == -ENOMEM)
		return pdiag_fail_memory("reading task dumps; they say how many tasks are lost");
	if (ret)
		return pdiag_fail(EBADMSG, "the kernel module's records of tasks make no sense; "
			"is it of the same release?");
	return 0;
}

static void say_limits(struct pdiag_tasks *t)
{
	static const uint32_t wanted[] = {
		PDIAG_KMOD_FEATURE_TASK_KERNEL, PDIAG_KMOD_FEATURE_TASK_USER,
	};
	struct pdiag_kmod_feature feature;
	size_t len = 0;

	for (size_t i = 0; i < PDIAG_COUNT(wanted); i++) {
		if (pdiag_kdevice_feature(&t->device, wanted[i], &feature) || feature.available)
			continue;
		len += (size_t)snprintf(t->limits + len, sizeof(t->limits) - len, "%sno %s: %.60s",
			len ? "; " : "", i ? "user stacks" : "kernel stacks", feature.why);
		if (len >= sizeof(t->limits))
			return;
	}
}

int pdiag_tasks_kmod_open(struct pdiag_tasks *t)
{
	struct pdiag_kmod_session options = {
		.events = PDIAG_KMOD_TASKS, .ring_bytes = 65536, .stacks = PDIAG_TASKS_STACKS,
		.tasks_bytes = t->options.buffer_bytes, .max_depth = t->options.max_depth,
		.flags = t->options.flags & PDIAG_TASKS_USER_ONLY ? PDIAG_KMOD_USER_ONLY : 0,
	};
	int ret = pdiag_kdevice_open(&t->device);

	if (ret)
		return ret;
	ret = pdiag_ksession_open(&t->session, &t->device, &options);
	if (!ret && !pdiag_ksession_tasks(&t->session))
		ret = pdiag_fail(EOPNOTSUPP, "the kernel module makes no task dumps; load one of "
			"this release");
	if (!ret)
		ret = pdiag_ksession_start(&t->session);
	if (ret) {
		pdiag_tasks_kmod_close(t, false);
		return ret;
	}
	say_limits(t);
	t->kmod = true;
	return 0;
}

void pdiag_tasks_kmod_close(struct pdiag_tasks *t, bool forked)
{
	pdiag_ksession_close(&t->session, forked);
	pdiag_kdevice_close(&t->device);
	for (size_t i = 0; i < PDIAG_TASKS_STACKS; i++)
		free(t->stacks[i]);
	memset(t->stacks, 0, sizeof(t->stacks));
}
