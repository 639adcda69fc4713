// SPDX-License-Identifier: GPL-2.0-only
/* The thread that makes a session's task dumps, and what user space asks of it. */
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <uapi/linux/sched/types.h>

#include "hooks.h"
#include "task_walk.h"
#include "tasks_own.h"

/* One part in seven of a CPU while a dump is made, however long a piece of work took. */
#define SLICE NSEC_PER_MSEC
#define PAUSES 6
#define LONGEST_PAUSE (100 * NSEC_PER_MSEC)

int pdiag_tasks_new(struct pdiag_session *session, const struct pdiag_kmod_session *options)
{
	struct pdiag_tasks *tasks = kzalloc(sizeof(*tasks), GFP_KERNEL);

	if (!tasks)
		return -ENOMEM;
	tasks->session = session;
	session->tasks = tasks;
	spin_lock_init(&tasks->lock);
	/* A flight recorder's dumps are not overwritten: they are what it is frozen for. */
	if (pdiag_ring_init(&tasks->ring, options->tasks_bytes_used, false) ||
		pdiag_stack_table_init(&tasks->stacks, options->stacks, session->max_depth,
			nr_cpu_ids * options->stacks) ||
		pdiag_task_cpus_new(tasks))
		return -ENOMEM;
	tasks->ring.wake_at = session->watermark;
	session->total_bytes += sizeof(*tasks) + PAGE_SIZE + tasks->ring.size +
		pdiag_stack_table_bytes(options->stacks, session->max_depth) +
		pdiag_task_cpus_bytes();
	return 0;
}

void pdiag_tasks_free(struct pdiag_session *session)
{
	struct pdiag_tasks *tasks = session->tasks;

	if (!tasks)
		return;
	session->tasks = NULL;
	pdiag_task_cpus_free(tasks);
	pdiag_stack_table_free(&tasks->stacks);
	pdiag_ring_free(&tasks->ring);
	kfree(tasks);
}

struct pdiag_ring *pdiag_tasks_ring(struct pdiag_tasks *tasks)
{
	return &tasks->ring;
}

void pdiag_tasks_stats(const struct pdiag_tasks *tasks, struct pdiag_kmod_stats *stats)
{
	stats->records += READ_ONCE(tasks->ring.records);
	stats->bytes += READ_ONCE(tasks->ring.head);
	stats->stacks += READ_ONCE(tasks->stacks_sent);
	stats->callbacks += READ_ONCE(tasks->dumps);
	stats->callback_ns += READ_ONCE(tasks->busy_ns);
	stats->lost[PDIAG_KMOD_LOST_DUMP] += READ_ONCE(tasks->lost);
}

/* The work since the slice began goes to the account. */
void pdiag_tasks_slice(struct pdiag_tasks *tasks, u64 ns)
{
	u64 now = ktime_get_mono_fast_ns();

	if (tasks->slice)
		tasks->busy_ns += now - tasks->slice_began;
	tasks->slice_began = now;
	tasks->slice = ns;
}

bool pdiag_tasks_sleep(struct pdiag_tasks *tasks, u64 ns)
{
	u64 slice = tasks->slice, now = ktime_get_mono_fast_ns(), end = now + ns;
	ktime_t time;

	pdiag_task_walk_rest(tasks);
	pdiag_tasks_slice(tasks, 0);
	/* Requests wake us, too; they are for later. */
	for (; now < end && !kthread_should_stop(); now = ktime_get_mono_fast_ns()) {
		time = ns_to_ktime(end - now);
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule_hrtimeout(&time, HRTIMER_MODE_REL);
		__set_current_state(TASK_RUNNING);
	}
	pdiag_tasks_slice(tasks, slice);
	return !kthread_should_stop();
}

/* After so much work. False: it is over. */
static bool pause(struct pdiag_tasks *tasks, u64 used)
{
	return pdiag_tasks_sleep(tasks, min_t(u64, used * PAUSES, LONGEST_PAUSE));
}

bool pdiag_tasks_pace(struct pdiag_tasks *tasks)
{
	u64 used = ktime_get_mono_fast_ns() - tasks->slice_began;

	if (used < tasks->slice)
		return !kthread_should_stop();
	tasks->slice = SLICE;
	return pause(tasks, used);
}

u64 pdiag_tasks_new_id(struct pdiag_tasks *tasks)
{
	u64 id;

	spin_lock(&tasks->lock);
	id = ++tasks->last_id;
	spin_unlock(&tasks->lock);
	return id;
}

static bool take_request(struct pdiag_tasks *tasks, struct pdiag_task_request *request)
{
	spin_lock(&tasks->lock);
	*request = (struct pdiag_task_request){
		.id = tasks->wanted, .flags = tasks->wanted_flags,
	};
	tasks->wanted = 0;
	tasks->wanted_flags = 0;
	spin_unlock(&tasks->lock);
	return request->id;
}

/* Nothing to do until then; a request and the end wake us. */
static void rest(struct pdiag_tasks *tasks, u64 until)
{
	u64 now = ktime_get_mono_fast_ns();
	ktime_t time = ns_to_ktime(until - now);

	if (until <= now)
		return;
	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop() && !READ_ONCE(tasks->wanted) && !READ_ONCE(tasks->changed))
		schedule_hrtimeout(until == U64_MAX ? NULL : &time, HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
}

static int run(void *data)
{
	struct pdiag_tasks *tasks = data;
	struct pdiag_task_request request;
	u64 until, began;

	sched_set_fifo_low(current);
	while (!kthread_should_stop()) {
		if (take_request(tasks, &request)) {
			began = ktime_get_mono_fast_ns();
			pdiag_task_dump(tasks, &request);
			/* Who asks again and again gets no more of the CPU for it. */
			pause(tasks, ktime_get_mono_fast_ns() - began);
		}
		until = pdiag_triggers_look(tasks);
		rest(tasks, until);
	}
	return 0;
}

int pdiag_tasks_start(struct pdiag_session *session)
{
	struct pdiag_tasks *tasks = session->tasks;
	struct task_struct *thread;

	if (!tasks)
		return 0;
	pdiag_triggers_restart(tasks);
	thread = kthread_run(run, tasks, "pdiag_tasks");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	tasks->thread = thread;
	return 0;
}

void pdiag_tasks_stop(struct pdiag_session *session)
{
	struct pdiag_tasks *tasks = session->tasks;

	if (!tasks || !tasks->thread)
		return;
	kthread_stop(tasks->thread);
	tasks->thread = NULL;
	tasks->wanted = 0;
	tasks->wanted_flags = 0;
}

int pdiag_tasks_dump(struct pdiag_session *session, struct pdiag_kmod_dump *dump)
{
	struct pdiag_tasks *tasks = session->tasks;

	if (dump->flags & ~PDIAG_KMOD_DUMP_ALL || !tasks->thread)
		return -EINVAL;
	spin_lock(&tasks->lock);
	/* One that is not begun yet serves both. */
	if (!tasks->wanted)
		WRITE_ONCE(tasks->wanted, ++tasks->last_id);
	tasks->wanted_flags |= dump->flags;
	dump->id = tasks->wanted;
	spin_unlock(&tasks->lock);
	wake_up_process(tasks->thread);
	return 0;
}

const char *pdiag_tasks_why_no_kernel(void)
{
#ifndef PDIAG_HAVE_STACK_TRACE_SAVE_TSK
	if (!pdiag_tracepoint("sched_switch"))
		return "the kernel neither exports stack_trace_save_tsk nor has sched_switch";
#endif
	return NULL;
}

const char *pdiag_tasks_why_no_user(void)
{
	return NULL;
}
