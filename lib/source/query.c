/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the sources can do here. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pdiag/source.h>

#include "core/error.h"
#include "core/options.h"
#include "source/kmod_device.h"
#include "source/perf_event.h"
#include "util/array.h"

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* ---- perf ---- */

struct perf_try {
	const char *name, *text;
	uint32_t type;
	uint64_t config;
	bool kernel, machine, backward;
};

static const struct perf_try perf_features[] = {
	{ "timer", "on-CPU samples by a timer", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK,
		false, false, false },
	{ "cycles", "on-CPU samples by a hardware counter", PERF_TYPE_HARDWARE,
		PERF_COUNT_HW_CPU_CYCLES, false, false, false },
	{ "kernel", "kernel frames", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, true, false,
		false },
	{ "off-cpu", "time away from the CPU", PERF_TYPE_SOFTWARE,
		PERF_COUNT_SW_CONTEXT_SWITCHES, true, false, false },
	{ "machine", "the whole machine, or a cgroup", PERF_TYPE_SOFTWARE,
		PERF_COUNT_SW_CPU_CLOCK, false, true, false },
	{ "flight", "a flight recorder", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, false, false,
		true },
};

/* 0 or a negative errno. */
static int try_perf(const struct perf_try *t)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .type = t->type,
		.config = t->config, .sample_period = 1000000, .disabled = 1,
		.exclude_kernel = !t->kernel, .exclude_hv = 1,
		.write_backward = t->backward };
	int fd = pdiag_perf_event_open(&attr, t->machine ? -1 : 0, t->machine ? 0 : -1,
		PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void perf_why(int err, char *why, size_t size)
{
	struct pdiag_perf_limits limits;

	switch (-err) {
	case 0:
		why[0] = '\0';
		break;
	case EACCES:
	case EPERM:
		pdiag_perf_limits_read(&limits);
		snprintf(why, size, "it needs the capability CAP_PERFMON, or a lower "
			"kernel.perf_event_paranoid (it is %ld)", limits.paranoid);
		break;
	case ENOENT:
	case ENODEV:
		copy(why, size, "this machine has no such hardware counter");
		break;
	case ENOSYS:
	case EOPNOTSUPP:
		copy(why, size, "this kernel has no perf events (CONFIG_PERF_EVENTS)");
		break;
	default:
		copy(why, size, strerror(-err));
		break;
	}
}

static void query_perf(struct pdiag_source_info *info)
{
	int ret = try_perf(&perf_features[0]);

	copy(info->name, sizeof(info->name), "perf");
	info->source = PDIAG_SOURCE_PERF;
	info->available = !ret;
	info->features = ret ? 0 : PDIAG_COUNT(perf_features);
	perf_why(ret, info->why, sizeof(info->why));
}

static int each_perf(pdiag_source_feature_fn fn, void *user)
{
	struct pdiag_source_feature feature;
	char why[256];
	int ret = 0;

	for (size_t i = 0; i < PDIAG_COUNT(perf_features) && !ret; i++) {
		ret = try_perf(&perf_features[i]);
		perf_why(ret, why, sizeof(why));
		feature = (struct pdiag_source_feature){ .name = perf_features[i].name,
			.text = perf_features[i].text, .why = why, .available = !ret };
		ret = fn(user, &feature);
	}
	return ret;
}

/* ---- kmod ---- */

/* What those are that this release knows; a later module names more. */
static const struct {
	const char *name, *text;
} kmod_features[] = {
	[PDIAG_KMOD_FEATURE_TIMER] = { "timer", "on-CPU samples by a timer" },
	[PDIAG_KMOD_FEATURE_CYCLES] = { "cycles", "on-CPU samples by a hardware counter" },
	[PDIAG_KMOD_FEATURE_OFF_CPU] = { "off-cpu", "time away from the CPU" },
	[PDIAG_KMOD_FEATURE_INHERIT] = { "inherit", "new threads and children are followed" },
	[PDIAG_KMOD_FEATURE_CGROUP] = { "cgroup", "sampling of a cgroup" },
	[PDIAG_KMOD_FEATURE_TASKS] = { "tasks", "task dumps" },
	[PDIAG_KMOD_FEATURE_TASK_KERNEL] = { "task-kernel", "task dumps with kernel stacks" },
	[PDIAG_KMOD_FEATURE_TASK_USER] = { "task-user", "task dumps with user stacks" },
	[PDIAG_KMOD_FEATURE_FLIGHT] = { "flight", "a flight recorder" },
	[PDIAG_KMOD_FEATURE_USER_PART] = { "user-part", "callers that frame pointers skip" },
	[PDIAG_KMOD_FEATURE_SHORT_WAITS] = { "short-waits", "short waits sampled by their time" },
};

_Static_assert(PDIAG_COUNT(kmod_features) == PDIAG_KMOD_FEATURES, "a text for each feature");

/* Those of this library and of the module, whichever knows more. */
static uint32_t kmod_count(const struct pdiag_kdevice *d)
{
	/* More is a mistake, and would be a long walk. */
	uint32_t count = d->version.features < 1024 ? d->version.features : 1024;

	return count > PDIAG_KMOD_FEATURES ? count : PDIAG_KMOD_FEATURES;
}

static void query_kmod(struct pdiag_source_info *info)
{
	struct pdiag_kdevice d;
	int ret = pdiag_kdevice_open(&d);

	copy(info->name, sizeof(info->name), "kmod");
	info->source = PDIAG_SOURCE_KMOD;
	info->available = !ret;
	if (ret) {
		copy(info->why, sizeof(info->why), pdiag_errmsg());
		return;
	}
	info->features = kmod_count(&d);
	info->abi = d.version.abi;
	info->schema = d.version.schema;
	info->probes = d.version.probes;
	copy(info->release, sizeof(info->release), d.version.release);
	pdiag_kdevice_close(&d);
}

static int each_kmod(pdiag_source_feature_fn fn, void *user)
{
	struct pdiag_source_feature feature;
	struct pdiag_kmod_feature known;
	struct pdiag_kdevice d;
	int ret = 0;

	if (pdiag_kdevice_open(&d))
		return 0;
	for (uint32_t i = 0; i < kmod_count(&d) && !ret; i++) {
		ret = pdiag_kdevice_feature(&d, i, &known);
		if (ret)
			break;
		feature = (struct pdiag_source_feature){ .name = known.name, .text = "",
			.why = known.why, .available = !!known.available };
		if (i < PDIAG_KMOD_FEATURES) {
			feature.name = kmod_features[i].name;
			feature.text = kmod_features[i].text;
		}
		ret = fn(user, &feature);
	}
	pdiag_kdevice_close(&d);
	return ret;
}

/* ---- both ---- */

static int check(const struct pdiag *context, uint32_t source, const char *call)
{
	if (!context)
		return pdiag_fail(EINVAL, "%s: context is NULL; give one that was made before",
			call);
	if (source > PDIAG_SOURCE_KMOD)
		return pdiag_fail(EINVAL, "%s: source is %u, which is no enum pdiag_source_id",
			call, source);
	return 0;
}

static void query(uint32_t source, struct pdiag_source_info *info)
{
	*info = (struct pdiag_source_info){ .size = sizeof(*info) };
	if (source != PDIAG_SOURCE_PERF)
		query_kmod(info);
	if (source == PDIAG_SOURCE_PERF || (source == PDIAG_SOURCE_AUTO && !info->available)) {
		*info = (struct pdiag_source_info){ .size = sizeof(*info) };
		query_perf(info);
	}
	pdiag_error_clear();
}

int pdiag_source_query(struct pdiag *context, uint32_t source, struct pdiag_source_info *info)
{
	struct pdiag_source_info known;
	int ret;

	pdiag_error_clear();
	ret = check(context, source, __func__);
	if (ret)
		return ret;
	query(source, &known);
	return PDIAG_INFO_COPY(info, &known, why, "pdiag_source_info");
}

int pdiag_source_each_feature(
	struct pdiag *context, uint32_t source, pdiag_source_feature_fn fn, void *user)
{
	struct pdiag_source_info info;
	int ret;

	pdiag_error_clear();
	ret = check(context, source, __func__);
	if (ret)
		return ret;
	query(source, &info);
	if (!info.available)
		return 0;
	ret = info.source == PDIAG_SOURCE_KMOD ? each_kmod(fn, user) : each_perf(fn, user);
	if (!ret)
		pdiag_error_clear();
	return ret;
}
