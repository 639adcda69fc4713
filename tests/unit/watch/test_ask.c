/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples are asked who is at it: what becomes of the times that were asked about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/made_profile.h"

#include "../capture/flight_ground.h"
#include "event/event.h"
#include "watch/evidence.h"

#define SERVER PID
#define HOG (PID + 1)

static struct pdiag_evidence e;
static struct pdiag_culprits *found;

static struct pdiag_profile *window(double from, double to)
{
	struct pdiag_profile *p = made_profile(context);

	pdiag_profile_adopt(p);
	p->start_time = ago(from);
	p->end_time = ago(to);
	made_samples(p, "server", 1, "u:main", NULL);
	return p;
}

/* A server that always ran, and from `since` s ago on a hog; the recorder has the last 20 s. */
static void machine(double since)
{
	put_exec(source, SERVER, "server", "/bin/server", ago(90));
	put_exec(source, HOG, "hog", "/bin/hog", ago(since));
	for (int i = 0; i < 19; i++)
		put_sample(source, SERVER, SERVER, 100000000, ago(19.5 - i));
	for (int i = 0; i < 16; i++)
		put_sample(source, HOG, HOG, SECOND / 2, ago(since * (16 - i) / 16.5));
}

static int begin(void **state)
{
	int ret = setup(state);

	if (ret)
		return ret;
	source->base.state.flight.span = 25 * SECOND;
	e = (struct pdiag_evidence){ .context = context, .capture = capture,
		.taken_ns = ago(20), .before_ns = 15 * SECOND, .cooldown_ns = SECOND,
		.max_bytes = 64 << 20 };
	for (int i = 3; i > 0; i--)
		pdiag_ordinary_keep(&e.ordinary, window(20 * i + 40, 20 * i + 20), 64 << 20);
	found = NULL;
	start();
	source->base.state.flight.begun = ago(20);
	machine(4);
	return 0;
}

static int end(void **state)
{
	pdiag_culprits_free(found);
	pdiag_evidence_close(&e);
	return teardown(state);
}

static int ask(double quiet, double onset)
{
	return pdiag_evidence_ask(&e, ago(quiet), ago(onset), 0, &found);
}

static const char *first(void)
{
	assert_non_null(found);
	assert_true(pdiag_culprits_count(found) > 0);
	return pdiag_culprits_get(found, 0)->process;
}

static void who(void **state)
{
	(void)state;
	assert_int_equal(ask(100, 4.5), 1);
	assert_string_equal(first(), "hog");
	assert_true(pdiag_culprits_get(found, 0)->significance > 4);
	assert_in_range(pdiag_profile_duration(e.asked), 4.5 * SECOND, 5.5 * SECOND);
	/* What was before is ordinary. */
	assert_int_equal(e.ordinary.count, 4);
	assert_in_range(pdiag_profile_duration(e.ordinary.list[0]), 15 * SECOND, 15.5 * SECOND);
	assert_int_equal(e.strained.count, 0);
}

static void too_short(void **state)
{
	(void)state;
	assert_int_equal(ask(100, 18), 1);
	assert_int_equal(e.ordinary.count, 3);
	assert_string_equal(first(), "hog");
}

/* With nothing to compare with, or with what is out of the recorder. */
static void cannot_tell(void **state)
{
	(void)state;
	assert_int_equal(ask(100, 20), 0);
	assert_null(found);
	pdiag_profile_destroy(pdiag_ordinary_since(&e.ordinary, 0));
	assert_int_equal(ask(100, 4.5), 0);
	assert_null(found);
	assert_null(e.asked);
	assert_int_equal(e.ordinary.count, 2);
}

static uint64_t weight_of(struct pdiag_event *event, uint32_t kind, const char *process)
{
	const struct pdiag_profile *p = pdiag_event_profile(event, kind);
	uint64_t weight = 0;

	assert_non_null(p);
	for (size_t i = 0; i < p->entry_count; i++)
		if (!strcmp(p->threads[p->entries[i].thread].process, process))
			weight += p->entries[i].weight;
	return weight;
}

/* It was asked, and an event follows: all is in it, what was asked about and what was before. */
static void event_follows(double quiet, bool known)
{
	struct pdiag_event *event;

	assert_int_equal(ask(quiet, 4.5), 1);
	assert_int_equal(pdiag_event_new(context, &event), 0);
	assert_int_equal(pdiag_evidence_begin(&e, event, ago(4.5)), 0);
	assert_int_equal(weight_of(event, PDIAG_EVIDENCE_DURING, "hog"), 8 * SECOND);
	assert_int_equal(weight_of(event, PDIAG_EVIDENCE_BEFORE, "hog"), 0);
	assert_true(weight_of(event, PDIAG_EVIDENCE_BEFORE, "server") >= SECOND);
	assert_in_range(event->info.before_ns, 14 * SECOND, 21 * SECOND);
	assert_in_range(event->info.during_ns, 4 * SECOND, 6 * SECOND);
	pdiag_evidence_file_asked(&e, known);
	assert_null(e.asked);
	assert_null(e.unquiet);
	pdiag_event_destroy(event);
}

/* It was long, or found otherwise: nothing of it is ordinary. */
static void then_an_event(void **state)
{
	(void)state;
	event_follows(100, false);
	assert_int_equal(e.strained.count, 0);
}

/* What was before it is the end of another event: not ordinary, but before this one. */
static void after_an_event(void **state)
{
	(void)state;
	event_follows(15, false);
	assert_int_equal(e.ordinary.count, 3);
	assert_string_equal(first(), "hog");
}

/* That one was long ago: the recorder does not reach back so far. */
static void long_after_an_event(void **state)
{
	(void)state;
	e.taken_ns = ago(80);
	assert_int_equal(ask(60, 4.5), 1);
	assert_int_equal(e.ordinary.count, 4);
}

static void brief_event(void **state)
{
	(void)state;
	event_follows(100, true);
	assert_int_equal(e.strained.count, 1);
}

/* The samples that were asked about are just before the onset. */
static void event_after_it(void **state)
{
	struct pdiag_event *event;

	(void)state;
	assert_int_equal(ask(100, 4.5), 1);
	assert_int_equal(pdiag_event_new(context, &event), 0);
	assert_int_equal(pdiag_evidence_begin(&e, event, pdiag_capture_clock()), 0);
	assert_int_equal(weight_of(event, PDIAG_EVIDENCE_BEFORE, "hog"), 8 * SECOND);
	assert_in_range(event->info.before_ns, 19 * SECOND, 21 * SECOND);
	pdiag_event_destroy(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who, begin, end),
		cmocka_unit_test_setup_teardown(after_an_event, begin, end),
		cmocka_unit_test_setup_teardown(long_after_an_event, begin, end),
		cmocka_unit_test_setup_teardown(too_short, begin, end),
		cmocka_unit_test_setup_teardown(cannot_tell, begin, end),
		cmocka_unit_test_setup_teardown(then_an_event, begin, end),
		cmocka_unit_test_setup_teardown(brief_event, begin, end),
		cmocka_unit_test_setup_teardown(event_after_it, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
