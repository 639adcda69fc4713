/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Outputs of some states, or of one process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../support/fail_alloc.h"
#include "../../support/made_profile.h"
#include "collect.h"
#include "xml_check.h"

#include <pdiag/error.h>

#define STATE(name) (1ull << PDIAG_STATE_##name)

static struct pdiag *context;
static struct pdiag_profile *profile;
static struct collect out;

/* Two processes: 100 works, waits for a futex, told late, and for storage; 200 works. */
static int setup(void **state)
{
	const char *const other[] = { "u:main", "u:other", NULL };

	(void)state;
	if (pdiag_open(NULL, &context))
		return 1;
	profile = made_profile(context);
	made_samples(profile, "a", 3, "u:main", "u:work", NULL);
	made_wait(profile, "a", PDIAG_STATE_BLOCKED, 2000000, "u:main", "k:futex_wait", NULL);
	made_wait(profile, "a", PDIAG_STATE_IO, 4000000, "u:main", "u:read", NULL);
	made_sample_frames(profile, "b", 200, PDIAG_STATE_RUNNING, 0, MADE_PERIOD, other);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	free(out.data);
	out = (struct collect){ 0 };
	return 0;
}

static const char *folded(uint64_t states, int32_t pid)
{
	struct pdiag_output_options o = { .size = sizeof(o), .states = states, .pid = pid };
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	assert_int_equal(pdiag_profile_write_folded(profile, &o, &sink), 0);
	return collect_text(&out);
}

static const char *graph(uint64_t states, int32_t pid)
{
	struct pdiag_output_options o = { .size = sizeof(o), .states = states, .pid = pid };
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	assert_int_equal(pdiag_profile_write_flamegraph(profile, &o, &sink), 0);
	assert_null(xml_check(collect_text(&out)).wrong);
	return collect_text(&out);
}

#define assert_has(text, part) assert_non_null(strstr(text, part))
#define assert_lacks(text, part) assert_null(strstr(text, part))

static void folded_by_state_and_process(void **state)
{
	(void)state;
	assert_string_equal(folded(PDIAG_STATES_ON_CPU, 0),
		"a;main;work 3\n"
		"b;main;other 1\n");
	assert_string_equal(folded(PDIAG_STATES_OFF_CPU, 0),
		"a;main;futex_wait;[off-cpu: futex] 2000\n"
		"a;main;read;[off-cpu: io] 4000\n");
	assert_string_equal(folded(0, 200), "b;main;other 1\n");
	assert_string_equal(folded(PDIAG_STATES_OFF_CPU, 200), "");
	assert_string_equal(folded(PDIAG_STATES_ON_CPU | PDIAG_STATES_OFF_CPU, 0),
		"a;main;futex_wait;[off-cpu: futex] 2000\n"
		"a;main;read;[off-cpu: io] 4000\n"
		"a;main;work 30000\n"
		"b;main;other 10000\n");
}

/* What is asked for is the cause that is told, not the state that was sampled. */
static void the_cause_counts(void **state)
{
	(void)state;
	assert_string_equal(folded(STATE(FUTEX), 0), "a;main;futex_wait;[off-cpu: futex] 2000\n");
	assert_string_equal(folded(STATE(BLOCKED), 0), "");
	assert_string_equal(folded(STATE(RUNNING) | STATE(IO), 100),
		"a;main;read;[off-cpu: io] 4000\n"
		"a;main;work 30000\n");
	assert_has(graph(STATE(FUTEX), 0), "1 sample, 2.00 ms off CPU</text>");
}

static void samples_are_refused_only_where_waits_are_shown(void **state)
{
	struct pdiag_output_options o = { .size = sizeof(o), .unit = PDIAG_UNIT_SAMPLES };
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	assert_int_equal(pdiag_profile_write_folded(profile, &o, &sink), -EINVAL);
	assert_has(pdiag_errmsg(), "PDIAG_STATES_ON_CPU");
	o.states = PDIAG_STATES_ON_CPU;
	assert_int_equal(pdiag_profile_write_folded(profile, &o, &sink), 0);
}

static void losses_match_no_filter(void **state)
{
	(void)state;
	made_loss(profile, PDIAG_LOSS_MEMORY, 0, 0, 6);
	assert_has(folded(0, 0), "[lost: memory] 60000\n");
	assert_lacks(folded(PDIAG_STATES_ON_CPU, 0), "lost");
	assert_lacks(folded(0, 100), "lost");
	assert_has(graph(0, 0), ">6 lost (50.00 %): memory 6</text>");
	assert_has(graph(0, 100), ">whole capture: 6 lost (50.00 %): memory 6</text>");
}

static void a_graph_says_what_it_shows(void **state)
{
	const char *svg = graph(PDIAG_STATES_ON_CPU, 0);

	(void)state;
	assert_has(svg, ">Flame graph: time on CPU</text>");
	assert_has(svg, ": 4 samples, 40.0 ms on CPU</text>");
	assert_has(svg, ">shown: only on CPU</text>");
	assert_has(svg, "<title>work\n3 samples, 75.00 %</title>");
	assert_lacks(svg, "off-cpu");
	svg = graph(PDIAG_STATES_OFF_CPU, 100);
	assert_has(svg, ">Flame graph: time off CPU</text>");
	assert_has(svg, ": 2 samples, 6.00 ms off CPU</text>");
	assert_has(svg, ">shown: only process 100; only off CPU</text>");
	assert_lacks(svg, "work");
	svg = graph(STATE(IO) | STATE(PAGE_FAULT), 0);
	assert_has(svg, ">shown: only io, page fault</text>");
	svg = graph(0, 200);
	assert_has(svg, ">shown: only process 200</text>");
	assert_has(svg, ": 1 sample, 10.0 ms on CPU</text>");
	assert_lacks(graph(0, 0), "shown: only");
	/* Nothing matches: a graph all the same, of the time asked for. */
	assert_has(graph(PDIAG_STATES_OFF_CPU, 200), ">Flame graph: time off CPU</text>");
}

static void a_difference_is_of_what_is_shown(void **state)
{
	struct pdiag_output_options o = { .size = sizeof(o), .states = PDIAG_STATES_OFF_CPU };
	struct pdiag_sink sink = collect_sink(&out);
	struct pdiag_profile *after = made_profile(context);
	const char *svg;

	(void)state;
	made_samples(after, "a", 9, "u:main", "u:work", NULL);
	made_wait(after, "a", PDIAG_STATE_IO, 8000000, "u:main", "u:read", NULL);
	assert_int_equal(pdiag_profile_write_diff(profile, after, &o, &sink), 0);
	svg = collect_text(&out);
	assert_null(xml_check(svg).wrong);
	assert_has(svg, ">shown: only off CPU</text>");
	assert_has(svg, ": 2 samples, 6.00 ms off CPU; whole capture: 0 lost</text>");
	assert_has(svg, ": 1 sample, 8.00 ms off CPU; whole capture: 0 lost</text>");
	assert_has(svg, "futex_wait");
	assert_lacks(svg, "work");
}

static void no_memory(void **state)
{
	struct pdiag_output_options o = { .size = sizeof(o), .states = STATE(FUTEX) };
	struct pdiag_sink sink = collect_sink(&out);
	unsigned long n;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	/* The room for what is written is not what is tested. */
	assert_int_equal(pdiag_profile_write_flamegraph(profile, &o, &sink), 0);
	for (n = 0;; n++) {
		collect_reset(&out);
		fail_alloc_start(n);
		ret = pdiag_profile_write_flamegraph(profile, &o, &sink);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	assert_int_equal(ret, 0);
	assert_has(collect_text(&out), "futex_wait");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(folded_by_state_and_process),
		TEST(the_cause_counts),
		TEST(samples_are_refused_only_where_waits_are_shown),
		TEST(losses_match_no_filter),
		TEST(a_graph_says_what_it_shows),
		TEST(a_difference_is_of_what_is_shown),
		TEST(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
