/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One incident is one event: what is still on when that has ended begins no other one. */
#include "ground.h"

static struct ground g;

static int setup(void **state)
{
	(void)state;
	ground_begin(&g);
	g.options.flags |= PDIAG_WATCH_ONLY_ENDED;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ground_end(&g);
	return 0;
}

static void events_are(uint64_t count)
{
	struct pdiag_watch_info info = ground_info(&g);

	assert_int_equal(info.events, count);
	assert_int_equal(info.ongoing, 0);
}

/* Seconds in which nothing is in the files that the metrics come from. */
static void blind(uint32_t seconds)
{
	put(&g.f, "proc/stat", "");
	put(&g.f, "proc/loadavg", "");
	while (seconds--) {
		g.f.mono += NS;
		assert_int_equal(pdiag_watch_look(g.watch), 1);
		assert_int_equal(pdiag_watch_follow(g.watch), 0);
	}
	write_machine(&g);
}

/* It goes away in the middle of it, as a cgroup does whose processes were killed. */
static void gone(void **state)
{
	(void)state;
	ground_made(&g);
	quiet(&g, 400);
	storm(&g, 5);
	blind(300);
	events_are(1);
}

static void made_with_a_rule(void)
{
	static const char *const rules[] = { "runnable >= 2 per cpu clear 1", NULL };

	g.options.rules = rules;
	g.options.flags |= PDIAG_WATCH_ONLY_RULES;
	ground_made(&g);
	quiet(&g, 5);
}

static void gone_with_a_rule(void **state)
{
	(void)state;
	made_with_a_rule();
	storm(&g, 5);
	blind(100);
	events_are(1);
	blind(4000);
	events_are(1);
	/* It is there again, and as bad. */
	storm(&g, 5);
	quiet(&g, 20);
	events_are(2);
}

/* How things are now, for who has asked for it by a rule, too. Only behind that it may be broken
 * again. */
static void broken_for_ever(void **state)
{
	(void)state;
	made_with_a_rule();
	storm(&g, 8000);
	events_are(1);
	quiet(&g, 10);
	storm(&g, 5);
	quiet(&g, 20);
	events_are(2);
}

/* Most of the way back; the detectors are not content with that. */
static void most_of_the_way(void **state)
{
	(void)state;
	ground_made(&g);
	quiet(&g, 400);
	for (int i = 0; i < 10; i++)
		second(&g, 200 + (uint32_t)(3 * noise(&g)), 4);
	for (int i = 0; i < 60; i++)
		second(&g, 30 + (uint32_t)(3 * noise(&g)), 1 + noise(&g));
	events_are(1);
	/* And up again: that is another one. */
	for (int i = 0; i < 10; i++)
		second(&g, 200 + (uint32_t)(3 * noise(&g)), 4);
	quiet(&g, 30);
	events_are(2);
}

/* Alerts that were on when it was saved are on when it is restored. */
static void restored(void **state)
{
	static char bytes[1 << 18];
	size_t used;

	(void)state;
	ground_made(&g);
	quiet(&g, 400);
	storm(&g, 5);
	assert_int_equal(pdiag_watch_save(g.watch, bytes, sizeof(bytes), &used), 0);
	pdiag_watch_free(g.watch);
	g.watch = NULL;
	ground_made(&g);
	assert_int_equal(pdiag_watch_restore(g.watch, bytes, used), 0);
	quiet(&g, 60);
	events_are(0);
	/* That it goes on is worth an event, of course. */
	pdiag_watch_free(g.watch);
	g.watch = NULL;
	ground_made(&g);
	assert_int_equal(pdiag_watch_restore(g.watch, bytes, used), 0);
	storm(&g, 10);
	assert_int_equal(ground_info(&g).events, 1);
	quiet(&g, 60);
	events_are(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gone, setup, teardown),
		cmocka_unit_test_setup_teardown(gone_with_a_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(most_of_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(restored, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
