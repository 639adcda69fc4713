// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runnable, but not running. The scheduler keeps for each task since when it has been waiting for
 * a CPU (what /proc/PID/schedstat adds up), and forgets it just after the hook: so nothing needs
 * to be kept here, for however many tasks, and a switch costs a subtraction.
 */
#include <linux/sched/clock.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "probe_kit.h"

#ifdef CONFIG_SCHED_INFO
static u64 since(u64 now, u64 then)
{
	return then && now > then ? now - then : 0;
}

static void tell(struct pdiag_probe_call *call, struct task_struct *prev,
	struct task_struct *next, u64 clock, u64 waited)
{
	struct pdiag_probe_seen seen = {
		.task = next, .value = waited, .nr_args = 7,
		.args = {
			pdiag_session_pid(call->run->session, prev),
			pdiag_session_tid(call->run->session, prev),
			[4] = since(clock, prev->sched_info.last_arrival),
			prev->prio, next->prio,
		},
	};

	BUILD_BUG_ON(sizeof(prev->comm) > 2 * sizeof(u64));
	memcpy(&seen.args[2], prev->comm, sizeof(prev->comm));
	pdiag_probe_event(call, &seen);
}

PDIAG_SWITCH_HOOK(on_switch, run, preempt, prev, next, state)
{
	u64 queued = next->sched_info.last_queued, clock, waited;
	struct pdiag_probe_call call;

	if (!next->pid || !queued || !pdiag_probe_enter(&call, run, next))
		return;
	clock = sched_clock_cpu(smp_processor_id());
	waited = since(clock, queued);
	if (pdiag_probe_measure(&call, waited))
		tell(&call, prev, next, clock, waited);
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

const struct pdiag_probe pdiag_probe_sched_delay = {
	.name = "sched-delay",
	.unit = "ns",
	.text = "a task was runnable, but did not run for long; the stack is of who ran instead",
	.why = why,
	.param = {
		{ "threshold", "ns of waiting", 10 * NSEC_PER_MSEC, 1, 3600 * (u64)NSEC_PER_SEC },
	},
	.arg = { "by_pid:owner", "by_tid", "by_comm:text", "by_comm:text", "by_ran:ns",
		"by_priority:int", "priority:int" },
	.hook = { { PDIAG_HOOK_TRACEPOINT, "sched_switch", { on_switch } } },
};
