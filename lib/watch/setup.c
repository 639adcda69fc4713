/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a watch looks at: rules that were read, metrics that were chosen, their detectors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "util/array.h"
#include "watch/setup.h"

static int add_rule(struct pdiag_watch *w, struct pdiag_watch_rule *r, const char *text)
{
	struct pdiag_watch_rule_text read;
	int ret = pdiag_watch_rule_read(text, w->cpus, &read), index;

	if (ret)
		return ret;
	index = pdiag_metrics_find(w->metrics, read.metric);
	if (index < 0)
		return pdiag_fail(ENOENT, "the rule \"%.200s\": there is no metric \"%s\"; those "
			"that there are pdiag_metrics_describe() tells", text, read.metric);
	r->index = (uint32_t)index;
	r->options = read.options;
	r->text = strdup(text);
	if (!r->text)
		return pdiag_fail_memory("reading a rule");
	return pdiag_rule_new(&r->options, &r->rule);
}

static int add_rules(struct pdiag_watch *w)
{
	const char *const *texts = w->options.rules;
	uint32_t count = 0;
	int ret = 0;

	while (texts && texts[count])
		count++;
	if (!count)
		return 0;
	w->rules = calloc(count, sizeof(*w->rules));
	if (!w->rules)
		return pdiag_fail_memory("reading rules");
	for (; !ret && w->rule_count < count; w->rule_count++)
		ret = add_rule(w, &w->rules[w->rule_count], texts[w->rule_count]);
	return ret;
}

/* Does the caller want it looked at? */
static bool is_wanted(const struct pdiag_watch *w, const struct pdiag_metric *m)
{
	const char *const *patterns = w->options.metrics;

	if (!patterns) {
		/* What happens outside of a cgroup is not what its watch is about. */
		if (w->options.cgroup && m->family != PDIAG_METRICS_CGROUP)
			return false;
		return m->available && pdiag_watch_chosen(m->name);
	}
	for (; *patterns; patterns++)
		if (pdiag_watch_fits(*patterns, m->name))
			return true;
	return false;
}

/* A name that fits nothing is a mistake of the caller's. */
static int check_patterns(const struct pdiag_watch *w)
{
	const char *const *patterns = w->options.metrics;
	uint32_t i, count = pdiag_metrics_count(w->metrics);
	const struct pdiag_metric *m;

	for (; patterns && *patterns; patterns++) {
		for (i = 0; i < count; i++) {
			m = pdiag_metrics_describe(w->metrics, i);
			if (pdiag_watch_fits(*patterns, m->name))
				break;
		}
		if (i == count)
			return pdiag_fail(ENOENT, "there is no metric \"%.200s\"", *patterns);
	}
	return 0;
}

/* Metrics of one machine go together, and what one tells alone must last: so many false alarms of
 * single metrics make one of the watch. */
#define MAKE_ONE 6u

int pdiag_watch_detector(const struct pdiag_watch *w, const struct pdiag_watch_metric *m,
	struct pdiag_detector **out)
{
	uint32_t one = w->count < MAKE_ONE ? w->count : MAKE_ONE;
	struct pdiag_detector_options options = {
		.size = sizeof(options),
		.false_alarms = w->options.false_alarms * one / w->count,
		.resolution = m->choice->resolution + m->choice->resolution_cpu * w->cpus,
		.flags = m->choice->flags,
	};

	return pdiag_detector_new(&options, out);
}

static int add_detector(struct pdiag_watch *w, struct pdiag_watch_metric *m, uint32_t index)
{
	m->index = index;
	m->choice = pdiag_watch_choice(pdiag_metrics_describe(w->metrics, index)->name);
	return pdiag_watch_detector(w, m, &m->detector);
}

static int add_group(struct pdiag_watch *w)
{
	struct pdiag_detector_group_options options = { .size = sizeof(options),
		.members = w->count };

	return w->count ? pdiag_detector_group_new(&options, &w->group) : 0;
}

static int add_metrics(struct pdiag_watch *w)
{
	uint32_t all = pdiag_metrics_count(w->metrics), at = 0;
	int ret = check_patterns(w);

	if (ret || w->options.flags & PDIAG_WATCH_ONLY_RULES)
		return ret;
	w->list = calloc(all + 1, sizeof(*w->list));
	if (!w->list)
		return pdiag_fail_memory("choosing metrics");
	for (uint32_t i = 0; i < all; i++)
		w->count += is_wanted(w, pdiag_metrics_describe(w->metrics, i));
	for (uint32_t i = 0; i < all && !ret; i++)
		if (is_wanted(w, pdiag_metrics_describe(w->metrics, i)))
			ret = add_detector(w, &w->list[at++], i);
	return ret ? ret : add_group(w);
}

int pdiag_watch_set_up(struct pdiag_watch *w)
{
	int ret = add_rules(w);

	return ret ? ret : add_metrics(w);
}

void pdiag_watch_tear_down(struct pdiag_watch *w)
{
	for (uint32_t i = 0; i < w->rule_count; i++) {
		pdiag_rule_free(w->rules[i].rule);
		free(w->rules[i].text);
	}
	for (uint32_t i = 0; w->list && i < w->count; i++)
		pdiag_detector_free(w->list[i].detector);
	pdiag_detector_group_free(w->group);
	free(w->rules);
	free(w->list);
}
