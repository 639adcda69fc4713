/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clocks that are set, a machine that sleeps, looks that are missed, counters that begin again:
 * none of it is an event, and of one that there is the times are right.
 */
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

static struct pdiag_event_info taken(uint32_t phase)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event;

	if (pdiag_watch_take(g.watch, &event) != 1)
		fail_msg("no event waits");
	assert_int_equal(pdiag_event_get_info(event, &info), 0);
	assert_int_equal(info.phase, phase);
	/* Its texts go, too. */
	pdiag_event_free(event);
	return info;
}

/* The wall clock now. */
static uint64_t wall(void)
{
	return fixture_now(&g.f, CLOCK_REALTIME);
}

/* So long with nobody to look, while the machine uses so many of its 4 CPUs. */
static void nobody_looks(uint64_t seconds, uint64_t busy)
{
	g.user += 100 * busy * seconds;
	g.idle += 100 * (4 - busy) * seconds;
	g.f.mono += seconds * NS;
}

static void no_event(void **state)
{
	(void)state;
	ground_made(&g);
	quiet(&g, 400);
	for (uint64_t i = 0; i < 60; i++) {
		switch (i % 4) {
		case 0: /* the wall clock is set, by more and more */
			g.f.real_offset += i * i * NS;
			break;
		case 1: /* ... and back, beyond where it was */
			g.f.real_offset -= 2 * i * i * NS;
			break;
		case 2:
			g.f.suspended += i * 600 * NS;
			break;
		default:
			nobody_looks(1 + i * 7, 1);
		}
		quiet(&g, 2 + i % 20);
	}
	assert_int_equal(ground_events(&g), 0);
	/* And it still sees what is one. */
	storm(&g, 4);
	assert_int_equal(ground_events(&g), 1);
}

/* What was in a time that nobody saw is over: it is no event of now. */
static void not_seen_at_all(void **state)
{
	/* Two, as one alone has to be so for a second. */
	static const char *const metrics[] = { "system.cpu.time.user", "system.cpu.time.idle",
		NULL };

	(void)state;
	g.options.metrics = metrics;
	g.options.false_alarms = 1;
	ground_made(&g);
	quiet(&g, 1000);
	for (int i = 0; i < 5; i++) {
		nobody_looks(20, 4);
		quiet(&g, 30);
	}
	assert_int_equal(ground_events(&g), 0);
}

/* Detectors know the hours of the day: theirs go on while the machine sleeps, and do not when the
 * clock is set. */
static void hours(void **state)
{
	uint64_t began;

	(void)state;
	ground_made(&g);
	began = wall();
	quiet(&g, 2);
	g.f.real_offset += 5000 * NS;
	quiet(&g, 2);
	g.f.suspended += 3600 * NS;
	quiet(&g, 2);
	assert_int_equal(pdiag_watch_from_monotonic(g.watch, g.f.mono), began + 3606 * NS);
	assert_int_equal(pdiag_watch_to_monotonic(g.watch, began + 3606 * NS), g.f.mono);
}

/* As when a container is restored, or a device comes anew. */
static void counters_begin_again(void **state)
{
	(void)state;
	ground_made(&g);
	quiet(&g, 400);
	for (uint64_t i = 0; i < 20; i++) {
		g.user = i % 2 ? 0 : g.user * 3 + 100000;
		g.idle = i % 3 ? 0 : g.idle;
		/* What it has grown to is no rate of this second. */
		if (!(i % 2))
			g.f.mono += 11 * NS;
		quiet(&g, 15);
	}
	assert_int_equal(ground_events(&g), 0);
}

/* While one goes on. */
static void begin_again_in_event(void **state)
{
	struct pdiag_event_info begun, ended;
	uint64_t injected;

	(void)state;
	ground_made(&g);
	quiet(&g, 400);
	injected = g.f.mono;
	storm(&g, 10);
	begun = taken(PDIAG_EVENT_BEGUN);
	g.user = g.idle = 0;
	storm(&g, 10);
	quiet(&g, 20);
	ended = taken(PDIAG_EVENT_ENDED);
	assert_int_equal(begun.onset_ns, injected);
	assert_int_equal(ended.onset_ns, injected);
	assert_in_range(ended.end_ns, injected + 20 * NS, injected + 20 * NS + LATE);
	assert_int_equal(ground_events(&g), 1);
}

struct moments {
	uint64_t onset_ns, onset_wall, change_ns, over_ns, over_wall;
};

/* An event with a change of the clocks in its middle, when it is at its worst already. */
static struct pdiag_event_info changed(struct moments *m, int64_t set_ns, uint64_t slept_ns)
{
	struct pdiag_event_info info;

	g.options.flags |= PDIAG_WATCH_ONLY_ENDED;
	ground_made(&g);
	quiet(&g, 400);
	m->onset_ns = g.f.mono;
	m->onset_wall = wall();
	storm(&g, 4);
	second(&g, 90, 4);
	storm(&g, 5);
	m->change_ns = g.f.mono;
	g.f.real_offset += (uint64_t)set_ns;
	g.f.suspended += slept_ns;
	storm(&g, 10);
	m->over_ns = g.f.mono;
	m->over_wall = wall();
	quiet(&g, 20);
	info = taken(PDIAG_EVENT_ENDED);
	assert_int_equal(info.onset_ns, m->onset_ns);
	assert_int_equal(info.onset_realtime_ns, m->onset_wall);
	assert_int_equal(info.detected_realtime_ns,
		m->onset_wall + (info.detected_ns - info.onset_ns));
	/* The peak was before the change, the end is behind it. */
	assert_in_range(info.peak_ns, m->onset_ns, m->change_ns);
	assert_int_equal(info.peak_realtime_ns, m->onset_wall + (info.peak_ns - info.onset_ns));
	assert_in_range(info.end_ns, m->over_ns, m->over_ns + LATE);
	assert_int_equal(info.end_realtime_ns, m->over_wall + (info.end_ns - m->over_ns));
	assert_int_equal(info.duration_ns, info.end_ns - info.onset_ns);
	assert_int_equal(ground_events(&g), 1);
	return info;
}

static void set_forth(void **state)
{
	struct moments m;

	(void)state;
	changed(&m, (int64_t)(7200 * NS), 0);
}

static void set_back(void **state)
{
	struct pdiag_event_info info;
	struct moments m;

	(void)state;
	info = changed(&m, -(int64_t)(7200 * NS), 0);
	assert_true(info.end_realtime_ns < info.onset_realtime_ns);
}

static void sleeps(void **state)
{
	struct moments m;

	(void)state;
	changed(&m, 0, 3600 * NS);
}

/* Between the onset and when a rule has held for long enough. */
static void set_before_found(void **state)
{
	static const char *const rules[] = { "runnable >= 20 for 5 s", NULL };
	struct pdiag_event_info info;
	uint64_t onset_wall;

	(void)state;
	g.options.rules = rules;
	g.options.flags |= PDIAG_WATCH_ONLY_RULES;
	ground_made(&g);
	quiet(&g, 30);
	storm(&g, 1);
	onset_wall = wall();
	storm(&g, 2);
	g.f.real_offset += 86400 * NS;
	storm(&g, 5);
	info = taken(PDIAG_EVENT_BEGUN);
	assert_int_equal(info.onset_realtime_ns, onset_wall);
	assert_int_equal(info.detected_realtime_ns, onset_wall + 86405 * NS);
}

/* Nobody looked while it ended: there is an end, no later than when somebody looked again. */
static void not_seen_to_end(void **state)
{
	struct pdiag_event_info info;
	uint64_t left, back;

	(void)state;
	g.options.flags |= PDIAG_WATCH_ONLY_ENDED;
	ground_made(&g);
	quiet(&g, 400);
	storm(&g, 10);
	left = g.f.mono;
	nobody_looks(500, 1);
	back = g.f.mono;
	quiet(&g, 20);
	info = taken(PDIAG_EVENT_ENDED);
	assert_in_range(info.end_ns, left, back + LATE);
	assert_int_equal(ground_events(&g), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_event, setup, teardown),
		cmocka_unit_test_setup_teardown(not_seen_at_all, setup, teardown),
		cmocka_unit_test_setup_teardown(hours, setup, teardown),
		cmocka_unit_test_setup_teardown(counters_begin_again, setup, teardown),
		cmocka_unit_test_setup_teardown(begin_again_in_event, setup, teardown),
		cmocka_unit_test_setup_teardown(set_forth, setup, teardown),
		cmocka_unit_test_setup_teardown(set_back, setup, teardown),
		cmocka_unit_test_setup_teardown(sleeps, setup, teardown),
		cmocka_unit_test_setup_teardown(set_before_found, setup, teardown),
		cmocka_unit_test_setup_teardown(not_seen_to_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
