/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A probe from its making to its end. */
#include "probe/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "core/options.h"
#include "source/kmod_device.h"
#include "util/clock.h"
#include "util/cpu_list.h"

_Static_assert(sizeof(struct pdiag_probe_options) == 88, "no holes in struct pdiag_probe_options");
_Static_assert(sizeof(struct pdiag_probe_event) == 72, "no holes in struct pdiag_probe_event");
_Static_assert(sizeof(struct pdiag_probe_info) == 72, "no holes in struct pdiag_probe_info");

#define DEPTH 127u

static void destroy(struct pdiag_child *child)
{
	struct pdiag_probe *p = pdiag_container(child, struct pdiag_probe, child);

	if (p->source)
		p->source->ops->close(p->source);
	pdiag_pipeline_free(&p->pipeline);
	free(p->reasons);
	free(p);
}

static int check(const struct pdiag_probe_options *o)
{
	uint32_t target = o->target;

	if (!o->name || !o->name[0])
		return pdiag_fail(EINVAL, "pdiag_probe_options: name is empty; give that of a "
			"probe");
	if (o->reserved)
		return pdiag_fail(EINVAL, "pdiag_probe_options: reserved must be 0");
	if (target && target != PDIAG_TARGET_SYSTEM && target != PDIAG_TARGET_PROCESS &&
		target != PDIAG_TARGET_THREAD && target != PDIAG_TARGET_CGROUP)
		return pdiag_fail(EINVAL, "pdiag_probe_options: target is %u; probes look at the "
			"whole machine, a process, a thread or a cgroup", target);
	if ((target == PDIAG_TARGET_PROCESS || target == PDIAG_TARGET_THREAD) != (o->pid > 0))
		return pdiag_fail(EINVAL, "pdiag_probe_options: pid is %d; give it for a process "
			"or a thread, and for them only", o->pid);
	if ((target == PDIAG_TARGET_CGROUP) != (o->cgroup && o->cgroup[0]))
		return pdiag_fail(EINVAL, "pdiag_probe_options: give cgroup with the target "
			"PDIAG_TARGET_CGROUP, and only with it");
	if (o->cpus && (target == PDIAG_TARGET_PROCESS || target == PDIAG_TARGET_THREAD))
		return pdiag_fail(EINVAL, "pdiag_probe_options: cpus can be chosen for the whole "
			"machine or a cgroup only");
	return 0;
}

/* Its index, and its description in p->text. */
static int find(struct pdiag_probe *p, const char *name)
{
	struct pdiag_kdevice device;
	uint32_t i;
	int ret = pdiag_kdevice_open(&device);

	if (ret)
		return ret;
	for (i = 0; i < device.version.probes; i++) {
		ret = pdiag_kdevice_probe(&device, i, &p->text.raw);
		if (ret || !strcmp(p->text.raw.name, name))
			break;
	}
	if (!ret && i == device.version.probes)
		ret = pdiag_fail(EINVAL, "the kernel module has no probe \"%.64s\"; "
			"pdiag_probe_each() lists those it has", name);
	pdiag_kdevice_close(&device);
	if (ret)
		return ret;
	pdiag_probe_text_make(&p->text);
	if (p->text.info.available)
		return 0;
	return pdiag_fail(EOPNOTSUPP, "the probe %s does not work here: %s", p->text.info.name,
		p->text.info.why);
}

static int check_params(const struct pdiag_probe_info *info, const struct pdiag_probe_options *o)
{
	for (uint32_t i = 0; i < PDIAG_PROBE_PARAMS; i++) {
		const struct pdiag_probe_param *param = &info->params[i];

		if (!o->param[i])
			continue;
		if (i >= info->param_count)
			return pdiag_fail(EINVAL, "the probe %s has no parameter %u", info->name,
				i + 1);
		if (o->param[i] < param->min || o->param[i] > param->max)
			return pdiag_fail(EINVAL, "%s of the probe %s is %llu; give %llu to %llu "
				"(%s)", param->name, info->name,
				(unsigned long long)o->param[i], (unsigned long long)param->min,
				(unsigned long long)param->max, param->text);
	}
	return 0;
}

static int attach(struct pdiag_probe *p, const struct pdiag_probe_options *o)
{
	struct pdiag_kmod_probe request = { .index = p->text.raw.index };
	int ret = check_params(&p->text.info, o);

	memcpy(request.param, o->param, sizeof(request.param));
	return ret ? ret : pdiag_ksession_probe(pdiag_source_kmod_session(p->source), &request);
}

static int open_source(struct pdiag_probe *p, const struct pdiag_probe_options *o)
{
	struct pdiag_source_config config = {
		.context = p->context, .source = PDIAG_SOURCE_KMOD,
		.target = o->target ? o->target : PDIAG_TARGET_SYSTEM, .pid = o->pid,
		.cgroup = o->cgroup, .buffer_bytes = o->buffer_bytes,
		.max_depth = o->max_depth ? o->max_depth : DEPTH,
	};
	int *cpus = NULL;
	int ret = 0;

	if (o->cpus)
		ret = pdiag_cpu_list_parse(o->cpus, &cpus, &config.cpu_count);
	if (ret)
		return ret == -EINVAL ? pdiag_fail(EINVAL, "cpus is \"%s\"; give a list such as "
			"0-3,8", o->cpus) : pdiag_fail_memory("reading a list of CPUs");
	config.cpus = cpus;
	ret = pdiag_source_kmod.open(&config, &p->source);
	free(cpus);
	return ret;
}

static int make(struct pdiag_probe *p, const struct pdiag_probe_options *o)
{
	int ret = find(p, o->name);

	if (!ret)
		ret = pdiag_pipeline_init(&p->pipeline, p->context, true);
	if (!ret)
		ret = open_source(p, o);
	if (!ret)
		ret = attach(p, o);
	if (ret)
		return ret;
	p->pipeline.max_depth = p->source->state.max_depth;
	return 0;
}

int pdiag_probe_new(struct pdiag *context, const struct pdiag_probe_options *options,
	struct pdiag_probe **out)
{
	struct pdiag_probe_options o;
	struct pdiag_probe *p;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (!ret)
		ret = PDIAG_OPTIONS_COPY(&o, options, reserved);
	if (!ret)
		ret = check(&o);
	if (ret)
		return ret;
	if (pdiag_context_forked(context))
		return pdiag_fail(EPERM, "the context belongs to the process that fork() left; "
			"make one of your own with pdiag_open()");
	p = calloc(1, sizeof(*p));
	if (!p)
		return pdiag_fail_memory("making a probe");
	p->context = context;
	ret = make(p, &o);
	if (ret) {
		destroy(&p->child);
		return ret;
	}
	pdiag_child_add(context, &p->child, destroy);
	*out = p;
	return 0;
}

void pdiag_probe_free(struct pdiag_probe *probe)
{
	if (!probe)
		return;
	pdiag_child_remove(&probe->child);
	destroy(&probe->child);
}

const struct pdiag_probe_info *pdiag_probe_describe(const struct pdiag_probe *probe)
{
	return &probe->text.info;
}

static int fail_forked(void)
{
	return pdiag_fail(EPERM, "this probe belongs to the process that fork() left; make one of "
		"your own");
}

int pdiag_probe_start(struct pdiag_probe *p)
{
	/* Values that are no times: an event counts as one sample of 1 ns. */
	bool times = !strcmp(p->text.info.unit, "ns");
	struct pdiag_record begin = {
		.type = PDIAG_RECORD_INFO, .cpu = -1, .pid = -1, .tid = -1,
		.time = pdiag_clock_ns(CLOCK_MONOTONIC),
		.info = { .realtime = pdiag_clock_ns(CLOCK_REALTIME), .period_ns = times ? 0 : 1,
			.kernel = 1 },
	};
	int ret;

	pdiag_error_clear();
	if (pdiag_context_forked(p->context))
		return fail_forked();
	if (p->started)
		return pdiag_fail(EALREADY, "the probe has begun already; make a new one");
	if (pdiag_pipeline_record(&p->pipeline, &begin) < 0)
		return pdiag_fail_memory("starting a probe");
	p->started = true;
	ret = p->source->ops->start(p->source);
	if (ret) {
		p->source->ops->stop(p->source);
		p->stopped = true;
	}
	return ret;
}

int pdiag_probe_stop(struct pdiag_probe *p)
{
	pdiag_error_clear();
	if (pdiag_context_forked(p->context))
		return fail_forked();
	if (!p->started || p->stopped)
		return 0;
	p->stopped = true;
	p->pipeline.profile->end_time = pdiag_clock_ns(CLOCK_MONOTONIC);
	return p->source->ops->stop(p->source);
}

int pdiag_probe_fd(const struct pdiag_probe *probe)
{
	return probe->source->fd;
}

struct pdiag_profile *pdiag_probe_profile(struct pdiag_probe *probe)
{
	return probe->pipeline.profile;
}

int pdiag_probe_get_histogram(struct pdiag_probe *p, struct pdiag_probe_histogram *histogram)
{
	struct pdiag_ksession *session = pdiag_source_kmod_session(p->source);
	struct pdiag_probe_histogram known = { .size = sizeof(known) };
	struct pdiag_kmod_histogram raw = { .index = p->text.raw.index };
	struct pdiag_kmod_stats stats;
	int ret;

	pdiag_error_clear();
	ret = pdiag_ksession_histogram(session, &raw);
	if (!ret)
		ret = pdiag_ksession_stats(session, PDIAG_KMOD_ALL_RINGS, &stats);
	if (ret)
		return ret;
	known.count = raw.count;
	known.sum = raw.sum;
	known.max = raw.max;
	known.events = raw.events;
	known.missed = raw.missed;
	known.lost = stats.lost[PDIAG_KMOD_LOST_RING] + stats.lost[PDIAG_KMOD_LOST_BUDGET];
	memcpy(known.bucket, raw.bucket, sizeof(known.bucket));
	return PDIAG_INFO_COPY(histogram, &known, bucket, "pdiag_probe_histogram");
}
