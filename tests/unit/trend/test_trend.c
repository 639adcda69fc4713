/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Charts: what they take, what they show of it, and what they do with what is no curve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pdiag/error.h>

#include "support/fail_alloc.h"
#include "support/made_trend.h"
#include "unit/output/collect.h"
#include "unit/output/xml_check.h"

static struct pdiag *context;
static struct pdiag_trend *trend;
static struct collect out;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context) || pdiag_trend_new(context, NULL, &trend);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_trend_free(trend);
	trend = NULL;
	pdiag_close(context);
	free(out.data);
	out = (struct collect){ 0 };
	return 0;
}

static const char *drawn(void)
{
	struct pdiag_sink sink = collect_sink(&out);
	struct xml_check xml;

	collect_reset(&out);
	assert_int_equal(pdiag_trend_write(trend, &sink), 0);
	xml = xml_check(collect_text(&out));
	assert_null(xml.wrong);
	return collect_text(&out);
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		n++;
	return n;
}

static void refuses(void **state)
{
	struct pdiag_trend_options o = { .size = sizeof(o), .width = 100 };
	struct pdiag_trend_point *p = made_points(3, MADE_SECOND, 1);
	struct pdiag_trend_series s = made_series("a", "", p, 3);
	struct pdiag_sink sink = collect_sink(&out);
	struct pdiag_trend *other = (void *)1;

	(void)state;
	assert_int_equal(pdiag_trend_new(context, &o, &other), -EINVAL);
	assert_null(other);
	o = (struct pdiag_trend_options){ .size = sizeof(o), .from_ns = 5, .to_ns = 5 };
	assert_int_equal(pdiag_trend_new(context, &o, &other), -EINVAL);
	o = (struct pdiag_trend_options){ .size = 8 };
	assert_int_equal(pdiag_trend_new(context, &o, &other), -EINVAL);
	assert_int_equal(pdiag_trend_write(trend, &sink), -EINVAL);
	assert_string_not_equal(pdiag_errmsg(), "");
	s.name = NULL;
	assert_int_equal(pdiag_trend_add_series(trend, &s), -EINVAL);
	s = made_series("a", "", NULL, 3);
	assert_int_equal(pdiag_trend_add_series(trend, &s), -EINVAL);
	s = made_series("a", "", p, 3);
	p[1].time_ns = p[2].time_ns + 1;
	assert_int_equal(pdiag_trend_add_series(trend, &s), -EINVAL);
	p[1].time_ns = p[2].time_ns;
	assert_int_equal(pdiag_trend_add_series(trend, &s), 0);
	p[2].time_ns = UINT64_MAX;
	assert_int_equal(pdiag_trend_add_series(trend, &s), -EINVAL);
	free(p);
	drawn();
}

static void shares_an_axis(void **state)
{
	struct pdiag_trend_point *p = made_points(5, MADE_SECOND, 3);

	(void)state;
	made_add(trend, made_series("load.1m", "{thread}", p, 5), "load", 0);
	made_add(trend, made_series("memory", "By", p, 5), NULL, 0);
	made_add(trend, made_series("load.5m", "{thread}", p, 5), "load", 0);
	/* Of another unit: no axis is right for both. */
	made_add(trend, made_series("load.bytes", "By", p, 5), "load", 0);
	free(p);
	drawn();
	assert_int_equal(count_of(out.data, "<g class=\"panel\">"), 3);
	assert_int_equal(count_of(out.data, " line\" d="), 4);
	assert_non_null(strstr(out.data, "<tspan class=\"name\">1m</tspan>"));
	assert_non_null(strstr(out.data, ">3 B</tspan>"));
}

/* The d of the line of the only series. */
static const char *line_of(const char *svg)
{
	static char d[4096];
	const char *at = strstr(svg, "class=\"s0 line\" d=\"");

	assert_non_null(at);
	snprintf(d, sizeof(d), "%.*s", (int)strcspn(at + 19, "\""), at + 19);
	return d;
}

static void straight_lines_and_gaps(void **state)
{
	struct pdiag_trend_point *p = made_points(7, MADE_SECOND, 0);

	(void)state;
	for (int i = 0; i < 7; i++)
		p[i].value = i;
	p[2].gap = 1;
	p[4].value = NAN;
	p[6].gap = 1;
	made_add(trend, made_series("a", "", p, 7), NULL, 0);
	free(p);
	drawn();
	/* 1,098 pixels wide, 180 high, up to 6. */
	assert_int_equal(strspn(line_of(out.data), "Mh,. 0123456789"), strlen(line_of(out.data)));
	assert_int_equal(count_of(line_of(out.data), "M"), 4);
	assert_int_equal(count_of(line_of(out.data), "h0"), 2);
	assert_ptr_equal(strstr(line_of(out.data), "M86,"), line_of(out.data));
	assert_non_null(strstr(line_of(out.data), "M1184,"));
	assert_int_equal(count_of(out.data, "class=\"gap\""), 3);
}

static void no_more_than_pixels(void **state)
{
	struct pdiag_trend_point *p = made_points(200000, MADE_SECOND / 10, 0);
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++)
		p[i].value = made_noise(&seed);
	p[123456].value = 50;
	made_add(trend, made_series("a", "", p, 200000), NULL, 0);
	drawn();
	assert_true(out.len < 100000);
	assert_non_null(strstr(out.data, "class=\"s0 band\""));
	/* One point of 200,000 is there, in the range and in the legend. */
	assert_non_null(strstr(out.data, ">max</tspan> <tspan class=\"figure\">50</tspan>"));
	assert_non_null(strstr(out.data, ",50,"));
	for (int i = 0; i < 7; i++)
		made_add(trend, made_series("b", "", p, 200000), NULL, 0);
	free(p);
	drawn();
	assert_true(out.len < 300000);
}

static void mean_of_many(void **state)
{
	struct pdiag_trend_point *p = made_points(100000, MADE_SECOND, 2);

	(void)state;
	for (int i = 0; i < 100000; i += 2)
		p[i].value = 4;
	made_add(trend, made_series("a", "", p, 100000), NULL, 0);
	free(p);
	drawn();
	assert_non_null(strstr(out.data, ">mean</tspan> <tspan class=\"figure\">3</tspan>"));
	assert_non_null(strstr(out.data, ">last</tspan> <tspan class=\"figure\">2</tspan>"));
}

/* Whatever is added, there is a picture. */
static void odd_values(void **state)
{
	static const double odd[] = { NAN, INFINITY, -INFINITY, 0, -0.0, 1e300, -1e300, 1.7e308,
		5e-324, -1, 42 };
	struct pdiag_trend_point *p;

	(void)state;
	for (size_t count = 0; count <= 3; count++) {
		for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
			p = made_points(count, 1, odd[i]);
			if (count > 1)
				p[1].value = odd[(i * 7 + count) % 11];
			made_add(trend, made_series("odd", "By", p, count), NULL, i & 1);
			free(p);
		}
	}
	drawn();
	assert_null(strstr(out.data, "nan"));
	assert_null(strstr(out.data, "inf"));
	assert_int_equal(count_of(out.data, "<g class=\"panel\">"), 44);
	assert_true(count_of(out.data, "class=\"nothing\"") >= 11 + 4);
}

static void nothing_known(void **state)
{
	(void)state;
	made_add(trend, made_series("nothing", "{thread}", NULL, 0), NULL, 0);
	drawn();
	assert_non_null(strstr(out.data, "no data"));
	assert_null(strstr(out.data, "local time"));
}

static void hostile(void **state)
{
	struct pdiag_trend_point *p = made_points(3, MADE_SECOND, 1);
	const char *name = "]]></script><script>alert(1)</script>\n\x01\xff\"'&";
	struct pdiag_event *e = made_event(context, name, 77, 0.5, 2);

	(void)state;
	made_add(trend, made_series(name, name, p, 3), name, 1);
	made_add(trend, made_series("b.<c>", name, p, 3), name, 1);
	free(p);
	assert_int_equal(pdiag_trend_add_event(trend, e), 0);
	pdiag_event_destroy(e);
	drawn();
	assert_int_equal(count_of(out.data, "<script"), 2);
	assert_null(strstr(out.data, "alert(1)<"));
}

static void clock_jumps(void **state)
{
	struct pdiag_trend_point *p = made_points(600, MADE_SECOND, 1);

	(void)state;
	for (int i = 300; i < 600; i++)
		p[i].realtime_ns += 3600 * MADE_SECOND;
	for (int i = 450; i < 600; i++)
		p[i].realtime_ns -= 90 * MADE_SECOND;
	/* Slewed, not set. */
	for (int i = 1; i < 600; i++)
		p[i].realtime_ns += (uint64_t)i * 400000;
	made_add(trend, made_series("a", "", p, 600), NULL, 0);
	free(p);
	drawn();
	assert_int_equal(count_of(line_of(out.data), "M"), 1);
	assert_int_equal(count_of(out.data, "class=\"jumped"), 2);
	assert_non_null(strstr(out.data, "wall clock +1:00:00"));
	assert_non_null(strstr(out.data, "wall clock \xe2\x88\x92" "0:01:2"));
	assert_non_null(strstr(out.data, ">15:36<"));
	assert_non_null(strstr(out.data, ">16:42<"));
	assert_non_null(strstr(out.data, "UTC+01:00"));
}

static void events(void **state)
{
	struct pdiag_trend_point *p = made_points(60, MADE_SECOND, 1);
	struct pdiag_event *e = made_event(context, "a sentence", PDIAG_SEVERITY_WARNING, 10, 30);

	(void)state;
	made_add(trend, made_series("a", "", p, 60), NULL, 0);
	made_add(trend, made_series("b", "", p, 60), NULL, 0);
	free(p);
	assert_int_equal(pdiag_trend_add_event(trend, e), 0);
	pdiag_event_destroy(e);
	drawn();
	assert_int_equal(count_of(out.data, "class=\"shade fill warning\""), 2);
	assert_int_equal(count_of(out.data, "class=\"mark onset\" d=\"M272.1,"), 2);
	assert_non_null(strstr(out.data, "a sentence\nonset 2026-11-24 15:35:10.000 UTC+01:00, "
		"86410.000 s since boot\ndetected +2.10 s\npeak +6.67 s\nend +20.0 s"));
}

static void only_an_event(void **state)
{
	struct pdiag_event *e = made_event(context, "a sentence", PDIAG_SEVERITY_CRITICAL, 10, 0);

	(void)state;
	assert_int_equal(pdiag_trend_add_event(trend, e), 0);
	e->info.onset_ns = e->info.duration_ns = e->info.peak_ns = UINT64_MAX;
	e->info.onset_realtime_ns = UINT64_MAX;
	assert_int_equal(pdiag_trend_add_event(trend, e), 0);
	pdiag_event_destroy(e);
	drawn();
	assert_non_null(strstr(out.data, "no end is known"));
}

static void ordinary_range(void **state)
{
	struct pdiag_trend_point *p = made_points(60, MADE_SECOND, 10);
	struct pdiag_trend_series s = made_series("a", "By", p, 60);

	(void)state;
	s.low = NAN;
	s.high = 5;
	assert_int_equal(pdiag_trend_add_series(trend, &s), 0);
	drawn();
	assert_int_equal(count_of(out.data, "class=\"ordinary\""), 0);
	s.low = -INFINITY;
	assert_int_equal(pdiag_trend_add_series(trend, &s), 0);
	s.low = 15;
	s.high = 20;
	assert_int_equal(pdiag_trend_add_series(trend, &s), 0);
	free(p);
	drawn();
	/* Two, and the one of the legend below. */
	assert_int_equal(count_of(out.data, "class=\"ordinary\""), 3);
	assert_non_null(strstr(out.data, ">ordinarily</tspan> <tspan class=\"figure\">to 5 B<"));
	assert_non_null(strstr(out.data, ">15 B to 20 B</tspan>"));
	/* It is within the axis, though the series is not near it: up to 20 or more. */
	assert_non_null(strstr(out.data, ">20 B</text>"));
}

static void a_part(void **state)
{
	struct pdiag_trend_options o = { .size = sizeof(o), .title = "Part",
		.from_ns = MADE_BOOT + 20 * MADE_SECOND, .to_ns = MADE_BOOT + 40 * MADE_SECOND };
	struct pdiag_trend_point *p = made_points(60, MADE_SECOND, 1);

	(void)state;
	pdiag_trend_free(trend);
	assert_int_equal(pdiag_trend_new(context, &o, &trend), 0);
	p[10].value = 1000;
	made_add(trend, made_series("a", "", p, 60), NULL, 0);
	free(p);
	drawn();
	assert_null(strstr(out.data, "1,000"));
	assert_int_equal(count_of(line_of(out.data), " "), 20);
}

static void sink_fails(void **state)
{
	struct pdiag_trend_point *p = made_points(60, MADE_SECOND, 1);
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	made_add(trend, made_series("a", "", p, 60), NULL, 0);
	free(p);
	out.limit = 100;
	assert_int_equal(pdiag_trend_write(trend, &sink), -ENOSPC);
	out.limit = 0;
	drawn();
}

static void out_of_memory(void **state)
{
	struct pdiag_trend_options o = { .size = sizeof(o), .title = "t" };
	struct pdiag_sink sink = collect_sink(&out);
	int ret, failed = 1, went_on = 0;
	struct pdiag_trend_series s;
	struct pdiag_trend_point *p;
	struct pdiag_event *e;
	unsigned long n = 0;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	p = made_points(2000, MADE_SECOND, 1);
	s = made_series("a", "By", p, 2000);
	e = made_event(context, "x", PDIAG_SEVERITY_WARNING, 10, 30);
	s.panel = "p";
	p[700].realtime_ns += 3600 * MADE_SECOND;
	collect_write(&out, "", 0);
	for (; failed; n++) {
		pdiag_trend_free(trend);
		trend = NULL;
		fail_alloc_start(n);
		ret = pdiag_trend_new(context, &o, &trend);
		for (int i = 0; i < 2 && !ret; i++)
			ret = pdiag_trend_add_series(trend, &s);
		if (!ret)
			ret = pdiag_trend_add_event(trend, e);
		if (!ret)
			ret = pdiag_trend_write(trend, &sink);
		failed = fail_alloc_stop();
		/* qsort() does without the memory that it asks for. */
		assert_true(ret == (failed ? -ENOMEM : 0) || (!ret && !went_on++));
	}
	assert_true(n > 15);
	pdiag_event_destroy(e);
	free(p);
	drawn();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(refuses),
		TEST(shares_an_axis),
		TEST(straight_lines_and_gaps),
		TEST(no_more_than_pixels),
		TEST(mean_of_many),
		TEST(odd_values),
		TEST(nothing_known),
		TEST(hostile),
		TEST(clock_jumps),
		TEST(events),
		TEST(only_an_event),
		TEST(ordinary_range),
		TEST(a_part),
		TEST(sink_fails),
		TEST(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
