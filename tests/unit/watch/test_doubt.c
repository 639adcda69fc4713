/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics that are off, if not enough for an alert: who is at it is asked, and how often. */
#include "ground.h"

#include <pdiag/types.h>

#include "culprit/culprit.h"

static struct ground g;

/* What is answered, and how often that was asked for. */
static struct pdiag_culprit answer;
static unsigned int asked;
static uint64_t asked_onset;
static int can_tell;

static int ask(struct pdiag *context, uint64_t onset_ns, uint32_t waits,
	struct pdiag_culprits **out)
{
	assert_int_equal(waits, 0);
	asked++;
	asked_onset = onset_ns;
	*out = NULL;
	if (!answer.kind)
		return can_tell;
	assert_int_equal(pdiag_culprits_make(context, out), 0);
	assert_int_equal(pdiag_culprits_add(*out, &answer), 0);
	pdiag_culprits_hand_over(*out);
	return 1;
}

static int setup(void **state)
{
	static const char *const metrics[] = { "system.threads.runnable", NULL };

	(void)state;
	asked = 0;
	can_tell = 1;
	answer = (struct pdiag_culprit){ .kind = PDIAG_CULPRIT_PROCESS, .process = "hog",
		.sentence = "", .comm = "", .cgroup = "", .state = PDIAG_STATE_RUNNING,
		.rate = 1, .normal_rate = 0.7, .share = 0.9, .significance = 40 };
	ground_begin(&g);
	g.ask = ask;
	g.options.metrics = metrics;
	/* So that nothing here is enough for an alert: that takes 25 decades or so. */
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
	assert_int_equal(ground_events(&g), 1);
}

/* Asked, and nothing comes of it. The next one is of a machine that has not seen this. */
static void is_nobody(void)
{
	storm(&g, 5);
	assert_int_equal(asked, 1);
	quiet(&g, 60);
	assert_int_equal(ground_events(&g), 0);
	ground_end(&g);
	assert_int_equal(setup(NULL), 0);
}

/* No chance, most of it, enough of it, a process, and what the metric is about: or it is nobody. */
static void nobody(void **state)
{
	(void)state;
	/* Both together are no alert. */
	answer.significance = 8;
	is_nobody();
	answer.share = 0.4;
	is_nobody();
	answer.normal_rate = 0.8;
	is_nobody();
	answer.state = PDIAG_STATE_FUTEX;
	is_nobody();
	answer.kind = PDIAG_CULPRIT_CGROUP;
	is_nobody();
	answer.kind = 0;
	is_nobody();
	/* And what hangs is somebody. */
	answer.state = PDIAG_STATE_BLOCKED;
	storm(&g, 5);
	assert_int_equal(ground_events(&g), 1);
}

/* It is not asked again and again, unless nobody could tell. */
static void again(void **state)
{
	(void)state;
	answer.kind = 0;
	storm(&g, 5);
	assert_int_equal(asked, 1);
	quiet(&g, 19);
	storm(&g, 5);
	assert_int_equal(asked, 1);
	storm(&g, 5);
	assert_int_equal(asked, 2);
	quiet(&g, 60);
	can_tell = 0;
	storm(&g, 6);
	assert_int_equal(asked, 5);
	assert_int_equal(ground_events(&g), 0);
}

/* Who was at it is told, with no samples that could tell. */
static void told(void **state)
{
	const struct pdiag_culprit *culprit;
	struct pdiag_event *event;

	(void)state;
	storm(&g, 4);
	assert_int_equal(pdiag_watch_take(g.watch, &event), 1);
	culprit = pdiag_event_culprit(event, 0);
	assert_non_null(culprit);
	assert_string_equal(culprit->process, "hog");
	pdiag_event_free(event);
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
	assert_int_equal(ground_events(&g), 0);
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
	assert_int_equal(ground_events(&g), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(somebody, setup, teardown),
		cmocka_unit_test_setup_teardown(told, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(again, setup, teardown),
		cmocka_unit_test_setup_teardown(fades, setup, teardown),
		cmocka_unit_test_setup_teardown(alert, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
