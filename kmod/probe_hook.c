// SPDX-License-Identifier: GPL-2.0-only
/* Hooks of probes, one kind like the other: put in place, taken off, described. */
#include <linux/kernel.h>
#include <linux/string.h>

#include "compat/probe_compat.h"
#include "hooks.h"
#include "probe_kit.h"

static int call_kprobe(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct pdiag_probe_place *place =
		container_of(kprobe, struct pdiag_probe_place, kretprobe.kp);

	place->hook->kprobe(place->run, regs);
	return 0;
}

static struct pdiag_probe_place *place_of(struct kretprobe_instance *instance)
{
	return container_of(
		pdiag_kretprobe_of(instance), struct pdiag_probe_place, kretprobe);
}

static int call_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct pdiag_probe_place *place = place_of(instance);

	if (!place->hook->entry)
		return 0;
	return place->hook->entry(place->run, instance->data, regs) ? 0 : 1;
}

static int call_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct pdiag_probe_place *place = place_of(instance);

	place->hook->kretprobe(place->run, instance->data, regs);
	return 0;
}

static int hook_kprobe(struct pdiag_probe_place *place)
{
	struct kretprobe *kretprobe = &place->kretprobe;

	/* The kernel leaves traces in it when it is taken off. */
	memset(kretprobe, 0, sizeof(*kretprobe));
	kretprobe->kp.symbol_name = place->hook->name;
	if (place->hook->kind == PDIAG_HOOK_KPROBE) {
		kretprobe->kp.pre_handler = call_kprobe;
		return register_kprobe(&kretprobe->kp);
	}
	kretprobe->entry_handler = call_entry;
	kretprobe->handler = call_return;
	kretprobe->data_size = place->hook->data_size;
	kretprobe->maxactive = 16 * num_possible_cpus();
	return register_kretprobe(kretprobe);
}

static int hook_one(struct pdiag_probe_place *place)
{
	switch (place->hook->kind) {
	case PDIAG_HOOK_TRACEPOINT:
		return pdiag_hook(place->hook->name, place->hook->tracepoint, place->run);
	case PDIAG_HOOK_KPROBE:
	case PDIAG_HOOK_KRETPROBE:
		return hook_kprobe(place);
	case PDIAG_HOOK_TIMER:
		return pdiag_probe_timer_start(place->run);
	default:
		return -EINVAL;
	}
}

static void unhook_one(struct pdiag_probe_place *place)
{
	switch (place->hook->kind) {
	case PDIAG_HOOK_TRACEPOINT:
		pdiag_unhook(place->hook->name, place->hook->tracepoint, place->run);
		break;
	case PDIAG_HOOK_KPROBE:
		unregister_kprobe(&place->kretprobe.kp);
		break;
	case PDIAG_HOOK_KRETPROBE:
		unregister_kretprobe(&place->kretprobe);
		break;
	case PDIAG_HOOK_TIMER:
		pdiag_probe_timer_stop(place->run);
		break;
	}
}

int pdiag_probe_hook_all(struct pdiag_probe_run *run)
{
	u32 i;
	int err;

	for (i = 0; i < PDIAG_PROBE_HOOKS && run->probe->hook[i].kind; i++) {
		run->place[i].run = run;
		run->place[i].hook = &run->probe->hook[i];
		err = hook_one(&run->place[i]);
		if (err) {
			pdiag_probe_unhook_all(run);
			return err;
		}
		run->place[i].on = true;
	}
	return 0;
}

void pdiag_probe_unhook_all(struct pdiag_probe_run *run)
{
	u32 i;

	for (i = PDIAG_PROBE_HOOKS; i--;) {
		if (run->place[i].on)
			unhook_one(&run->place[i]);
		run->place[i].on = false;
	}
}

u64 pdiag_probe_missed(const struct pdiag_probe_run *run)
{
	u64 missed = 0;
	u32 i;

	for (i = 0; i < PDIAG_PROBE_HOOKS; i++)
		missed += run->place[i].kretprobe.nmissed + run->place[i].kretprobe.kp.nmissed;
	return missed;
}

void pdiag_probe_hook_text(const struct pdiag_probe_hook *hook, char *text, size_t size)
{
	switch (hook->kind) {
	case PDIAG_HOOK_TRACEPOINT:
		scnprintf(text, size, "tracepoint %s", hook->name);
		break;
	case PDIAG_HOOK_KPROBE:
		scnprintf(text, size, "function %s", hook->name);
		break;
	case PDIAG_HOOK_KRETPROBE:
		scnprintf(text, size, "function %s and its return", hook->name);
		break;
	case PDIAG_HOOK_TIMER:
		scnprintf(text, size, "a timer on each CPU");
		break;
	}
}

static int ignore(struct kprobe *kprobe, struct pt_regs *regs)
{
	return 0;
}

/* The kernel alone knows; so ask it for one that is never called. */
static int try_kprobe(const char *name)
{
	struct kprobe kprobe = {
		.symbol_name = name, .pre_handler = ignore, .flags = KPROBE_FLAG_DISABLED,
	};
	int err = register_kprobe(&kprobe);

	if (!err)
		unregister_kprobe(&kprobe);
	return err;
}

bool pdiag_probe_hook_why(const struct pdiag_probe_hook *hook, char *why, size_t size)
{
	int err;

	switch (hook->kind) {
	case PDIAG_HOOK_TRACEPOINT:
		if (pdiag_tracepoint(hook->name))
			return false;
		scnprintf(why, size, "the kernel has no tracepoint %s", hook->name);
		return true;
	case PDIAG_HOOK_KPROBE:
	case PDIAG_HOOK_KRETPROBE:
		err = try_kprobe(hook->name);
		if (err)
			scnprintf(why, size, "no hook on the function %s: error %d", hook->name,
				-err);
		return err;
	case PDIAG_HOOK_TIMER:
		if (pdiag_probe_timer_possible())
			return false;
		scnprintf(why, size, "the kernel does not tell of CPUs that come and go");
		return true;
	}
	return false;
}
