/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rates of processes that were made: what was counted between two looks, over the time between. */
#include "unit/portrait/fixture.h"

static struct made worker(const struct fixture *f)
{
	return (struct made){ .pid = 10, .ppid = 1, .start = ticks(f) - 5000, .comm = "worker",
		.user = 1000, .system = 100, .minor = 50, .major = 5, .pages = 1000,
		.run_ns = 11 * NS, .delay_ns = 2 * NS, .voluntary = 100, .involuntary = 10,
		.migrations = 3, .read = 1000, .write = 2000, .calls_read = 30, .calls_write = 40 };
}

static void work(struct made *m)
{
	m->user += 500;
	m->system += 100;
	m->run_ns += 6 * NS;
	m->delay_ns += 2 * NS;
	m->minor += 1000;
	m->major += 20;
	m->voluntary += 300;
	m->involuntary += 100;
	m->migrations += 50;
	m->read += 10 << 20;
	m->write += 20 << 20;
	m->calls_read += 100;
	m->calls_write += 200;
	m->pages += 2560;
	m->blocked += 40;
}

static void rates(void **state)
{
	struct fixture f;
	struct made m;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	m = worker(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	s = look_at(&f, 10);
	assert_true(isnan(s.values[PDIAG_QUANTITY_CPU_USER].now));
	assert_int_equal(s.portrait.klass, PDIAG_CLASS_UNKNOWN);
	assert_int_equal(s.values[PDIAG_QUANTITY_RESIDENT].now, 1000 * 4096);
	work(&m);
	put_process(&f, &m);
	sample(&f, 10);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_CPU_USER].now, 0.5);
	is_near(s.values[PDIAG_QUANTITY_CPU_SYSTEM].now, 0.1);
	is_near(s.values[PDIAG_QUANTITY_RUN_DELAY].now, 0.2);
	is_near(s.values[PDIAG_QUANTITY_FAULTS_MINOR].now, 100);
	is_near(s.values[PDIAG_QUANTITY_FAULTS_MAJOR].now, 2);
	is_near(s.values[PDIAG_QUANTITY_VOLUNTARY].now, 30);
	is_near(s.values[PDIAG_QUANTITY_INVOLUNTARY].now, 10);
	is_near(s.values[PDIAG_QUANTITY_MIGRATIONS].now, 5);
	is_near(s.values[PDIAG_QUANTITY_STORAGE_READ].now, 1 << 20);
	is_near(s.values[PDIAG_QUANTITY_STORAGE_WRITE].now, 2 << 20);
	is_near(s.values[PDIAG_QUANTITY_CALLS_READ].now, 10);
	is_near(s.values[PDIAG_QUANTITY_CALLS_WRITE].now, 20);
	is_near(s.values[PDIAG_QUANTITY_GROWTH].now, 1 << 20);
	is_near(s.values[PDIAG_QUANTITY_BLOCKED_IO].now, 0.04);
	is_near(s.values[PDIAG_QUANTITY_THREADS].now, 1);
	assert_true(isnan(s.values[PDIAG_QUANTITY_OFF_FUTEX].now));
	assert_string_equal(s.name, "worker");
	assert_string_equal(s.cgroup, "/made.slice");
	assert_int_equal(s.portrait.uid, 33);
	assert_int_equal(s.portrait.parent, 1);
	assert_int_equal(s.portrait.start_ns, m.start * 10000000);
	assert_int_equal(s.portrait.klass, PDIAG_CLASS_CPU);
	fixture_end(&f);
}

/* A window is over the last minute, and what was before it is not in it. */
static void window(void **state)
{
	struct fixture f;
	struct made m;

	(void)state;
	fixture_begin(&f);
	m = worker(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	work(&m);
	put_process(&f, &m);
	sample(&f, 10);
	for (int i = 1; i < 6; i++) {
		sample(&f, 10);
		is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER), 0.5 / (i + 1));
	}
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER), 0);
	fixture_end(&f);
}

/* A sample that comes late: the same work over more time. One that comes early: nothing. */
static void late(void **state)
{
	struct fixture f;
	struct made m;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 10;
	m = worker(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	work(&m);
	put_process(&f, &m);
	f.mono += 4 * NS;
	assert_int_equal(pdiag_portraits_sample(f.portraits), 0);
	assert_int_equal(info_of(&f).samples, 1);
	sample(&f, 96);
	is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER), 0.05);
	is_near(value(&f, 10, PDIAG_QUANTITY_STORAGE_READ), (10 << 20) / 100.0);
	assert_int_equal(info_of(&f).late, 1);
	fixture_end(&f);
}

/* What began between two samples has counted since it began, and over that time. */
static void born(void **state)
{
	struct fixture f;
	struct made m;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 10;
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	f.mono += 6 * NS;
	m = (struct made){ .pid = 20, .start = ticks(&f), .user = 300, .run_ns = 3 * NS };
	put_process(&f, &m);
	sample(&f, 4);
	is_near(value(&f, 20, PDIAG_QUANTITY_CPU_USER), 0.75);
	assert_int_equal(look_at(&f, 20).portrait.seen_ns, 4 * NS);
	fixture_end(&f);
}

/* The pid of one that ended, used again: nothing of the first is in the second. */
static void reused(void **state)
{
	struct fixture f;
	struct made m;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	m = worker(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	work(&m);
	put_process(&f, &m);
	sample(&f, 10);
	/* Another directory, as after a real end; counters are beyond those of the first. */
	move_away(&f, "10");
	f.mono += 9 * NS;
	m.start = ticks(&f);
	m.run_ns = 1000 * NS;
	m.comm = "other";
	m.system = 0;
	m.user = 50;
	put_process(&f, &m);
	sample(&f, 1);
	s = look_at(&f, 10);
	assert_string_equal(s.name, "other");
	assert_int_equal(s.portrait.seen_ns, NS);
	is_near(s.values[PDIAG_QUANTITY_CPU_USER].now, 0.5);
	assert_int_equal(info_of(&f).ended, 1);
	assert_int_equal(info_of(&f).processes, 1);
	/* The same directory: told apart by its time of start alone. */
	m.start++;
	m.run_ns += NS;
	put_process(&f, &m);
	sample(&f, 10);
	sample(&f, 10);
	s = look_at(&f, 10);
	assert_int_equal(s.portrait.start_ns, m.start * 10000000);
	assert_true(s.portrait.samples <= 2);
	fixture_end(&f);
}

/* Whatever else changes: who did not run is not read again. */
static void rest(void **state)
{
	struct fixture f;
	struct made m;

	(void)state;
	fixture_begin(&f);
	m = worker(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	m.user += 100;
	put_process(&f, &m);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER), 0);
	m.run_ns += NS;
	put_process(&f, &m);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER) * 60, 6 * 1.0 / 2);
	fixture_end(&f);
}

/* Threads are summed; one that ends takes nothing away, one that begins brings all it has. */
static void threads(void **state)
{
	struct fixture f;
	struct made m;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 10;
	m = worker(&f);
	m.threads = 2;
	put_process(&f, &m);
	put_counted(&f, "10/task/10", NS, NS, 100, 10, 1);
	put_counted(&f, "10/task/11", NS, NS, 200, 20, 2);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	m.user += 10;
	m.run_ns += NS / 10;
	put_process(&f, &m);
	sample(&f, 10);
	/* That is the first that is known of them. */
	assert_true(isnan(value(&f, 10, PDIAG_QUANTITY_RUN_DELAY)));
	is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER), 0.01);
	m.user += 100;
	m.run_ns += NS;
	put_process(&f, &m);
	put_counted(&f, "10/task/10", NS, 2 * NS, 110, 10, 1);
	put_counted(&f, "10/task/12", NS, 3 * NS, 30, 50, 4);
	move_away(&f, "10/task/11");
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_RUN_DELAY), 0.4);
	is_near(value(&f, 10, PDIAG_QUANTITY_VOLUNTARY), 4);
	is_near(value(&f, 10, PDIAG_QUANTITY_INVOLUNTARY), 5);
	is_near(value(&f, 10, PDIAG_QUANTITY_MIGRATIONS), 0.4);
	fixture_end(&f);
	/* Nor does it make the rates of the window smaller. */
	fixture_begin(&f);
	m = worker(&f);
	m.threads = 2;
	for (unsigned int i = 0; i < 3; i++) {
		m.user += 10;
		m.run_ns += NS / 10;
		put_process(&f, &m);
		put_counted(&f, "10/task/10", NS, i * NS, 0, 0, 0);
		if (!i)
			assert_int_equal(make(&f), 0);
		sample(&f, i ? 10 : 0);
	}
	is_near(value(&f, 10, PDIAG_QUANTITY_RUN_DELAY), 0.1);
	is_near(look_at(&f, 10).values[PDIAG_QUANTITY_RUN_DELAY].usual, 0.1);
	is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER), 0.01);
	fixture_end(&f);
}

/* More than are looked at: one that takes the place of another is not new for that. */
static void many_threads(void **state)
{
	struct fixture f;
	struct made m;
	char path[32];

	(void)state;
	fixture_begin(&f);
	m = worker(&f);
	m.threads = 2100;
	put_process(&f, &m);
	for (unsigned int tid = 10; tid < 10 + m.threads; tid++) {
		snprintf(path, sizeof(path), "10/task/%u", tid);
		put_counted(&f, path, NS, 3600 * NS, 100000, 100000, 1000);
	}
	assert_int_equal(make(&f), 0);
	for (int i = 0; i < 3; i++) {
		sample(&f, i ? 10 : 0);
		m.user += 10;
		m.run_ns += NS / 10;
		put_process(&f, &m);
	}
	is_near(value(&f, 10, PDIAG_QUANTITY_RUN_DELAY), 0);
	/* Whichever the first ones are in this folder, there are some among these. */
	for (unsigned int tid = 20; tid < 1000; tid++) {
		snprintf(path, sizeof(path), "10/task/%u", tid);
		move_away(&f, path);
	}
	m.threads -= 980;
	put_process(&f, &m);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_RUN_DELAY), 0);
	is_near(value(&f, 10, PDIAG_QUANTITY_VOLUNTARY), 0);
	fixture_end(&f);
}

static void orders(void **state)
{
	struct fixture f;
	struct made m = { .threads = 1 };
	struct seen s = { .count = 0 };

	(void)state;
	fixture_begin(&f);
	for (int i = 1; i <= 5; i++) {
		m = (struct made){ .pid = i, .start = (uint64_t)i, .pages = (uint64_t)(10 - i),
			.run_ns = NS };
		put_process(&f, &m);
	}
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	for (int i = 1; i <= 5; i++) {
		m = (struct made){ .pid = i, .start = (uint64_t)i, .pages = (uint64_t)(10 - i),
			.run_ns = 2 * NS, .user = (uint64_t)(i == 3 ? 900 : i),
			.delay_ns = (uint64_t)(i == 4 ? NS : 0),
			.write = (uint64_t)(i == 2 ? 1 << 20 : 0) };
		put_process(&f, &m);
	}
	sample(&f, 10);
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_CPU, 2, see, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.order[0], 3);
	assert_int_equal(s.order[1], 5);
	s.count = 0;
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_PID, 0, see, &s), 0);
	assert_int_equal(s.count, 5);
	assert_int_equal(s.order[0], 1);
	s.count = 0;
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_RESIDENT, 1, see, &s), 0);
	assert_int_equal(s.order[0], 1);
	s.count = 0;
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_STORAGE, 1, see, &s), 0);
	assert_int_equal(s.order[0], 2);
	s.count = 0;
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_RUN_DELAY, 1, see, &s), 0);
	assert_int_equal(s.order[0], 4);
	assert_int_equal(pdiag_portraits_each(f.portraits, 6, 1, see, &s), -EINVAL);
	assert_int_equal(pdiag_portraits_find(f.portraits, 99, see, &s), -ESRCH);
	fixture_end(&f);
}

/* The first so many are no more than there is something to tell of; all are all. */
static void nothing_to_tell(void **state)
{
	static const uint32_t counts[] = { [PDIAG_ORDER_CPU] = 2, [PDIAG_ORDER_ABNORMALITY] = 0,
		[PDIAG_ORDER_RUN_DELAY] = 1, [PDIAG_ORDER_STORAGE] = 1,
		[PDIAG_ORDER_RESIDENT] = 3, [PDIAG_ORDER_PID] = 5 };
	struct fixture f;
	struct made m;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 600;
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	for (int i = 1; i <= 5; i++) {
		m = (struct made){ .pid = i, .start = ticks(&f), .pages = i > 2,
			.run_ns = i < 4 ? NS : 0, .user = i < 3, .system = i == 2,
			.delay_ns = i == 1 ? NS : 0, .write = i == 5 ? 1 << 20 : 0 };
		put_process(&f, &m);
	}
	sample(&f, 10);
	for (uint32_t order = 0; order <= PDIAG_ORDER_PID; order++) {
		struct seen s = { .count = 0 };

		assert_int_equal(pdiag_portraits_each(f.portraits, order, 20, see, &s), 0);
		assert_int_equal(s.count, counts[order]);
		s.count = 0;
		assert_int_equal(pdiag_portraits_each(f.portraits, order, 1, see, &s), 0);
		assert_int_equal(s.count, counts[order] ? 1 : 0);
		s.count = 0;
		assert_int_equal(pdiag_portraits_each(f.portraits, order, 0, see, &s), 0);
		assert_int_equal(s.count, 5);
	}
	fixture_end(&f);
}

/* What is written as 0 is nothing, and not told: a tick in 20 minutes. */
static void written_as_0(void **state)
{
	struct seen s = { .count = 0 };
	struct fixture f;
	struct made m;

	(void)state;
	fixture_begin(&f);
	f.options.interval_ms = 600000;
	f.options.window_s = 1200;
	m = (struct made){ .pid = 1, .start = 1, .run_ns = NS };
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	sample(&f, 600);
	m.user++;
	m.run_ns += NS / 100;
	put_process(&f, &m);
	sample(&f, 600);
	assert_true(value(&f, 1, PDIAG_QUANTITY_CPU_USER) > 0);
	assert_non_null(strstr(look_at(&f, 1).reasons, "it uses 0 % of a CPU"));
	assert_int_equal(pdiag_portraits_each(f.portraits, PDIAG_ORDER_CPU, 20, see, &s), 0);
	assert_int_equal(s.count, 0);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_tell), cmocka_unit_test(written_as_0),
		cmocka_unit_test(rates), cmocka_unit_test(window), cmocka_unit_test(late),
		cmocka_unit_test(born), cmocka_unit_test(reused), cmocka_unit_test(rest),
		cmocka_unit_test(threads), cmocka_unit_test(many_threads), cmocka_unit_test(orders),
	};

	int failed = cmocka_run_group_tests_name("by files", tests, NULL, NULL);

	fixture_clocks = true;
	return cmocka_run_group_tests_name("by clocks", tests, NULL, NULL) + failed;
}
