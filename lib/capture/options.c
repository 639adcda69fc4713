/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/options.h"

#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/options.h"
#include "util/cpu_list.h"

_Static_assert(sizeof(struct pdiag_capture_options) == 96,
	"no holes in struct pdiag_capture_options");

#define MAX_BUFFER (1ull << 34)
#define FLAGS (PDIAG_USER_ONLY | PDIAG_NO_INHERIT | PDIAG_WAKERS | PDIAG_SHORT_WAITS)

static int check_target(const struct pdiag_capture_options *o)
{
	switch (o->target) {
	case PDIAG_TARGET_SELF:
	case PDIAG_TARGET_SYSTEM:
		return 0;
	case PDIAG_TARGET_PROCESS:
	case PDIAG_TARGET_THREAD:
		return o->pid > 0
			       ? 0
			       : pdiag_fail(EINVAL,
					 "pid is %d; give the process or thread to sample", o->pid);
	case PDIAG_TARGET_COMMAND:
		return o->argv && o->argv[0] && o->argv[0][0] ? 0 :
			pdiag_fail(EINVAL, "argv is empty; give the command to start");
	case PDIAG_TARGET_CGROUP:
		return o->cgroup && o->cgroup[0] ? 0 :
			pdiag_fail(EINVAL, "cgroup is empty; give its path");
	case PDIAG_TARGET_RECORDING:
		return o->path && o->path[0] ? 0 :
			pdiag_fail(EINVAL, "path is empty; give the recording to replay");
	default:
		return pdiag_fail(EINVAL, "target is %u, which is no enum pdiag_target", o->target);
	}
}

static int fail_stray(const char *field, const char *targets)
{
	return pdiag_fail(EINVAL, "%s is set, but `target` does not use it; set `target` to %s, or "
		"leave %s zero", field, targets, field);
}

/* What is not used was meant for something else: who sets it has forgotten `target`. */
static int check_strays(const struct pdiag_capture_options *o)
{
	if (o->pid && o->target != PDIAG_TARGET_PROCESS && o->target != PDIAG_TARGET_THREAD)
		return fail_stray("pid", "PDIAG_TARGET_PROCESS or PDIAG_TARGET_THREAD");
	if (o->argv && o->target != PDIAG_TARGET_COMMAND)
		return fail_stray("argv", "PDIAG_TARGET_COMMAND");
	if (o->cgroup && o->target != PDIAG_TARGET_CGROUP)
		return fail_stray("cgroup", "PDIAG_TARGET_CGROUP");
	if (o->path && o->target != PDIAG_TARGET_RECORDING)
		return fail_stray("path", "PDIAG_TARGET_RECORDING");
	if (o->source && o->target == PDIAG_TARGET_RECORDING)
		return fail_stray("source", "what is to be sampled");
	if (o->flags & PDIAG_WAKERS && !(o->events & PDIAG_OFF_CPU))
		return pdiag_fail(EINVAL, "PDIAG_WAKERS is set, but off-CPU sampling is not asked "
			"for; add PDIAG_OFF_CPU to events");
	if (o->flags & PDIAG_SHORT_WAITS && !o->off_cpu_min_ns)
		return pdiag_fail(EINVAL, "PDIAG_SHORT_WAITS is set, but no wait is short; set "
			"off_cpu_min_ns");
	if (o->budget_ppm && o->target == PDIAG_TARGET_RECORDING)
		return fail_stray("budget_ppm", "what is to be sampled");
	if (o->flight_sec && o->target == PDIAG_TARGET_RECORDING)
		return fail_stray("flight_sec", "what is to be sampled");
	if (o->off_cpu_min_ns && !(o->events & PDIAG_OFF_CPU))
		return pdiag_fail(EINVAL,
			"off_cpu_min_ns is set, but off-CPU sampling is not asked "
			"for; add PDIAG_OFF_CPU to events");
	return 0;
}

static int check_numbers(const struct pdiag_capture_options *o)
{
	if (o->events & ~(PDIAG_ON_CPU | PDIAG_OFF_CPU))
		return pdiag_fail(
			EINVAL, "events is %#x; use PDIAG_ON_CPU and PDIAG_OFF_CPU", o->events);
	if (o->source > PDIAG_SOURCE_KMOD)
		return pdiag_fail(EINVAL, "source is %u, which is no enum pdiag_source_id",
			o->source);
	if (o->budget_ppm > PDIAG_MAX_PPM)
		return pdiag_fail(EINVAL, "budget_ppm is %u; give 1 to %u millionths of a CPU",
			o->budget_ppm, PDIAG_MAX_PPM);
	if (o->flight_sec > PDIAG_MAX_FLIGHT_SEC)
		return pdiag_fail(EINVAL, "flight_sec is %u; give 1 to %u seconds", o->flight_sec,
			PDIAG_MAX_FLIGHT_SEC);
	if (o->reserved)
		return pdiag_fail(EINVAL, "reserved is %u; leave it zero", o->reserved);
	if (o->flags & ~FLAGS)
		return pdiag_fail(EINVAL, "flags is %#x; use PDIAG_USER_ONLY, PDIAG_NO_INHERIT, "
			"PDIAG_WAKERS and PDIAG_SHORT_WAITS", o->flags);
	if (o->hz > PDIAG_MAX_HZ)
		return pdiag_fail(
			EINVAL, "hz is %u; give 1 to %u samples a second", o->hz, PDIAG_MAX_HZ);
	if (o->max_depth > PDIAG_MAX_DEPTH)
		return pdiag_fail(EINVAL, "max_depth is %u; give 1 to %u frames", o->max_depth,
			PDIAG_MAX_DEPTH);
	if (o->buffer_bytes > MAX_BUFFER)
		return pdiag_fail(EINVAL, "buffer_bytes is %llu; give at most %llu a CPU",
			(unsigned long long)o->buffer_bytes, MAX_BUFFER);
	if (o->cpus && o->target != PDIAG_TARGET_SYSTEM && o->target != PDIAG_TARGET_CGROUP)
		return pdiag_fail(
			EINVAL, "cpus can be chosen for the whole machine or a cgroup only");
	if (o->events & PDIAG_OFF_CPU && o->flags & PDIAG_USER_ONLY)
		return pdiag_fail(EINVAL,
			"off-CPU sampling sees the kernel switch tasks; it cannot be "
			"PDIAG_USER_ONLY");
	return 0;
}

int pdiag_capture_config(struct pdiag *context, const struct pdiag_capture_options *options,
	struct pdiag_source_config *c, int **cpus, uint64_t *off_cpu_min_ns)
{
	struct pdiag_capture_options o;
	int ret;

	*cpus = NULL;
	ret = PDIAG_OPTIONS_COPY(&o, options, flags);
	if (!ret)
		ret = check_target(&o);
	if (!ret)
		ret = check_strays(&o);
	if (!ret)
		ret = check_numbers(&o);
	if (ret)
		return ret;
	*c = (struct pdiag_source_config){
		.context = context,
		.target = o.target,
		.source = o.source,
		.pid = o.pid,
		.argv = o.argv,
		.cgroup = o.cgroup,
		.path = o.path,
		.buffer_bytes = o.buffer_bytes,
		.off_cpu_min_ns = o.off_cpu_min_ns,
		.flags = o.flags,
		.budget_ppm = o.budget_ppm,
		.flight_sec = o.flight_sec,
		.events = o.events ? o.events : PDIAG_ON_CPU,
		.hz = o.hz ? o.hz : PDIAG_DEFAULT_HZ,
		.max_depth = o.max_depth ? o.max_depth : PDIAG_DEFAULT_DEPTH,
	};
	*off_cpu_min_ns = o.off_cpu_min_ns;
	if (!o.cpus)
		return 0;
	ret = pdiag_cpu_list_parse(o.cpus, cpus, &c->cpu_count);
	c->cpus = *cpus;
	if (ret == -EINVAL)
		return pdiag_fail(EINVAL, "cpus is \"%s\"; give a list such as 0-3,8", o.cpus);
	return ret ? pdiag_fail_memory("reading a list of CPUs") : 0;
}
