// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runnable, but not running. The scheduler keeps for each task since when it has been waiting for
 * a CPU (what /proc/PID/schedstat adds up), and forgets it just after the hook: so nothing needs
 * to be kept here, for however many tasks, and a switch costs a subtraction.
 *
 * Who ran instead is rarely the one that ran last, so each CPU remembers the longest stretch of
 * late, with its stack.
 */
#include <linux/sched/clock.h>

#include "compat/compat.h"
#include "probe_kit.h"

/* Someone who ran: from `ended - ran` to `ended`, in the scheduler's clock. */
struct stretch {
	const struct task_struct *task; /* to tell it from others, no more */
	u64 ended, ran;
	u32 pid, tid;
	s64 priority;
	u64 comm[2];
	struct pdiag_probe_stack stack;
};

struct own {
	struct stretch longest, last;
};

#ifdef CONFIG_SCHED_INFO
/* Shorter ones are not worth a stack. */
#define STRETCH_MIN NSEC_PER_MSEC

static u64 since(u64 now, u64 then)
{
	return then && now > then ? now - then : 0;
}

static void note(struct pdiag_probe_call *call, struct stretch *stretch,
	struct task_struct *task, u64 clock, u64 ran)
{
	BUILD_BUG_ON(sizeof(stretch->comm) != PDIAG_KMOD_COMM_LEN);
	stretch->task = task;
	stretch->ended = clock;
	stretch->ran = ran;
	stretch->pid = pdiag_session_pid(call->run->session, task);
	stretch->tid = pdiag_session_tid(call->run->session, task);
	stretch->priority = task->prio;
	pdiag_probe_comm((char *)stretch->comm, task);
	pdiag_probe_keep_stack(call, NULL, &stretch->stack);
}

/* The current task leaves. Is it the one to remember? */
static void remember(struct pdiag_probe_call *call, struct stretch *longest,
	struct task_struct *task, u64 clock)
{
	u64 ran = task->pid ? since(clock, task->sched_info.last_arrival) : 0;

	if (unlikely(ran >= max_t(u64, pdiag_probe_threshold(call->run) / 4, STRETCH_MIN)) &&
		(ran >= longest->ran || clock - longest->ended > longest->ran))
		note(call, longest, task, clock, ran);
}

static void tell(struct pdiag_probe_call *call, struct stretch *by, struct task_struct *next,
	u64 waited)
{
	pdiag_probe_event(call, &(struct pdiag_probe_seen) {
		.task = next, .value = waited, .stack = &by->stack, .nr_args = 7,
		.args = { by->pid, by->tid, by->comm[0], by->comm[1], by->ran, by->priority,
			next->prio },
	});
}

/* Who is remembered ran for a good part of the time that `task` waited. */
static bool to_blame(const struct stretch *longest, const struct task_struct *task, u64 queued,
	u64 waited)
{
	return longest->task != task &&
		min(longest->ran, since(longest->ended, queued)) >= waited / 4;
}

static void judge(struct pdiag_probe_call *call, struct own *own, struct task_struct *prev,
	struct task_struct *next, u64 clock)
{
	u64 queued = next->sched_info.last_queued, waited = since(clock, queued);

	if (!pdiag_probe_measure(call, waited))
		return;
	if (to_blame(&own->longest, next, queued, waited)) {
		tell(call, &own->longest, next, waited);
		return;
	}
	/* Many ran, none for long: the last one is as good as any. */
	note(call, &own->last, prev, clock, since(clock, prev->sched_info.last_arrival));
	tell(call, &own->last, next, waited);
}

PDIAG_SWITCH_HOOK(on_switch, run, preempt, prev, next, state)
{
	struct pdiag_probe_call call;
	struct own *own;
	u64 clock;

	if (!pdiag_probe_enter(&call, run, NULL))
		return;
	clock = sched_clock_cpu(call.cpu->number);
	own = pdiag_probe_cpu_state(run);
	remember(&call, &own->longest, prev, clock);
	if (next->pid && next->sched_info.last_queued && pdiag_probe_wants(run, next))
		judge(&call, own, prev, next, clock);
	pdiag_probe_leave(&call);
}

static const char *why(void)
{
	return NULL;
}
#else
PDIAG_SWITCH_HOOK(on_switch, run, preempt, prev, next, state)
{
}

static const char *why(void)
{
	return "the kernel was built without CONFIG_SCHED_INFO";
}
#endif

PDIAG_PROBE(pdiag_probe_sched_delay) = {
	.name = "sched-delay",
	.unit = "ns",
	.text = "a task was runnable, but did not run for long; the stack is of who ran instead",
	.why = why,
	.param = {
		{ "threshold", "ns of waiting", 10 * NSEC_PER_MSEC, 1,
			3600 * (u64)NSEC_PER_SEC },
	},
	.arg = { "by_pid:owner", "by_tid", "by_comm:text", "by_comm:text", "by_ran:ns",
		"by_priority:int", "priority:int" },
	.hook = { { PDIAG_HOOK_TRACEPOINT, "sched_switch", { on_switch } } },
	.cpu_size = sizeof(struct own),
};
