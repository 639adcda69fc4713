/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults made on purpose, for tests: a number of ms written to a file of
 * /sys/module/pdiag_fault/parameters keeps the CPU that long,
 *
 *	irqs_off	with interrupts off
 *	spin		without scheduling, interrupts on
 */
#include <linux/ktime.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#define MS_MAX 2000

/* Names that a test finds in a stack. */
noinline void pdiag_fault_spin(u64 ns);
noinline void pdiag_fault_spin(u64 ns)
{
	u64 begin = ktime_get_mono_fast_ns();

	while (ktime_get_mono_fast_ns() - begin < ns)
		cpu_relax();
}

static int take(const char *text, u64 *ns)
{
	unsigned int ms;
	int err = kstrtouint(text, 10, &ms);

	if (err)
		return err;
	if (ms > MS_MAX)
		return -EINVAL;
	*ns = ms * (u64)NSEC_PER_MSEC;
	return 0;
}

static int irqs_off(const char *text, const struct kernel_param *param)
{
	u64 ns;
	int err = take(text, &ns);

	if (err)
		return err;
	local_irq_disable();
	pdiag_fault_spin(ns);
	local_irq_enable();
	return 0;
}

static int spin(const char *text, const struct kernel_param *param)
{
	u64 ns;
	int err = take(text, &ns);

	if (err)
		return err;
	preempt_disable();
	pdiag_fault_spin(ns);
	preempt_enable();
	return 0;
}

static const struct kernel_param_ops irqs_off_ops = { .set = irqs_off };
static const struct kernel_param_ops spin_ops = { .set = spin };

module_param_cb(irqs_off, &irqs_off_ops, NULL, 0200);
module_param_cb(spin, &spin_ops, NULL, 0200);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Faults for the tests of pdiag");
