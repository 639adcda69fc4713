/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Portraits as they are handed out: all that is known of a process, put together. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "portrait/proofs.h"
#include "portrait/portrait.h"
#include "util/array.h"

_Static_assert(sizeof(struct pdiag_portrait_value) == 3 * 8, "no holes in a value");
_Static_assert(sizeof(struct pdiag_portrait) == 7 * sizeof(void *) + 6 * 4 + 4 * 8 + 2 * 4,
	"no holes in struct pdiag_portrait");

void pdiag_portrait_values(const struct pdiag_portraits *p, const struct pdiag_proc *proc,
	struct pdiag_portrait_value *values)
{
	double now[PDIAG_QUANTITY_COUNT];

	pdiag_portrait_now(p, proc, now);
	for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++) {
		values[q] = (struct pdiag_portrait_value){ .now = now[q], .usual = now[q] };
		if (!proc->past || !pdiag_usual_samples(&proc->past->usual, q))
			continue;
		values[q].usual = isfinite(now[q]) ? (double)proc->past->usual.mean[q] : NAN;
		values[q].deviation = pdiag_usual_deviation(&proc->past->usual, q, now[q]);
	}
}

static const char *text_or_none(const char *text)
{
	return text ? text : "";
}

/* Whoever rests was watched all the same. */
static void fill(struct pdiag_portraits *p, const struct pdiag_proc *proc,
	struct pdiag_portrait *to)
{
	const struct pdiag_proof *proof = pdiag_proofs_of(p, proc);
	const struct pdiag_past *past = proc->past;

	to->name = proc->comm;
	to->command = text_or_none(proc->command);
	to->cgroup = text_or_none(proc->cgroup);
	to->value_count = PDIAG_QUANTITY_COUNT;
	to->pid = proc->pid;
	to->parent = proc->ppid;
	to->uid = proc->uid;
	to->start_ns = proc->start * p->tick_ns;
	to->seen_ns = proc->base_ns - proc->first_ns;
	to->samples = past ? past->usual.samples : 0;
	to->children = pdiag_portrait_ended(p, past);
	if (proof && proof->depth) {
		to->top = p->proofs->frames + proof->first;
		to->top_depth = proof->depth;
	}
}

int pdiag_portrait_paint(
	struct pdiag_portraits *p, struct pdiag_proc *proc, struct pdiag_painting *painting)
{
	struct pdiag_portrait *to = &painting->portrait;
	double now[PDIAG_QUANTITY_COUNT];
	struct pdiag_judgement judgement;

	*painting = (struct pdiag_painting){ .reasons = { 0 } };
	pdiag_portrait_read_texts(p, proc);
	fill(p, proc, to);
	pdiag_portrait_values(p, proc, painting->values);
	for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++)
		now[q] = painting->values[q].now;
	judgement = pdiag_portrait_judge(p, proc, now, &painting->reasons);
	pdiag_portrait_change(&painting->change, painting->values);
	to->values = painting->values;
	to->klass = judgement.klass;
	to->confidence = judgement.confidence;
	to->abnormality = pdiag_portrait_abnormality(painting->values);
	if (painting->reasons.error || painting->change.error)
		return -ENOMEM;
	to->reasons = text_or_none(painting->reasons.data);
	to->change = text_or_none(painting->change.data);
	return 0;
}

void pdiag_painting_free(struct pdiag_painting *painting)
{
	pdiag_text_free(&painting->reasons);
	pdiag_text_free(&painting->change);
}

/* ---- handing out ---- */

static int hand_out(
	struct pdiag_portraits *p, struct pdiag_proc *proc, pdiag_portrait_fn fn, void *user)
{
	struct pdiag_painting painting;
	int ret = pdiag_portrait_paint(p, proc, &painting);

	ret = ret ? pdiag_fail_memory("making a portrait") : fn(user, &painting.portrait);
	pdiag_painting_free(&painting);
	return ret;
}

int pdiag_portraits_find(
	struct pdiag_portraits *p, int32_t pid, pdiag_portrait_fn fn, void *user)
{
	struct pdiag_proc *proc;

	pdiag_error_clear();
	proc = pdiag_portrait_find(p, pid);
	if (!proc)
		return pdiag_fail(ESRCH, "process %d was not there at the last sample", pid);
	return hand_out(p, proc, fn, user);
}

/* Larger keys come first. */
struct place {
	double key;
	int32_t pid;
};

static double known(double v)
{
	return isfinite(v) ? v : 0;
}

static double key(const struct pdiag_portraits *p, const struct pdiag_proc *proc, uint32_t order)
{
	struct pdiag_portrait_value values[PDIAG_QUANTITY_COUNT];
	double now[PDIAG_QUANTITY_COUNT];

	if (order == PDIAG_ORDER_PID)
		return -proc->pid;
	if (order == PDIAG_ORDER_RESIDENT)
		return (double)proc->resident;
	if (!proc->past)
		return 0;
	if (order == PDIAG_ORDER_ABNORMALITY) {
		pdiag_portrait_values(p, proc, values);
		return pdiag_portrait_abnormality(values);
	}
	pdiag_portrait_now(p, proc, now);
	if (order == PDIAG_ORDER_RUN_DELAY)
		return known(now[PDIAG_QUANTITY_RUN_DELAY]);
	if (order == PDIAG_ORDER_STORAGE)
		return known(now[PDIAG_QUANTITY_STORAGE_READ]) +
			known(now[PDIAG_QUANTITY_STORAGE_WRITE]);
	return known(now[PDIAG_QUANTITY_CPU_USER]) + known(now[PDIAG_QUANTITY_CPU_SYSTEM]) +
		known(now[PDIAG_QUANTITY_CHILDREN_CPU]);
}

/* Up to here there is nothing to tell by that order; sentences write it as 0, too. */
static double nothing(uint32_t order)
{
	switch (order) {
	case PDIAG_ORDER_CPU:
		return pdiag_quantity_floor(PDIAG_QUANTITY_CPU_USER) * PDIAG_PORTRAIT_NOTHING;
	case PDIAG_ORDER_RUN_DELAY:
		return pdiag_quantity_floor(PDIAG_QUANTITY_RUN_DELAY) * PDIAG_PORTRAIT_NOTHING;
	case PDIAG_ORDER_STORAGE:
		return pdiag_quantity_floor(PDIAG_QUANTITY_STORAGE_READ) * PDIAG_PORTRAIT_NOTHING;
	case PDIAG_ORDER_PID:
		return -INFINITY;
	default:
		return 0;
	}
}

static int by_key(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->key < y->key || x->key > y->key)
		return x->key < y->key ? 1 : -1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

int pdiag_portraits_each(struct pdiag_portraits *p, uint32_t order, uint32_t count,
	pdiag_portrait_fn fn, void *user)
{
	pdiag_auto_free struct place *places = NULL;
	struct pdiag_proc *proc;
	size_t n = p->count;
	int ret = 0;

	pdiag_error_clear();
	if (order > PDIAG_ORDER_PID)
		return pdiag_fail(EINVAL, "pdiag_portraits_each: order is %u; it is up to %u",
			order, PDIAG_ORDER_PID);
	if (!n)
		return 0;
	places = malloc(n * sizeof(*places));
	if (!places)
		return pdiag_fail_memory("sorting processes");
	for (size_t i = 0; i < n; i++)
		places[i] = (struct place){ key(p, &p->procs[i], order), p->procs[i].pid };
	qsort(places, n, sizeof(*places), by_key);
	for (size_t i = 0; !ret && i < n && (!count || i < count); i++) {
		if (count && places[i].key <= nothing(order))
			break;
		proc = pdiag_portrait_find(p, places[i].pid);
		ret = proc ? hand_out(p, proc, fn, user) : 0;
	}
	return ret;
}
