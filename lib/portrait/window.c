/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a process is like now: sums over the last buckets of its own time. */
#include <math.h>
#include <string.h>

#include "portrait/proofs.h"
#include "portrait/portrait.h"
#include "util/array.h"

struct pdiag_bucket *pdiag_portrait_bucket(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	struct pdiag_past *past = proc->past;
	uint32_t id = 1 + (p->sample - 1) / p->bucket_samples;
	struct pdiag_bucket *b = &past->buckets[id % PDIAG_PORTRAIT_BUCKETS];

	if (b->id != id)
		*b = (struct pdiag_bucket){ .id = id, .resident = (float)proc->base_resident };
	past->last = id;
	return b;
}

/* The window ends with the last step of the process itself: nothing is made up for later. */
static const struct pdiag_bucket *in_window(
	const struct pdiag_portraits *p, const struct pdiag_past *past, uint32_t i)
{
	const struct pdiag_bucket *b = &past->buckets[i];

	return b->id && b->id <= past->last && past->last - b->id < p->bucket_count ? b : NULL;
}

static const uint8_t quantities[PDIAG_FLOWS] = {
	[PDIAG_FLOW_USER] = PDIAG_QUANTITY_CPU_USER,
	[PDIAG_FLOW_SYSTEM] = PDIAG_QUANTITY_CPU_SYSTEM,
	[PDIAG_FLOW_CHILDREN] = PDIAG_QUANTITY_CHILDREN_CPU,
	[PDIAG_FLOW_MINOR] = PDIAG_QUANTITY_FAULTS_MINOR,
	[PDIAG_FLOW_MAJOR] = PDIAG_QUANTITY_FAULTS_MAJOR,
	[PDIAG_FLOW_BLOCKED] = PDIAG_QUANTITY_BLOCKED_IO,
	[PDIAG_FLOW_READ] = PDIAG_QUANTITY_STORAGE_READ,
	[PDIAG_FLOW_WRITE] = PDIAG_QUANTITY_STORAGE_WRITE,
	[PDIAG_FLOW_CALLS_READ] = PDIAG_QUANTITY_CALLS_READ,
	[PDIAG_FLOW_CALLS_WRITE] = PDIAG_QUANTITY_CALLS_WRITE,
	[PDIAG_FLOW_DELAY] = PDIAG_QUANTITY_RUN_DELAY,
	[PDIAG_FLOW_VOLUNTARY] = PDIAG_QUANTITY_VOLUNTARY,
	[PDIAG_FLOW_INVOLUNTARY] = PDIAG_QUANTITY_INVOLUNTARY,
	[PDIAG_FLOW_MIGRATIONS] = PDIAG_QUANTITY_MIGRATIONS,
};

void pdiag_portrait_rates(const struct pdiag_proc *proc, const double *flow, double seconds,
	double counted, double growth, double *values)
{
	double time;

	for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++)
		values[q] = NAN;
	values[PDIAG_QUANTITY_RESIDENT] = (double)proc->resident;
	values[PDIAG_QUANTITY_THREADS] = proc->threads;
	if (!(seconds > 0))
		return;
	for (uint32_t f = 0; f < PDIAG_FLOWS; f++) {
		time = f < PDIAG_FLOW_DELAY ? seconds : counted;
		if (proc->have >> f & 1 && time > 0)
			values[quantities[f]] = flow[f] / time;
	}
	values[PDIAG_QUANTITY_GROWTH] = growth / seconds;
}

static void idle(const struct pdiag_proc *proc, double *values)
{
	static const double nothing[PDIAG_FLOWS];
	/* Watched for less than a look it is not known yet. */
	double seconds = proc->based && proc->base_ns > proc->first_ns ? 1 : 0;

	pdiag_portrait_rates(proc, nothing, seconds, seconds, 0, values);
}

void pdiag_portrait_now(
	const struct pdiag_portraits *p, const struct pdiag_proc *proc, double *values)
{
	const struct pdiag_past *past = proc->past;
	double flow[PDIAG_FLOWS] = { 0 }, seconds = 0, counted = 0;
	double resident = (double)proc->base_resident;
	const struct pdiag_bucket *b;
	uint32_t oldest = UINT32_MAX;

	if (!past) {
		idle(proc, values);
		pdiag_proofs_values(p, proc, values);
		return;
	}
	for (uint32_t i = 0; i < PDIAG_PORTRAIT_BUCKETS; i++) {
		b = in_window(p, past, i);
		if (!b)
			continue;
		seconds += (double)b->seconds;
		counted += (double)b->counted;
		for (uint32_t f = 0; f < PDIAG_FLOWS; f++)
			flow[f] += (double)b->flow[f];
		if (b->id < oldest) {
			oldest = b->id;
			resident = (double)b->resident;
		}
	}
	pdiag_portrait_rates(proc, flow, seconds, counted,
		(double)proc->base_resident - resident, values);
	pdiag_proofs_values(p, proc, values);
}

uint32_t pdiag_portrait_ended(const struct pdiag_portraits *p, const struct pdiag_past *past)
{
	const struct pdiag_bucket *b;
	uint32_t n = 0;

	for (uint32_t i = 0; past && i < PDIAG_PORTRAIT_BUCKETS; i++) {
		b = in_window(p, past, i);
		n += b ? b->ended : 0;
	}
	return n;
}

double pdiag_portrait_stuck(const struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	const struct pdiag_bucket *b;
	double seconds = 0, blocked = 0;

	for (uint32_t i = 0; proc->past && i < PDIAG_PORTRAIT_BUCKETS; i++) {
		b = in_window(p, proc->past, i);
		if (!b)
			continue;
		seconds += (double)b->seconds;
		blocked += (double)b->blocked;
	}
	return seconds > 0 ? blocked / seconds : 0;
}
