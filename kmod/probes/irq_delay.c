// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that come late: a timer on each CPU knows when it should have ticked. What a late
 * tick interrupts is the first instruction after interrupts came on again, so its stack tells who
 * had them off. A tick that comes late in user mode tells of time that the machine did not get:
 * of a hypervisor or the firmware.
 */
#include <linux/preempt.h>
#include <linux/ptrace.h>

#include "probe_kit.h"

static void on_tick(struct pdiag_probe_run *run, const struct pdiag_probe_tick *tick)
{
	struct pdiag_probe_call call;

	if (!pdiag_probe_enter(&call, run, current))
		return;
	if (pdiag_probe_measure(&call, tick->late))
		pdiag_probe_event(&call, &(struct pdiag_probe_seen) {
			.task = current, .value = tick->late, .regs = tick->regs,
			.flags = tick->regs && user_mode(tick->regs) ? PDIAG_KMOD_IN_USER : 0,
			.nr_args = 3,
			.args = {
				tick->missed,
				tick->regs && user_mode(tick->regs),
				!!(softirq_count() & SOFTIRQ_OFFSET),
			},
		});
	pdiag_probe_leave(&call);
}

PDIAG_PROBE(pdiag_probe_irq_delay) = {
	.name = "irq-delay",
	.unit = "ns",
	.text = "interrupts off or the CPU taken away for long; the stack is what came next",
	.param = {
		{ "threshold", "ns that a tick came late", NSEC_PER_MSEC, 1000,
			3600 * (u64)NSEC_PER_SEC },
		{ "period", "ns between ticks", NSEC_PER_MSEC, 100 * NSEC_PER_USEC, NSEC_PER_SEC },
	},
	.arg = { "missed", "in_user", "in_softirq" },
	.hook = { { PDIAG_HOOK_TIMER, .timer = on_tick, .period_param = 1 } },
};
