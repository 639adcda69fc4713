/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the registry tells. */
#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "metric/metric.h"
#include "util/clock.h"


uint32_t pdiag_metrics_count(const struct pdiag_metrics *m)
{
	return m->count;
}

int pdiag_metrics_find(const struct pdiag_metrics *m, const char *name)
{
	pdiag_error_clear();
	for (uint32_t i = 0; i < m->count; i++)
		if (!strcmp(m->metrics[i].name, name))
			return (int)i;
	return pdiag_fail(ENOENT, "there is no metric %.80s among the families asked for; "
		"pdiag_metrics(3) lists them", name);
}

const struct pdiag_metric *pdiag_metrics_describe(const struct pdiag_metrics *m, uint32_t index)
{
	return index < m->count ? &m->metrics[index] : NULL;
}

const struct pdiag_metric_value *pdiag_metrics_value(const struct pdiag_metrics *m, uint32_t index)
{
	return index < m->count ? &m->values[index] : NULL;
}

int pdiag_metrics_get_info(const struct pdiag_metrics *m, struct pdiag_metrics_info *info)
{
	struct pdiag_metrics_info known = m->info;

	pdiag_error_clear();
	known.bytes += m->history.bytes + m->text_cap;
	for (uint32_t i = 0; i < m->file_count; i++)
		known.bytes += m->files[i].devices.cap * sizeof(struct pdiag_metric_device);
	for (uint32_t i = 0; i < m->count; i++)
		known.available += m->metrics[i].available;
	return PDIAG_INFO_COPY(info, &known, available, "pdiag_metrics_info");
}

int pdiag_metrics_each_point(const struct pdiag_metrics *m, uint32_t index, uint64_t from_ns,
	uint64_t to_ns, uint32_t step_s, pdiag_metric_point_fn fn, void *user)
{
	pdiag_error_clear();
	if (index >= m->count || step_s > 60)
		return pdiag_fail(EINVAL, "pdiag_metrics_each_point: index is %u of %u metrics; "
			"step_s is %u, and no step is longer than 60", index, m->count, step_s);
	return pdiag_history_each(&m->history, (uint32_t)m->bases[index].column, from_ns, to_ns,
		step_s * PDIAG_SECOND_NS, fn, user);
}
