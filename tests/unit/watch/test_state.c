/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A watch that is made: mistakes, memory, and what it has learned. */
#include "ground.h"

#include "../../support/fail_alloc.h"

static struct ground g;

static int setup(void **state)
{
	(void)state;
	ground_begin(&g);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ground_end(&g);
	return 0;
}

/* -errno, and a word of the sentence. */
static void is_refused(int error, const char *word)
{
	assert_int_equal(ground_make(&g), error);
	assert_null(g.watch);
	if (!strstr(pdiag_errmsg(), word))
		fail_msg("%s is not in: %s", word, pdiag_errmsg());
}

static void mistakes(void **state)
{
	static const char *const no_metric[] = { "no.such >= 1", NULL };
	static const char *const no_rule[] = { "load is high", NULL };
	static const char *const no_name[] = { "system.disc.*", NULL };
	const struct pdiag_watch_options good = g.options;

	(void)state;
	g.options.interval_ms = 50;
	is_refused(-EINVAL, "interval_ms");
	g.options = good;
	g.options.flags = 1u << 30;
	is_refused(-EINVAL, "PDIAG_WATCH_");
	g.options = good;
	g.options.flags = PDIAG_WATCH_ONLY_RULES;
	is_refused(-EINVAL, "needs rules");
	g.options = good;
	g.options.false_alarms = -1;
	is_refused(-EINVAL, "false_alarms");
	g.options = good;
	g.options.rules = no_metric;
	is_refused(-ENOENT, "no.such");
	g.options.rules = no_rule;
	is_refused(-EINVAL, "is high");
	g.options = good;
	g.options.metrics = no_name;
	is_refused(-ENOENT, "system.disc.*");
	g.options = good;
	g.options.size = 8;
	is_refused(-EINVAL, "size");
	g.options = good;
}

static void patterns(void **state)
{
	static const char *const names[] = { "system.threads.*", "system.cpu.load_average.1m",
		NULL };

	(void)state;
	g.options.metrics = names;
	ground_made(&g);
	assert_int_equal(ground_info(&g).metrics, 6);
}

static void learned(void **state)
{
	static char bytes[1 << 18], again[1 << 18];
	size_t used = 0, more = 0;

	(void)state;
	ground_made(&g);
	quiet(&g, 500);
	assert_int_equal(pdiag_watch_save(g.watch, bytes, 10, &used), -ENOSPC);
	assert_in_range(used, 1000, sizeof(bytes));
	assert_int_equal(pdiag_watch_save(g.watch, bytes, used, &more), 0);
	assert_int_equal(used, more);
	pdiag_watch_free(g.watch);
	g.watch = NULL;
	ground_made(&g);
	assert_int_equal(pdiag_watch_restore(g.watch, bytes, used), 0);
	assert_int_equal(pdiag_watch_save(g.watch, again, sizeof(again), &more), 0);
	assert_int_equal(used, more);
	assert_memory_equal(bytes, again, used);
	/* It goes on: no minutes of learning. */
	quiet(&g, 5);
	assert_int_equal(ground_info(&g).learning, 0);
	storm(&g, 4);
	assert_int_equal(ground_info(&g).events, 1);
}

static void damaged(void **state)
{
	static char bytes[1 << 18], again[1 << 18];
	size_t used, more;

	(void)state;
	ground_made(&g);
	quiet(&g, 50);
	assert_int_equal(pdiag_watch_save(g.watch, bytes, sizeof(bytes), &used), 0);
	for (size_t i = 0; i < used; i += 1 + i / 50) {
		bytes[i] ^= 0x40;
		assert_true(pdiag_watch_restore(g.watch, bytes, used) < 0);
		bytes[i] ^= 0x40;
		assert_int_equal(pdiag_watch_restore(g.watch, bytes, i), -EBADMSG);
	}
	assert_int_equal(pdiag_watch_save(g.watch, again, sizeof(again), &more), 0);
	assert_int_equal(more, used);
	assert_memory_equal(bytes, again, used);
}

static void no_memory(void **state)
{
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		fail_alloc_start(n);
		ret = ground_make(&g);
		if (!fail_alloc_stop())
			break;
		/* A stream or a text that the C library could do without. */
		if (!ret) {
			pdiag_watch_free(g.watch);
			g.watch = NULL;
			continue;
		}
		assert_int_equal(ret, -ENOMEM);
		assert_null(g.watch);
	}
	assert_int_equal(ret, 0);
}

/* Out of memory in the middle of an incident: it goes on with less. */
static void no_memory_later(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	ground_made(&g);
	quiet(&g, 300);
	for (unsigned long n = 0;; n++) {
		int ret = 0;

		g.user += 400;
		g.runnable = n % 40 < 20 ? 60 : 2;
		g.f.mono += NS;
		write_machine(&g);
		fail_alloc_start(n);
		assert_int_equal(pdiag_watch_look(g.watch), 1);
		ret = pdiag_watch_follow(g.watch);
		if (!fail_alloc_stop() && n > 300)
			break;
		assert_true(!ret || ret == -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mistakes, setup, teardown),
		cmocka_unit_test_setup_teardown(patterns, setup, teardown),
		cmocka_unit_test_setup_teardown(learned, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory_later, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
