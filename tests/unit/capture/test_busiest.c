/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the busiest process has of the CPU time in use, by a flight recorder made of records. */
#include <math.h>

#include "../../support/fail_alloc.h"
#include "flight_ground.h"

static uint64_t asked_since;

static void recent(struct pdiag_source *s, uint64_t since, pdiag_source_recent_fn fn, void *user)
{
	const struct flight_queue *q = &flight_of(s)->samples;

	asked_since = since;
	for (uint32_t i = q->at; i < q->count; i++)
		if (q->list[i].time >= since)
			fn(user, q->list[i].pid, q->list[i].sample.weight);
}

static struct pdiag_source_ops ops;

static int setup_recent(void **state)
{
	int ret = setup(state);

	if (ret)
		return ret;
	ops = flight_ops;
	ops.recent = recent;
	source->base.ops = &ops;
	return 0;
}

/* At the time that the test began, when it was last asked so many seconds ago. */
static double busiest(double seconds)
{
	capture->busiest.time_ns = ago(seconds);
	return pdiag_capture_busiest(capture, now);
}

#define MS 1000000ull

static void shares(void **state)
{
	(void)state;
	start();
	assert_true(busiest(1) == 0);
	/* One has 30 ms, another 70 in pieces, and those who are not to be seen have most. */
	put_sample(source, PID, PID, 10 * MS, ago(0.9));
	put_sample(source, PID + 1, PID + 1, 50 * MS, ago(0.8));
	put_sample(source, PID, PID + 2, 20 * MS, ago(0.7));
	put_sample(source, 0, 0, 180 * MS, ago(0.6));
	put_sample(source, PID + 1, PID + 1, 20 * MS, ago(0.5));
	assert_true(fabs(busiest(1) - 70.0 / 280) < 1e-9);
	assert_true(asked_since == ago(1));
	/* What was before it was last asked does not count. */
	assert_true(fabs(busiest(0.75) - 20.0 / 220) < 1e-9);
	/* All of it is still there. */
	freeze(5);
}

/* One sample for a large part of the time: who has it is chance. */
static void too_few(void **state)
{
	(void)state;
	start();
	put_sample(source, PID, PID, 100 * MS, ago(0.9));
	assert_true(busiest(1) == 1);
	put_sample(source, PID + 1, PID + 1, 101 * MS, ago(0.9));
	assert_true(isnan(busiest(1)));
	assert_false(isnan(busiest(1.5)));
	/* Of what many CPUs had it is little. */
	for (int i = 0; i < 18; i++)
		put_sample(source, PID + i, PID + i, 50 * MS, ago(0.8));
	assert_false(isnan(busiest(1)));
}

static void unknown(void **state)
{
	(void)state;
	assert_true(isnan(busiest(1)));
	start();
	put_sample(source, PID, PID, 10 * MS, ago(0.1));
	assert_true(isnan(busiest(0.3)));
	assert_true(isnan(busiest(-1)));
	/* Until it has been long enough. */
	capture->busiest.time_ns = ago(0.5);
	assert_true(isnan(pdiag_capture_busiest(capture, ago(0.15))));
	assert_true(pdiag_capture_busiest(capture, now) == 1);
	/* It says nothing of now. */
	assert_false(isnan(busiest(8)));
	assert_true(asked_since == ago(2));
	source->base.state.flight.begun = ago(0.2);
	assert_true(isnan(busiest(1)));
	source->base.state.flight.begun = ago(0.6);
	assert_true(busiest(1) == 1);
	assert_true(asked_since == ago(0.6));
	freeze(1);
	assert_true(isnan(busiest(1)));
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_true(isnan(busiest(1)));
}

static void out_of_memory(void **state)
{
	double value;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	start();
	put_sample(source, PID, PID, 10 * MS, ago(0.9));
	fail_alloc_start(0);
	value = busiest(1);
	assert_true(fail_alloc_stop());
	assert_true(isnan(value));
	assert_true(busiest(1) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shares, setup_recent, teardown),
		cmocka_unit_test_setup_teardown(too_few, setup_recent, teardown),
		cmocka_unit_test_setup_teardown(unknown, setup_recent, teardown),
		cmocka_unit_test_setup_teardown(out_of_memory, setup_recent, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
