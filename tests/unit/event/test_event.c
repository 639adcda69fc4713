/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events as objects: what goes in comes out, copies stand alone, memory may fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "../../support/fail_alloc.h"
#include "../../support/made_profile.h"
#include "culprit/culprit.h"
#include "event/event.h"

static struct pdiag *context;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

static int add(struct pdiag_event *e, const char *name, double surprise, uint32_t count)
{
	struct pdiag_event_point points[3] = { { 1, 1.5 }, { 2, NAN }, { 3, 4 } };
	struct pdiag_event_metric metric = { .name = name, .unit = "1", .surprise = surprise,
		.onset_ns = surprise > 0 };

	return pdiag_event_add_metric(e, &metric, points, count);
}

static struct pdiag_culprits *some_culprits(void)
{
	struct pdiag_symbol leaf = { .name = "leaf", .raw_name = "leaf", .module = "/m" };
	struct pdiag_symbol root = { .name = "root", .raw_name = "root", .module = "/m" };
	const struct pdiag_symbol *frames[] = { &leaf, &root };
	struct pdiag_culprit c = { .sentence = "it was", .process = "it", .comm = "t",
		.cgroup = "/c", .frames = frames, .depth = 2, .kind = PDIAG_CULPRIT_STACK };
	struct pdiag_culprits *list;

	leaf.caller = &root;
	if (pdiag_culprits_make(context, &list))
		return NULL;
	if (!pdiag_culprits_add(list, &c))
		return list;
	pdiag_culprits_release(list);
	return NULL;
}

static int fill(struct pdiag_event *e)
{
	struct pdiag_culprits *culprits;
	int ret = pdiag_event_set_text(e, PDIAG_EVENT_SENTENCE, "it is so");

	if (!ret)
		ret = add(e, "b", 3, 3);
	if (!ret)
		ret = add(e, "a", 0, 2);
	if (!ret)
		ret = add(e, "c", 5, 0);
	if (!ret)
		ret = add(e, "b", 4, 2);
	culprits = ret ? NULL : some_culprits();
	if (!culprits)
		return -ENOMEM;
	pdiag_event_give_culprits(e, culprits);
	pdiag_event_sort(e);
	e->info.id = 7;
	return 0;
}

static void is_whole(const struct pdiag_event *e)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	const struct pdiag_event_point *points;
	const struct pdiag_culprit *culprit = pdiag_event_culprit(e, 0);

	assert_int_equal(pdiag_event_get_info(e, &info), 0);
	assert_string_equal(info.sentence, "it is so");
	assert_string_equal(info.rule, "");
	assert_int_equal(info.id, 7);
	assert_int_equal(info.metrics, 2);
	assert_int_equal(info.culprits, 1);
	assert_string_equal(pdiag_event_metric(e, 0, NULL)->name, "c");
	assert_string_equal(pdiag_event_metric(e, 1, &points)->name, "b");
	assert_int_equal(pdiag_event_metric(e, 1, NULL)->points, 2);
	assert_true(points[0].value == 1.5 && isnan(points[1].value));
	assert_string_equal(pdiag_event_metric(e, 2, NULL)->name, "a");
	assert_null(pdiag_event_metric(e, 3, &points));
	assert_null(points);
	assert_string_equal(culprit->sentence, "it was");
	assert_string_equal(culprit->frames[0]->caller->name, "root");
	assert_null(pdiag_event_culprit(e, 1));
}

static void comes_out(void **state)
{
	struct pdiag_event *e, *copy;

	(void)state;
	assert_int_equal(pdiag_event_new(context, &e), 0);
	assert_int_equal(fill(e), 0);
	is_whole(e);
	assert_int_equal(pdiag_event_copy(e, &copy), 0);
	pdiag_event_destroy(e);
	is_whole(copy);
	pdiag_event_hand_over(copy);
	/* It goes with its context. */
}

/* What is kept of many: how much there was, and nothing of it. */
static void brief(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *e, *small;

	(void)state;
	assert_int_equal(pdiag_event_new(context, &e), 0);
	assert_int_equal(fill(e), 0);
	assert_true(pdiag_event_bytes(e) > 0);
	assert_int_equal(pdiag_event_brief(e, &small), 0);
	pdiag_event_destroy(e);
	assert_int_equal(pdiag_event_bytes(small), 0);
	assert_null(pdiag_event_metric(small, 0, NULL));
	assert_null(pdiag_event_culprit(small, 0));
	assert_int_equal(pdiag_event_get_info(small, &info), 0);
	assert_string_equal(info.sentence, "it is so");
	assert_int_equal(info.id, 7);
	assert_int_equal(info.metrics, 2);
	assert_int_equal(info.culprits, 1);
	pdiag_event_destroy(small);
}

static void profiles(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *e, *copy;

	(void)state;
	made_samples(p, "app", 3, "u:main", "u:work", NULL);
	assert_int_equal(pdiag_event_new(context, &e), 0);
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_DURING, p);
	assert_ptr_equal(pdiag_event_profile(e, PDIAG_EVIDENCE_DURING), p);
	assert_null(pdiag_event_profile(e, PDIAG_EVIDENCE_BEFORE));
	assert_null(pdiag_event_profile(e, 3));
	assert_true(pdiag_event_bytes(e) > 100);
	assert_int_equal(pdiag_event_copy(e, &copy), 0);
	pdiag_event_drop_profiles(e);
	pdiag_event_drop_profiles(e);
	assert_int_equal(pdiag_event_get_info(e, &info), 0);
	assert_int_equal(info.evidence, 0);
	assert_string_equal(info.limits, "its profiles were given up to keep within max_bytes");
	pdiag_event_free(e); /* Not handed over: it stays. */
	pdiag_event_destroy(e);
	assert_int_equal(pdiag_event_get_info(copy, &info), 0);
	assert_int_equal(info.evidence, PDIAG_EVIDENCE_DURING);
	pdiag_event_hand_over(copy);
	pdiag_event_free(copy);
}

static void largest_profile_goes_first(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_profile *small, *large;
	struct pdiag_event *e;
	char name[32];

	(void)state;
	small = made_profile(context);
	large = made_profile(context);
	made_samples(small, "app", 1, "u:main", NULL);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "u:f%d", i);
		made_samples(large, "app", 1, "u:main", name, NULL);
	}
	assert_int_equal(pdiag_event_new(context, &e), 0);
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_NORMAL, large);
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_BEFORE, small);
	assert_true(pdiag_event_drop_largest(e));
	assert_ptr_equal(pdiag_event_profile(e, PDIAG_EVIDENCE_BEFORE), small);
	assert_null(pdiag_event_profile(e, PDIAG_EVIDENCE_NORMAL));
	assert_true(pdiag_event_drop_largest(e));
	assert_false(pdiag_event_drop_largest(e));
	assert_int_equal(pdiag_event_bytes(e), 0);
	assert_int_equal(pdiag_event_get_info(e, &info), 0);
	assert_string_equal(info.limits,
		"the profile of ordinary times was given up to keep within "
		"max_bytes; the profile of before was given up to keep within max_bytes");
	pdiag_event_destroy(e);
}

static void no_memory(void **state)
{
	struct pdiag_event *e, *copy;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_event_new(context, &e);
		if (!ret) {
			ret = fill(e);
			if (!ret) {
				ret = pdiag_event_copy(e, &copy);
				if (!ret)
					pdiag_event_destroy(copy);
			}
			pdiag_event_destroy(e);
		}
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	assert_int_equal(ret, 0);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(pdiag_severity_text(PDIAG_SEVERITY_CRITICAL), "critical");
	assert_string_equal(pdiag_severity_text(0), "unknown");
	assert_string_equal(pdiag_event_phase_text(PDIAG_EVENT_CUT), "cut");
	assert_string_equal(pdiag_event_phase_text(99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(comes_out, setup, teardown),
		cmocka_unit_test_setup_teardown(brief, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles, setup, teardown),
		cmocka_unit_test_setup_teardown(largest_profile_goes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory, setup, teardown),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
