/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A look at one process: what is new since the last one goes into its window and its history. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "portrait/portrait.h"

static double unit(const struct pdiag_portraits *p, uint32_t flow)
{
	switch (flow) {
	case PDIAG_FLOW_USER:
	case PDIAG_FLOW_SYSTEM:
	case PDIAG_FLOW_CHILDREN:
	case PDIAG_FLOW_BLOCKED:
		return (double)p->tick_ns / 1e9;
	case PDIAG_FLOW_DELAY:
		return 1e-9;
	default:
		return 1;
	}
}

/* Ticks of children that ended. */
struct ended {
	uint64_t unseen; /* that we had not seen with them */
	uint64_t debt;	 /* that we had, and that are still to come to the parent */
};

/* The kernel cuts each number to ticks, so a sum may be this much behind. */
static uint64_t still_owed(uint64_t debt, uint64_t came)
{
	uint64_t left = debt > came ? debt - came : 0;

	return left < PDIAG_PORTRAIT_CUT ? left : PDIAG_PORTRAIT_CUT;
}

/* What was counted since the last look. False: nothing at all. */
static bool subtract(const struct pdiag_portraits *p, const struct pdiag_proc *proc,
	const struct pdiag_reading *r, double *flow, struct ended *ended)
{
	uint32_t both = proc->have & r->have;
	uint64_t d, any = 0;

	for (uint32_t f = 0; f < PDIAG_FLOWS; f++) {
		/* Counters that went back begin anew: a look without a number. */
		d = both >> f & 1 && r->flow[f] >= proc->base[f] ? r->flow[f] - proc->base[f] : 0;
		/* What ended children had used was theirs as long as they were seen. */
		if (f == PDIAG_FLOW_CHILDREN) {
			ended->debt = still_owed(proc->debt, d);
			d = d > proc->debt ? d - proc->debt : 0;
			ended->unseen = d;
		}
		any |= d;
		flow[f] = (double)d * unit(p, f);
	}
	return any != 0;
}

/* So far it rested; that is as much of the window as anything. */
static void fill_window(const struct pdiag_portraits *p, struct pdiag_proc *proc, double idle)
{
	double sample = (double)p->interval_ns / 1e9, part;
	struct pdiag_past *past = proc->past;
	uint32_t id = past->last;

	for (uint32_t i = 0; i < p->bucket_count && i < id && idle > 0; i++, idle -= part) {
		part = sample * (i ? p->bucket_samples : (p->sample - 1) % p->bucket_samples);
		/* Samples may be late: the first bucket of all has whatever is left. */
		part = part > idle || i + 1 == id ? idle : part;
		past->buckets[(id - i) % PDIAG_PORTRAIT_BUCKETS] = (struct pdiag_bucket){
			.id = id - i, .seconds = (float)part, .counted = (float)part,
			.resident = (float)proc->base_resident };
	}
}

static void begin_past(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	double idle = (double)(proc->base_ns - proc->first_ns) / 1e9;
	struct pdiag_past *past = proc->past;
	static const double nothing[PDIAG_FLOWS];
	double values[PDIAG_QUANTITY_COUNT];

	past->last = 1 + (p->sample - 1) / p->bucket_samples;
	/* No time to speak of between being seen and being looked at. */
	if (proc->base_ns < proc->first_ns + p->interval_ns / 2)
		return;
	fill_window(p, proc, idle);
	pdiag_portrait_rates(proc, nothing, idle, idle, 0, values);
	values[PDIAG_QUANTITY_RESIDENT] = (double)proc->base_resident;
	for (uint32_t i = 0; i < PDIAG_PORTRAIT_WARM; i++)
		pdiag_usual_add(&past->usual, values, idle / PDIAG_PORTRAIT_WARM);
	/* That many looks it has not had. */
	if (past->usual.samples > p->sample - 1)
		past->usual.samples = p->sample - 1;
}

int pdiag_portrait_give_past(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	if (proc->past)
		return 0;
	proc->past = calloc(1, sizeof(*proc->past));
	if (!proc->past)
		return -ENOMEM;
	p->bytes += sizeof(*proc->past);
	pdiag_usual_init(&proc->past->usual);
	begin_past(p, proc);
	return 0;
}

/* A step of its life: numbers of flows, in so many seconds. */
static void step(struct pdiag_portraits *p, struct pdiag_proc *proc, const double *flow,
	double seconds, bool begun)
{
	struct pdiag_past *past = proc->past;
	struct pdiag_bucket *b = pdiag_portrait_bucket(p, proc);
	double values[PDIAG_QUANTITY_COUNT], one[PDIAG_FLOWS];
	double growth = (double)proc->resident - (double)proc->base_resident;

	b->seconds += (float)seconds;
	b->counted += begun ? 0 : (float)seconds;
	if (proc->state == 'D')
		b->blocked += (float)seconds;
	for (uint32_t f = 0; f < PDIAG_FLOWS; f++) {
		b->flow[f] += (float)flow[f];
		one[f] = flow[f];
	}
	one[PDIAG_FLOW_CHILDREN] += (double)past->credit;
	past->credit = 0;
	proc->base_resident = proc->resident;
	pdiag_portrait_rates(proc, one, seconds, begun ? 0 : seconds, growth, values);
	pdiag_usual_add(&past->usual, values, seconds);
	pdiag_spark_add(&past->spark, values, seconds);
}

void pdiag_portrait_rest(struct pdiag_portraits *p, struct pdiag_proc *proc, uint64_t now_ns)
{
	static const double nothing[PDIAG_FLOWS];

	if (now_ns <= proc->base_ns)
		return;
	if (proc->past)
		step(p, proc, nothing, (double)(now_ns - proc->base_ns) / 1e9, false);
	proc->base_ns = now_ns;
	proc->used = 0;
}

/* Who is gone was waited for before this look: what is not in it by now will not come any more. */
static void set_base(struct pdiag_portraits *p, struct pdiag_proc *proc,
	const struct pdiag_reading *r, uint64_t at, const struct ended *ended)
{
	proc->debt = ended->debt;
	proc->unseen = ended->unseen;
	memcpy(proc->base, r->flow, sizeof(proc->base));
	proc->have = r->have;
	proc->base_ns = at;
	proc->based = true;
	proc->looked = p->sample;
	proc->due = false;
	proc->used = 0;
	proc->run_ns = p->clock.cpu ? r->cpu_ns : r->run_ns;
	proc->has_run = p->clock.cpu || r->has_run;
	p->run_seen |= r->run_ns != 0;
}

static int read_threads(
	struct pdiag_portraits *p, struct pdiag_proc *proc, struct pdiag_reading *r)
{
	int ret;

	if (!proc->based || (r->threads < 2 && !(proc->past && proc->past->thread_count)))
		return 0;
	ret = pdiag_portrait_give_past(p, proc);
	return ret ? ret : pdiag_portrait_read_threads(p, proc, r);
}

int pdiag_portrait_look(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	uint64_t at = p->clock.now(p->clock.user, CLOCK_MONOTONIC);
	double flow[PDIAG_FLOWS], seconds;
	struct pdiag_reading r;
	struct ended ended = { 0, 0 };
	uint64_t cpu_ns = 0;
	int ret = 0;

	/* First: what it does from here on is to be seen at the next glance. */
	if (p->clock.cpu && p->clock.cpu(p->clock.user, proc->pid, &cpu_ns))
		ret = -ESRCH;
	if (!ret)
		ret = pdiag_portrait_read(p, proc->pid, &r);
	if (!ret)
		r.cpu_ns = cpu_ns;
	if (!ret && r.start != proc->start) {
		/* Another one, which the next walk is to find. */
		proc->inode = 0;
		ret = -ESRCH;
	}
	if (!ret)
		ret = read_threads(p, proc, &r);
	if (ret)
		return ret;
	/* Another program, or another name. */
	if (memcmp(proc->comm, r.comm, sizeof(r.comm)))
		pdiag_portrait_forget_texts(p, proc);
	pdiag_portrait_identify(proc, &r);
	if (r.has_uid)
		proc->uid = r.uid;
	if (!proc->based || at <= proc->base_ns) {
		set_base(p, proc, &r, at, &ended);
		proc->base_resident = proc->resident;
		return 0;
	}
	seconds = (double)(at - proc->base_ns) / 1e9;
	if (!subtract(p, proc, &r, flow, &ended) && !proc->past && r.state != 'D') {
		set_base(p, proc, &r, at, &ended);
		proc->base_resident = proc->resident;
		return 0;
	}
	ret = pdiag_portrait_give_past(p, proc);
	if (ret)
		return ret;
	set_base(p, proc, &r, at, &ended);
	step(p, proc, flow, seconds, r.begun);
	return 0;
}
