/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/gather.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "culprit/doing.h"
#include "profile/stack.h"
#include "symbol/symbolizer.h"
#include "util/array.h"
#include "util/clock.h"

/* Processes that are asked for their cgroup, in all. */
#define CGROUP_LIMIT 8192u

/* Stacks of this much of a profile's weight, each by itself, come first: so few of them that there
 * is room for their frames. */
#define HEAVY 0.001

/* What a node of the profile became, below the part `base`. */
struct step {
	uint32_t base; /* 0: nothing yet; roots are nobody's base */
	uint32_t part;
	bool cut; /* the part is that of a node above */
};

/* What threads of a profile are; parts. */
struct owner {
	const char *comm;
	uint32_t name, pids, pid, cgroup; /* cgroup NONE: not known */
	uint64_t done; /* a bit for each state, and for its rest */
	bool made;
};

struct gather {
	struct pdiag_parts *parts;
	const struct pdiag_profile *profile;
	const struct pdiag_cgroups *cgroups;
	double seconds;
	bool trouble;
	bool has[2];
	uint64_t *names;	/* by frame: interned; 0: not yet */
	struct step *steps;	/* by node */
	struct owner *owners;	/* by thread */
	uint32_t *path;
	size_t path_cap;
	struct pdiag_stack_symbols stack; /* that is being added */
};

size_t pdiag_group_name(const char *process)
{
	const char *slash = strchr(process, '/');

	if (!slash || slash == process)
		return strlen(process);
	if (!strncmp(process, "kworker/", 8) || (slash[1] >= '0' && slash[1] <= '9'))
		return (size_t)(slash - process);
	return strlen(process);
}

static uint64_t intern(struct gather *g, const char *text, size_t len)
{
	return (uintptr_t)pdiag_strings_add_len(&g->parts->strings, text, len);
}

/* ---- whose it is ---- */

/* Modules of this boot and machine, or else pids mean nothing here. */
static bool is_live(const struct pdiag_profile *p)
{
	for (size_t i = 0; i < p->frame_count; i++)
		if (p->frames[i].module->live)
			return true;
	return false;
}

/* Of one of the profile's processes, as long as not too many have been asked for. */
static void ask_cgroup(struct gather *g, const struct pdiag_profile_thread *t, char *path,
	size_t size)
{
	const struct pdiag_profile *p = g->profile;
	struct pdiag_cgroup_question q = { .pid = t->pid, .process = t->process,
		.from = p->start_time, .to = p->end_time };

	*path = '\0';
	if (g->parts->asked >= CGROUP_LIMIT)
		return;
	g->parts->asked++;
	/* What was merged in came later, as a rule. */
	q.to += p->extra_duration < UINT64_MAX - q.to ? p->extra_duration : UINT64_MAX - q.to;
	g->cgroups->ask(g->cgroups->user, &q, path, size);
}

static int find_cgroup(struct gather *g, const struct pdiag_profile_thread *t, struct owner *o)
{
	char path[PATH_MAX];
	uint64_t key;

	o->cgroup = PDIAG_PART_NONE;
	if (!g->cgroups)
		return 0;
	if (!g->parts->list[o->pid].cgroup) {
		ask_cgroup(g, t, path, sizeof(path));
		key = intern(g, path, strlen(path));
		if (!key)
			return -ENOMEM;
		g->parts->list[o->pid].cgroup = (const char *)(uintptr_t)key;
	}
	key = (uintptr_t)g->parts->list[o->pid].cgroup;
	/* The root is everybody who is in no other. */
	if (!g->parts->list[o->pid].cgroup[0] || !strcmp(g->parts->list[o->pid].cgroup, "/"))
		return 0;
	o->cgroup = pdiag_parts_get(g->parts, PDIAG_ROOT_CGROUPS, PDIAG_PART_CGROUP, key);
	return o->cgroup == PDIAG_PART_NONE ? -ENOMEM : 0;
}

static struct owner *owner_of(struct gather *g, uint32_t thread)
{
	const struct pdiag_profile_thread *t = &g->profile->threads[thread];
	struct owner *o = &g->owners[thread];
	uint64_t key, comm;

	if (o->made)
		return o;
	key = intern(g, t->process, pdiag_group_name(t->process));
	comm = intern(g, t->comm, strlen(t->comm));
	if (!key || !comm)
		return NULL;
	o->comm = (const char *)(uintptr_t)comm;
	o->name = pdiag_parts_get(g->parts, PDIAG_ROOT_STACKS, PDIAG_PART_NAME, key);
	o->pids = pdiag_parts_get(g->parts, PDIAG_ROOT_PIDS, PDIAG_PART_NAME, key);
	o->pid = pdiag_parts_get(g->parts, o->pids, PDIAG_PART_PID, (uint32_t)t->pid);
	if (o->name == PDIAG_PART_NONE || o->pid == PDIAG_PART_NONE || find_cgroup(g, t, o))
		return NULL;
	o->made = true;
	return o;
}

/* ---- what was done, and where ---- */

/* Is a frame below this part of interest, and is there room for it? */
static bool may_make(const struct gather *g, uint32_t parent)
{
	if (g->parts->list[parent].kind == PDIAG_PART_DOING)
		return true;
	return g->trouble && g->parts->count < PDIAG_PARTS_FRAMES;
}

/*
 * Where code was compiled without frame pointers, its callers are words of its stack that mean
 * nothing. They are left out: all that they do is to tell stacks apart that end at the same place.
 */
static bool is_nowhere(const struct pdiag_symbol *s)
{
	return s->kind == PDIAG_FRAME_UNRESOLVED && s->reason == PDIAG_REASON_NO_MAPPING;
}

/* One step down from *step. 0 or -ENOMEM. */
static int go_down(struct gather *g, uint32_t frame, struct step *step)
{
	const struct pdiag_symbol *s = g->profile->frames[frame].symbol;
	struct pdiag_parts *p = g->parts;
	uint32_t part;

	if (step->cut)
		return 0;
	if (is_nowhere(s)) {
		p->list[p->list[step->base].parent].user = 1;
		return 0;
	}
	if (!g->names[frame])
		g->names[frame] = intern(g, s->name, strlen(s->name));
	if (!g->names[frame])
		return -ENOMEM;
	if (may_make(g, step->part)) {
		part = pdiag_parts_get(p, step->part, PDIAG_PART_FRAME, g->names[frame]);
		if (part == PDIAG_PART_NONE)
			return -ENOMEM;
	} else {
		part = pdiag_parts_find(p, step->part, PDIAG_PART_FRAME, g->names[frame]);
		step->cut = part == PDIAG_PART_NONE;
		if (step->cut)
			return 0;
	}
	step->part = part;
	if (!p->list[part].symbol)
		p->list[part].symbol = s;
	return 0;
}

/* The part of a node of the profile, below `base`. */
static uint32_t stack_part(struct gather *g, uint32_t at, uint32_t base)
{
	const struct pdiag_node *nodes = g->profile->nodes;
	struct step step = { base, base, false };
	size_t left = 0;

	for (; at && g->steps[at].base != base; at = nodes[at].parent) {
		if (pdiag_array_reserve(&g->path, &g->path_cap, left + 1, sizeof(*g->path)))
			return PDIAG_PART_NONE;
		g->path[left++] = at;
	}
	if (at)
		step = g->steps[at];
	while (left) {
		at = g->path[--left];
		if (go_down(g, nodes[at].frame, &step))
			return PDIAG_PART_NONE;
		g->steps[at] = step;
	}
	return step.part;
}

/* Is it the first time that a thread does this in the time of trouble? */
static bool is_first(const struct gather *g, struct owner *o, uint64_t doing)
{
	uint64_t bit = 1ull << (pdiag_doing_state(doing) * 2 +
		(pdiag_doing_heed(doing) == PDIAG_HEED_REST));
	bool first = g->trouble && !(o->done & bit);

	o->done |= bit;
	return first;
}

/* Seconds of one doing, to all that have a part in it. */
static int add(struct gather *g, struct owner *o, uint32_t node, uint64_t doing,
	double seconds, double samples)
{
	struct pdiag_parts *p = g->parts;
	const uint32_t above[] = { o->pid, o->cgroup };
	uint32_t part = pdiag_parts_get(p, o->name, PDIAG_PART_DOING, doing);
	bool first = is_first(g, o, doing);

	if (part != PDIAG_PART_NONE)
		p->list[part].threads += first;
	/* Where somebody rests or queues is of no interest. */
	if (part != PDIAG_PART_NONE && pdiag_heeded(doing))
		part = stack_part(g, node, part);
	if (part == PDIAG_PART_NONE)
		return -ENOMEM;
	if (!p->list[part].comm)
		p->list[part].comm = o->comm;
	pdiag_parts_add(p, part, seconds, samples);
	for (size_t i = 0; i < PDIAG_COUNT(above); i++) {
		if (above[i] == PDIAG_PART_NONE)
			continue;
		part = pdiag_parts_get(p, above[i], PDIAG_PART_DOING, doing);
		if (part == PDIAG_PART_NONE)
			return -ENOMEM;
		p->list[part].threads += first;
		pdiag_parts_add(p, part, seconds, samples);
	}
	return 0;
}

static int add_memory(struct gather *g, const struct owner *o, double seconds, double samples)
{
	const struct pdiag_stack_symbols *s = &g->stack;
	uint32_t part;

	for (uint32_t i = 0; i < s->depth && s->list[i]->kind == PDIAG_FRAME_KERNEL; i++) {
		if (!pdiag_finds_memory(s->list[i]))
			continue;
		part = pdiag_parts_get(g->parts, o->pids, PDIAG_PART_DOING, PDIAG_DOING_MEMORY);
		if (part == PDIAG_PART_NONE)
			return -ENOMEM;
		pdiag_parts_add(g->parts, part, seconds, samples);
		return 0;
	}
	return 0;
}

/* A wait may be longer than the window that it ends in; only what is in the window counts. */
static int add_wait(struct gather *g, const struct pdiag_entry *e, struct owner *o,
	uint32_t node, double seconds)
{
	double samples = (double)e->samples, most, heeded;
	enum pdiag_state state = e->state;
	enum pdiag_heed heed;

	if (state == PDIAG_STATE_BLOCKED)
		state = pdiag_wait_cause(g->stack.list, g->stack.depth);
	heed = pdiag_heed_wait(state, g->stack.list, g->stack.depth, &most);
	seconds = fmin(seconds, samples * g->seconds);
	heeded = fmin(seconds, samples * most);
	if (heeded > 0 && heed != PDIAG_HEED_REST &&
		add(g, o, node, pdiag_doing(state, heed), heeded, samples))
		return -ENOMEM;
	if (heed != PDIAG_HEED_REST && heeded >= seconds)
		return 0;
	if (heed == PDIAG_HEED_REST)
		heeded = 0;
	return add(g, o, node, pdiag_doing(state, PDIAG_HEED_REST), seconds - heeded, samples);
}

static int add_entry(struct gather *g, const struct pdiag_entry *e)
{
	uint32_t node = pdiag_stack_own(g->profile, e);
	struct owner *o;
	double seconds = (double)e->weight / PDIAG_SECOND_NS;

	/* The idle task is no process. */
	if (!e->weight || !g->profile->threads[e->thread].pid)
		return 0;
	o = owner_of(g, e->thread);
	if (!o || pdiag_stack_take(g->profile, node, &g->stack))
		return -ENOMEM;
	g->has[e->state != PDIAG_STATE_RUNNING] = true;
	if (e->state != PDIAG_STATE_RUNNING)
		return add_wait(g, e, o, node, seconds);
	if (add_memory(g, o, seconds, (double)e->samples))
		return -ENOMEM;
	return add(g, o, node, pdiag_doing(PDIAG_STATE_RUNNING, PDIAG_HEED_FULL), seconds,
		(double)e->samples);
}

static int add_entries(struct gather *g)
{
	const struct pdiag_profile *p = g->profile;

	g->names = calloc(p->frame_count + 1, sizeof(*g->names));
	g->steps = calloc(p->node_count + 1, sizeof(*g->steps));
	g->owners = calloc(p->thread_count + 1, sizeof(*g->owners));
	if (!g->names || !g->steps || !g->owners)
		return -ENOMEM;
	for (int heavy = 1; heavy >= 0; heavy--)
		for (size_t i = 0; i < p->entry_count; i++)
			if (((double)p->entries[i].weight >= HEAVY * (double)p->weight) == heavy &&
				add_entry(g, &p->entries[i]))
				return -ENOMEM;
	return 0;
}

int pdiag_gather(struct pdiag_parts *parts, struct pdiag_profile *profile, bool trouble,
	struct pdiag_symbolizer *symbolizer, const struct pdiag_cgroups *cgroups)
{
	struct gather g = { .parts = parts, .profile = profile, .cgroups = cgroups,
		.trouble = trouble };
	int ret;

	g.seconds = (double)pdiag_profile_duration(profile) / PDIAG_SECOND_NS;
	if (!(g.seconds > 0))
		return 0;
	ret = pdiag_profile_settle(profile, UINT64_MAX);
	if (!ret)
		ret = pdiag_profile_resolve(profile, symbolizer);
	if (ret)
		return ret;
	if (cgroups && cgroups->live && !is_live(profile))
		g.cgroups = NULL;
	ret = add_entries(&g);
	if (!ret)
		pdiag_parts_flush(parts, g.seconds, trouble, g.has);
	free(g.names);
	free(g.steps);
	free(g.owners);
	free(g.path);
	pdiag_stack_symbols_free(&g.stack);
	return ret;
}
