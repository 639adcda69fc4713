/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a profile to what it says of each process. */
#include "portrait/proofs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "profile/stack.h"
#include "symbol/symbolizer.h"
#include "util/array.h"
#include "util/clock.h"

/* Seconds of one stack of one process. */
struct piece {
	uint32_t proof, node;
	double held, all; /* on a CPU or held up; and with rests */
};

struct gather {
	struct pdiag_portraits *p;
	const struct pdiag_profile *profile;
	struct pdiag_proofs *proofs;
	uint32_t *numbers;	  /* by node */
	uint32_t *owners;	  /* by thread: proof, PDIAG_ID_NONE: none */
	double *on, *off;	  /* by thread: seconds */
	struct piece *pieces;
	size_t piece_count, piece_cap;
	struct pdiag_stack_symbols stack; /* that is being added */
};

/* ---- whose it is ---- */

/* Code of this boot and machine, or none that is known; else pids mean nothing here. */
static bool is_ours(const struct pdiag_profile *profile)
{
	bool known = false;

	for (size_t i = 0; i < profile->frame_count; i++) {
		const struct pdiag_module *m = profile->frames[i].module;

		if (m->live)
			return true;
		known |= m->kind != PDIAG_MODULE_NONE && m->kind != PDIAG_MODULE_MARK;
	}
	return !known;
}

/* One that began when the profile had ended has the pid of another. */
static bool was_there(const struct gather *g, const struct pdiag_proc *proc)
{
	uint64_t began = proc->start * g->p->tick_ns;

	began = began > g->p->boot_ns ? began - g->p->boot_ns : 0;
	return !g->profile->start_time || began <= g->profile->end_time;
}

static int by_pid(const void *a, const void *b)
{
	const struct pdiag_proof *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int list_processes(struct gather *g)
{
	struct pdiag_proofs *e = g->proofs;
	size_t kept = 0;

	e->list = calloc(g->profile->thread_count + 1, sizeof(*e->list));
	if (!e->list)
		return -ENOMEM;
	e->cap = g->profile->thread_count + 1;
	for (size_t i = 0; i < g->profile->thread_count; i++) {
		int32_t pid = g->profile->threads[i].pid;
		const struct pdiag_proc *proc = pid > 0 ? pdiag_portrait_find(g->p, pid) : NULL;

		if (proc && was_there(g, proc))
			e->list[e->count++] =
				(struct pdiag_proof){ .pid = pid, .start = proc->start };
	}
	qsort(e->list, e->count, sizeof(*e->list), by_pid);
	for (size_t i = 0; i < e->count; i++)
		if (!kept || e->list[kept - 1].pid != e->list[i].pid)
			e->list[kept++] = e->list[i];
	e->count = kept;
	return 0;
}

const struct pdiag_proof *pdiag_proofs_find(const struct pdiag_proofs *e, int32_t pid)
{
	const struct pdiag_proof key = { .pid = pid };

	return e->count ? bsearch(&key, e->list, e->count, sizeof(key), by_pid) : NULL;
}

static int find_owners(struct gather *g)
{
	size_t n = g->profile->thread_count;
	const struct pdiag_proof *proof;

	g->owners = calloc(n + 1, sizeof(*g->owners));
	g->on = calloc(n + 1, sizeof(*g->on));
	g->off = calloc(n + 1, sizeof(*g->off));
	if (!g->owners || !g->on || !g->off)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		proof = pdiag_proofs_find(g->proofs, g->profile->threads[i].pid);
		g->owners[i] = proof ? (uint32_t)(proof - g->proofs->list) : PDIAG_ID_NONE;
	}
	return 0;
}

/* ---- seconds ---- */

static double seconds_of(const struct pdiag_entry *e)
{
	return (double)e->weight / PDIAG_SECOND_NS;
}

static void add_times(struct gather *g)
{
	for (size_t i = 0; i < g->profile->entry_count; i++) {
		const struct pdiag_entry *e = &g->profile->entries[i];

		if (e->state == PDIAG_STATE_RUNNING) {
			g->on[e->thread] += seconds_of(e);
		} else {
			g->off[e->thread] += seconds_of(e);
			g->proofs->waits = true;
		}
	}
}

/* A wait that ends in the profile may have begun before: no thread has more time than there was. */
static double within(const struct gather *g, const struct pdiag_entry *e)
{
	double left = fmax(g->proofs->seconds - g->on[e->thread], 0);
	double part = g->off[e->thread] > left ? left / g->off[e->thread] : 1;

	return seconds_of(e) * part;
}

static int add_entry(struct gather *g, const struct pdiag_entry *e)
{
	struct pdiag_proof *proof = &g->proofs->list[g->owners[e->thread]];
	double seconds = seconds_of(e), held = seconds, all = g->proofs->seconds;
	uint32_t node = pdiag_stack_own(g->profile, e);
	struct pdiag_wait w;

	if (e->state != PDIAG_STATE_RUNNING) {
		if (pdiag_stack_take(g->profile, node, &g->stack))
			return -ENOMEM;
		seconds = within(g, e);
		w = pdiag_hold_of(e->state, g->stack.list, g->stack.depth, seconds,
			(double)e->samples);
		held = w.held;
		if (w.quantity < PDIAG_QUANTITY_COUNT)
			proof->off[w.quantity - PDIAG_QUANTITY_OFF_FUTEX] += seconds / all;
		if (w.hold != PDIAG_HOLDS)
			proof->held[w.hold] += held / all;
		if (w.hold == PDIAG_HOLD_LOCK && w.named)
			proof->named += held / all;
	}
	if (!node)
		return 0;
	if (pdiag_array_reserve(&g->pieces, &g->piece_cap, g->piece_count + 1,
		    sizeof(*g->pieces)))
		return -ENOMEM;
	g->pieces[g->piece_count++] =
		(struct piece){ g->owners[e->thread], g->numbers[node], held, seconds };
	return 0;
}

/* ---- the heaviest stack ---- */

static int by_stack(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->proof != y->proof)
		return x->proof < y->proof ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

/* Rests only decide where there is nothing else. */
static bool heavier(const struct piece *a, const struct piece *b)
{
	return a->held > b->held || (!(a->held < b->held) && a->all > b->all);
}

static void choose_stacks(struct gather *g)
{
	struct piece sum, best = { 0 };

	if (g->piece_count)
		qsort(g->pieces, g->piece_count, sizeof(*g->pieces), by_stack);
	for (size_t i = 0; i < g->piece_count;) {
		struct pdiag_proof *proof = &g->proofs->list[g->pieces[i].proof];

		sum = g->pieces[i];
		for (i++; i < g->piece_count && !by_stack(&sum, &g->pieces[i]); i++) {
			sum.held += g->pieces[i].held;
			sum.all += g->pieces[i].all;
		}
		proof->weight += sum.held;
		if (!proof->node || heavier(&sum, &best)) {
			proof->node = sum.node;
			best = sum;
		}
	}
}

/* ---- all ---- */

static int gather_all(struct gather *g)
{
	int ret = list_processes(g);

	if (!ret)
		ret = find_owners(g);
	if (ret)
		return ret;
	g->numbers = calloc(g->profile->node_count + 1, sizeof(*g->numbers));
	if (!g->numbers || pdiag_stacks_number(g->profile, g->numbers))
		return -ENOMEM;
	add_times(g);
	for (size_t i = 0; !ret && i < g->profile->entry_count; i++)
		if (g->owners[g->profile->entries[i].thread] != PDIAG_ID_NONE)
			ret = add_entry(g, &g->profile->entries[i]);
	if (ret)
		return ret;
	choose_stacks(g);
	return pdiag_stacks_keep(g->proofs, g->profile);
}

static int check(struct pdiag_profile *profile)
{
	if (!pdiag_profile_duration(profile))
		return pdiag_fail(EINVAL, "pdiag_portraits_add_profile: the profile covers no "
			"time; take it from a capture that ran");
	if (!is_ours(profile))
		return pdiag_fail(EINVAL, "pdiag_portraits_add_profile: the profile is of another "
			"machine or boot, whose pids mean nothing here");
	return 0;
}

int pdiag_proofs_gather(struct pdiag_portraits *p, struct pdiag_profile *profile,
	struct pdiag_proofs **out)
{
	struct gather g = { .p = p, .profile = profile };
	int ret = check(profile);

	if (ret)
		return ret;
	if (pdiag_profile_settle(profile, UINT64_MAX) || pdiag_profile_resolve(profile, NULL))
		return -ENOMEM;
	g.proofs = calloc(1, sizeof(*g.proofs));
	if (!g.proofs)
		return -ENOMEM;
	g.proofs->seconds = (double)pdiag_profile_duration(profile) / PDIAG_SECOND_NS;
	ret = gather_all(&g);
	free(g.numbers);
	free(g.owners);
	free(g.on);
	free(g.off);
	free(g.pieces);
	pdiag_stack_symbols_free(&g.stack);
	if (ret) {
		pdiag_proofs_free(g.proofs);
		return ret;
	}
	*out = g.proofs;
	return 0;
}
