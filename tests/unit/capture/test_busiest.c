/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many CPUs the busiest process has, while a flight recorder made of records runs. */
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

/* It was last asked so many seconds ago. */
static double busiest(double seconds)
{
	capture->busiest.time_ns = ago(seconds);
	return pdiag_capture_busiest(capture);
}

static void adds_up(void **state)
{
	(void)state;
	start();
	assert_true(busiest(1) == 0);
	/* One has 0.3 s on two CPUs, another 0.4 s in pieces, and nobody is no process. */
	put_sample(source, PID, PID, 100000000, ago(0.9));
	put_sample(source, PID + 1, PID + 1, 200000000, ago(0.8));
	put_sample(source, PID, PID + 2, 200000000, ago(0.7));
	put_sample(source, 0, 0, 900000000, ago(0.6));
	put_sample(source, PID + 1, PID + 1, 200000000, ago(0.5));
	assert_true(fabs(busiest(1) - 0.4) < 0.05);
	/* The same of twice the time. */
	assert_true(fabs(busiest(2) - 0.2) < 0.05);
	/* What was before it was last asked does not count. */
	assert_true(fabs(busiest(0.75) - 0.2 / 0.75) < 0.05);
	/* All of it is still there. */
	freeze(5);
}

static void unknown(void **state)
{
	(void)state;
	assert_true(isnan(busiest(1)));
	start();
	put_sample(source, PID, PID, 100000000, ago(0.1));
	assert_true(isnan(busiest(0.3)));
	/* It says nothing of now. */
	assert_false(isnan(busiest(8)));
	assert_true(asked_since > ago(2.1));
	source->base.state.flight.begun = ago(0.2);
	assert_true(isnan(busiest(1)));
	source->base.state.flight.begun = ago(0.6);
	assert_true(fabs(busiest(1) - 0.1 / 0.6) < 0.05);
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
	put_sample(source, PID, PID, 100000000, ago(0.9));
	fail_alloc_start(0);
	value = busiest(1);
	assert_true(fail_alloc_stop());
	assert_true(isnan(value));
	assert_true(fabs(busiest(1) - 0.1) < 0.05);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(adds_up, setup_recent, teardown),
		cmocka_unit_test_setup_teardown(unknown, setup_recent, teardown),
		cmocka_unit_test_setup_teardown(out_of_memory, setup_recent, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
