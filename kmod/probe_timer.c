// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe's timer on each CPU: pinned, hard, and moved by the kernel's own book of what must be
 * done when a CPU comes or goes.
 */
#include <linux/cpuhotplug.h>
#include <linux/ktime.h>
#include <asm/irq_regs.h>

#include "arch/walk.h"
#include "compat/compat.h"
#include "probe_kit.h"

static int state = -ENODEV;

static const struct pdiag_probe_hook *timer_hook(const struct pdiag_probe *probe)
{
	u32 i;

	for (i = 0; i < PDIAG_PROBE_HOOKS && probe->hook[i].kind; i++)
		if (probe->hook[i].kind == PDIAG_HOOK_TIMER)
			return &probe->hook[i];
	return NULL;
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct pdiag_probe_cpu *own = container_of(timer, struct pdiag_probe_cpu, timer);
	struct pdiag_probe_run *run = own->run;
	u64 due = ktime_to_ns(hrtimer_get_expires(timer)), now = ktime_get_mono_fast_ns();
	struct pdiag_probe_tick tick = { .now = now, .regs = get_irq_regs() };
	u64 passed = hrtimer_forward(timer, ns_to_ktime(now), ns_to_ktime(run->period));

	if (unlikely(!passed)) /* the two clocks differ by nanoseconds */
		hrtimer_add_expires_ns(timer, run->period);
	tick.late = now > due ? now - due : 0;
	tick.missed = passed ? passed - 1 : 0;
	timer_hook(run->probe)->timer(run, &tick);
	return HRTIMER_RESTART;
}

/* Both of these run on the CPU that they are about, or when it is no longer there. */
static int cpu_comes(unsigned int cpu, struct hlist_node *node)
{
	struct pdiag_probe_run *run = hlist_entry(node, struct pdiag_probe_run, node);
	struct pdiag_probe_cpu *own = per_cpu_ptr(run->cpus, cpu);

	if (cpu + 1 >= run->session->nr_rings || !run->session->cpu[cpu] || own->armed)
		return 0;
	own->armed = true;
	pdiag_timer_setup(&own->timer, tick, HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&own->timer, ns_to_ktime(run->period), HRTIMER_MODE_REL_PINNED_HARD);
	return 0;
}

static int cpu_goes(unsigned int cpu, struct hlist_node *node)
{
	struct pdiag_probe_run *run = hlist_entry(node, struct pdiag_probe_run, node);
	struct pdiag_probe_cpu *own = per_cpu_ptr(run->cpus, cpu);

	if (own->armed)
		hrtimer_cancel(&own->timer);
	own->armed = false;
	return 0;
}

/* Without it probes with timers are not to be had; all else works. */
void pdiag_probe_timer_init(void)
{
	state = cpuhp_setup_state_multi(
		CPUHP_AP_ONLINE_DYN, "pdiag/probe:online", cpu_comes, cpu_goes);
}

void pdiag_probe_timer_exit(void)
{
	if (state >= 0)
		cpuhp_remove_multi_state(state);
}

bool pdiag_probe_timer_possible(void)
{
	return state >= 0;
}

int pdiag_probe_timer_start(struct pdiag_probe_run *run)
{
	run->period = run->param[timer_hook(run->probe)->period_param];
	return state < 0 ? state : cpuhp_state_add_instance(state, &run->node);
}

void pdiag_probe_timer_stop(struct pdiag_probe_run *run)
{
	cpuhp_state_remove_instance(state, &run->node);
}
