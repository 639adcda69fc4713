/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A watch that knows what the busiest process has, and one that cannot. */
#include "ground.h"

#include <pdiag/source.h>

#define BUSIEST "system.cpu.process.max"

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

static double had;

static double busiest(void *user)
{
	(void)user;
	return had / 4;
}

/* All CPUs are in use anyway, by many; then one has them. */
static void full_machine(void **state)
{
	struct pdiag_event_info info;
	struct pdiag_event *event;

	(void)state;
	g.busiest = busiest;
	ground_made(&g);
	for (int i = 0; i < 600; i++) {
		had = 0.2 + 0.3 * noise(&g);
		second(&g, 200 + (uint32_t)(20 * noise(&g)), 4);
	}
	assert_int_equal(ground_events(&g), 0);
	for (int i = 0; i < 4; i++) {
		had = 2 + 0.3 * noise(&g);
		second(&g, 200 + (uint32_t)(20 * noise(&g)), 4);
	}
	event = ground_taken(&g, &info);
	assert_string_equal(info.metric, BUSIEST);
	assert_non_null(strstr(info.sentence, "busiest process"));
	pdiag_event_free(event);
}

/* What was seen once, and then not known, was not seen again. */
static void unknown_after(void **state)
{
	static const char *const metrics[] = { BUSIEST, NULL };

	(void)state;
	g.busiest = busiest;
	g.options.metrics = metrics;
	ground_made(&g);
	for (int i = 0; i < 600; i++) {
		had = 0.2 + 0.3 * noise(&g);
		second(&g, 2, 4);
	}
	had = 3.9;
	second(&g, 2, 4);
	assert_int_equal(g.watch->list[0].last.alert, PDIAG_ALERT_BEGIN);
	had = NAN;
	second(&g, 2, 4);
	second(&g, 2, 4);
	had = 0.3;
	for (int i = 0; i < 30; i++)
		second(&g, 2, 4);
	assert_int_equal(ground_events(&g), 0);
	had = 3.9;
	for (int i = 0; i < 3; i++)
		second(&g, 2, 4);
	assert_int_equal(ground_events(&g), 1);
}

static const struct pdiag_metric *described(void)
{
	int index = pdiag_metrics_find(g.watch->metrics, BUSIEST);

	assert_true(index >= 0);
	return pdiag_metrics_describe(g.watch->metrics, (uint32_t)index);
}

/* There is no such metric then, and nobody waits for it. */
static void no_samples(void **state)
{
	(void)state;
	ground_made(&g);
	assert_int_equal(described()->available, 0);
	assert_non_null(strstr(described()->reason, "samples"));
	pdiag_watch_free(g.watch);
	g.watch = NULL;
	/* They are wanted, and cannot be had. */
	if (!access("/dev/pdiag", F_OK)) {
		print_message("skipped: the kernel module is there\n");
		skip();
	}
	g.options.flags = PDIAG_WATCH_NO_TASKS;
	g.options.source = PDIAG_SOURCE_KMOD;
	ground_made(&g);
	assert_int_equal(described()->available, 0);
	for (uint32_t i = 0; i < g.watch->count; i++)
		assert_string_not_equal(g.watch->list[i].choice->name, BUSIEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(full_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_after, setup, teardown),
		cmocka_unit_test_setup_teardown(no_samples, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
