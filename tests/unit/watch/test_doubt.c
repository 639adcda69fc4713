/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics that are off, if not enough for an alert: who is at it is asked, and how often. */
#include "ground.h"

#include <pdiag/types.h>

#include "culprit/culprit.h"

static struct ground g;

/* What is answered, and how often that was asked for. */
static struct pdiag_culprit answer;
static unsigned int asked;
static uint64_t asked_onset, asked_at;

static int ask(struct pdiag *context, uint64_t onset_ns, uint32_t waits,
	struct pdiag_culprits **out)
{
	(void)waits;
	asked++;
	asked_onset = onset_ns;
	asked_at = g.f.mono;
	*out = NULL;
	if (!answer.kind)
		return 0;
	assert_int_equal(pdiag_culprits_make(context, out), 0);
	assert_int_equal(pdiag_culprits_add(*out, &answer), 0);
	pdiag_culprits_hand_over(*out);
	return 0;
}

static int setup(void **state)
{
	static const char *const metrics[] = { "system.threads.runnable", NULL };

	(void)state;
	asked = 0;
	answer = (struct pdiag_culprit){ .kind = PDIAG_CULPRIT_PROCESS, .process = "hog",
		.sentence = "", .comm = "", .cgroup = "", .state = PDIAG_STATE_RUNNING,
		.share = 0.9, .significance = 6 };
	ground_begin(&g);
	g.ask = ask;
	g.options.metrics = metrics;
	/* So that nothing here is enough for an alert. */
	g.options.false_alarms = 1e-20;
	ground_made(&g);
	quiet(&g, 600);
	assert_int_equal(asked, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ground_end(&g);
	return 0;
}

static uint64_t events(void)
{
	return ground_info(&g).events;
}

static void somebody(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event;
	uint64_t injected = g.f.mono;

	(void)state;
	storm(&g, 3);
	assert_int_equal(asked, 0);
	storm(&g, 1);
	assert_int_equal(asked, 1);
	assert_int_equal(asked_onset, injected);
	assert_int_equal(pdiag_watch_take(g.watch, &event), 1);
	assert_int_equal(pdiag_event_get_info(event, &info), 0);
	assert_int_equal(info.phase, PDIAG_EVENT_BEGUN);
	assert_int_equal(info.onset_ns, injected);
	assert_string_equal(info.metric, "system.threads.runnable");
	pdiag_event_free(event);
	/* It goes on, and is one event. */
	storm(&g, 60);
	assert_int_equal(asked, 1);
	quiet(&g, 30);
	assert_int_equal(ground_info(&g).ongoing, 0);
	assert_int_equal(events(), 1);
}

/* Not by chance, most of it, and something that does harm: or it is nobody. */
static void nobody(void **state)
{
	uint64_t first;

	(void)state;
	answer.significance = 3.9;
	storm(&g, 5);
	assert_int_equal(asked, 1);
	first = asked_at;
	quiet(&g, 10);
	answer.significance = 6;
	answer.share = 0.4;
	storm(&g, 5);
	/* It was asked just now. */
	assert_int_equal(asked, 1);
	quiet(&g, 60);
	storm(&g, 5);
	assert_int_equal(asked, 2);
	assert_true(asked_at - first >= 30 * NS);
	quiet(&g, 60);
	answer.share = 0.9;
	answer.state = PDIAG_STATE_FUTEX;
	storm(&g, 5);
	assert_int_equal(asked, 3);
	quiet(&g, 60);
	answer.kind = PDIAG_CULPRIT_CGROUP;
	answer.state = PDIAG_STATE_RUNNING;
	storm(&g, 5);
	assert_int_equal(asked, 4);
	quiet(&g, 60);
	answer.kind = 0;
	storm(&g, 5);
	assert_int_equal(asked, 5);
	assert_int_equal(events(), 0);
}

/* What is nearly over is not asked for. */
static void fades(void **state)
{
	(void)state;
	second(&g, 40, 4);
	second(&g, 90, 4);
	second(&g, 40, 3);
	second(&g, 30, 3);
	second(&g, 20, 2);
	second(&g, 10, 2);
	assert_int_equal(asked, 0);
	quiet(&g, 60);
	assert_int_equal(events(), 0);
}

/* With enough for an alert nobody has to be asked. */
static void alert(void **state)
{
	(void)state;
	ground_end(&g);
	ground_begin(&g);
	g.ask = ask;
	ground_made(&g);
	quiet(&g, 600);
	storm(&g, 10);
	assert_int_equal(asked, 0);
	assert_int_equal(events(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(somebody, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(fades, setup, teardown),
		cmocka_unit_test_setup_teardown(alert, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
