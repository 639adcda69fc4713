/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Incidents: when they begin and end, what is told of them, and to whom. */
#include <poll.h>
#include <sys/timerfd.h>

#include "ground.h"

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

static void none_waits(void)
{
	struct pdiag_event *event;

	assert_int_equal(pdiag_watch_take(g.watch, &event), 0);
	assert_null(event);
}

static void begins_and_ends(void **state)
{
	struct pdiag_event_info begun, over;
	struct pdiag_event *event;
	uint64_t injected;

	(void)state;
	ground_made(&g);
	assert_int_equal(ground_info(&g).learning, 1);
	quiet(&g, 600);
	assert_int_equal(ground_info(&g).learning, 0);
	none_waits();
	injected = g.f.mono;
	storm(&g, 20);
	event = ground_taken(&g, &begun);
	assert_int_equal(begun.phase, PDIAG_EVENT_BEGUN);
	assert_int_equal(begun.onset_ns, injected);
	assert_in_range(begun.detected_ns, injected + 1, injected + 3 * NS);
	assert_int_equal(begun.onset_realtime_ns, injected + START_REAL - START);
	assert_int_equal(begun.end_ns, 0);
	assert_int_equal(begun.direction, 1);
	assert_true(begun.metrics >= 1);
	assert_string_equal(begun.rule, "");
	pdiag_event_free(event);
	none_waits();
	assert_int_equal(ground_info(&g).ongoing, 1);
	quiet(&g, 30);
	event = ground_taken(&g, &over);
	assert_int_equal(over.phase, PDIAG_EVENT_ENDED);
	assert_int_equal(over.id, begun.id);
	assert_int_equal(over.onset_ns, injected);
	assert_in_range(over.end_ns, injected + 20 * NS, injected + 20 * NS + LATE);
	assert_int_equal(over.duration_ns, over.end_ns - over.onset_ns);
	assert_int_equal(over.severity, PDIAG_SEVERITY_CRITICAL);
	assert_true(over.score > 0 && over.score <= 1);
	pdiag_event_free(event);
	none_waits();
	assert_int_equal(ground_info(&g).events, 1);
	assert_int_equal(ground_info(&g).ongoing, 0);
}

static void spike(void **state)
{
	(void)state;
	/* Alone: else the CPUs would say so, too. */
	static const char *const metrics[] = { "system.threads.runnable", NULL };

	g.options.metrics = metrics;
	ground_made(&g);
	quiet(&g, 600);
	storm(&g, 1);
	quiet(&g, 60);
	none_waits();
	assert_int_equal(ground_info(&g).events, 0);
	/* Worse than anything before, and for longer. */
	second(&g, 90, 4);
	second(&g, 90, 4);
	assert_int_equal(ground_info(&g).events, 1);
}

/* What is looked at each 5 s was seen but once until it is looked at again. */
static void spike_between_looks(void **state)
{
	static const char *const metrics[] = { "system.threads.active", NULL };

	(void)state;
	g.options.metrics = metrics;
	ground_made(&g);
	quiet(&g, 1200);
	while (g.written % 5)
		quiet(&g, 1);
	second(&g, 90, 1);
	assert_int_equal(g.watch->list[0].last.alert, PDIAG_ALERT_BEGIN);
	quiet(&g, 300);
	assert_int_equal(ground_info(&g).events, 0);
	storm(&g, 12);
	assert_int_equal(ground_info(&g).events, 1);
}

/* What neither would tell alone, both tell at once. */
static void several_at_once(void **state)
{
	static const char *const metrics[] = { "system.threads.runnable", "system.cpu.time.user",
		"system.cpu.load_average.1m", NULL };
	uint32_t on = 0;

	(void)state;
	g.options.metrics = metrics;
	ground_made(&g);
	quiet(&g, 1000);
	assert_int_equal(ground_info(&g).events, 0);
	second(&g, 11, 3);
	for (uint32_t i = 0; i < g.watch->count; i++) {
		const struct pdiag_detection *d = &g.watch->list[i].last;

		assert_true(d->surprise < d->threshold);
		on += d->alert == PDIAG_ALERT_BEGIN;
	}
	assert_int_equal(on, 2);
	assert_int_equal(ground_info(&g).events, 1);
}

static void lose(uint32_t *sent, uint32_t *again, uint32_t lost)
{
	char text[96];

	*sent += 100 - lost;
	*again += lost;
	snprintf(text, sizeof(text), "Tcp: OutSegs RetransSegs\nTcp: %u %u\n", *sent, *again);
	put(&g.f, "proc/net/snmp", text);
	second(&g, 2, 1);
}

/* Two that tell the same are no two witnesses. */
static void same_thing(void **state)
{
	static const char *const metrics[] = { "system.network.tcp.retransmits",
		"system.network.tcp.retransmits.ratio", NULL };
	uint32_t sent = 0, again = 0, on = 0;

	(void)state;
	g.options.metrics = metrics;
	put(&g.f, "proc/net/snmp", "Tcp: OutSegs RetransSegs\nTcp: 0 0\n");
	ground_made(&g);
	for (int i = 0; i < 1000; i++)
		lose(&sent, &again, 0);
	lose(&sent, &again, 90);
	for (uint32_t i = 0; i < g.watch->count; i++)
		on += pdiag_watch_is_on(g.watch->list[i].last.alert);
	assert_int_equal(on, 2);
	assert_int_equal(ground_info(&g).events, 0);
	lose(&sent, &again, 90);
	lose(&sent, &again, 90);
	assert_int_equal(ground_info(&g).events, 1);
}

/* Who has something else to be called for does not make it look. */
static void looks_by_the_clock(void **state)
{
	struct itimerspec never = { { 0, 0 }, { 0, 0 } }, now = { { 0, 0 }, { 0, 1 } };
	struct pollfd p;

	(void)state;
	ground_made(&g);
	assert_int_equal(timerfd_settime(g.watch->timer_fd, 0, &never, NULL), 0);
	g.f.mono += NS;
	assert_int_equal(pdiag_watch_dispatch(g.watch), 0);
	assert_int_equal(ground_info(&g).looks, 0);
	assert_int_equal(timerfd_settime(g.watch->timer_fd, 0, &now, NULL), 0);
	p = (struct pollfd){ .fd = pdiag_watch_fd(g.watch), .events = POLLIN };
	assert_int_equal(poll(&p, 1, -1), 1);
	assert_int_equal(pdiag_watch_dispatch(g.watch), 0);
	assert_int_equal(ground_info(&g).looks, 1);
}

static void points(void **state)
{
	const struct pdiag_event_metric *m;
	const struct pdiag_event_point *p;
	struct pdiag_event_info info;
	struct pdiag_event *event;
	uint32_t parts = 0;

	(void)state;
	g.options.flags |= PDIAG_WATCH_ONLY_ENDED;
	ground_made(&g);
	quiet(&g, 400);
	storm(&g, 10);
	quiet(&g, 20);
	event = ground_taken(&g, &info);
	assert_int_equal(info.phase, PDIAG_EVENT_ENDED);
	m = pdiag_event_metric(event, 0, &p);
	assert_string_equal(m->name, info.metric);
	assert_true(m->onset_ns && m->surprise > 0 && m->peak >= m->value);
	assert_true(m->low >= 0 && m->low < m->high);
	assert_in_range(m->points, 120, 160);
	for (uint32_t i = 1; i < m->points; i++)
		assert_true(p[i].time_ns > p[i - 1].time_ns);
	for (uint32_t i = 0; (m = pdiag_event_metric(event, i, NULL)); i++) {
		assert_true(parts == i || !m->onset_ns);
		parts += m->onset_ns != 0;
	}
	assert_int_equal(parts, info.metrics);
	pdiag_event_free(event);
}

static void by_rule(void **state)
{
	static const char *const rules[] = { "runnable >= 2 per cpu for 3 s clear 1", NULL };
	struct pdiag_event_info info;
	struct pdiag_event *event;

	(void)state;
	g.options.rules = rules;
	g.options.flags |= PDIAG_WATCH_ONLY_RULES;
	ground_made(&g);
	assert_int_equal(ground_info(&g).learning, 0);
	second(&g, 40, 4);
	quiet(&g, 2);
	storm(&g, 5);
	event = ground_taken(&g, &info);
	assert_string_equal(info.rule, rules[0]);
	assert_string_equal(info.metric, "system.threads.runnable");
	assert_non_null(strstr(info.sentence, "runnable threads: 4"));
	assert_non_null(strstr(info.sentence, rules[0]));
	assert_true(info.detected_ns - info.onset_ns >= 3 * NS);
	assert_true(info.value >= 40 && info.high == 8);
	pdiag_event_free(event);
	quiet(&g, 15);
	event = ground_taken(&g, &info);
	assert_int_equal(info.phase, PDIAG_EVENT_ENDED);
	pdiag_event_free(event);
}

/* Its worst is told at the end, with when that was, also if the rule is broken a second time; and
 * the values up to the end. */
static void rule_peak(void **state)
{
	static const char *const rules[] = { "runnable >= 2 per cpu clear 1", NULL };
	const struct pdiag_event_metric *m;
	const struct pdiag_event_point *p;
	struct pdiag_event_info info;
	struct pdiag_event *event;
	uint64_t worst;

	(void)state;
	g.options.rules = rules;
	g.options.flags |= PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_ONLY_ENDED;
	ground_made(&g);
	quiet(&g, 5);
	storm(&g, 3);
	second(&g, 90, 4);
	worst = g.f.mono;
	storm(&g, 3);
	quiet(&g, 3);
	storm(&g, 3);
	quiet(&g, 15);
	event = ground_taken(&g, &info);
	assert_true(info.value >= 41 && info.value < 45);
	/* The one that looks counts as well. */
	assert_true(info.peak == 91);
	assert_int_equal(info.peak_ns, worst);
	assert_non_null(strstr(info.sentence, "91"));
	m = pdiag_event_metric(event, 0, &p);
	assert_string_equal(m->name, "system.threads.runnable");
	assert_true(m->peak == 91);
	assert_true(p[m->points - 1].time_ns >= info.end_ns);
	pdiag_event_free(event);
	none_waits();
}

/* A detector that has not learned yet when the event begins has nothing to say of it: here it would
 * find, at the end, that what it has seen of the event is surprising. */
static void learned_meanwhile(void **state)
{
	static const char *const rules[] = { "runnable >= 2 per cpu for 3 s clear 1", NULL };
	const struct pdiag_event_metric *m;
	struct pdiag_event_info info;
	struct pdiag_event *event;
	uint64_t calm;

	(void)state;
	g.options.rules = rules;
	g.options.flags |= PDIAG_WATCH_ONLY_ENDED;
	ground_made(&g);
	g.random = 96;
	quiet(&g, 21);
	for (int i = 0; i < 15; i++)
		second(&g, 19, 4);
	assert_int_equal(ground_info(&g).learning, 1);
	calm = g.f.mono;
	quiet(&g, 15);
	assert_int_equal(ground_info(&g).learning, 0);
	event = ground_taken(&g, &info);
	assert_int_equal(info.metrics, 1);
	assert_in_range(info.end_ns, calm, calm + LATE);
	assert_true(info.value == 20 && info.peak == 20 && info.direction == 1);
	assert_in_range(info.peak_ns, info.onset_ns, calm);
	assert_true(info.high == 8 && isinf(info.low) && isnan(info.expected));
	m = pdiag_event_metric(event, 0, NULL);
	assert_true(m->direction == 1 && m->high == 8);
	pdiag_event_free(event);
	none_waits();
}

/* One that knew before says what was ordinary; the rule says what it allows. */
static void rule_and_detector(void **state)
{
	static const char *const rules[] = { "runnable >= 4 per cpu clear 1", NULL };
	const struct pdiag_event_metric *m;
	struct pdiag_event_info info;
	struct pdiag_event *event;

	(void)state;
	g.options.rules = rules;
	g.options.flags |= PDIAG_WATCH_ONLY_ENDED;
	ground_made(&g);
	quiet(&g, 400);
	storm(&g, 20);
	quiet(&g, 20);
	event = ground_taken(&g, &info);
	assert_string_equal(info.rule, rules[0]);
	assert_true(info.high == 16 && info.expected < 5);
	for (uint32_t i = 0; (m = pdiag_event_metric(event, i, NULL)); i++)
		if (!strcmp(m->name, info.metric))
			break;
	assert_non_null(m);
	assert_true(m->high < 10 && m->surprise > 0);
	pdiag_event_free(event);
}

/* The worst of what is too little is the least. */
static void rule_below(void **state)
{
	static const char *const rules[] = { "runnable < 2 clear 3", NULL };
	struct pdiag_event_info info;

	(void)state;
	g.options.rules = rules;
	g.options.flags |= PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_ONLY_ENDED;
	ground_made(&g);
	storm(&g, 5);
	second(&g, 0, 1);
	storm(&g, 15);
	pdiag_event_free(ground_taken(&g, &info));
	assert_true(info.peak == 1 && info.direction == -1);
}

static void count_event(void *user, struct pdiag_event *event)
{
	uint32_t *phases = user;
	struct pdiag_event_info info = { .size = sizeof(info) };

	pdiag_event_get_info(event, &info);
	phases[info.phase]++;
	pdiag_event_free(event); /* It is not ours, and stays. */
}

static void by_callback(void **state)
{
	uint32_t phases[4] = { 0 };

	(void)state;
	g.options.fn = count_event;
	g.options.user = phases;
	ground_made(&g);
	quiet(&g, 400);
	storm(&g, 10);
	assert_int_equal(phases[PDIAG_EVENT_BEGUN], 1);
	quiet(&g, 20);
	assert_int_equal(phases[PDIAG_EVENT_ENDED], 1);
	none_waits();
}

static int see(void *user, const struct pdiag_event_info *info)
{
	uint64_t *last = user;

	assert_int_equal(info->id, *last + 1);
	*last = info->id;
	assert_true(info->sentence[0] != 0);
	return 0;
}

/* Nobody takes: the oldest go, and that is counted. */
static void bounded(void **state)
{
	static const char *const rules[] = { "runnable >= 20", NULL };
	uint64_t last = 4;

	(void)state;
	g.options.rules = rules;
	g.options.flags |= PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_ONLY_ENDED;
	g.options.history = 3;
	ground_made(&g);
	for (int i = 0; i < 7; i++) {
		storm(&g, 3);
		quiet(&g, 10);
	}
	assert_int_equal(ground_info(&g).events, 7);
	assert_int_equal(ground_info(&g).dropped, 4);
	assert_int_equal(pdiag_watch_each_event(g.watch, see, &last), 0);
	assert_int_equal(last, 7);
	/* Those that wait go with their watch. */
}

static void clocks(void **state)
{
	struct pdiag_event_info info;
	struct pdiag_event *event;
	uint64_t injected;

	(void)state;
	ground_made(&g);
	quiet(&g, 400);
	/* The clock is set, forth and back; the machine sleeps for an hour. */
	g.f.real_offset += 7200 * NS;
	quiet(&g, 30);
	g.f.real_offset -= 10000 * NS;
	quiet(&g, 30);
	g.f.suspended += 3600 * NS;
	quiet(&g, 30);
	/* Nobody looked for five minutes. */
	g.f.mono += 300 * NS;
	quiet(&g, 30);
	none_waits();
	assert_int_equal(ground_info(&g).events, 0);
	injected = g.f.mono;
	storm(&g, 5);
	event = ground_taken(&g, &info);
	assert_int_equal(info.onset_ns, injected);
	assert_int_equal(info.onset_realtime_ns,
		injected + g.f.suspended + g.f.real_offset);
	pdiag_event_free(event);
}

/* What lasts is how things are now. */
static void for_ever(void **state)
{
	struct pdiag_event_info info;

	(void)state;
	g.options.flags |= PDIAG_WATCH_ONLY_ENDED;
	ground_made(&g);
	quiet(&g, 400);
	storm(&g, 4000);
	pdiag_event_free(ground_taken(&g, &info));
	assert_int_equal(info.duration_ns, 3600 * NS);
	assert_int_equal(ground_info(&g).ongoing, 0);
	none_waits();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(begins_and_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(spike, setup, teardown),
		cmocka_unit_test_setup_teardown(spike_between_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(several_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(same_thing, setup, teardown),
		cmocka_unit_test_setup_teardown(looks_by_the_clock, setup, teardown),
		cmocka_unit_test_setup_teardown(points, setup, teardown),
		cmocka_unit_test_setup_teardown(by_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(rule_peak, setup, teardown),
		cmocka_unit_test_setup_teardown(learned_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(rule_and_detector, setup, teardown),
		cmocka_unit_test_setup_teardown(rule_below, setup, teardown),
		cmocka_unit_test_setup_teardown(by_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(clocks, setup, teardown),
		cmocka_unit_test_setup_teardown(for_ever, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
