/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its own past: what is usual, how far off now is, who is the most abnormal, how it went. */
#include "unit/portrait/fixture.h"

#include <float.h>

static struct made worker(const struct fixture *f, int pid)
{
	return (struct made){ .pid = pid, .ppid = 1, .start = ticks(f) - 5000, .comm = "worker",
		.run_ns = NS, .pages = 1000 };
}

/* Ten seconds of so many percent of a CPU, and so many MiB read. */
static void work(struct fixture *f, struct made *m, unsigned int percent, unsigned int read)
{
	m->user += 10 * percent;
	m->run_ns += (uint64_t)(percent + 1) * NS / 10;
	m->read += (uint64_t)read << 20;
	put_process(f, m);
}

/* The same load has no deviation; another one has, once there is a past. */
static void deviation(void **state)
{
	struct fixture f;
	struct made m;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 10;
	m = worker(&f, 10);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	work(&f, &m, 10, 0);
	sample(&f, 10);
	/* Too little is known. */
	work(&f, &m, 90, 0);
	sample(&f, 10);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_CPU_USER].deviation, 0);
	assert_string_equal(s.change, "");
	for (int i = 0; i < 100; i++) {
		work(&f, &m, 20 + i % 3, 1);
		sample(&f, 10);
	}
	s = look_at(&f, 10);
	assert_true(fabs(s.values[PDIAG_QUANTITY_CPU_USER].deviation) < 2);
	assert_true(fabs(s.values[PDIAG_QUANTITY_CPU_USER].usual - 0.21) < 0.02);
	assert_string_equal(s.change, "");
	is_near(s.portrait.abnormality, 0);
	assert_int_equal(s.portrait.samples, 102);
	work(&f, &m, 90, 1);
	sample(&f, 10);
	s = look_at(&f, 10);
	assert_true(s.values[PDIAG_QUANTITY_CPU_USER].deviation > 10);
	assert_memory_equal(s.change, "CPU in user space 90 % of a CPU, usually 2", 41);
	assert_true(s.portrait.abnormality > 5);
	/* Less than usual is strange, too, but not as much. */
	work(&f, &m, 0, 1);
	sample(&f, 10);
	s = look_at(&f, 10);
	assert_true(s.values[PDIAG_QUANTITY_CPU_USER].deviation < -3);
	fixture_end(&f);
}

/* One bad minute does not become usual; an hour does. */
static void fades(void **state)
{
	struct fixture f;
	struct made m;
	double usual;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 10;
	m = worker(&f, 10);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	for (int i = 0; i < 360; i++) {
		work(&f, &m, 10, 0);
		sample(&f, 10);
	}
	usual = look_at(&f, 10).values[PDIAG_QUANTITY_CPU_USER].usual;
	is_near(usual, 0.1);
	for (int i = 0; i < 6; i++) {
		work(&f, &m, 100, 0);
		sample(&f, 10);
	}
	assert_true(look_at(&f, 10).values[PDIAG_QUANTITY_CPU_USER].usual < 0.13);
	assert_true(look_at(&f, 10).values[PDIAG_QUANTITY_CPU_USER].deviation > 4);
	for (int i = 0; i < 1000; i++) {
		work(&f, &m, 100, 0);
		sample(&f, 10);
	}
	assert_true(look_at(&f, 10).values[PDIAG_QUANTITY_CPU_USER].usual > 0.6);
	assert_true(look_at(&f, 10).values[PDIAG_QUANTITY_CPU_USER].deviation < 4);
	fixture_end(&f);
}

/* One that slept for all of its life and now works has an idle past. */
static void idle_past(void **state)
{
	struct fixture f;
	struct made m;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 10;
	m = worker(&f, 10);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	for (int i = 0; i < 20; i++)
		sample(&f, i ? 10 : 0);
	work(&f, &m, 50, 0);
	sample(&f, 10);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_CPU_USER].now, 0.5);
	assert_true(s.values[PDIAG_QUANTITY_CPU_USER].deviation > 4);
	assert_non_null(strstr(s.change, "usually"));
	/* But a little is nothing to speak of. */
	m.user += 10;
	m.run_ns += NS / 10;
	put_process(&f, &m);
	for (int i = 0; i < 40; i++)
		sample(&f, 10);
	assert_string_equal(look_at(&f, 10).change, "");
	fixture_end(&f);
}

/* What is known first is usual at first, though a process is seen before it is looked at. */
static void first(void **state)
{
	struct fixture f;
	struct made m;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	f.creep = 1000;
	m = worker(&f, 10);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	work(&f, &m, 50, 0);
	sample(&f, 10);
	s = look_at(&f, 10);
	assert_true(fabs(s.values[PDIAG_QUANTITY_CPU_USER].now - 0.5) < 0.01);
	assert_true(fabs(s.values[PDIAG_QUANTITY_CPU_USER].usual - 0.5) < 0.01);
	assert_int_equal(s.portrait.samples, 1);
	fixture_end(&f);
}

/* A slow sampler and a fast one learn the same. */
static void by_time(void **state)
{
	double usual[2];

	(void)state;
	for (int fast = 0; fast < 2; fast++) {
		struct fixture f;
		struct made m;

		fixture_begin(&f);
		f.options.interval_ms = fast ? 1000 : 10000;
		m = worker(&f, 10);
		put_process(&f, &m);
		assert_int_equal(make(&f), 0);
		sample(&f, 0);
		for (int i = 0; i < (fast ? 600 : 60); i++) {
			m.user += (i < (fast ? 300 : 30) ? 1u : 2u) * (fast ? 10u : 100u);
			m.run_ns += NS / 10;
			put_process(&f, &m);
			sample(&f, fast ? 1 : 10);
		}
		usual[fast] = look_at(&f, 10).values[PDIAG_QUANTITY_CPU_USER].usual;
		fixture_end(&f);
	}
	assert_true(usual[0] > 0.11 && usual[0] < 0.16);
	assert_true(fabs(usual[0] - usual[1]) < 0.02);
}

/* The one that changed comes first, not the one that always does much. */
static void ranking(void **state)
{
	struct seen s = { .count = 0 };
	struct made m[4];
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 10;
	for (int i = 0; i < 4; i++) {
		m[i] = worker(&f, 10 + i);
		put_process(&f, &m[i]);
	}
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	for (int k = 0; k < 30; k++) {
		for (unsigned int i = 0; i < 4; i++)
			work(&f, &m[i], i == 0 ? 95 : 5, i == 3 ? 500 : 0);
		sample(&f, 10);
	}
	for (unsigned int i = 0; i < 4; i++)
		work(&f, &m[i], i == 0 ? 95 : i == 2 ? 35 : 5, i == 3 ? 500 : i == 1 ? 300 : 0);
	sample(&f, 10);
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_ABNORMALITY, 0, see, &s), 0);
	assert_int_equal(s.count, 4);
	assert_int_equal(s.order[0], 11);
	assert_int_equal(s.order[1], 12);
	s.count = 0;
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_CPU, 1, see, &s), 0);
	assert_int_equal(s.order[0], 10);
	s.count = 0;
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_STORAGE, 1, see, &s), 0);
	assert_int_equal(s.order[0], 13);
	fixture_end(&f);
}

static int stop(void *user, const struct pdiag_portrait *portrait)
{
	(void)portrait;
	return ++*(int *)user == 2 ? 7 : 0;
}

static void walks_end(void **state)
{
	struct fixture f;
	int count = 0;

	(void)state;
	fixture_begin(&f);
	assert_int_equal(make(&f), 0);
	for (int i = 0; i < 4; i++) {
		struct made m = worker(&f, 10 + i);

		put_process(&f, &m);
	}
	sample(&f, 0);
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_PID, 0, stop, &count), 7);
	assert_int_equal(count, 2);
	count = 1;
	assert_int_equal(pdiag_portraits_find(f.portraits, 10, stop, &count), 7);
	fixture_end(&f);
}

/* ---- the line ---- */

static void spark(void **state)
{
	struct pdiag_spark s = { .count = 0 };
	double values[PDIAG_QUANTITY_COUNT] = { 0 };

	(void)state;
	for (int i = 0; i < 31; i++) {
		values[0] = i;
		values[1] = i < 16 ? NAN : 5;
		values[2] = 1e300;
		pdiag_spark_add(&s, values, 10);
	}
	assert_int_equal(s.count, 31);
	assert_true(fabs(pdiag_spark_at(&s, 0, 30) - 30) < 0.01);
	/* One more: two become one, and it covers all. */
	values[0] = 31;
	pdiag_spark_add(&s, values, 10);
	assert_int_equal(s.count, 16);
	values[0] = 100;
	pdiag_spark_add(&s, values, 10);
	pdiag_spark_add(&s, values, 10);
	assert_int_equal(s.count, 17);
	is_near(s.step, 20);
	assert_true(fabs(pdiag_spark_at(&s, 0, 0) - 0.5) < 0.02);
	assert_true(fabs(pdiag_spark_at(&s, 0, 15) - 30.5) < 0.02);
	assert_true(fabs(pdiag_spark_at(&s, 0, 16) - 100) < 0.01);
	assert_true(isnan(pdiag_spark_at(&s, 1, 0)));
	is_near(pdiag_spark_at(&s, 1, 15), 5);
	assert_true(isnan(pdiag_spark_at(&s, 2, 0)));
	/* What is below nothing, and a pause as long as many points. */
	values[0] = -100;
	pdiag_spark_add(&s, values, 100);
	assert_int_equal(s.count, 22);
	assert_true(fabs(pdiag_spark_at(&s, 0, 16) - 100) < 0.1);
	assert_true(fabs(pdiag_spark_at(&s, 0, 21) + 100) < 0.1);
	assert_true(isnan(pdiag_spark_at(&s, 0, 22)));
	assert_true(isnan(pdiag_spark_at(&s, PDIAG_PORTRAIT_LINES, 0)));
	for (int i = 0; i < 99990; i++)
		pdiag_spark_add(&s, values, 10);
	assert_true(s.count < PDIAG_PORTRAIT_POINTS && s.count >= PDIAG_PORTRAIT_POINTS / 2);
	assert_true(fabs((double)s.step * s.count + (double)s.seconds - 1000340) < 1);
}

/* Numbers that are none, and such as no process has, leave it as it was or finite. */
static void odd_numbers(void **state)
{
	static const double odd[] = { NAN, INFINITY, -INFINITY, 1e308, -1e308, DBL_MIN, -0.0 };
	struct pdiag_portrait_value out[PDIAG_QUANTITY_COUNT] = { { 0 } };
	double values[PDIAG_QUANTITY_COUNT];
	struct pdiag_usual u;

	(void)state;
	pdiag_usual_init(&u);
	for (int i = 0; i < 1000; i++) {
		for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++)
			values[q] = odd[((uint32_t)i * 31 + q) % 3];
		pdiag_usual_add(&u, values, i % 7 ? 10 : i % 2 ? 0 : NAN);
		pdiag_usual_add_waits(&u, values, 10);
	}
	for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++)
		for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
			out[q].deviation = pdiag_usual_deviation(&u, q, odd[i]);
			assert_true(isfinite(out[q].deviation));
			assert_true(isfinite(pdiag_portrait_abnormality(out)));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deviation), cmocka_unit_test(fades), cmocka_unit_test(idle_past),
		cmocka_unit_test(first), cmocka_unit_test(by_time), cmocka_unit_test(ranking),
		cmocka_unit_test(walks_end), cmocka_unit_test(spark),
		cmocka_unit_test(odd_numbers),
	};

	int failed = cmocka_run_group_tests_name("by files", tests, NULL, NULL);

	fixture_clocks = true;
	return cmocka_run_group_tests_name("by clocks", tests, NULL, NULL) + failed;
}
