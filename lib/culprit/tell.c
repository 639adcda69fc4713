/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/tell.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "culprit/doing.h"
#include "culprit/where.h"
#include "output/number.h"
#include "util/array.h"
#include "util/clock.h"

/* From so many threads on their number is told, and not the share of their time. */
#define THREADS 1.5
/* And of who was there for less of ordinary times, as the share of a moment says nothing. */
#define OLD 0.5

/* What is told of one, from a part or from two: what is heeded of a state, and its rest. */
struct figures {
	double seconds, rate, normal;
	double time, normal_time; /* of all that it did, in both */
};

/* Two digits or more that count; the same number of decimals for what it is held against. */
static unsigned int decimals_of(double v)
{
	return v >= 9.95 ? 0 : v >= 0.995 ? 1 : 2;
}

static void add_number(struct pdiag_text *t, double v, unsigned int decimals)
{
	static const double powers[] = { 1, 10, 100 };
	uint64_t n = (uint64_t)llround(fmin(fmax(v, 0), 1e15) * powers[decimals]);

	pdiag_number_fixed(t, n, n ? decimals : 0);
}

static void add_against(struct pdiag_text *t, const struct pdiag_case *c, uint32_t doing,
	double normal, unsigned int decimals, const char *unit)
{
	if (!c->parts->windows[c->parts->list[doing].off])
		return;
	pdiag_text_str(t, ", normally ");
	add_number(t, normal, decimals);
	pdiag_text_str(t, unit);
}

static const char *waits_for(enum pdiag_state state)
{
	switch (state) {
	case PDIAG_STATE_FUTEX:
		return "waits for a lock or a condition";
	case PDIAG_STATE_IO:
		return "waits for storage";
	case PDIAG_STATE_SLEEP:
		return "sleeps";
	case PDIAG_STATE_POLL:
		return "waits for events";
	case PDIAG_STATE_NETWORK:
		return "waits for the network";
	case PDIAG_STATE_PIPE:
		return "waits for a pipe";
	case PDIAG_STATE_LOCK:
		return "waits for a lock in the kernel";
	case PDIAG_STATE_CHILD:
		return "waits for a child";
	case PDIAG_STATE_PAGE_FAULT:
		return "waits for memory";
	case PDIAG_STATE_PREEMPTED:
		return "waits for a CPU";
	default:
		return "waits";
	}
}

static void add_doing(struct pdiag_text *t, const struct pdiag_case *c, uint32_t doing,
	const struct figures *f, const struct pdiag_told_frames *frames)
{
	enum pdiag_state state = pdiag_doing_state(c->parts->list[doing].key);
	unsigned int decimals = decimals_of(f->rate);

	pdiag_text_char(t, ' ');
	if (state == PDIAG_STATE_RUNNING) {
		pdiag_text_str(t, "uses ");
		add_number(t, f->rate, decimals);
		pdiag_text_str(t, " CPUs");
		pdiag_tell_where(t, frames, true);
		add_against(t, c, doing, f->normal, decimals, "");
		return;
	}
	pdiag_text_str(t, waits_for(state));
	pdiag_tell_where(t, frames, false);
	pdiag_text_str(t, ": ");
	if (f->rate >= THREADS || !(f->time > 0) ||
		(f->normal > 0 && f->normal_time < OLD * f->time)) {
		add_number(t, f->rate, decimals);
		pdiag_text_str(t, " threads");
		add_against(t, c, doing, f->normal, decimals, "");
		return;
	}
	add_number(t, 100 * fmin(f->rate / f->time, 1), 0);
	pdiag_text_str(t, " % of its time");
	add_against(t, c, doing,
		f->normal_time > 0 ? 100 * fmin(f->normal / f->normal_time, 1) : 0, 0, " %");
}

/* ---- numbers ---- */

static void add_part(const struct pdiag_case *c, uint32_t part, struct figures *f)
{
	f->seconds += c->parts->list[part].tally.trouble;
	f->rate += pdiag_parts_rate(c->parts, part);
	f->normal += pdiag_parts_normal_rate(c->parts, part);
}

static struct figures figures_of(const struct pdiag_case *c, uint32_t told)
{
	const struct pdiag_parts *p = c->parts;
	uint32_t owner = p->list[told].parent, rest;
	struct figures f = { 0 }, both;

	add_part(c, told, &f);
	for (uint32_t i = p->list[owner].child; i; i = p->list[i].next) {
		f.time += pdiag_parts_rate(p, i);
		f.normal_time += pdiag_parts_normal_rate(p, i);
	}
	if (!p->list[told].off)
		return f;
	rest = pdiag_parts_find(p, owner, PDIAG_PART_DOING,
		pdiag_doing(pdiag_doing_state(p->list[told].key), PDIAG_HEED_REST));
	if (rest == PDIAG_PART_NONE)
		return f;
	both = f;
	add_part(c, rest, &both);
	return both.rate > both.normal ? both : f;
}

static void fill(struct pdiag_culprit *out, const struct figures *f)
{
	out->weight_ns = (uint64_t)fmin(f->seconds * PDIAG_SECOND_NS, 9e18);
	out->rate = f->rate;
	out->normal_rate = f->normal;
}

static int frames_of(const struct pdiag_case *c, uint32_t part, struct pdiag_told_frames *f)
{
	const struct pdiag_part *list = c->parts->list;
	uint32_t at;

	for (at = part; list[at].kind == PDIAG_PART_FRAME; at = list[at].parent)
		f->depth++;
	if (!f->depth)
		return 0;
	f->list = malloc(f->depth * sizeof(*f->list));
	if (!f->list)
		return -ENOMEM;
	for (uint32_t i = 0; i < f->depth; i++, part = list[part].parent)
		f->list[i] = list[part].symbol;
	return 0;
}

/* Of the stacks that go through a frame, the thread of the one that rose most. */
static const char *comm_of(const struct pdiag_case *c, uint32_t part)
{
	const struct pdiag_part *list = c->parts->list;
	uint32_t best;

	while (list[part].child) {
		best = list[part].child;
		for (uint32_t i = list[best].next; i; i = list[i].next)
			if (c->rises[i] > c->rises[best])
				best = i;
		part = best;
	}
	return list[part].comm ? list[part].comm : "";
}

static void add_who(struct pdiag_text *t, const struct pdiag_case *c,
	const struct pdiag_suspect *s)
{
	const struct pdiag_part *part = &c->parts->list[s->part];

	if (part->kind == PDIAG_PART_CGROUP)
		pdiag_text_str(t, "cgroup ");
	pdiag_tell_name(t, pdiag_part_text(part));
	if (s->pid)
		pdiag_text_printf(t, " (pid %d)", s->pid);
	else if (s->processes > 1)
		pdiag_text_printf(t, " (%u processes)", s->processes);
}

static struct pdiag_culprit start(const struct pdiag_case *c, const struct pdiag_suspect *s)
{
	const struct pdiag_part *part = &c->parts->list[s->part];

	return (struct pdiag_culprit){
		.process = part->kind == PDIAG_PART_NAME ? pdiag_part_text(part) : "",
		.comm = "",
		.cgroup = s->cgroup,
		.pid = s->pid,
		.processes = s->processes,
	};
}

static int finish(struct pdiag_culprits *to, struct pdiag_culprit *culprit,
	struct pdiag_text *sentence, struct pdiag_told_frames *f)
{
	int ret = sentence->error;

	culprit->sentence = sentence->data;
	if (!ret)
		ret = pdiag_culprits_add(to, culprit);
	pdiag_text_free(sentence);
	free(f->list);
	return ret;
}

int pdiag_tell_suspect(struct pdiag_culprits *to, const struct pdiag_case *c,
	const struct pdiag_suspect *s, const struct pdiag_told_stack *stack)
{
	struct pdiag_culprit culprit = start(c, s);
	struct figures f = figures_of(c, s->told);
	struct pdiag_text t = { 0 };
	struct pdiag_told_frames frames = { 0 };

	if (stack && stack->doing == s->doing && frames_of(c, stack->part, &frames))
		return -ENOMEM;
	culprit.kind = c->parts->list[s->part].kind == PDIAG_PART_NAME ? PDIAG_CULPRIT_PROCESS :
									 PDIAG_CULPRIT_CGROUP;
	culprit.state = pdiag_doing_state(c->parts->list[s->doing].key);
	culprit.share = s->share;
	culprit.significance = s->decades;
	fill(&culprit, &f);
	add_who(&t, c, s);
	add_doing(&t, c, s->doing, &f, &frames);
	return finish(to, &culprit, &t, &frames);
}

int pdiag_tell_stack(struct pdiag_culprits *to, const struct pdiag_case *c,
	const struct pdiag_told_stack *stack)
{
	const struct pdiag_suspect *s = stack->suspect;
	struct pdiag_culprit culprit = start(c, s);
	struct figures f = { 0 };
	struct pdiag_text t = { 0 };
	struct pdiag_told_frames frames = { 0 };

	if (frames_of(c, stack->part, &frames))
		return -ENOMEM;
	add_part(c, stack->part, &f);
	culprit.kind = PDIAG_CULPRIT_STACK;
	culprit.comm = comm_of(c, stack->part);
	culprit.frames = frames.list;
	culprit.depth = frames.depth;
	culprit.state = pdiag_doing_state(c->parts->list[stack->doing].key);
	culprit.share = stack->share;
	culprit.significance = stack->decades;
	fill(&culprit, &f);
	add_who(&t, c, s);
	add_doing(&t, c, stack->doing, &f, &frames);
	return finish(to, &culprit, &t, &frames);
}
