/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry: made of the readers that were asked for. */
#include "metric/metric.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "util/array.h"
#include "util/clock.h"

static const struct pdiag_metric_reader *const readers[] = {
	&pdiag_metric_loadavg, &pdiag_metric_stat, &pdiag_metric_schedstat,
	&pdiag_metric_pressure_cpu, &pdiag_metric_pressure_memory, &pdiag_metric_pressure_io,
	&pdiag_metric_busiest, &pdiag_metric_pressure_irq, &pdiag_metric_meminfo,
	&pdiag_metric_vmstat,
	&pdiag_metric_diskstats, &pdiag_metric_net_dev, &pdiag_metric_net_snmp,
	&pdiag_metric_net_netstat, &pdiag_metric_net_softnet, &pdiag_metric_cg_cpu,
	&pdiag_metric_cg_current, &pdiag_metric_cg_max, &pdiag_metric_cg_swap,
	&pdiag_metric_cg_memory, &pdiag_metric_cg_events, &pdiag_metric_cg_io,
	&pdiag_metric_cg_pids, &pdiag_metric_cg_pressure_cpu, &pdiag_metric_cg_pressure_memory,
	&pdiag_metric_cg_pressure_io, &pdiag_metric_pid_stat, &pdiag_metric_pid_status,
	&pdiag_metric_pid_schedstat, &pdiag_metric_pid_io,
};

const struct pdiag_metric_reader *const *pdiag_metric_readers(uint32_t *count)
{
	*count = PDIAG_COUNT(readers);
	return readers;
}

/* ---- making ---- */

static uint64_t machine_now(void *user, clockid_t id)
{
	(void)user;
	return pdiag_clock_ns(id);
}

static int open_root(struct pdiag_metrics *m, const char *root)
{
	const char *path = root && *root ? root : "/";

	m->root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (m->root_fd >= 0)
		return 0;
	return pdiag_fail(errno, "cannot open %s, the root of proc and sys: %s", path,
		strerror(errno));
}

static int find_cgroup(struct pdiag_metrics *m, const char *cgroup)
{
	char path[PDIAG_METRIC_PATH];
	int ret = pdiag_metric_cgroup_find(m->root_fd, cgroup, path, sizeof(path));

	if (ret)
		return ret;
	m->cgroup = strdup(path);
	return m->cgroup ? 0 : pdiag_fail_memory("making metrics");
}

static int allocate(struct pdiag_metrics *m, uint32_t families)
{
	for (size_t i = 0; i < PDIAG_COUNT(readers); i++)
		if (readers[i]->family & families) {
			m->file_count++;
			m->count += readers[i]->count;
		}
	m->files = calloc(m->file_count, sizeof(*m->files));
	m->metrics = calloc(m->count, sizeof(*m->metrics));
	m->values = calloc(m->count, sizeof(*m->values));
	m->bases = calloc(m->count, sizeof(*m->bases));
	if (!m->files || !m->metrics || !m->values || !m->bases) {
		/* Not to be closed. */
		m->file_count = 0;
		return pdiag_fail_memory("making metrics");
	}
	m->info.bytes = m->file_count * sizeof(*m->files) + m->count * (sizeof(*m->metrics) +
		sizeof(*m->values) + sizeof(*m->bases)) + sizeof(*m);
	return 0;
}

static void list_readers(struct pdiag_metrics *m, uint32_t families)
{
	struct pdiag_metric_file *f = m->files;
	uint32_t next = 0;

	for (size_t i = 0; i < PDIAG_COUNT(readers); i++) {
		if (!(readers[i]->family & families))
			continue;
		*f = (struct pdiag_metric_file){ .reader = readers[i], .fd = -1,
			.root_fd = m->root_fd, .first = next };
		for (uint32_t k = 0; k < readers[i]->count; k++, next++) {
			m->metrics[next] = (struct pdiag_metric){ .name = readers[i]->defs[k].name,
				.unit = readers[i]->defs[k].unit,
				.description = readers[i]->defs[k].description,
				.reason = "", .kind = readers[i]->defs[k].kind,
				.family = readers[i]->family };
			m->values[next].value = NAN;
			m->bases[next].column = -1;
		}
		f++;
	}
}

static void set_reasons(struct pdiag_metrics *m, const struct pdiag_metric_file *f)
{
	for (uint32_t k = 0; k < f->reader->count; k++) {
		const char *lacks = f->reader->defs[k].lacks;

		if (!m->metrics[f->first + k].available)
			m->metrics[f->first + k].reason =
				*f->why ? f->why : lacks ? lacks : f->lacks;
	}
}

/* 0, or what makes all of it fail: a limit of this process, not of the machine. */
static int open_file(
	struct pdiag_metrics *m, struct pdiag_metric_file *f, int dir_fd, const char *dir)
{
	bool sampled = !f->reader->path && m->sampled.busiest;
	int ret = sampled ? 0 : pdiag_metric_file_open(f, dir_fd, dir);

	if (!ret) {
		ret = pdiag_metric_file_sample(m, f);
		if (ret || f->empty)
			pdiag_metric_file_why(f, dir, -ret);
	}
	if (ret == -ENOMEM)
		return pdiag_fail_memory("making metrics");
	if (ret == -EMFILE || ret == -ENFILE)
		return pdiag_fail(-ret, "no descriptor for %s/%s: %s; raise RLIMIT_NOFILE (ulimit "
			"-n)", dir, f->reader->path, strerror(-ret));
	set_reasons(m, f);
	return 0;
}

static int open_files(
	struct pdiag_metrics *m, uint32_t families, const char *path, const char *name)
{
	pdiag_auto_close int fd = pdiag_metric_open_dir(m->root_fd, path);
	int ret = 0;

	if (fd == -EMFILE || fd == -ENFILE)
		return pdiag_fail(-fd, "no descriptor for %s: %s; raise RLIMIT_NOFILE (ulimit -n)",
			name, strerror(-fd));
	if (fd < 0 && families == PDIAG_METRICS_PROCESS)
		return pdiag_fail(ESRCH, "there is no process %s", path + strlen("proc/"));
	for (uint32_t i = 0; i < m->file_count && !ret; i++)
		if (m->files[i].reader->family & families)
			ret = open_file(m, &m->files[i], fd, name);
	return ret;
}

static int open_all(struct pdiag_metrics *m, const struct pdiag_metrics_options *o)
{
	const char *root = o->root && strcmp(o->root, "/") ? o->root : "";
	char path[32];
	int ret;

	ret = open_files(m, PDIAG_METRICS_MACHINE, ".", root);
	if (!ret && o->cgroup)
		ret = open_files(m, PDIAG_METRICS_CGROUP, m->cgroup, o->cgroup);
	if (!ret && o->pid) {
		snprintf(path, sizeof(path), "proc/%d", o->pid);
		ret = open_files(m, PDIAG_METRICS_PROCESS, path, path);
	}
	return ret;
}

/* What may never be there takes no room; what a cgroup lacks now it may have later. */
static int make_history(struct pdiag_metrics *m, const struct pdiag_metrics_options *o)
{
	uint32_t columns = 0;

	if (o->flags & PDIAG_METRICS_NO_HISTORY)
		return 0;
	for (uint32_t i = 0; i < m->count; i++)
		if (m->metrics[i].available || m->metrics[i].family == PDIAG_METRICS_CGROUP)
			m->bases[i].column = (int32_t)columns++;
	if (pdiag_history_init(&m->history, columns, o->history_s))
		return pdiag_fail_memory("making the history of metrics");
	return 0;
}

static void destroy(struct pdiag_child *child)
{
	struct pdiag_metrics *m = pdiag_container(child, struct pdiag_metrics, child);

	for (uint32_t i = 0; i < m->file_count; i++) {
		if (m->files[i].fd >= 0)
			close(m->files[i].fd);
		pdiag_metric_devices_free(&m->files[i].devices);
	}
	if (m->root_fd >= 0)
		close(m->root_fd);
	pdiag_history_free(&m->history);
	free(m->files);
	free(m->metrics);
	free(m->values);
	free(m->bases);
	free(m->cgroup);
	free(m->text);
	free(m);
}

void pdiag_metrics_free(struct pdiag_metrics *m)
{
	if (!m)
		return;
	pdiag_child_remove(&m->child);
	destroy(&m->child);
}

int pdiag_metrics_make(struct pdiag *context, const struct pdiag_metrics_options *options,
	const struct pdiag_metric_clock *clock, const struct pdiag_metric_sampled *sampled,
	struct pdiag_metrics **out)
{
	struct pdiag_metrics_options o;
	struct pdiag_metrics *m;
	int ret = pdiag_metrics_options_check(&o, options);

	if (ret)
		return ret;
	m = calloc(1, sizeof(*m));
	if (!m)
		return pdiag_fail_memory("making metrics");
	m->context = context;
	m->root_fd = -1;
	m->clock = clock ? *clock : (struct pdiag_metric_clock){ .now = machine_now };
	if (sampled)
		m->sampled = *sampled;
	m->interval_ns = o.interval_ms * 1000000ull;
	ret = open_root(m, o.root);
	if (!ret && o.cgroup)
		ret = find_cgroup(m, o.cgroup);
	if (!ret)
		ret = allocate(m, o.families);
	if (!ret) {
		list_readers(m, o.families);
		pdiag_metric_stamp(m);
		ret = open_all(m, &o);
	}
	if (!ret)
		ret = make_history(m, &o);
	if (ret) {
		destroy(&m->child);
		return ret;
	}
	pdiag_child_add(context, &m->child, destroy);
	*out = m;
	return 0;
}

int pdiag_metrics_new(struct pdiag *context, const struct pdiag_metrics_options *options,
	struct pdiag_metrics **out)
{
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	return ret ? ret : pdiag_metrics_make(context, options, NULL, NULL, out);
}
