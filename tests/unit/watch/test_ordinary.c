/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of ordinary times, and what of them was just before an event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../support/made_profile.h"
#include "watch/ordinary.h"

#define NS 1000000000ull
#define ROOM (64u << 20)

static struct pdiag *context;
static struct pdiag_ordinary o;

static int setup(void **state)
{
	(void)state;
	o = (struct pdiag_ordinary){ .count = 0 };
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_ordinary_free(&o);
	pdiag_close(context);
	return 0;
}

static struct pdiag_profile *window(uint64_t from, uint64_t to, const char *name)
{
	struct pdiag_profile *p = made_profile(context);

	pdiag_profile_adopt(p);
	p->start_time = from * NS;
	p->end_time = to * NS;
	if (name)
		made_samples(p, "app", 1, "u:main", name, NULL);
	return p;
}

/* What is before, from `from` s on, when the onset is at `onset` s; *after in seconds, too. */
static uint64_t before(uint64_t from, uint64_t onset, uint64_t *after)
{
	uint64_t end = onset > from ? onset : from, ns;
	struct pdiag_profile *p = window(from, end, NULL);
	uint64_t duration;

	assert_int_equal(pdiag_ordinary_before(&o, from * NS, onset * NS, p, &ns), 0);
	duration = pdiag_profile_duration(p);
	pdiag_profile_destroy(p);
	*after = ns / NS;
	return duration / NS;
}

static void just_before(void **state)
{
	uint64_t after;

	(void)state;
	assert_int_equal(before(100, 103, &after), 3);
	assert_true(pdiag_ordinary_keep(&o, window(50, 70, "u:old"), ROOM));
	assert_int_equal(before(100, 103, &after), 3);
	assert_true(pdiag_ordinary_keep(&o, window(80, 98, "u:last"), ROOM));
	/* It took some time to take it in. */
	assert_int_equal(before(100, 103, &after), 3 + 18);
	assert_int_equal(after, 0);
	assert_int_equal(before(110, 113, &after), 3);
	assert_int_equal(o.count, 2);
}

/* The onset lies in what was taken for ordinary. */
static void within(void **state)
{
	uint64_t after;

	(void)state;
	assert_true(pdiag_ordinary_keep(&o, window(50, 70, "u:old"), ROOM));
	assert_true(pdiag_ordinary_keep(&o, window(80, 100, "u:last"), ROOM));
	assert_int_equal(before(100, 96, &after), 20);
	assert_int_equal(after, 4);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.list[0]->start_time, 50 * NS);
	/* All of it is behind the onset. */
	assert_int_equal(before(70, 40, &after), 0);
	assert_int_equal(after, 0);
	assert_int_equal(o.count, 0);
	/* It is in a window of some time ago. */
	assert_true(pdiag_ordinary_keep(&o, window(10, 20, "u:old"), ROOM));
	assert_true(pdiag_ordinary_keep(&o, window(30, 50, "u:last"), ROOM));
	assert_true(pdiag_ordinary_keep(&o, window(60, 70, "u:event"), ROOM));
	assert_int_equal(before(90, 45, &after), 0);
	assert_int_equal(after, 0);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.list[0]->start_time, 10 * NS);
}

static void room(void **state)
{
	struct pdiag_profile *all;
	uint64_t one;

	(void)state;
	for (uint32_t i = 0; i < PDIAG_ORDINARY_MAX + 2; i++)
		assert_true(pdiag_ordinary_keep(&o, window(i * 10, i * 10 + 5, "u:f"), ROOM));
	assert_int_equal(o.count, PDIAG_ORDINARY_MAX);
	assert_int_equal(o.list[0]->start_time, (PDIAG_ORDINARY_MAX + 1) * 10 * NS);
	one = pdiag_ordinary_bytes(&o) / PDIAG_ORDINARY_MAX;
	assert_int_equal(pdiag_ordinary_all(&o, context, &all), 0);
	assert_int_equal(pdiag_profile_duration(all), PDIAG_ORDINARY_MAX * 5 * NS);
	pdiag_profile_destroy(all);
	assert_true(pdiag_ordinary_keep(&o, window(200, 205, "u:f"), one * 2));
	assert_int_equal(o.count, 2);
	assert_int_equal(o.list[0]->start_time, 200 * NS);
	assert_false(pdiag_ordinary_keep(&o, window(300, 305, "u:f"), one - 1));
	assert_int_equal(o.count, 2);
}

/* The newest is given away, if it reaches so far. */
static void since(void **state)
{
	struct pdiag_profile *p;

	(void)state;
	assert_null(pdiag_ordinary_since(&o, 0));
	assert_true(pdiag_ordinary_keep(&o, window(10, 20, "u:old"), ROOM));
	assert_true(pdiag_ordinary_keep(&o, window(30, 50, "u:last"), ROOM));
	assert_null(pdiag_ordinary_since(&o, 50 * NS));
	p = pdiag_ordinary_since(&o, 49 * NS);
	assert_non_null(p);
	assert_int_equal(p->start_time, 30 * NS);
	pdiag_profile_destroy(p);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.list[0]->start_time, 10 * NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(just_before, setup, teardown),
		cmocka_unit_test_setup_teardown(within, setup, teardown),
		cmocka_unit_test_setup_teardown(room, setup, teardown),
		cmocka_unit_test_setup_teardown(since, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
