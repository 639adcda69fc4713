/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which process of a name it is. Those that are there all the time are held each against itself.
 * Those that came are held, together, against those that went: of a service that was started again
 * the new process has taken the place of the old one; of a storm of short ones none has much.
 */
#include <math.h>

#include "culprit/doing.h"
#include "culprit/suspect.h"

/* One has most of it with this much of it. */
#define MOST 0.6
/* Those that went are few with this much of what came. */
#define FEW 0.2

struct member {
	double rise;
	double normal, trouble; /* seconds */
};

static struct member measure(const struct pdiag_parts *p, uint32_t pid)
{
	struct member m = { .normal = p->list[pid].tally.normal,
		.trouble = p->list[pid].tally.trouble };

	for (uint32_t i = p->list[pid].child; i; i = p->list[i].next)
		m.rise += pdiag_heed_weight(pdiag_doing_heed(p->list[i].key)) *
			pdiag_parts_rise(p, i);
	return m;
}

struct most {
	double rise;
	uint32_t part;
};

static void keep_most(struct most *most, double rise, uint32_t part)
{
	if (most->part == PDIAG_PART_NONE || rise > most->rise)
		*most = (struct most){ rise, part };
}

struct seen {
	const char *cgroup; /* interned; NULL: none yet */
	bool differ;
};

static void note_cgroup(struct seen *s, const char *cgroup)
{
	if (!cgroup || !*cgroup)
		return;
	s->differ |= s->cgroup && s->cgroup != cgroup;
	s->cgroup = cgroup;
}

struct pdiag_members pdiag_case_members(const struct pdiag_case *c, uint32_t name)
{
	const struct pdiag_parts *p = c->parts;
	struct most stays = { 0, PDIAG_PART_NONE }, comes = stays, any = stays;
	double stayed = 0, came = 0, went = 0, all;
	struct pdiag_members out = { .one = PDIAG_PART_NONE, .cgroup = "" };
	struct seen seen = { 0 };
	struct member m;
	uint32_t pids;

	pids = pdiag_parts_find(p, PDIAG_ROOT_PIDS, PDIAG_PART_NAME, p->list[name].key);
	if (pids == PDIAG_PART_NONE)
		return out;
	for (uint32_t i = p->list[pids].child; i; i = p->list[i].next) {
		if (p->list[i].kind != PDIAG_PART_PID)
			continue;
		m = measure(p, i);
		if (m.trouble > 0) {
			out.processes++;
			note_cgroup(&seen, p->list[i].cgroup);
			keep_most(&any, m.trouble, i);
		}
		if (m.trouble > 0 && m.normal > 0) {
			stayed += fmax(m.rise, 0);
			keep_most(&stays, m.rise, i);
		} else if (m.trouble > 0) {
			came += fmax(m.rise, 0);
			keep_most(&comes, m.rise, i);
		} else {
			went += fmax(-m.rise, 0);
		}
	}
	out.cgroup = seen.cgroup && !seen.differ ? seen.cgroup : "";
	all = stayed + fmax(came - went, 0);
	if (out.processes == 1)
		out.one = any.part;
	else if (all > 0 && stays.rise >= MOST * all)
		out.one = stays.part;
	else if (came - went >= MOST * all && came > 0 && comes.rise >= MOST * came)
		out.one = comes.part;
	out.fresh = out.one != PDIAG_PART_NONE && out.one == comes.part && went <= FEW * came;
	return out;
}

uint32_t pdiag_case_processes(const struct pdiag_case *c, const char *cgroup)
{
	const struct pdiag_parts *p = c->parts;
	uint32_t count = 0;

	for (uint32_t n = p->list[PDIAG_ROOT_PIDS].child; n; n = p->list[n].next)
		for (uint32_t i = p->list[n].child; i; i = p->list[i].next)
			count += p->list[i].kind == PDIAG_PART_PID && p->list[i].cgroup == cgroup &&
				p->list[i].tally.trouble > 0;
	return count;
}
