// SPDX-License-Identifier: GPL-2.0-only
/* Probes as a session has them: described, attached, started, stopped, read. */
#include "probe.h"

#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hooks.h"
#include "probe_kit.h"

/* One place for each probe that there is. */
struct pdiag_probes {
	u32 count;
	struct pdiag_probe_run *run[];
};

void pdiag_probe_init(void)
{
	pdiag_probe_timer_init();
}

void pdiag_probe_exit(void)
{
	pdiag_probe_timer_exit();
}

u32 pdiag_probe_count(void)
{
	u32 count = 0;

	while (pdiag_probes[count])
		count++;
	return count;
}

static const struct pdiag_probe *probe_at(u32 index)
{
	u32 count = pdiag_probe_count();

	return index < count ? pdiag_probes[array_index_nospec(index, count)] : NULL;
}

static void describe_needs(const struct pdiag_probe *probe, char *text, size_t size)
{
	size_t used = 0;
	u32 i;

	for (i = 0; i < PDIAG_PROBE_HOOKS && probe->hook[i].kind; i++) {
		used += scnprintf(text + used, size - used, "%s", i ? ", " : "");
		pdiag_probe_hook_text(&probe->hook[i], text + used, size - used);
		used += strlen(text + used);
	}
}

/* True, with the reason in `why`: it cannot work here. */
static bool not_here(const struct pdiag_probe *probe, char *why, size_t size)
{
	const char *reason = probe->why ? probe->why() : NULL;
	u32 i;

	if (reason) {
		strscpy(why, reason, size);
		return true;
	}
	for (i = 0; i < PDIAG_PROBE_HOOKS && probe->hook[i].kind; i++)
		if (pdiag_probe_hook_why(&probe->hook[i], why, size))
			return true;
	return false;
}

static u32 param_count(const struct pdiag_probe *probe)
{
	u32 count = 0;

	while (count < PDIAG_KMOD_PARAMS && probe->param[count].name[0])
		count++;
	return count;
}

int pdiag_probe_describe(struct pdiag_kmod_probe_info *info)
{
	const struct pdiag_probe *probe = probe_at(info->index);
	u32 size = info->size, index = info->index;

	if (!probe || info->reserved)
		return -EINVAL;
	memset(info, 0, sizeof(*info));
	info->size = size;
	info->index = index;
	strscpy(info->name, probe->name, sizeof(info->name));
	strscpy(info->unit, probe->unit, sizeof(info->unit));
	strscpy(info->text, probe->text, sizeof(info->text));
	describe_needs(probe, info->needs, sizeof(info->needs));
	info->available = !not_here(probe, info->why, sizeof(info->why));
	info->params = param_count(probe);
	memcpy(info->param, probe->param, sizeof(info->param));
	for (; info->args < PDIAG_KMOD_ARGS_MAX && probe->arg[info->args]; info->args++)
		strscpy(info->arg[info->args], probe->arg[info->args], sizeof(info->arg[0]));
	return 0;
}

static int take_params(struct pdiag_probe_run *run, const struct pdiag_kmod_probe *request)
{
	u32 i, params = param_count(run->probe);

	for (i = 0; i < PDIAG_KMOD_PARAMS; i++) {
		const struct pdiag_kmod_param *param = &run->probe->param[i];

		run->param[i] = request->param[i];
		if (i >= params) {
			if (request->param[i])
				return -EINVAL;
		} else if (!request->param[i]) {
			run->param[i] = param->def;
		} else if (request->param[i] < param->min || request->param[i] > param->max) {
			return -EINVAL;
		}
	}
	return 0;
}

static void run_free(struct pdiag_probe_run *run)
{
	if (run)
		free_percpu(run->cpus);
	kvfree(run);
}

static struct pdiag_probe_run *run_new(struct pdiag_session *session,
	const struct pdiag_probe *probe, u32 index)
{
	size_t size = sizeof(struct pdiag_probe_run) + round_up(probe->state_size, sizeof(u64));
	size_t cpu_size = sizeof(struct pdiag_probe_cpu) + round_up(probe->cpu_size, sizeof(u64));
	struct pdiag_probe_run *run = kvzalloc(size, GFP_KERNEL);
	unsigned int cpu;

	if (!run)
		return NULL;
	run->cpus = __alloc_percpu(cpu_size, L1_CACHE_BYTES);
	if (!run->cpus) {
		run_free(run);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		per_cpu_ptr(run->cpus, cpu)->run = run;
	run->probe = probe;
	run->session = session;
	run->index = index;
	session->total_bytes += size + num_possible_cpus() * cpu_size;
	return run;
}

static int run_start(struct pdiag_probe_run *run)
{
	int err = run->probe->start ? run->probe->start(run) : 0;

	if (err)
		return err;
	/* From here on it is to be stopped, whatever becomes of it. */
	run->started = true;
	return pdiag_probe_hook_all(run);
}

static int probes_new(struct pdiag_session *session)
{
	u32 count = pdiag_probe_count();
	struct pdiag_probes *probes;

	if (session->probes)
		return 0;
	probes = kzalloc(struct_size(probes, run, count), GFP_KERNEL);
	if (!probes)
		return -ENOMEM;
	probes->count = count;
	session->probes = probes;
	return 0;
}

/* After its hooks are off and no call of them is at work. */
static void run_stopped(struct pdiag_probe_run *run)
{
	if (run->started && run->probe->stop)
		run->probe->stop(run);
	run->started = false;
}

static int attach_now(struct pdiag_probe_run *run)
{
	int err = run_start(run);

	if (!err)
		return 0;
	pdiag_hook_sync();
	run_stopped(run);
	return err;
}

int pdiag_probe_attach(struct pdiag_session *session, const struct pdiag_kmod_probe *request)
{
	const struct pdiag_probe *probe = probe_at(request->index);
	char why[PDIAG_KMOD_WHY_LEN];
	struct pdiag_probe_run *run;
	int err;

	if (!probe)
		return -EINVAL;
	if (not_here(probe, why, sizeof(why)))
		return -EOPNOTSUPP;
	err = probes_new(session);
	if (err)
		return err;
	if (session->probes->run[request->index])
		return -EEXIST;
	run = run_new(session, probe, request->index);
	if (!run)
		return -ENOMEM;
	err = take_params(run, request);
	if (!err && session->running)
		err = attach_now(run);
	if (err)
		run_free(run);
	else
		session->probes->run[request->index] = run;
	return err;
}

static void add(struct pdiag_kmod_histogram *histogram, const struct pdiag_probe_cpu *own)
{
	u32 i;

	histogram->count += READ_ONCE(own->count);
	histogram->sum += READ_ONCE(own->sum);
	histogram->max = max(histogram->max, READ_ONCE(own->max));
	histogram->events += READ_ONCE(own->events);
	for (i = 0; i < ARRAY_SIZE(own->bucket); i++)
		histogram->bucket[i] += READ_ONCE(own->bucket[i]);
}

int pdiag_probe_histogram(struct pdiag_session *session, struct pdiag_kmod_histogram *histogram)
{
	struct pdiag_probes *probes = session->probes;
	u32 size = histogram->size, index = histogram->index;
	struct pdiag_probe_run *run;
	unsigned int cpu;

	if (!probe_at(index))
		return -EINVAL;
	run = probes ? probes->run[array_index_nospec(index, probes->count)] : NULL;
	if (!run)
		return -ENOENT;
	memset(histogram, 0, sizeof(*histogram));
	histogram->size = size;
	histogram->index = index;
	histogram->missed = pdiag_probe_missed(run);
	for_each_possible_cpu(cpu)
		add(histogram, per_cpu_ptr(run->cpus, cpu));
	return 0;
}

int pdiag_probe_start(struct pdiag_session *session)
{
	struct pdiag_probes *probes = session->probes;
	int err = 0;
	u32 i;

	for (i = 0; !err && probes && i < probes->count; i++)
		if (probes->run[i])
			err = run_start(probes->run[i]);
	return err;
}

void pdiag_probe_stop(struct pdiag_session *session)
{
	struct pdiag_probes *probes = session->probes;
	u32 i;

	if (!probes)
		return;
	for (i = 0; i < probes->count; i++)
		if (probes->run[i])
			pdiag_probe_unhook_all(probes->run[i]);
	pdiag_hook_sync();
	for (i = 0; i < probes->count; i++)
		if (probes->run[i])
			run_stopped(probes->run[i]);
}

void pdiag_probe_free(struct pdiag_session *session)
{
	struct pdiag_probes *probes = session->probes;
	u32 i;

	for (i = 0; probes && i < probes->count; i++)
		run_free(probes->run[i]);
	kfree(probes);
	session->probes = NULL;
}
