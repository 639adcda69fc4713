/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include <pdiag/error.h>

#include "watch/choice.h"
#include "watch/rules.h"

#define S 1000000000ull

static struct pdiag_watch_rule_text read_rule(const char *text)
{
	struct pdiag_watch_rule_text rule;

	if (pdiag_watch_rule_read(text, 8, &rule))
		fail_msg("%s: %s", text, pdiag_errmsg());
	return rule;
}

static void whole(void **state)
{
	struct pdiag_watch_rule_text r =
		read_rule(" load>=2.5 per cpu for 10 s clear 1.5 cooldown 2 min ");

	(void)state;
	assert_string_equal(r.metric, "system.cpu.load_average.1m");
	assert_true(r.options.threshold == 2.5 && r.options.scale == 8);
	assert_true(r.options.hysteresis == 1);
	assert_int_equal(r.options.hold_ns, 10 * S);
	assert_int_equal(r.options.cooldown_ns, 120 * S);
	assert_int_equal(r.options.flags, 0);
}

static void operators(void **state)
{
	struct pdiag_watch_rule_text r = read_rule("system.memory.available < 512Mi");

	(void)state;
	assert_int_equal(r.options.flags, PDIAG_RULE_BELOW);
	assert_true(r.options.threshold < 536870912.0 && r.options.threshold > 536870911.0);
	r = read_rule("system.memory.available <= 1.5 Gi clear 2Gi");
	assert_true(r.options.threshold == 1610612736.0);
	assert_true(r.options.hysteresis == 536870912.0);
	r = read_rule("blocked > 3");
	assert_true(r.options.threshold > 3 && r.options.threshold < 3.001);
	assert_string_equal(r.metric, "system.threads.blocked");
	r = read_rule("system.cpu.utilization >= 90% for 500 ms");
	assert_true(fabs(r.options.threshold - 0.9) < 1e-12);
	assert_int_equal(r.options.hold_ns, S / 2);
	r = read_rule("x.y >= -3k");
	assert_true(r.options.threshold == -3000);
	/* A name that begins like another. */
	r = read_rule("loader.x >= 1");
	assert_string_equal(r.metric, "loader.x");
}

static void no_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "de_DE.UTF-8"))
		print_message("de_DE.UTF-8 is not installed: tried in the C locale only\n");
	assert_true(read_rule("load >= 1.5").options.threshold == 1.5);
	setlocale(LC_ALL, "C");
}

/* The rule, and where the sentence says it is wrong. */
static const char *const bad[][2] = {
	{ "", "name of a metric" }, { ">= 3", "name of a metric is expected at \">= 3\"" },
	{ "load", ">=" }, { "load = 3", "at \"= 3\"" }, { "load >= ", "a number" },
	{ "load >= x", "at \"x\"" }, { "load >= .5", "a number" },
	{ "load >= 3 for", "a number" }, { "load >= 3 for 10", "ms, s, min or h" },
	{ "load >= 3 for 10 days", "ms, s, min or h" }, { "load >= 3 for 25 h", "a day" },
	{ "load >= 3 per", "cpu" }, { "load >= 3 per cpus", "cpu" },
	{ "load >= 3 and blocked > 1", "at \"and" }, { "load >= 3 clear 4", "calmer" },
	{ "load <= 3 clear 2", "calmer" },
};

static void mistakes(void **state)
{
	struct pdiag_watch_rule_text rule;
	char longer[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(pdiag_watch_rule_read(bad[i][0], 8, &rule), -EINVAL);
		if (!strstr(pdiag_errmsg(), bad[i][1]))
			fail_msg("%s: %s", bad[i][0], pdiag_errmsg());
	}
	memset(longer, 'a', sizeof(longer));
	strcpy(longer + 150, " >= 1");
	assert_int_equal(pdiag_watch_rule_read(longer, 8, &rule), -EINVAL);
}

static void choices(void **state)
{
	(void)state;
	assert_true(pdiag_watch_fits("system.disk.*", "system.disk.io.read"));
	assert_true(pdiag_watch_fits("*", "anything"));
	assert_false(pdiag_watch_fits("system.disk", "system.disk.io.read"));
	assert_false(pdiag_watch_fits("", "system.disk.io.read"));
	assert_true(pdiag_watch_chosen("system.threads.runnable"));
	assert_false(pdiag_watch_chosen("system.cpu.load_average.1m"));
	assert_int_equal(pdiag_watch_choice("system.memory.free")->flags,
		PDIAG_DETECTOR_ONLY_LOW);
	assert_null(pdiag_watch_choice("no.such.metric")->words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(operators),
		cmocka_unit_test(no_locale), cmocka_unit_test(mistakes),
		cmocka_unit_test(choices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
