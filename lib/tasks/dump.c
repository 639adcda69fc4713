/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tasks/dump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "util/array.h"
#include "util/clock.h"

_Static_assert(sizeof(struct pdiag_dump_info) ==
		sizeof(size_t) + 2 * sizeof(void *) + 5 * 8 + 8 * 4,
	"no holes in struct pdiag_dump_info");
_Static_assert(sizeof(struct pdiag_task) == 4 * sizeof(void *) + 8 * 4 + 8,
	"no holes in struct pdiag_task");

static void destroy(struct pdiag_child *child)
{
	struct pdiag_dump *d = pdiag_container(child, struct pdiag_dump, child);

	pdiag_list_remove(&d->waiting);
	pdiag_pipeline_free(&d->pipeline);
	if (d->profile)
		pdiag_profile_destroy(d->profile);
	free(d->tasks);
	free(d);
}

void pdiag_dump_free(struct pdiag_dump *d)
{
	if (!d)
		return;
	pdiag_child_remove(&d->child);
	destroy(&d->child);
}

/* The profile says what time it is of. */
static void begin(struct pdiag_dump *d, uint64_t time)
{
	uint64_t now = pdiag_clock_ns(CLOCK_MONOTONIC);

	d->info.time_ns = time;
	d->info.realtime_ns = pdiag_clock_ns(CLOCK_REALTIME) - (now > time ? now - time : 0);
	d->pipeline.profile->start_time = time;
	d->pipeline.profile->start_realtime = d->info.realtime_ns;
	d->pipeline.profile->period_ns = PDIAG_TASK_WEIGHT;
}

int pdiag_dump_new(struct pdiag *context, const char *source, uint64_t time,
	struct pdiag_dump **out)
{
	struct pdiag_dump *d = calloc(1, sizeof(*d));
	int ret;

	*out = NULL;
	if (!d)
		return pdiag_fail_memory("a task dump");
	d->context = context;
	d->info.source = source;
	pdiag_list_init(&d->waiting);
	pdiag_list_init(&d->child.link);
	ret = pdiag_pipeline_init(&d->pipeline, context, true);
	if (ret) {
		free(d);
		return ret;
	}
	begin(d, time);
	*out = d;
	return 0;
}

void pdiag_dump_hand_over(struct pdiag_dump *d)
{
	pdiag_child_add(d->context, &d->child, destroy);
}

void pdiag_dump_adopt(struct pdiag_dump *d)
{
	pdiag_child_remove(&d->child);
}

static uint32_t state_of(const struct pdiag_dump_task *task)
{
	if (task->letter != 'R')
		return PDIAG_STATE_BLOCKED;
	return task->running ? PDIAG_STATE_RUNNING : PDIAG_STATE_PREEMPTED;
}

/* Its name as of that moment, also if it has ended since. */
static int name_task(struct pdiag_dump *d, const struct pdiag_dump_task *task, uint64_t time)
{
	struct pdiag_record r = {
		.type = PDIAG_RECORD_COMM, .flags = PDIAG_RECORD_SEEDED, .cpu = -1,
		.pid = task->pid, .tid = task->tid, .time = time, .comm = { .text = task->comm },
	};
	int ret = pdiag_processes_seed(d->pipeline.processes, task->pid, time);

	return ret ? ret : pdiag_processes_update(d->pipeline.processes, &r);
}

int pdiag_dump_add(struct pdiag_dump *d, const struct pdiag_dump_task *task, uint64_t time,
	const uint64_t *ips, uint32_t nr, uint32_t flags)
{
	static const uint64_t none[1];
	struct pdiag_record r = {
		.type = PDIAG_RECORD_SAMPLE, .cpu = task->cpu, .pid = task->pid, .tid = task->tid,
		.time = time,
		.sample = { .ips = nr ? ips : none, .nr = nr, .weight = PDIAG_TASK_WEIGHT,
			.state = state_of(task), .flags = flags },
	};
	int ret = pdiag_array_reserve(&d->tasks, &d->cap, d->count + 1, sizeof(*d->tasks));

	if (!ret && task->pid > 0)
		ret = name_task(d, task, time);
	if (!ret)
		ret = pdiag_pipeline_record(&d->pipeline, &r);
	if (ret < 0) {
		d->info.lost++;
		return -ENOMEM;
	}
	d->tasks[d->count++] = *task;
	d->info.tasks = (uint32_t)d->count;
	return 0;
}

static int by_tid(const void *a, const void *b)
{
	const struct pdiag_dump_task *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

void pdiag_dump_finish(struct pdiag_dump *d, uint64_t time)
{
	if (d->count)
		qsort(d->tasks, d->count, sizeof(*d->tasks), by_tid);
	/* It stays ours; what its frames need of modules belongs to the context. */
	d->profile = d->pipeline.profile;
	d->profile->end_time = time;
	d->pipeline.profile = NULL;
	pdiag_pipeline_free(&d->pipeline);
}

int pdiag_dump_get_info(const struct pdiag_dump *d, struct pdiag_dump_info *info)
{
	struct pdiag_dump_info all = d->info;

	pdiag_error_clear();
	all.limits = d->limits;
	return PDIAG_INFO_COPY(info, &all, reserved, "pdiag_dump_info");
}

struct pdiag_profile *pdiag_dump_profile(struct pdiag_dump *d)
{
	return d->profile;
}

struct walk {
	const struct pdiag_dump *dump;
	pdiag_task_fn fn;
	void *user;
};

static int walk_stack(void *user, const struct pdiag_stack *stack)
{
	const struct walk *w = user;
	struct pdiag_dump_task key = { .tid = stack->tid };
	const struct pdiag_dump_task *of;
	struct pdiag_task task = {
		.frames = stack->frames, .addresses = stack->addresses, .comm = stack->comm,
		.process = stack->process, .depth = stack->depth, .pid = stack->pid,
		.tid = stack->tid, .cpu = -1, .letter = '?', .state = stack->state,
		.flags = stack->flags,
	};

	of = bsearch(&key, w->dump->tasks, w->dump->count, sizeof(key), by_tid);
	if (of) {
		task.letter = of->letter;
		task.cpu = of->cpu;
		task.running = of->running;
		task.start_ns = of->start;
	}
	return w->fn(w->user, &task);
}

int pdiag_dump_each_task(struct pdiag_dump *d, pdiag_task_fn fn, void *user)
{
	struct walk w = { .dump = d, .fn = fn, .user = user };

	return pdiag_profile_each_stack(d->profile, walk_stack, &w);
}
