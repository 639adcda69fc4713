/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "../../support/fail_alloc.h"
#include "profile/ledger.h"
#include "profile/profile.h"

#define SEC ((uint64_t)1000000000)
#define PERIOD ((uint64_t)1000)

static struct pdiag *context;
static struct pdiag_profile *p;
static uint32_t a, b, off; /* two running entries and a blocked one */

static uint32_t entry(int32_t tid, enum pdiag_state s)
{
	return pdiag_profile_entry(p, pdiag_profile_thread(p, 1, tid, "t", "p"), 0, s, 0);
}

static int begin(void **state)
{
	(void)state;
	if (pdiag_profile_new(context, &p))
		return -1;
	p->period_ns = PERIOD;
	a = entry(1, PDIAG_STATE_RUNNING);
	b = entry(2, PDIAG_STATE_RUNNING);
	off = entry(3, PDIAG_STATE_BLOCKED);
	return 0;
}

static int setup(void **state)
{
	return pdiag_open(NULL, &context) ? -1 : begin(state);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

static void count(uint32_t id, uint64_t weight, int32_t cpu, uint64_t time)
{
	assert_int_equal(pdiag_profile_count(p, id, weight, cpu, time), 0);
}

static void lose(int32_t cpu, uint64_t time, uint64_t events)
{
	assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_OVERRUN, cpu, -1, time, events), 0);
}

static void check(uint64_t want_a, uint64_t want_b)
{
	pdiag_profile_settle(p, UINT64_MAX);
	assert_int_equal(p->entries[a].weight, want_a);
	assert_int_equal(p->entries[b].weight, want_b);
	assert_int_equal(p->weight, want_a + want_b + p->entries[off].weight);
}

static void spread_by_weight(void **state)
{
	(void)state;
	count(a, 3000, 0, 0);
	count(b, 1000, 0, 1);
	lose(0, 2, 100);
	check(3000 + 75000, 1000 + 25000);
	assert_int_equal(p->entries[a].samples, 1);
}

static void no_nanosecond_is_lost(void **state)
{
	(void)state;
	p->period_ns = 7;
	count(a, 1, 0, 0);
	count(b, 1, 0, 0);
	count(a, 1, 0, 0);
	/* 7 over three: the rising sum gives 2, 2, 3. */
	lose(0, 0, 1);
	check(2 + 5, 1 + 2);
}

static void other_cpus_and_seconds_stay(void **state)
{
	(void)state;
	count(a, 1000, 0, 0);
	count(b, 1000, 1, 0);
	count(b, 1000, 0, 1 * SEC);
	count(b, 1000, -1, 0);
	lose(0, SEC / 2, 5);
	check(6000, 3000);
	lose(-1, 0, 5);
	check(6000, 8000);
}

static void only_overruns_and_only_running(void **state)
{
	(void)state;
	count(a, 1000, 0, 0);
	count(off, 1000000, 0, 0);
	for (int r = PDIAG_LOSS_THROTTLED; r <= PDIAG_LOSS_TASKS; r++)
		assert_int_equal(pdiag_profile_lose(p, r, 0, -1, 0, 9), 0);
	check(1000, 0);
	lose(0, 0, 1);
	check(2000, 0);
	assert_int_equal(p->entries[off].weight, 1000000);
}

static void mean_weight_without_a_period(void **state)
{
	(void)state;
	p->period_ns = 0;
	count(a, 300, 0, 0);
	count(b, 101, 0, 0);
	/* Three of 200.5 ns are 601 whole ones. */
	lose(0, 0, 3);
	check(300 + 449, 101 + 152);
}

static void samples_without_weight(void **state)
{
	(void)state;
	count(a, 0, 0, 0);
	count(b, 0, 0, 0);
	lose(0, 0, 4);
	check(2000, 2000);
}

static void goes_to_the_nearest_second(void **state)
{
	(void)state;
	count(a, 1000, 0, 4 * SEC);
	lose(0, 6 * SEC, 1);
	/* Two seconds after; a nearer one comes later, and takes it. */
	check(2000, 0);
	count(b, 1000, 0, 7 * SEC);
	check(1000, 2000);
	/* The earlier one of two at the same distance. */
	count(a, 1000, 0, 20 * SEC);
	lose(0, 21 * SEC, 10);
	count(b, 1000, 0, 22 * SEC);
	check(1000 + 11000, 3000);
	count(b, 0, 0, 40 * SEC);
	check(12000, 3000);
}

static void stays_uncorrected_when_alone(void **state)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };

	(void)state;
	count(a, 1000, 0, 0);
	lose(0, 3 * SEC, 50);
	check(1000, 0);
	count(b, 1000, 0, 6 * SEC);
	check(1000, 1000);
	count(b, 1000, 0, 60 * SEC);
	check(1000, 2000);
	assert_int_equal(pdiag_profile_get_info(p, &info), 0);
	assert_int_equal(info.lost, 50);
}

static void too_late_goes_to_the_second_that_is_on(void **state)
{
	(void)state;
	count(a, 1000, 0, 10 * SEC);
	count(b, 1000, 0, 16 * SEC);
	lose(0, 10 * SEC, 3);
	check(1000, 4000);
	/* Late, but not too late. */
	count(a, 1000, 0, 11 * SEC);
	lose(0, 11 * SEC, 3);
	check(5000, 4000);
}

static void five_seconds_are_not_too_late(void **state)
{
	(void)state;
	count(a, 1000, 0, 10 * SEC);
	count(b, 1000, 0, 15 * SEC);
	lose(0, 10 * SEC, 3);
	check(4000, 1000);
	/* A second of nothing but loss finds its way to one that is five seconds back. */
	lose(0, 17 * SEC, 2);
	count(a, 0, 0, 20 * SEC);
	check(4000, 3000);
	count(a, 0, 0, 60 * SEC);
	check(4000, 3000);
}

static void seconds_are_counted_from_the_start(void **state)
{
	(void)state;
	p->start_time = 1000 * SEC + SEC / 2;
	count(a, 1000, 0, 1001 * SEC);
	count(b, 1000, 0, 1002 * SEC);
	lose(0, 1001 * SEC + SEC / 2 - 1, 1);
	check(2000, 1000);
}

static void settles_up_to_a_time(void **state)
{
	(void)state;
	count(a, 1000, 0, 0);
	lose(0, 0, 1);
	count(b, 1000, 0, SEC);
	lose(0, SEC, 1);
	pdiag_profile_settle(p, SEC);
	assert_int_equal(p->entries[a].weight, 2000);
	assert_int_equal(p->entries[b].weight, 1000);
	check(2000, 2000);
	/* What is spread is not taken back. */
	pdiag_profile_settle(p, SEC);
	assert_int_equal(p->entries[b].weight, 2000);
}

static void senseless_places(void **state)
{
	(void)state;
	count(a, 1000, INT32_MAX, UINT64_MAX);
	lose(INT32_MAX, UINT64_MAX, 5);
	lose(INT32_MIN, 0, 5);
	count(b, 1000, INT32_MIN, UINT64_MAX);
	lose(INT32_MIN, UINT64_MAX, 1);
	/* All numbers below 0 are one unknown CPU; what was lost long before stays uncorrected. */
	check(1000, 2000);
	count(a, 0, 8191, UINT64_MAX - SEC);
	check(1000, 2000);
}

#define STEPS 20000
#define ENTRIES 50

static uint64_t seed;

static uint32_t pick(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

/* One stream of samples and losses; with `look`, somebody wants numbers now and then. */
static uint64_t stream(bool look, uint64_t *weights)
{
	uint32_t ids[ENTRIES], dice;
	uint64_t time = 0, base = 0, lost = 0;

	seed = 42;
	for (uint32_t i = 0; i < ENTRIES; i++)
		ids[i] = entry((int32_t)i, PDIAG_STATE_RUNNING);
	for (uint32_t i = 0; i < STEPS; i++) {
		int32_t cpu = (int32_t)pick(3);
		uint64_t events = pick(1000) + 1, weight = 500 + pick(1000), back = pick(9) * SEC;

		dice = pick(100);
		time += pick(20) ? pick(20000000) : pick(4) * SEC;
		if (time < back || dice % 10)
			back = 0;
		if (dice < 90) {
			count(ids[pick(ENTRIES)], weight, cpu, time - back);
			base += weight;
		} else {
			lose(cpu, time - back, events);
			lost += events;
		}
		if (look && dice == 50)
			pdiag_profile_settle(p, UINT64_MAX);
		if (look && dice == 51)
			pdiag_profile_settle(p, time);
	}
	pdiag_profile_settle(p, UINT64_MAX);
	for (uint32_t i = 0; i < ENTRIES; i++)
		weights[i] = p->entries[ids[i]].weight;
	assert_true(p->weight > base + lost * PERIOD / 2);
	assert_true(p->weight <= base + lost * PERIOD);
	assert_int_equal((p->weight - base) % PERIOD, 0);
	return p->weight;
}

static void looking_changes_nothing(void **state)
{
	uint64_t undisturbed[ENTRIES], looked[ENTRIES], sum = 0, total;

	total = stream(false, undisturbed);
	for (uint32_t i = 0; i < ENTRIES; i++)
		sum += undisturbed[i];
	assert_int_equal(sum, total);
	assert_int_equal(begin(state), 0);
	assert_int_equal(stream(true, looked), total);
	for (uint32_t i = 0; i < ENTRIES; i++)
		assert_int_equal(undisturbed[i], looked[i]);
}

/* Every second keeps samples: then all that was lost is in the weights, to the nanosecond. */
static void the_sum_is_exact(void **state)
{
	uint64_t base = 0, lost = 0;

	(void)state;
	seed = 7;
	p->period_ns = 1234567;
	for (uint64_t ms = 0; ms < 30000; ms++) {
		uint64_t weight = pick(1000000);

		count(pick(2) ? a : b, weight, 0, ms * 1000000);
		base += weight;
		if (!pick(50)) {
			lose(0, ms * 1000000, 13);
			lost += 13;
		}
	}
	pdiag_profile_settle(p, UINT64_MAX);
	assert_int_equal(p->entries[a].weight + p->entries[b].weight, base + lost * 1234567);
	assert_int_equal(p->weight, base + lost * 1234567);
}

static void needs_no_more_memory_in_the_long_run(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (uint64_t ms = 0; ms < 10000; ms++)
		count(a, 1000, 0, ms * 1000000);
	lose(0, 10 * SEC, 1);
	fail_alloc_start_all(0);
	for (uint64_t ms = 10000; ms < 100000; ms++)
		count(a, 1000, 0, ms * 1000000);
	check(100001 * 1000, 0);
	assert_false(fail_alloc_stop());
}

static void out_of_memory(void **state)
{
	unsigned long n;
	int ret;

	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		assert_int_equal(begin(state), 0);
		fail_alloc_start(n);
		ret = pdiag_profile_lose(p, PDIAG_LOSS_OVERRUN, 5, -1, 0, 3);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(pdiag_ledger_lost(p->ledger), 3);
		count(a, 1000, 5, 0);
		pdiag_profile_settle(p, UINT64_MAX);
		/* Corrected by it or not, but nothing in between. */
		assert_true(p->weight == 1000 || p->weight == 4000);
	}
	assert_int_equal(ret, 0);
	assert_int_equal(n, 5);
	count(a, 1000, 5, 0);
	check(4000, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(spread_by_weight),
		TEST(no_nanosecond_is_lost),
		TEST(other_cpus_and_seconds_stay),
		TEST(only_overruns_and_only_running),
		TEST(mean_weight_without_a_period),
		TEST(samples_without_weight),
		TEST(goes_to_the_nearest_second),
		TEST(stays_uncorrected_when_alone),
		TEST(too_late_goes_to_the_second_that_is_on),
		TEST(five_seconds_are_not_too_late),
		TEST(seconds_are_counted_from_the_start),
		TEST(settles_up_to_a_time),
		TEST(senseless_places),
		TEST(looking_changes_nothing),
		TEST(the_sum_is_exact),
		TEST(needs_no_more_memory_in_the_long_run),
		TEST(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
