/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public comparison: its options, and what is told of what was found. */
#include "culprit/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/options.h"
#include "culprit/cgroup_memory.h"
#include "culprit/doing.h"
#include "culprit/gather.h"
#include "culprit/tell.h"
#include "profile/profile.h"

_Static_assert(sizeof(struct pdiag_culprits_options) == sizeof(size_t) + sizeof(void *) + 3 * 8,
	"no holes in struct pdiag_culprits_options");

#define SIGNIFICANCE 3.0
#define SIGNIFICANCE_MAX 300.0
#define MIN_SHARE 0.02
#define MAX 10u
#define MAX_MAX 1000u
/* Stacks that are looked for in one process. */
#define STACKS_EACH 3

static int check(struct pdiag_culprits_options *o)
{
	if (o->flags & ~PDIAG_CULPRITS_NO_CGROUPS)
		return pdiag_fail(EINVAL, "pdiag_culprits_options: flags has 0x%x, which this "
			"release does not know; use PDIAG_CULPRITS_*",
			o->flags & ~PDIAG_CULPRITS_NO_CGROUPS);
	/* Written so that NaN is refused, too. */
	if (!(o->significance >= 0 && o->significance <= SIGNIFICANCE_MAX))
		return pdiag_fail(EINVAL, "pdiag_culprits_options: significance must be 0 to %.0f "
			"decades", SIGNIFICANCE_MAX);
	if (!(o->min_share >= 0 && o->min_share <= 1))
		return pdiag_fail(EINVAL, "pdiag_culprits_options: min_share must be 0 to 1");
	if (o->max > MAX_MAX)
		return pdiag_fail(EINVAL, "pdiag_culprits_options: max is %u; it may be up to %u, "
			"or 0 for %u", o->max, MAX_MAX, MAX);
	o->significance = o->significance > 0 ? o->significance : SIGNIFICANCE;
	o->min_share = o->min_share > 0 ? o->min_share : MIN_SHARE;
	o->max = o->max ? o->max : MAX;
	return 0;
}

static int check_profiles(struct pdiag_profile *const *normal, uint32_t count,
	const struct pdiag_profile *trouble)
{
	if (count && !normal)
		return pdiag_fail(EINVAL, "no profiles of ordinary times given, but a count of %u; "
			"set it to 0", count);
	for (uint32_t i = 0; i < count; i++) {
		if (!normal[i])
			return pdiag_fail(EINVAL, "profile %u of ordinary times is NULL", i);
		if (normal[i]->context != trouble->context)
			return pdiag_fail(EINVAL, "cannot compare profiles of two contexts; make "
				"all from one struct pdiag");
	}
	return 0;
}

/* ---- the stacks of those that are told ---- */

struct stacks {
	struct pdiag_told_stack *list;
	size_t count;
};

static double rise_of(const struct pdiag_case *c, uint32_t doing)
{
	return fmax(c->rises[doing], c->highest[doing]);
}

/* What most of the trouble that is left is in; 0: nothing that is worth it. */
static uint32_t next_doing(const struct pdiag_case *c, uint32_t part)
{
	const struct pdiag_part *d;
	uint32_t best = 0;
	double score, most = 0;

	for (uint32_t i = c->parts->list[part].child; i; i = c->parts->list[i].next) {
		d = &c->parts->list[i];
		if (!pdiag_case_heeds(c, i) || !(rise_of(c, i) > 0) ||
			rise_of(c, i) < c->min_share * c->totals.rise[d->off])
			continue;
		score = pdiag_case_weigh(c, part, i, rise_of(c, i));
		if (score > most) {
			most = score;
			best = i;
		}
	}
	return best;
}

static bool find_stack(const struct pdiag_case *c, const struct pdiag_suspect *s,
	struct pdiag_told_stack *out)
{
	uint32_t doing = next_doing(c, s->part), part;
	const struct pdiag_part *d = &c->parts->list[doing];
	double decades;

	if (!doing)
		return false;
	part = pdiag_case_path(c, doing, &decades);
	*out = (struct pdiag_told_stack){ .suspect = s, .doing = doing, .part = part,
		.rise = c->rises[part] };
	out->decades = decades;
	if (c->totals.rise[d->off] > 0)
		out->share = fmin(out->rise / c->totals.rise[d->off], 1);
	out->score = pdiag_case_weigh(c, s->part, doing, out->rise);
	return true;
}

/* rise: of the stack, or of what it stands for. */
static bool is_told(const struct pdiag_case *c, const struct pdiag_told_stack *t, double rise)
{
	return t->part != t->doing && pdiag_case_passes(c, t->doing, rise, t->decades);
}

/* Is it where a stack that is told comes from? What is left there is told with that. */
static bool is_above(const struct pdiag_case *c, uint32_t part, const struct stacks *told,
	size_t first)
{
	for (size_t i = first; i < told->count; i++)
		for (uint32_t at = told->list[i].part; c->parts->list[at].kind == PDIAG_PART_FRAME;
			at = c->parts->list[at].parent)
			if (at == part)
				return true;
	return false;
}

/* The first stack of a process stands for it, so it has the process's rank. */
static void find_stacks(struct pdiag_case *c, const struct pdiag_suspect *s, struct stacks *to)
{
	struct pdiag_told_stack t;
	size_t first = to->count;
	double rise;

	for (int i = 0; i < STACKS_EACH && find_stack(c, s, &t); i++) {
		rise = t.rise;
		/* That it is no chance is known of the process; this says where most of that is. */
		if (to->count == first && t.doing == s->doing) {
			t.decades = fmax(t.decades, s->decades);
			rise = fmax(rise, s->rise);
		}
		if (is_told(c, &t, rise) && !is_above(c, t.part, to, first)) {
			if (to->count == first)
				t.score = fmax(t.score, s->score);
			else
				t.score = fmin(t.score, to->list[first].score);
			to->list[to->count++] = t;
		}
		pdiag_case_take(c, t.part);
	}
}

static int by_score(const void *a, const void *b)
{
	const struct pdiag_told_stack *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->part > y->part) - (x->part < y->part);
}

/* ---- all together ---- */

static int tell_processes(struct pdiag_culprits *to, const struct pdiag_case *c,
	const struct pdiag_suspect *list, size_t count, const struct stacks *stacks)
{
	const struct pdiag_told_stack *first;
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++) {
		first = NULL;
		for (size_t k = 0; k < stacks->count && !first; k++)
			if (stacks->list[k].suspect == &list[i] &&
				stacks->list[k].doing == list[i].doing)
				first = &stacks->list[k];
		ret = pdiag_tell_suspect(to, c, &list[i], first);
	}
	return ret;
}

static int tell_cgroups(struct pdiag_culprits *to, const struct pdiag_case *c, uint32_t max)
{
	struct pdiag_suspect *list;
	size_t count;
	int ret = pdiag_case_suspects(c, true, &list, &count);

	for (size_t i = 0; i < count && i < max && !ret; i++) {
		list[i].processes = pdiag_case_processes(c, list[i].cgroup);
		ret = pdiag_tell_suspect(to, c, &list[i], NULL);
	}
	free(list);
	return ret;
}

static int tell(struct pdiag_culprits *to, struct pdiag_case *c, uint32_t max)
{
	struct pdiag_suspect *list;
	struct stacks stacks = { 0 };
	size_t count;
	int ret = pdiag_case_suspects(c, false, &list, &count);

	count = count < max ? count : max;
	if (!ret)
		stacks.list = malloc((count * STACKS_EACH + 1) * sizeof(*stacks.list));
	if (!stacks.list)
		ret = -ENOMEM;
	for (size_t i = 0; i < count && !ret; i++)
		find_stacks(c, &list[i], &stacks);
	if (!ret && stacks.count)
		qsort(stacks.list, stacks.count, sizeof(*stacks.list), by_score);
	if (!ret)
		ret = tell_processes(to, c, list, count, &stacks);
	if (!ret)
		ret = tell_cgroups(to, c, max);
	for (size_t i = 0; i < stacks.count && i < max && !ret; i++)
		ret = pdiag_tell_stack(to, c, &stacks.list[i]);
	free(stacks.list);
	free(list);
	return ret;
}

static int compare(struct pdiag_parts *parts, struct pdiag_profile *const *normal, uint32_t count,
	struct pdiag_profile *trouble, const struct pdiag_culprits_options *o,
	const struct pdiag_cgroups *cgroups, uint32_t states, struct pdiag_culprits *to)
{
	struct pdiag_case c = { .significance = o->significance, .min_share = o->min_share,
		.states = states };
	int ret = pdiag_parts_init(parts);

	/* Trouble first: if not all can be asked for their cgroups, then those. */
	if (!ret)
		ret = pdiag_gather(parts, trouble, true, o->symbolizer, cgroups);
	for (uint32_t i = 0; i < count && !ret; i++)
		ret = pdiag_gather(parts, normal[i], false, o->symbolizer, cgroups);
	if (!ret)
		ret = pdiag_case_open(&c, parts);
	if (!ret)
		ret = tell(to, &c, o->max);
	pdiag_case_close(&c);
	return ret;
}

/* NULL: out of memory. */
static const struct pdiag_cgroups *ask_proc(
	struct pdiag *context, struct pdiag_cgroup_proc *proc, struct pdiag_cgroups *cgroups)
{
	*proc = (struct pdiag_cgroup_proc){ .root = "/proc",
		.memory = pdiag_cgroup_memory_of(context) };
	*cgroups = (struct pdiag_cgroups){ .ask = pdiag_cgroup_ask_proc, .user = proc,
		.live = true };
	return proc->memory ? cgroups : NULL;
}

int pdiag_culprits_compare(struct pdiag_profile *const *normal, uint32_t count,
	struct pdiag_profile *trouble, const struct pdiag_culprits_options *options,
	const struct pdiag_cgroups *cgroups, uint32_t states, struct pdiag_culprits **out)
{
	struct pdiag_parts parts = { 0 };
	struct pdiag_culprits_options o;
	struct pdiag_culprits *c = NULL;
	struct pdiag_cgroup_proc proc;
	struct pdiag_cgroups of_proc;
	int ret;

	ret = PDIAG_OPTIONS_COPY(&o, options, flags);
	if (!ret)
		ret = check(&o);
	if (!ret)
		ret = check_profiles(normal, count, trouble);
	if (ret)
		return ret;
	if (!cgroups && !(o.flags & PDIAG_CULPRITS_NO_CGROUPS))
		cgroups = ask_proc(trouble->context, &proc, &of_proc);
	ret = pdiag_culprits_make(trouble->context, &c);
	if (!ret)
		ret = compare(&parts, normal, count, trouble, &o, cgroups, states, c);
	pdiag_parts_free(&parts);
	if (ret) {
		pdiag_culprits_release(c);
		return pdiag_fail_memory("looking for culprits");
	}
	pdiag_culprits_hand_over(c);
	*out = c;
	return 0;
}

int pdiag_culprits_new(struct pdiag_profile *const *normal, uint32_t count,
	struct pdiag_profile *trouble, const struct pdiag_culprits_options *options,
	struct pdiag_culprits **out)
{
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(trouble, out);
	return ret ? ret : pdiag_culprits_compare(normal, count, trouble, options, NULL, 0, out);
}
