/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "../../support/made_profile.h"
#include "collect.h"
#include "xml_check.h"

#include <pdiag/error.h>

static struct pdiag *context;
static struct pdiag_profile *before, *after;
static struct collect out;

static int setup(void **state)
{
	(void)state;
	if (pdiag_open(NULL, &context))
		return 1;
	before = made_profile(context);
	after = made_profile(context);
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

static const char *difference(void)
{
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	assert_int_equal(pdiag_profile_write_diff(before, after, NULL, &sink), 0);
	assert_null(xml_check(collect_text(&out)).wrong);
	return collect_text(&out);
}

/* The box of a frame: its class, and start, width, before and after in samples. */
struct box {
	char class[8];
	unsigned long long start, width, before, after;
};

static struct box box_of(const char *svg, const char *name)
{
	const char *names = strstr(svg, "\"names\":[") + 9, *at;
	struct box box = { .class = "none" };
	unsigned int label = 0;
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "[\"%s\",", name);
	at = strstr(names, wanted);
	if (!at)
		return box;
	for (; names < at; names++)
		label += *names == '\n';
	snprintf(wanted, sizeof(wanted), "data-f=\"%u ", label - 1);
	at = strstr(svg, wanted);
	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(wanted), "%llu %llu %llu %llu", &box.start, &box.width,
		&box.before, &box.after), 4);
	while (strncmp(at, "class=\"", 7))
		at--;
	snprintf(box.class, sizeof(box.class), "%.*s", (int)strcspn(at + 7, "\""), at + 7);
	box.start /= MADE_PERIOD;
	box.width /= MADE_PERIOD;
	box.before /= MADE_PERIOD;
	box.after /= MADE_PERIOD;
	return box;
}

static void expect_box(const char *svg, const char *name, const char *class,
	unsigned long long start, unsigned long long width)
{
	struct box box = box_of(svg, name);

	assert_string_equal(box.class, class);
	assert_int_equal(box.start, start);
	assert_int_equal(box.width, width);
}

static void shares_are_compared(void **state)
{
	const char *svg;

	(void)state;
	/* Twice as many samples of the same shares are no difference. */
	made_samples(before, "app", 30, "u:main", "u:same", NULL);
	made_samples(after, "app", 60, "u:main", "u:same", NULL);
	made_samples(before, "app", 60, "u:main", "u:less", NULL);
	made_samples(after, "app", 20, "u:main", "u:less", NULL);
	made_samples(before, "app", 10, "u:main", "u:more", NULL);
	made_samples(after, "app", 120, "u:main", "u:more", NULL);
	svg = difference();
	expect_box(svg, "main", "z", 0, 200);
	expect_box(svg, "less", "n5", 0, 20);
	expect_box(svg, "more", "p5", 20, 120);
	expect_box(svg, "same", "z", 140, 60);
	assert_int_equal(box_of(svg, "less").before, 60);
	assert_int_equal(box_of(svg, "less").after, 20);
	assert_non_null(strstr(svg, "<title>less\nbefore 60.00 %, after 10.00 %</title>"));
	assert_non_null(strstr(svg, "+50.0 points of share"));
	assert_non_null(strstr(svg, "before: 10.0 s from 2026"));
	assert_non_null(strstr(svg, "200 samples, 2.00 s on CPU; 0 lost"));
}

/* 100 before, 50 after: a frame that is gone and had 20 of 100 is as wide as 10 of 50. */
static void what_is_gone_is_drawn(void **state)
{
	const char *svg;

	(void)state;
	made_samples(before, "app", 80, "u:main", "u:z", NULL);
	made_samples(before, "app", 15, "u:main", "u:gone", "u:gone_above", NULL);
	made_samples(before, "app", 5, "u:main", "u:gone", NULL);
	made_samples(after, "app", 50, "u:main", "u:z", NULL);
	svg = difference();
	expect_box(svg, "all", "a0", 0, 60);
	expect_box(svg, "main", "z", 0, 60);
	expect_box(svg, "gone", "g", 0, 10);
	expect_box(svg, "gone_above", "g", 0, 7);
	expect_box(svg, "z", "p5", 10, 50);
	assert_int_equal(box_of(svg, "gone").before, 20);
	assert_int_equal(box_of(svg, "gone").after, 0);
}

static void what_is_new_is_red(void **state)
{
	const char *svg;

	(void)state;
	made_samples(before, "app", 10, "u:old", NULL);
	made_samples(after, "app", 10, "u:old", NULL);
	made_samples(after, "app", 10, "u:new", NULL);
	svg = difference();
	expect_box(svg, "new", "p5", 0, 10);
	assert_int_equal(box_of(svg, "new").before, 0);
}

/* One sample in a thousand is not the strongest red, though nothing else differs. */
static void small_differences_are_pale(void **state)
{
	const char *svg;

	(void)state;
	made_samples(before, "app", 1000, "u:a", NULL);
	made_samples(after, "app", 998, "u:a", NULL);
	made_samples(after, "app", 2, "u:b", NULL);
	svg = difference();
	assert_string_equal(box_of(svg, "b").class, "p2");
	assert_non_null(strstr(svg, "+1.0 points of share"));
}

/* Samples against waits: shares of time. */
static void units_may_differ(void **state)
{
	const char *svg;

	(void)state;
	made_samples(before, "app", 10, "u:a", NULL);
	made_samples(before, "app", 10, "u:b", NULL);
	made_samples(after, "app", 10, "u:a", NULL);
	made_wait(after, "app", PDIAG_STATE_IO, 10 * MADE_PERIOD, "u:b", NULL);
	svg = difference();
	expect_box(svg, "a", "z", 0, 10);
	expect_box(svg, "b", "z", 10, 10);
	expect_box(svg, "[off-cpu: io]", "p5", 10, 10);
}

static void nothing_on_one_side(void **state)
{
	const char *svg;

	(void)state;
	difference();
	made_samples(before, "app", 4, "u:f", NULL);
	svg = difference();
	expect_box(svg, "all", "a0", 0, 4);
	expect_box(svg, "f", "g", 0, 4);
	made_samples(after, "app", 4, "u:f", NULL);
	svg = difference();
	expect_box(svg, "f", "z", 0, 4);
	before = made_profile(context);
	svg = difference();
	expect_box(svg, "f", "p5", 0, 4);
}

static void bad_calls(void **state)
{
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	assert_int_equal(pdiag_profile_write_diff(before, NULL, NULL, &sink), -EINVAL);
	assert_int_equal(pdiag_profile_write_diff(NULL, after, NULL, &sink), -EINVAL);
	assert_int_equal(pdiag_profile_write_diff(before, after, NULL, NULL), -EINVAL);
	/* The same one twice is a difference of nothing. */
	made_samples(before, "app", 4, "u:f", NULL);
	assert_int_equal(pdiag_profile_write_diff(before, before, NULL, &sink), 0);
	expect_box(collect_text(&out), "f", "z", 0, 4);
}

static void hostile_names(void **state)
{
	(void)state;
	made_hostile(before);
	made_samples(after, "app", 4, "u:<&]]>", NULL);
	difference();
}

static void no_memory(void **state)
{
	struct pdiag_sink sink = collect_sink(&out);
	unsigned long n;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	made_samples(before, "app", 3, "u:a", "u:b", NULL);
	made_samples(after, "app", 3, "u:a", "u:c", NULL);
	for (n = 0;; n++) {
		collect_reset(&out);
		fail_alloc_start(n);
		ret = pdiag_profile_write_diff(before, after, NULL, &sink);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	assert_int_equal(ret, 0);
	assert_true(n > 20);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(shares_are_compared),
		TEST(what_is_gone_is_drawn),
		TEST(what_is_new_is_red),
		TEST(small_differences_are_pale),
		TEST(units_may_differ),
		TEST(nothing_on_one_side),
		TEST(bad_calls),
		TEST(hostile_names),
		TEST(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
