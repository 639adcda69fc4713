/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "../../support/made_profile.h"
#include "collect.h"
#include "xml_check.h"

#include <pdiag/error.h>

static struct pdiag *context;
static struct pdiag_profile *profile;
static struct collect out;

static int setup(void **state)
{
	(void)state;
	if (pdiag_open(NULL, &context))
		return 1;
	profile = made_profile(context);
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

static const char *graph(struct pdiag_output_options o)
{
	struct pdiag_sink sink = collect_sink(&out);

	o.size = sizeof(o);
	collect_reset(&out);
	assert_int_equal(pdiag_profile_write_flamegraph(profile, &o, &sink), 0);
	assert_null(xml_check(collect_text(&out)).wrong);
	return collect_text(&out);
}

static const char *plain_graph(void)
{
	return graph((struct pdiag_output_options){ 0 });
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

#define assert_has(text, part) assert_non_null(strstr(text, part))
#define assert_lacks(text, part) assert_null(strstr(text, part))

/* 1,180 px for 4 samples of 10 ms. */
static void boxes_have_the_widths_of_their_weights(void **state)
{
	const char *svg;

	(void)state;
	made_samples(profile, "app", 1, "u:main", "u:a", NULL);
	made_samples(profile, "app", 2, "u:main", "k:b", NULL);
	made_samples(profile, "app", 1, "u:main", NULL);
	svg = plain_graph();
	assert_int_equal(count(svg, "data-f="), 5);
	/* all, app, main fill it; a is a quarter, b half of it and stands behind a. */
	assert_int_equal(count(svg, "x=\"10.00\" y=\"150\" width=\"1179.50\""), 1);
	assert_int_equal(count(svg, "width=\"1179.50\""), 3);
	assert_has(svg, "x=\"10.00\" y=\"96\" width=\"294.50\"");
	assert_has(svg, "x=\"305.00\" y=\"96\" width=\"589.50\"");
	assert_has(svg, "data-f=\"0 0 40000000 0\"");
	assert_has(svg, "data-f=\"2 0 40000000 10000000\"");
	assert_has(svg, "data-f=\"4 10000000 20000000\"");
	assert_has(svg, "[\"b\",\"[kernel]\",\"k\"]");
	assert_has(svg, ">b</text>");
	assert_has(svg, "<title>b\n2 samples, 50.00 %</title>");
}

static void the_head_tells_what_was_measured(void **state)
{
	const char *svg;

	(void)state;
	made_samples(profile, "app", 100, "u:main", NULL);
	svg = plain_graph();
	assert_has(svg, ">Flame graph: time on CPU</text>");
	assert_has(svg,
		">10.0 s from 2026-01-01 00:00:00 UTC, 100 Hz: 100 samples, 1.00 s on CPU</text>");
	assert_has(svg, ">0 lost</text>");
	assert_lacks(svg, "left out");
	made_wait(profile, "app", PDIAG_STATE_IO, 2000000000, NULL);
	made_loss(profile, PDIAG_LOSS_OVERRUN, 0, 0, 100);
	svg = plain_graph();
	assert_has(svg, ">Flame graph: time on and off CPU</text>");
	assert_has(svg, "101 samples, 2.00 s on CPU, 2.00 s off CPU</text>");
	assert_has(svg, "class=\"note loss\"");
	assert_has(svg, ">100 lost (49.75 %): overrun 100</text>");
	assert_has(svg, ">wait, mark</text>");
	svg = graph((struct pdiag_output_options){ .title = "Mine <&>\n" });
	assert_has(svg, ">Mine &lt;&amp;&gt;\\x0a</text>");
}

static void narrow_frames_are_left_out_and_counted(void **state)
{
	char name[32];
	const char *svg;

	(void)state;
	made_samples(profile, "app", 96, "u:wide", NULL);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "u:narrow_%d", i);
		made_samples(profile, "app", 1, name, "u:above", NULL);
	}
	assert_int_equal(count(plain_graph(), "data-f="), 11);
	svg = graph((struct pdiag_output_options){ .min_percent = 2 });
	assert_int_equal(count(svg, "data-f="), 3);
	assert_has(svg, ">8 frames narrower than 2.0000 % are left out.</text>");
	assert_lacks(svg, "narrow_1");
	/* They keep their room: wide is where it was, behind nothing or behind them. */
	assert_has(svg, "data-f=\"2 40000000 960000000\"");
	svg = graph((struct pdiag_output_options){ .min_percent = 1 });
	assert_int_equal(count(svg, "data-f="), 11);
}

static void the_width_can_be_asked_for(void **state)
{
	const char *svg;

	(void)state;
	made_samples(profile, "app", 1, NULL);
	svg = graph((struct pdiag_output_options){ .width = 640 });
	assert_has(svg, "width=\"640\" height=");
	assert_has(svg, "viewBox=\"0 0 640 ");
	assert_int_equal(count(svg, "width=\"619.50\""), 2);
}

static void kinds_have_their_colours(void **state)
{
	const char *svg;

	(void)state;
	made_samples(profile, "app", 1, "u:a", "i:b", "j:c", "v:d", "x:[unknown]", "k:e", NULL);
	svg = plain_graph();
	for (const char *k = "tuijvxk"; *k; k++) {
		char class[32];

		snprintf(class, sizeof(class), "<rect class=\"%c", *k);
		/* In the graph and in the legend. */
		assert_int_equal(count(svg, class), 2);
	}
	assert_has(svg, "[\"[unknown]\",\"/usr/bin/app\",\"x\",\"the file has no symbols");
}

static void files_that_differ_are_not_named(void **state)
{
	const char *svg;

	(void)state;
	made_samples(profile, "app", 1, "u@/lib/a:same", NULL);
	made_samples(profile, "app", 1, "u@/lib/b:same", NULL);
	made_samples(profile, "app", 1, "u@/lib/b:other", NULL);
	svg = plain_graph();
	assert_has(svg, "[\"same\",\"several files\",\"u\"]");
	assert_has(svg, "[\"other\",\"/lib/b\",\"u\"]");
}

static void hostile_names_stay_text(void **state)
{
	const char *svg, *end;
	struct xml_check x;

	(void)state;
	made_hostile(profile);
	svg = plain_graph();
	x = xml_check(svg);
	assert_null(x.wrong);
	assert_int_equal(count(svg, "<script"), 2);
	assert_int_equal(count(svg, "]]>"), 3);
	assert_lacks(svg, "\xff");
	assert_lacks(svg, "\xe2\x80\xae");
	assert_has(svg, "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e");
	assert_has(svg, "&lt;script&gt;alert(1)");
	/* The name of 64 KiB is there once as long as anyone reads, in the names and a title. */
	assert_true(strlen(svg) < 65536);
	end = strstr(svg, "AAAAAAAA\xe2\x80\xa6\",");
	assert_non_null(end);
	svg = graph((struct pdiag_output_options){ .title = "]]><script>&" });
	assert_int_equal(count(svg, "]]>"), 3);
}

static void an_empty_profile_is_a_graph(void **state)
{
	const char *svg = plain_graph();

	(void)state;
	assert_int_equal(count(svg, "data-f="), 1);
	assert_has(svg, "0 samples, 0 ns on CPU");
}

/* The host program's locale has no say in numbers. */
static void the_locale_does_not_matter(void **state)
{
	char *before, *after;

	(void)state;
	made_samples(profile, "app", 2, "u:a", NULL);
	made_samples(profile, "app", 1, "u:b", NULL);
	before = strdup(graph((struct pdiag_output_options){ .min_percent = 0.5 }));
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8")) {
		printf("skipped: no locale with a decimal comma is installed\n");
		free(before);
		skip();
	}
	after = strdup(graph((struct pdiag_output_options){ .min_percent = 0.5 }));
	setlocale(LC_ALL, "C");
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* 10,000 frames take less than 2 MB. */
static void ten_thousand_frames_are_small(void **state)
{
	char names[10][64];
	const char *frames[11] = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		for (int d = 0; d < 10; d++) {
			snprintf(names[d], sizeof(names[d]), "u:namespace::Class::method_%d_%d", i,
				d);
			frames[d] = names[d];
		}
		made_sample_frames(profile, "app", 1, 0, 0, MADE_PERIOD, frames);
	}
	assert_int_equal(count(plain_graph(), "data-f="), 10002);
	assert_true(out.len < 2000000);
}

static void deep_stacks_need_no_recursion(void **state)
{
	static char names[1024][16];
	const char *frames[1025];

	(void)state;
	for (int i = 0; i < 1024; i++) {
		snprintf(names[i], sizeof(names[i]), "u:f%d", i);
		frames[i] = names[i];
	}
	frames[1024] = NULL;
	made_sample_frames(profile, "app", 1, 0, PDIAG_STACK_TRUNCATED, MADE_PERIOD, frames);
	assert_int_equal(count(plain_graph(), "data-f="), 1027);
}

static void no_memory(void **state)
{
	struct pdiag_sink sink = collect_sink(&out);
	unsigned long n;
	char *whole;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	made_samples(profile, "app", 3, "u:a", "x:[unknown]", "k:b", NULL);
	made_loss(profile, PDIAG_LOSS_OVERRUN, 0, 0, 1);
	whole = strdup(plain_graph());
	for (n = 0;; n++) {
		collect_reset(&out);
		fail_alloc_start(n);
		ret = pdiag_profile_write_flamegraph(profile, NULL, &sink);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(*pdiag_errmsg());
	}
	assert_int_equal(ret, 0);
	assert_true(n > 20);
	assert_string_equal(collect_text(&out), whole);
	free(whole);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(boxes_have_the_widths_of_their_weights),
		TEST(the_head_tells_what_was_measured),
		TEST(narrow_frames_are_left_out_and_counted),
		TEST(the_width_can_be_asked_for),
		TEST(kinds_have_their_colours),
		TEST(files_that_differ_are_not_named),
		TEST(hostile_names_stay_text),
		TEST(an_empty_profile_is_a_graph),
		TEST(the_locale_does_not_matter),
		TEST(ten_thousand_frames_are_small),
		TEST(deep_stacks_need_no_recursion),
		TEST(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
