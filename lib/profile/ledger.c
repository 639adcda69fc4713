/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/ledger.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

/* Lines at most; beyond that the ledger gets coarser instead of longer. */
#define LINE_LIMIT 65536u
/* From this coarseness on CPUs are not told apart; at the last one seconds neither. */
#define COARSE_CPU 8u
#define COARSE_LAST 33u

_Static_assert(PDIAG_LOSS_TASKS < PDIAG_COUNT(((struct pdiag_ledger *)0)->total),
	"a total for each reason");

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* First the pid goes, then seconds are taken together by powers of two, then the CPU goes. */
static void coarsen(struct pdiag_loss *loss, uint32_t coarse)
{
	if (coarse >= 1)
		loss->pid = -1;
	if (coarse >= 2)
		loss->second &= coarse >= COARSE_LAST ? 0 : UINT32_MAX << (coarse - 1);
	if (coarse >= COARSE_CPU)
		loss->cpu = -1;
}

static uint64_t key_hash(const struct pdiag_loss *l)
{
	uint64_t h = pdiag_hash_u64(l->reason, (uint64_t)l->second << 32 | (uint32_t)l->cpu);

	return pdiag_hash_u64(h, (uint32_t)l->pid);
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare(const void *va, const void *vb)
{
	const struct pdiag_loss *a = va, *b = vb;
	int d = ORDER(a->reason, b->reason);

	if (!d)
		d = ORDER(a->second, b->second);
	if (!d)
		d = ORDER(a->cpu, b->cpu);
	return d ? d : ORDER(a->pid, b->pid);
}

static void sort_lines(struct pdiag_ledger *l)
{
	if (l->count)
		qsort(l->lines, l->count, sizeof(*l->lines), compare);
}

/* Never grows the index, as there are no more lines than were in it. */
static void index_again(struct pdiag_ledger *l)
{
	pdiag_table_clear(&l->index);
	for (size_t i = 0; i < l->count; i++)
		(void)pdiag_table_insert(&l->index, key_hash(&l->lines[i]), (uint32_t)i);
}

void pdiag_ledger_sort(struct pdiag_ledger *l)
{
	sort_lines(l);
	index_again(l);
}

/* Lines that have become the same are made one. The index is void. */
static void join_lines(struct pdiag_ledger *l)
{
	size_t kept = 0;

	if (!l->count)
		return;
	sort_lines(l);
	for (size_t i = 1; i < l->count; i++) {
		if (!compare(&l->lines[kept], &l->lines[i]))
			l->lines[kept].events =
				add_sat(l->lines[kept].events, l->lines[i].events);
		else
			l->lines[++kept] = l->lines[i];
	}
	l->count = kept + 1;
}

/* Make the ledger coarser until at most half the limit is in use. */
static void make_room(struct pdiag_ledger *l)
{
	while (l->count > LINE_LIMIT / 2 && l->coarse < COARSE_LAST) {
		l->coarse++;
		for (size_t i = 0; i < l->count; i++)
			coarsen(&l->lines[i], l->coarse);
		join_lines(l);
	}
	index_again(l);
}

void pdiag_ledger_begin(struct pdiag_ledger *l, uint64_t seconds)
{
	for (size_t i = 0; i < l->count; i++) {
		struct pdiag_loss *line = &l->lines[i];

		line->second = line->second > seconds ? line->second - (uint32_t)seconds : 0;
		coarsen(line, l->coarse);
	}
	join_lines(l);
	index_again(l);
}

static struct pdiag_loss *find(const struct pdiag_ledger *l, const struct pdiag_loss *key)
{
	uint64_t hash = key_hash(key);
	uint32_t pos, i;

	for (i = pdiag_table_first(&l->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&l->index, hash, &pos))
		if (!compare(&l->lines[i], key))
			return &l->lines[i];
	return NULL;
}

static int add_line(struct pdiag_ledger *l, const struct pdiag_loss *loss)
{
	struct pdiag_loss line = *loss, *have;

	if (!line.events)
		return 0;
	coarsen(&line, l->coarse);
	have = find(l, &line);
	if (!have && l->count >= LINE_LIMIT) {
		make_room(l);
		coarsen(&line, l->coarse);
		have = find(l, &line);
	}
	if (have) {
		have->events = add_sat(have->events, line.events);
		return 0;
	}
	if (pdiag_array_reserve(&l->lines, &l->cap, l->count + 1, sizeof(*l->lines)) ||
		pdiag_table_insert(&l->index, key_hash(&line), (uint32_t)l->count))
		return -ENOMEM;
	l->lines[l->count++] = line;
	return 0;
}

int pdiag_ledger_add(struct pdiag_ledger *l, const struct pdiag_loss *loss)
{
	if (loss->reason >= PDIAG_COUNT(l->total))
		return -EINVAL;
	l->total[loss->reason] = add_sat(l->total[loss->reason], loss->events);
	return add_line(l, loss);
}

int pdiag_ledger_merge(struct pdiag_ledger *into, const struct pdiag_ledger *from)
{
	int ret = 0;

	for (size_t i = 0; i < PDIAG_COUNT(into->total); i++)
		into->total[i] = add_sat(into->total[i], from->total[i]);
	for (size_t i = 0; i < from->count; i++)
		if (add_line(into, &from->lines[i]))
			ret = -ENOMEM;
	return ret;
}

uint64_t pdiag_ledger_lost(const struct pdiag_ledger *l)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < PDIAG_COUNT(l->total); i++)
		if (i != PDIAG_LOSS_SHORT && i != PDIAG_LOSS_THROTTLED && i != PDIAG_LOSS_CUT &&
			i != PDIAG_LOSS_TASKS)
			lost = add_sat(lost, l->total[i]);
	return lost;
}

uint64_t pdiag_ledger_unplaced(const struct pdiag_ledger *l, uint32_t reason)
{
	uint64_t placed = 0;

	for (size_t i = 0; i < l->count; i++)
		if (l->lines[i].reason == reason)
			placed = add_sat(placed, l->lines[i].events);
	return l->total[reason] - placed;
}

void pdiag_ledger_free(struct pdiag_ledger *l)
{
	free(l->lines);
	pdiag_table_free(&l->index);
	*l = (struct pdiag_ledger){ 0 };
}
