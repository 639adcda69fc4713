/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Children that ended: what they used counts once, and for who made them. */
#include "unit/portrait/fixture.h"

static struct made shell(const struct fixture *f)
{
	return (struct made){ .pid = 10, .ppid = 1, .start = ticks(f) - 5000, .comm = "shell",
		.user = 100, .run_ns = NS };
}

static struct made child(const struct fixture *f, int pid, int parent)
{
	return (struct made){ .pid = pid, .ppid = parent, .start = ticks(f), .comm = "child",
		.run_ns = NS / 100 };
}

/* It was seen, used two seconds of CPU time in the window, and ended. */
static void seen(void **state)
{
	struct fixture f;
	struct made m, c;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	m = shell(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	f.mono += 5 * NS;
	c = child(&f, 20, 10);
	put_process(&f, &c);
	sample(&f, 5);
	c.user += 200;
	c.run_ns += 2 * NS;
	put_process(&f, &c);
	sample(&f, 10);
	is_near(value(&f, 20, PDIAG_QUANTITY_CPU_USER), 200 / 15.0 / 100);
	end_process(&f, 20);
	/* The kernel adds its time to the parent's: counted by us once already. */
	m.child += 200;
	m.run_ns += NS / 100;
	put_process(&f, &m);
	sample(&f, 10);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_CHILDREN_CPU].now, 2.0 / 30);
	assert_int_equal(s.portrait.children, 1);
	assert_int_equal(info_of(&f).ended, 1);
	assert_int_equal(pdiag_portraits_find(f.portraits, 20, see, &s), -ESRCH);
	/* In a minute it is out of the window. */
	for (int i = 0; i < 7; i++)
		sample(&f, 10);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_CHILDREN_CPU].now, 0);
	assert_int_equal(s.portrait.children, 0);
	fixture_end(&f);
}

/* Those that lived between two samples are known by their parent's count alone. */
static void never_seen(void **state)
{
	struct fixture f;
	struct made m;

	(void)state;
	fixture_begin(&f);
	f.options.window_s = 10;
	m = shell(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	m.child += 700;
	m.run_ns += NS / 10;
	m.user += 10;
	put_process(&f, &m);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 0.7);
	is_near(value(&f, 10, PDIAG_QUANTITY_CPU_USER), 0.01);
	fixture_end(&f);
}

/* What it used before we watched is not the parent's of now, though the kernel adds it. */
static void old_debt(void **state)
{
	struct fixture f;
	struct made m, c;

	(void)state;
	fixture_begin(&f);
	m = shell(&f);
	c = child(&f, 20, 10);
	c.start -= 4000;
	c.user = 100000;
	c.run_ns = 1000 * NS;
	put_process(&f, &m);
	put_process(&f, &c);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	sample(&f, 10);
	end_process(&f, 20);
	m.child += 100000;
	m.run_ns += NS / 100;
	put_process(&f, &m);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 0);
	fixture_end(&f);
}

/* A grandchild whose parent has ended too: to who made that one, not to who adopted it. */
static void generations(void **state)
{
	struct made m, c, g, init = { .pid = 1, .start = 1, .comm = "init", .run_ns = NS };
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	m = shell(&f);
	put_process(&f, &init);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	f.mono += 2 * NS;
	c = child(&f, 20, 10);
	put_process(&f, &c);
	g = child(&f, 30, 20);
	put_process(&f, &g);
	sample(&f, 8);
	end_process(&f, 20);
	g.ppid = 1;
	g.user += 300;
	g.run_ns += 3 * NS;
	put_process(&f, &g);
	sample(&f, 10);
	end_process(&f, 30);
	init.child += 300;
	init.run_ns += NS / 100;
	put_process(&f, &init);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 3.0 / 30);
	is_near(value(&f, 1, PDIAG_QUANTITY_CHILDREN_CPU), 0);
	fixture_end(&f);
}

/* With the flag only what the kernel counts. */
static void left_out(void **state)
{
	struct fixture f;
	struct made m, c;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	f.options.flags = PDIAG_PORTRAITS_NO_CHILDREN;
	m = shell(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	c = child(&f, 20, 10);
	put_process(&f, &c);
	sample(&f, 10);
	c.user += 200;
	c.run_ns += 2 * NS;
	put_process(&f, &c);
	sample(&f, 10);
	end_process(&f, 20);
	sample(&f, 10);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_CHILDREN_CPU].now, 0);
	assert_int_equal(s.portrait.children, 0);
	fixture_end(&f);
}

/* Many of them, one after the other: each counts, and the maker has the class of their work. */
static void many(void **state)
{
	struct fixture f;
	struct made m, c;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	m = shell(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	for (int i = 0; i < 6; i++) {
		f.mono += 2 * NS;
		for (int k = 0; k < 10; k++) {
			c = child(&f, 100 + 10 * i + k, 10);
			c.user = 50;
			c.run_ns = NS / 2;
			put_process(&f, &c);
		}
		sample(&f, 8);
		for (int k = 0; k < 10; k++)
			end_process(&f, 100 + 10 * i + k);
		m.child += 10 * 50;
		m.run_ns += NS / 100;
		m.user++;
		put_process(&f, &m);
	}
	sample(&f, 10);
	s = look_at(&f, 10);
	/* What the first ten used is a minute ago by now; they ended in the window all the same. */
	is_near(s.values[PDIAG_QUANTITY_CHILDREN_CPU].now, 25.0 / 60);
	assert_int_equal(s.portrait.children, 60);
	assert_int_equal(s.portrait.klass, PDIAG_CLASS_CPU);
	assert_non_null(strstr(s.reasons, "its ended children used 41.7 % of a CPU"));
	fixture_end(&f);
}

static void drop_file(struct fixture *f, int pid, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/proc/%d/%s", f->root, pid, name);
	assert_int_equal(unlink(path), 0);
}

/* A shell, what it started, and what that started, which used two seconds as far as was seen. */
static void begin_line(struct fixture *f, struct made *m, struct made *c, struct made *g)
{
	*m = shell(f);
	put_process(f, m);
	assert_int_equal(make(f), 0);
	sample(f, 0);
	f->mono += 5 * NS;
	*c = child(f, 20, 10);
	put_process(f, c);
	*g = child(f, 30, 20);
	put_process(f, g);
	sample(f, 5);
	g->user += 200;
	g->run_ns += 2 * NS;
	put_process(f, g);
	sample(f, 10);
	is_near(value(f, 30, PDIAG_QUANTITY_CPU_USER), 200 / 15.0 / 100);
}

/* All end at once: the one in between is listed without its child, and gone before its look. */
static void line_ends(void **state)
{
	struct fixture f;
	struct made m, c, g;

	(void)state;
	fixture_begin(&f);
	begin_line(&f, &m, &c, &g);
	end_process(&f, 30);
	c.child += 250;
	c.run_ns += NS / 100;
	put_process(&f, &c);
	drop_file(&f, 20, "stat");
	sample(&f, 10);
	end_process(&f, 20);
	m.child += 250;
	m.run_ns += NS / 100;
	put_process(&f, &m);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 2.5 / 40);
	assert_int_equal(look_at(&f, 10).portrait.children, 2);
	fixture_end(&f);
}

/* It ended after it was listed and before its parent was looked at. */
static void already_there(void **state)
{
	struct fixture f;
	struct made m, c, g;

	(void)state;
	fixture_begin(&f);
	begin_line(&f, &m, &c, &g);
	c.child += 250;
	c.run_ns += NS / 100;
	put_process(&f, &c);
	sample(&f, 10);
	end_process(&f, 30);
	sample(&f, 10);
	is_near(value(&f, 20, PDIAG_QUANTITY_CHILDREN_CPU), 2.5 / 35);
	/* And so it is for who waits for both. */
	end_process(&f, 20);
	m.child += 250;
	m.run_ns += NS / 100;
	put_process(&f, &m);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 2.5 / 50);
	fixture_end(&f);
}

/* The same, and all of them are gone at the next sample. */
static void already_there_and_gone(void **state)
{
	struct fixture f;
	struct made m, c, g;

	(void)state;
	fixture_begin(&f);
	begin_line(&f, &m, &c, &g);
	m.child += 250;
	m.run_ns += NS / 100;
	put_process(&f, &m);
	sample(&f, 10);
	end_process(&f, 20);
	end_process(&f, 30);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 2.5 / 40);
	fixture_end(&f);
}

/* The kernel cuts to ticks: what is a tick short this time is in the next. */
static void ticks_cut(void **state)
{
	struct fixture f;
	struct made m, c, g;

	(void)state;
	fixture_begin(&f);
	begin_line(&f, &m, &c, &g);
	end_process(&f, 30);
	c.child += 199;
	c.run_ns += NS / 100;
	put_process(&f, &c);
	sample(&f, 10);
	c.child += 11;
	c.run_ns += NS / 100;
	put_process(&f, &c);
	sample(&f, 10);
	is_near(value(&f, 20, PDIAG_QUANTITY_CHILDREN_CPU), 2.1 / 35);
	fixture_end(&f);
}

/* Who adopted it is asked for when its parent ends: it may rest until it ends itself. */
static void adopted(void **state)
{
	struct made m, c, g, reaper = { .pid = 5, .start = 1, .comm = "reaper", .run_ns = NS };
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	put_process(&f, &reaper);
	begin_line(&f, &m, &c, &g);
	end_process(&f, 20);
	g.ppid = 5;
	put_process(&f, &g);
	sample(&f, 10);
	sample(&f, 10);
	end_process(&f, 30);
	reaper.child += 200;
	reaper.run_ns += NS / 100;
	put_process(&f, &reaper);
	sample(&f, 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 2.0 / 50);
	is_near(value(&f, 5, PDIAG_QUANTITY_CHILDREN_CPU), 0);
	fixture_end(&f);
}

/* Who made it has rested ever since it is watched, and that is not long: the rest counts. */
static void rested(void **state)
{
	struct fixture f;
	struct made m, c;

	(void)state;
	fixture_begin(&f);
	f.options.interval_ms = 1000;
	m = shell(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	c = child(&f, 20, 10);
	put_process(&f, &c);
	for (int i = 0; i < 5; i++) {
		c.user += 80;
		c.run_ns += 800000000;
		put_process(&f, &c);
		sample(&f, 1);
	}
	end_process(&f, 20);
	m.child += 400;
	m.run_ns += NS / 100;
	put_process(&f, &m);
	sample(&f, 1);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 4.0 / 6);
	/* And after some parts of a window. */
	for (int i = 0; i < 17; i++)
		sample(&f, 1);
	is_near(value(&f, 10, PDIAG_QUANTITY_CHILDREN_CPU), 4.0 / 23);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_ends), cmocka_unit_test(already_there),
		cmocka_unit_test(already_there_and_gone), cmocka_unit_test(ticks_cut),
		cmocka_unit_test(adopted), cmocka_unit_test(rested),
		cmocka_unit_test(seen), cmocka_unit_test(never_seen), cmocka_unit_test(old_debt),
		cmocka_unit_test(generations), cmocka_unit_test(left_out), cmocka_unit_test(many),
	};

	int failed = cmocka_run_group_tests_name("by files", tests, NULL, NULL);

	fixture_clocks = true;
	return cmocka_run_group_tests_name("by clocks", tests, NULL, NULL) + failed;
}
