/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Charts of series made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden.h"
#include "support/made_trend.h"

static struct pdiag *context;
static struct collect out;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	free(out.data);
	out = (struct collect){ 0 };
	return 0;
}

static void check(struct pdiag_trend *trend, const char *name)
{
	struct pdiag_sink sink = collect_sink(&out);
	char path[4096];

	collect_reset(&out);
	assert_int_equal(pdiag_trend_write(trend, &sink), 0);
	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	assert_true(golden_same(&out, path));
	pdiag_trend_free(trend);
}

static void load(void **state)
{
	struct pdiag_trend_options o = { .size = sizeof(o), .width = 800, .height = 120 };
	struct pdiag_event *e = made_event(context, "load: 9, ordinarily 0.5 to 2",
		PDIAG_SEVERITY_WARNING, 21.25, 41.5);
	struct pdiag_trend_point *p = made_points(60, MADE_SECOND, 0);
	struct pdiag_trend *trend;

	(void)state;
	assert_int_equal(pdiag_trend_new(context, &o, &trend), 0);
	for (int i = 0; i < 60; i++)
		p[i].value = i >= 20 && i < 40 ? 1 + 0.4 * (i - 20) : 1 + 0.125 * (i % 3);
	made_add(trend, made_series("system.cpu.load_average.1m", "{thread}", p, 60), "load", 0);
	for (int i = 0; i < 60; i++)
		p[i].value = 1 + 0.03125 * i;
	made_add(trend, made_series("system.cpu.load_average.5m", "{thread}", p, 60), "load", 0);
	for (int i = 0; i < 60; i++) {
		p[i].value = i / 10 == 1 ? NAN : 1048576.0 * (i % 7);
		p[i].min = 524288.0 * (i % 7);
		p[i].max = 2097152.0 * (i % 7);
	}
	made_add(trend, made_series("system.disk.io.read", "By", p, 60), NULL, 1);
	free(p);
	assert_int_equal(pdiag_trend_add_event(trend, e), 0);
	pdiag_event_destroy(e);
	check(trend, "load.svg");
}

static void clocks(void **state)
{
	struct pdiag_trend_options o = { .size = sizeof(o), .width = 600, .height = 80,
		.title = "Set & <slept>" };
	struct pdiag_trend_point *p = made_points(40, 30 * MADE_SECOND, 0.5);
	struct pdiag_trend *trend;

	(void)state;
	assert_int_equal(pdiag_trend_new(context, &o, &trend), 0);
	for (int i = 0; i < 40; i++) {
		p[i].realtime_ns += (i >= 20 ? 8ull * 3600 : 0) * MADE_SECOND;
		p[i].zone_s = i >= 30 ? -12600 : 3600;
	}
	made_add(trend, made_series("share", "1", p, 40), NULL, 0);
	free(p);
	check(trend, "clocks.svg");
}

static void nothing(void **state)
{
	struct pdiag_trend *trend;

	(void)state;
	assert_int_equal(pdiag_trend_new(context, NULL, &trend), 0);
	made_add(trend, made_series("nothing", "s", NULL, 0), NULL, 0);
	check(trend, "nothing.svg");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(load),
		TEST(clocks),
		TEST(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
