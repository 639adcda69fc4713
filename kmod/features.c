// SPDX-License-Identifier: GPL-2.0-only
/* What works on this kernel, and why what does not. A table; each line asks when it is asked. */
#include "features.h"

#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/perf_event.h>
#include <linux/string.h>

#include "hooks.h"
#include "offcpu.h"
#include "tasks.h"

static const char *no_why(void)
{
	return NULL;
}

static void ignore(struct perf_event *event, struct perf_sample_data *data, struct pt_regs *regs)
{
}

static const char *why_no_cycles(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES,
		.size = sizeof(attr), .sample_period = 1u << 30, .disabled = 1,
	};
	struct perf_event *event = perf_event_create_kernel_counter(
		&attr, cpumask_first(cpu_online_mask), NULL, ignore, NULL);

	if (IS_ERR(event))
		return "this machine has no hardware counter of cycles, or it is in use";
	perf_event_release_kernel(event);
	return NULL;
}

static const char *why_no_inherit(void)
{
	return pdiag_tracepoint("sched_process_fork") && pdiag_tracepoint("sched_process_free") ?
		NULL : "the kernel has no tracepoints sched_process_fork and sched_process_free";
}

static const char *why_no_cgroup(void)
{
	return IS_ENABLED(CONFIG_CGROUPS) ? NULL : "the kernel was built without CONFIG_CGROUPS";
}

static const struct {
	const char *name;
	const char *(*why)(void); /* NULL: it works */
} features[PDIAG_KMOD_FEATURES] = {
	[PDIAG_KMOD_FEATURE_TIMER] = { "timer", no_why },
	[PDIAG_KMOD_FEATURE_CYCLES] = { "cycles", why_no_cycles },
	[PDIAG_KMOD_FEATURE_OFF_CPU] = { "off-cpu", pdiag_offcpu_why_not },
	[PDIAG_KMOD_FEATURE_INHERIT] = { "inherit", why_no_inherit },
	[PDIAG_KMOD_FEATURE_CGROUP] = { "cgroup", why_no_cgroup },
	[PDIAG_KMOD_FEATURE_TASKS] = { "tasks", no_why },
	[PDIAG_KMOD_FEATURE_TASK_KERNEL] = { "task-kernel", pdiag_tasks_why_no_kernel },
	[PDIAG_KMOD_FEATURE_TASK_USER] = { "task-user", pdiag_tasks_why_no_user },
	[PDIAG_KMOD_FEATURE_FLIGHT] = { "flight", no_why },
	[PDIAG_KMOD_FEATURE_USER_PART] = { "user-part", no_why },
	[PDIAG_KMOD_FEATURE_SHORT_WAITS] = { "short-waits", pdiag_offcpu_why_not },
};

int pdiag_feature_describe(struct pdiag_kmod_feature *feature)
{
	const char *why;
	u32 id;

	if (feature->id >= ARRAY_SIZE(features) || feature->reserved)
		return -EINVAL;
	id = array_index_nospec(feature->id, ARRAY_SIZE(features));
	why = features[id].why();
	memset(feature->name, 0, sizeof(feature->name));
	memset(feature->why, 0, sizeof(feature->why));
	feature->available = !why;
	strscpy(feature->name, features[id].name, sizeof(feature->name));
	strscpy(feature->why, why ?: "", sizeof(feature->why));
	return 0;
}
