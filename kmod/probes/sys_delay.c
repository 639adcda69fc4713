// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls that keep the CPU: begun and ended on it without a switch in between. The end is
 * too late to see where the time went, so a timer looks in: the first tick that finds a call
 * above the threshold leaves an event with the kernel's stack of that moment (`ended` is 0), and
 * the call's end leaves the one that counts.
 */
#include <linux/ktime.h>
#include <linux/ptrace.h>

#include "arch/walk.h"
#include "probe_kit.h"

/* The call that a CPU is in. */
struct inside {
	struct task_struct *task; /* NULL: none */
	u64 task_start; /* tells a task from a later one at the same address */
	u64 began;
	u64 cycles;	/* what noting this cost */
	unsigned long switches;
	long number;
	bool told;
};

enum { TICK = 1 }; /* parameter */

static unsigned long switches(void)
{
	return current->nvcsw + current->nivcsw;
}

static void on_enter(void *data, struct pt_regs *regs, long number)
{
	struct inside *inside;
	unsigned long irqs;
	u64 cycles;

	/* Nothing is measured yet, so this goes without the frame around callbacks. */
	local_irq_save(irqs);
	cycles = pdiag_cycles();
	inside = pdiag_probe_cpu_state(data);
	inside->task = current;
	inside->task_start = current->start_time;
	inside->switches = switches();
	inside->number = number;
	inside->told = false;
	inside->began = ktime_get_mono_fast_ns();
	inside->cycles = pdiag_cycles() - cycles;
	local_irq_restore(irqs);
}

static bool still_in(const struct inside *inside)
{
	return inside->task == current && inside->task_start == current->start_time &&
		inside->switches == switches();
}

static void tell(struct pdiag_probe_call *call, const struct inside *inside,
	struct pt_regs *regs, u64 took, long ret, bool ended)
{
	pdiag_probe_event(call, &(struct pdiag_probe_seen) {
		.task = current, .value = took, .regs = regs, .nr_args = 3,
		.args = { inside->number, ended, ret },
	});
}

static void on_exit(void *data, struct pt_regs *regs, long ret)
{
	struct pdiag_probe_run *run = data;
	struct pdiag_probe_call call;
	struct inside *inside;
	u64 took;

	if (!pdiag_probe_enter(&call, run, current))
		return;
	inside = pdiag_probe_cpu_state(run);
	if (still_in(inside)) {
		call.began -= inside->cycles;
		took = call.now - inside->began;
		if (pdiag_probe_measure(&call, took))
			tell(&call, inside, regs, took, ret, true);
	}
	inside->task = NULL;
	pdiag_probe_leave(&call);
}

static void on_tick(struct pdiag_probe_run *run, const struct pdiag_probe_tick *tick)
{
	struct inside *inside = pdiag_probe_cpu_state(run);
	struct pdiag_probe_call call;
	u64 took;

	if (!inside->task || inside->told || !still_in(inside) || !tick->regs ||
		user_mode(tick->regs))
		return;
	took = tick->now - inside->began;
	if (took < pdiag_probe_threshold(run) || !pdiag_probe_enter(&call, run, current))
		return;
	inside->told = true;
	tell(&call, inside, tick->regs, took, 0, false);
	pdiag_probe_leave(&call);
}

PDIAG_PROBE(pdiag_probe_sys_delay) = {
	.name = "sys-delay",
	.unit = "ns",
	.text = "a system call kept the CPU for long without scheduling; a timer looks where it is",
	.param = {
		{ "threshold", "ns in the call", 10 * NSEC_PER_MSEC, 1000,
			3600 * (u64)NSEC_PER_SEC },
		[TICK] = { "period", "ns between looks at calls that have not ended",
			4 * NSEC_PER_MSEC, 100 * NSEC_PER_USEC, NSEC_PER_SEC },
	},
	.arg = { "call:syscall", "ended", "result:int" },
	.hook = {
		/* What is noted by one is always taken away by the other. */
		{ PDIAG_HOOK_TRACEPOINT, "sys_exit", { on_exit } },
		{ PDIAG_HOOK_TRACEPOINT, "sys_enter", { on_enter } },
		{ PDIAG_HOOK_TIMER, .timer = on_tick, .period_param = TICK },
	},
	.cpu_size = sizeof(struct inside),
};
