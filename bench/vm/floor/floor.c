// SPDX-License-Identifier: GPL-2.0-only
/* The floor: a bare pinned timer on each CPU at 999 Hz that does nothing. */
#include <linux/cpu.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>

static DEFINE_PER_CPU(struct hrtimer, timer);
static unsigned long period = NSEC_PER_SEC / 999;

static enum hrtimer_restart tick(struct hrtimer *t)
{
	hrtimer_forward_now(t, ns_to_ktime(period));
	return HRTIMER_RESTART;
}

static void arm(void *unused)
{
	struct hrtimer *t = this_cpu_ptr(&timer);

	hrtimer_init(t, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	t->function = tick;
	hrtimer_start(t, ns_to_ktime(period), HRTIMER_MODE_REL_PINNED_HARD);
}

static int __init floor_init(void)
{
	on_each_cpu(arm, NULL, 1);
	return 0;
}

static void __exit floor_exit(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		hrtimer_cancel(per_cpu_ptr(&timer, cpu));
}

module_init(floor_init);
module_exit(floor_exit);
MODULE_LICENSE("GPL");
