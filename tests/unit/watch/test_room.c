/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events that nobody takes: they, their profiles and the history have their room. */
#include "ground.h"

#include "../../support/made_profile.h"

#define MAX_BYTES (4u << 20)
#define EVENTS 40u
#define HISTORY 16u

static struct ground g;

static int setup(void **state)
{
	(void)state;
	ground_begin(&g);
	g.options.max_bytes = MAX_BYTES;
	g.options.history = HISTORY;
	ground_made(&g);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ground_end(&g);
	return 0;
}

static struct pdiag_watch_info info_now(void)
{
	struct pdiag_watch_info info = { .size = sizeof(info) };

	assert_int_equal(pdiag_watch_get_info(g.watch, &info), 0);
	return info;
}

/* Some hundred KB each. */
static struct pdiag_event *large_event(unsigned int number)
{
	struct pdiag_profile *p = made_profile(g.f.context);
	struct pdiag_event *e;
	char text[32];

	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(text, sizeof(text), "u:function_%u", i);
		made_samples(p, "app", 1, "u:main", text, NULL);
	}
	assert_int_equal(pdiag_event_new(g.f.context, &e), 0);
	snprintf(text, sizeof(text), "event %u", number);
	assert_int_equal(pdiag_event_set_text(e, PDIAG_EVENT_SENTENCE, text), 0);
	e->info.phase = PDIAG_EVENT_ENDED;
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_DURING, p);
	return e;
}

static int in_a_row(void *user, const struct pdiag_event_info *info)
{
	unsigned int *next = user;

	*next = *next ? *next : (unsigned int)info->id;
	assert_int_equal(info->id, *next);
	++*next;
	return 0;
}

static void nobody_takes(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	unsigned int whole = 0, taken = 0, next = 0;
	struct pdiag_event *e;
	uint64_t most = 0;
	char text[32];

	(void)state;
	for (unsigned int i = 1; i <= EVENTS; i++) {
		e = large_event(i);
		pdiag_watch_deliver(g.watch, e);
		pdiag_event_destroy(e);
		assert_true(info_now().bytes <= MAX_BYTES / 4 * 3);
		most = info_now().bytes > most ? info_now().bytes : most;
	}
	/* That much is made use of. */
	assert_true(most > MAX_BYTES / 2);
	assert_int_equal(info_now().dropped, EVENTS - HISTORY);
	assert_int_equal(pdiag_watch_each_event(g.watch, in_a_row, &next), 0);
	assert_int_equal(next, EVENTS + 1);
	while (pdiag_watch_take(g.watch, &e) == 1) {
		assert_int_equal(pdiag_event_get_info(e, &info), 0);
		snprintf(text, sizeof(text), "event %u", EVENTS - HISTORY + 1 + taken++);
		assert_string_equal(info.sentence, text);
		/* First those that had to give up theirs, then those that did not. */
		assert_int_equal(info.evidence == 0, strstr(info.limits, "max_bytes") != NULL);
		assert_true(info.evidence || !whole);
		whole += info.evidence != 0;
		pdiag_event_free(e);
	}
	assert_int_equal(taken, HISTORY);
	assert_true(whole >= 2 && whole < HISTORY);
	assert_int_equal(info_now().bytes, 0);
}

/* A single one that is too large for all that there is. */
static void one_is_too_large(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *e;

	(void)state;
	pdiag_watch_free(g.watch);
	g.options.max_bytes = 1000;
	ground_made(&g);
	e = large_event(1);
	pdiag_watch_deliver(g.watch, e);
	/* Who is told of it sees all, and so does the journal. */
	assert_int_equal(pdiag_event_get_info(e, &info), 0);
	assert_int_equal(info.evidence, PDIAG_EVIDENCE_DURING);
	assert_int_equal(pdiag_evidence_keep_within(&g.watch->evidence, e), 0);
	assert_int_equal(pdiag_event_bytes(e), 0);
	assert_int_equal(pdiag_event_get_info(e, &info), 0);
	assert_non_null(strstr(info.limits, "the profile of during was given up"));
	/* Who it was is known. */
	assert_true(info.culprits > 0);
	pdiag_event_destroy(e);
	assert_int_equal(pdiag_watch_take(g.watch, &e), 1);
	assert_int_equal(pdiag_event_bytes(e), 0);
	pdiag_event_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_takes, setup, teardown),
		cmocka_unit_test_setup_teardown(one_is_too_large, setup, teardown),
	};

	return cmocka_run_group_tests_name("watch_room", tests, NULL, NULL);
}
