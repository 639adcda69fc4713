/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "profile/ledger.h"
#include "profile/profile.h"

static uint64_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static struct pdiag_loss loss(uint32_t reason, int32_t cpu, int32_t pid, uint32_t second,
	uint64_t events)
{
	return (struct pdiag_loss){ reason, cpu, pid, second, events };
}

static int add(struct pdiag_ledger *l, uint32_t reason, int32_t cpu, int32_t pid, uint32_t second,
	uint64_t events)
{
	struct pdiag_loss one = loss(reason, cpu, pid, second, events);

	return pdiag_ledger_add(l, &one);
}

static void same_key_same_line(void **state)
{
	struct pdiag_ledger l = { 0 };

	(void)state;
	assert_int_equal(add(&l, PDIAG_LOSS_OVERRUN, 1, -1, 5, 10), 0);
	assert_int_equal(add(&l, PDIAG_LOSS_OVERRUN, 1, -1, 5, 20), 0);
	assert_int_equal(l.count, 1);
	assert_int_equal(add(&l, PDIAG_LOSS_OVERRUN, 1, -1, 4, 1), 0);
	assert_int_equal(add(&l, PDIAG_LOSS_OVERRUN, 0, -1, 5, 1), 0);
	assert_int_equal(add(&l, PDIAG_LOSS_OVERRUN, 1, 77, 5, 1), 0);
	assert_int_equal(add(&l, PDIAG_LOSS_MEMORY, 1, -1, 5, 1), 0);
	assert_int_equal(add(&l, PDIAG_LOSS_MEMORY, 1, -1, 9, 0), 0);
	assert_int_equal(l.count, 5);
	assert_int_equal(l.total[PDIAG_LOSS_OVERRUN], 33);
	assert_int_equal(l.total[PDIAG_LOSS_MEMORY], 1);
	pdiag_ledger_sort(&l);
	assert_int_equal(l.lines[0].second, 4);
	assert_int_equal(l.lines[1].cpu, 0);
	assert_int_equal(l.lines[2].pid, -1);
	assert_int_equal(l.lines[2].events, 30);
	assert_int_equal(l.lines[3].pid, 77);
	assert_int_equal(l.lines[4].reason, PDIAG_LOSS_MEMORY);
	/* Lines are found after they were sorted, too. */
	assert_int_equal(add(&l, PDIAG_LOSS_OVERRUN, 1, -1, 4, 1), 0);
	assert_int_equal(l.count, 5);
	assert_int_equal(l.lines[0].events, 2);
	pdiag_ledger_free(&l);
	assert_int_equal(l.count, 0);
	assert_int_equal(l.total[PDIAG_LOSS_OVERRUN], 0);
}

static void not_all_reasons_are_samples_lost(void **state)
{
	struct pdiag_ledger l = { 0 };

	(void)state;
	for (uint32_t r = 0; r <= PDIAG_LOSS_TASKS; r++)
		assert_int_equal(add(&l, r, -1, -1, 0, (uint64_t)1 << r), 0);
	assert_int_equal(pdiag_ledger_lost(&l),
		511 - (1 << PDIAG_LOSS_SHORT) - (1 << PDIAG_LOSS_THROTTLED) -
			(1 << PDIAG_LOSS_CUT) - (1 << PDIAG_LOSS_TASKS));
	assert_int_equal(add(&l, 9, -1, -1, 0, 1), -EINVAL);
	assert_int_equal(add(&l, UINT32_MAX, -1, -1, 0, 1), -EINVAL);
	pdiag_ledger_free(&l);
}

static void counts_do_not_wrap(void **state)
{
	struct pdiag_ledger l = { 0 };

	(void)state;
	assert_int_equal(add(&l, 0, 1, 1, 1, UINT64_MAX), 0);
	assert_int_equal(add(&l, 0, 1, 1, 1, 2), 0);
	assert_int_equal(add(&l, 2, 1, 1, 1, 2), 0);
	assert_int_equal(l.lines[0].events, UINT64_MAX);
	assert_int_equal(l.total[0], UINT64_MAX);
	assert_int_equal(pdiag_ledger_lost(&l), UINT64_MAX);
	assert_int_equal(pdiag_ledger_unplaced(&l, 0), 0);
	pdiag_ledger_free(&l);
}

static uint64_t sum(const struct pdiag_ledger *l, uint32_t reason)
{
	uint64_t events = 0;

	for (size_t i = 0; i < l->count; i++)
		if (l->lines[i].reason == reason)
			events += l->lines[i].events;
	return events;
}

static void many_lines_get_coarser(void **state)
{
	struct pdiag_ledger l = { 0 };
	uint64_t want[8] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 70000; i++) {
		assert_int_equal(add(&l, 0, (int32_t)(i % 4), (int32_t)i, i / 1000, 3), 0);
		want[0] += 3;
	}
	/* The pid was given up, the second and the CPU not. */
	assert_int_equal(l.coarse, 1);
	assert_int_equal(l.count, 70 * 4);
	assert_int_equal(sum(&l, 0), want[0]);
	for (uint32_t i = 0; i < 1000000; i++) {
		uint32_t r = pick(7), events = pick(100);

		assert_int_equal(add(&l, r, (int32_t)pick(UINT32_MAX), (int32_t)pick(UINT32_MAX),
			pick(UINT32_MAX) * 2, events), 0);
		want[r] += events;
		assert_true(l.count <= 65536);
	}
	for (uint32_t r = 0; r < 8; r++) {
		assert_int_equal(l.total[r], want[r]);
		assert_int_equal(sum(&l, r), want[r]);
		assert_int_equal(pdiag_ledger_unplaced(&l, r), 0);
	}
	pdiag_ledger_sort(&l);
	for (size_t i = 1; i < l.count; i++)
		assert_memory_not_equal(&l.lines[i - 1], &l.lines[i],
			offsetof(struct pdiag_loss, events));
	pdiag_ledger_free(&l);
}

static void merges(void **state)
{
	struct pdiag_ledger x = { 0 }, y = { 0 }, both = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		struct pdiag_loss one =
			loss(pick(7), (int32_t)pick(3), (int32_t)pick(4), pick(5), i);

		assert_int_equal(pdiag_ledger_add(i % 2 ? &x : &y, &one), 0);
		assert_int_equal(pdiag_ledger_add(&both, &one), 0);
	}
	assert_int_equal(pdiag_ledger_merge(&x, &y), 0);
	pdiag_ledger_sort(&x);
	pdiag_ledger_sort(&both);
	assert_int_equal(x.count, both.count);
	assert_memory_equal(x.lines, both.lines, x.count * sizeof(*x.lines));
	assert_memory_equal(x.total, both.total, sizeof(x.total));
	pdiag_ledger_free(&x);
	pdiag_ledger_free(&y);
	pdiag_ledger_free(&both);
}

struct walk {
	struct pdiag_loss seen[8];
	int count, stop_at;
};

static int on_loss(void *user, const struct pdiag_loss *one)
{
	struct walk *w = user;

	w->seen[w->count++] = *one;
	return w->count == w->stop_at ? 42 : 0;
}

static void walked_in_order(void **state)
{
	struct walk w = { .stop_at = 2 };
	struct pdiag_profile *p;
	struct pdiag *context;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	assert_int_equal(pdiag_profile_each_loss(p, on_loss, &w), 0);
	assert_int_equal(w.count, 0);
	p->start_time = 100000000000;
	assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_UNPAIRED, 3, 9, 102500000000, 4), 0);
	assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_OVERRUN, 3, -1, 101000000000, 5), 0);
	assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_OVERRUN, 1, -1, 101999999999, 6), 0);
	assert_int_equal(pdiag_profile_each_loss(p, on_loss, &w), 42);
	assert_int_equal(w.count, 2);
	w = (struct walk){ 0 };
	assert_int_equal(pdiag_profile_each_loss(p, on_loss, &w), 0);
	assert_int_equal(w.count, 3);
	for (int i = 0; i < 3; i++) {
		const struct pdiag_loss want[] = {
			loss(PDIAG_LOSS_OVERRUN, 1, -1, 1, 6),
			loss(PDIAG_LOSS_OVERRUN, 3, -1, 1, 5),
			loss(PDIAG_LOSS_UNPAIRED, 3, 9, 2, 4),
		};

		assert_memory_equal(&w.seen[i], &want[i], sizeof(want[i]));
	}
	pdiag_close(context);
}

static void out_of_memory(void **state)
{
	struct walk w = { 0 };
	struct pdiag_profile *p;
	struct pdiag *context;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0; n < 2; n++) {
		assert_int_equal(pdiag_open(NULL, &context), 0);
		assert_int_equal(pdiag_profile_new(context, &p), 0);
		fail_alloc_start(n);
		assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_CUT, 3, 9, 0, 4), -ENOMEM);
		assert_true(fail_alloc_stop());
		assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_CUT, 3, 9, 0, 5), 0);
		/* What found no line is told all the same. */
		w = (struct walk){ 0 };
		assert_int_equal(pdiag_profile_each_loss(p, on_loss, &w), 0);
		assert_int_equal(w.count, 2);
		assert_int_equal(w.seen[0].cpu, -1);
		assert_int_equal(w.seen[0].events, 4);
		assert_int_equal(w.seen[1].events, 5);
		pdiag_close(context);
	}
}

/* It begins later than was thought: what was before is in the first second. */
static void begins_later(void **state)
{
	struct pdiag_ledger l = { 0 };

	(void)state;
	pdiag_ledger_begin(&l, 3);
	for (uint32_t second = 0; second < 6; second++)
		assert_int_equal(add(&l, PDIAG_LOSS_TASKS, 1, -1, second, 1), 0);
	assert_int_equal(add(&l, PDIAG_LOSS_TASKS, 2, -1, 1, 10), 0);
	pdiag_ledger_begin(&l, 3);
	assert_int_equal(l.count, 4);
	assert_int_equal(l.lines[0].second, 0);
	assert_int_equal(l.lines[0].events, 4);
	assert_int_equal(l.lines[1].cpu, 2);
	assert_int_equal(l.lines[1].events, 10);
	assert_int_equal(l.lines[3].second, 2);
	assert_int_equal(l.total[PDIAG_LOSS_TASKS], 16);
	/* Lines are found as before. */
	assert_int_equal(add(&l, PDIAG_LOSS_TASKS, 1, -1, 2, 5), 0);
	assert_int_equal(l.count, 4);
	pdiag_ledger_begin(&l, UINT64_MAX);
	assert_int_equal(l.count, 2);
	assert_int_equal(l.lines[0].events, 11);
	pdiag_ledger_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_later),
		cmocka_unit_test(same_key_same_line),
		cmocka_unit_test(not_all_reasons_are_samples_lost),
		cmocka_unit_test(counts_do_not_wrap),
		cmocka_unit_test(many_lines_get_coarser),
		cmocka_unit_test(merges),
		cmocka_unit_test(walked_in_order),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
