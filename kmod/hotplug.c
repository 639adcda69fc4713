// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samplers on all CPUs of a session, whether they are there at the start or come later. The list
 * of running sessions is what a CPU that comes looks at. Order of locks: the kernel's for CPUs,
 * then that of the list.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/smp.h>

#include "session.h"

static DEFINE_MUTEX(running_lock);
static LIST_HEAD(running);
static enum cpuhp_state state;

static int cpu_comes(unsigned int number)
{
	struct pdiag_session *session;

	mutex_lock(&running_lock);
	list_for_each_entry(session, &running, node) {
		/* Bound work at the CPU that it is about; this runs there. */
		if (number + 1 < session->nr_rings && session->cpu[number])
			pdiag_sampler_arm(session->cpu[number]);
	}
	mutex_unlock(&running_lock);
	return 0;
}

static int cpu_goes(unsigned int number)
{
	struct pdiag_session *session;

	mutex_lock(&running_lock);
	list_for_each_entry(session, &running, node) {
		if (number + 1 < session->nr_rings && session->cpu[number])
			pdiag_sampler_disarm(session->cpu[number]);
	}
	mutex_unlock(&running_lock);
	return 0;
}

int pdiag_hotplug_init(void)
{
	int err = cpuhp_setup_state_nocalls(
		CPUHP_AP_ONLINE_DYN, "pdiag:online", cpu_comes, cpu_goes);

	if (err < 0)
		return err;
	state = err;
	return 0;
}

void pdiag_hotplug_exit(void)
{
	cpuhp_remove_state_nocalls(state);
}

static void arm(void *cpu)
{
	pdiag_sampler_arm(cpu);
}

static void arm_on(struct pdiag_cpu *cpu)
{
	if (pdiag_sampler_sleeps(cpu)) {
		pdiag_sampler_arm(cpu);
		if (pdiag_sampler_sleeps(cpu))
			return;
		/* It does not count, though it did when it was opened. */
		pdiag_sampler_disarm(cpu);
	}
	smp_call_function_single(cpu->number, arm, cpu, 1);
}

void pdiag_hotplug_start(struct pdiag_session *session)
{
	unsigned int number;

	cpus_read_lock();
	mutex_lock(&running_lock);
	list_add(&session->node, &running);
	for_each_online_cpu(number)
		if (number + 1 < session->nr_rings && session->cpu[number])
			arm_on(session->cpu[number]);
	mutex_unlock(&running_lock);
	cpus_read_unlock();
}

void pdiag_hotplug_stop(struct pdiag_session *session)
{
	unsigned int number;

	cpus_read_lock();
	mutex_lock(&running_lock);
	list_del(&session->node);
	for (number = 0; number + 1 < session->nr_rings; number++)
		if (session->cpu[number])
			pdiag_sampler_disarm(session->cpu[number]);
	mutex_unlock(&running_lock);
	cpus_read_unlock();
}
