/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports of whole events, of events that have next to nothing, and of hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pdiag/error.h>

#include "support/fail_alloc.h"
#include "support/made_report.h"
#include "unit/output/collect.h"

static struct pdiag *context;
static struct collect out;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	free(out.data);
	out = (struct collect){ 0 };
	return 0;
}

static size_t count_of(const char *what)
{
	const char *text = strstr(collect_text(&out), what);
	size_t n = 0;

	for (; text; text = strstr(text + 1, what))
		n++;
	return n;
}

static void write_report(struct pdiag_event *e)
{
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	assert_int_equal(pdiag_event_write_report(e, NULL, &sink), 0);
	/* A document, whole, with as many ends as starts. */
	assert_ptr_equal(strstr(out.data, "<!DOCTYPE html>\n"), out.data);
	assert_string_equal(out.data + out.len - 8, "</html>\n");
	assert_int_equal(count_of("<section"), count_of("</section>"));
	assert_int_equal(count_of("<table"), count_of("</table>"));
	assert_int_equal(count_of("<div"), count_of("</div>"));
	assert_int_equal(count_of("<svg "), count_of("</svg>"));
	assert_int_equal(count_of("<details>"), count_of("</details>"));
	assert_int_equal(count_of("<?xml"), 0);
}

static void has(const char *what)
{
	if (!strstr(out.data, what))
		fail_msg("not in the report: %s", what);
}

static void whole(void **state)
{
	struct pdiag_event *e = made_full_event(context);

	(void)state;
	write_report(e);
	has("<p class=\"badge\">critical</p>\n<h1>runnable threads: 17, ordinarily 0 to 3</h1>");
	has("Began <b>2026-11-24 15:36:00.200 UTC+01:00</b>, lasted <b>69.8 s</b>, found after "
	    "<b>2.10 s</b>");
	has("<li>backup (pid 900) runs: 1.50 CPUs, normally 0</li>");
	has("<dt>Ordinarily</dt><dd>0 to 3 threads</dd>");
	has("<dt>At its worst</dt><dd>19 threads</dd>");
	has("by chance once in 50,118 looks");
	has("<th scope=\"row\">Detected</th><td class=\"time\">2026-11-24 15:36:02.300</td>"
	    "<td class=\"number\">86,462.300 s</td><td class=\"number\">+2.10 s</td>");
	has("1.10 CPUs in use during the event, 0.20 in ordinary times.");
	has("1.13 threads waited during the event, 0.05 in ordinary times.");
	has("<b>17</b> ran or wanted to, <b>14</b> were in uninterruptible sleep.");
	has("<code>postgres</code> \xc3\x97" "3, <code>mysqld</code> \xc3\x97" "11");
	has("<b>Missing:</b> user stacks end");
	has("12 lost (1.08 %): overrun 12");
	has("</code> <span class=\"module\">[kernel]</span>");
	has("no name: the file has no symbols");
	assert_int_equal(count_of("<svg "), 4);
	assert_int_equal(count_of("class=\"pdiag-trend\""), 1);
	/* What is not of interest is not drawn: nine metrics, six panels. */
	assert_int_equal(count_of("<g class=\"panel\">"), 6);
	assert_null(strstr(out.data, "system.memory.available"));
	/* In the order in which one reads them. */
	assert_true(strstr(out.data, ">1m</tspan>") < strstr(out.data, ">5m</tspan>"));
	assert_true(strstr(out.data, ">5m</tspan>") < strstr(out.data, ">15m</tspan>"));
	pdiag_event_destroy(e);
}

/* Each part away, alone and with others. */
static void parts_missing(void **state)
{
	struct pdiag_event *e;

	(void)state;
	for (unsigned int missing = 0; missing < 128; missing++) {
		e = made_full_event(context);
		for (unsigned int i = 0; i < PDIAG_EVENT_PROFILES; i++)
			if (missing >> i & 1)
				pdiag_event_give_profile(e, 1u << i, NULL);
		if (missing & 16)
			pdiag_event_give_culprits(e, NULL);
		if (missing & 32)
			e->info.onset_realtime_ns = e->info.during_ns = e->info.end_ns = 0;
		if (missing & 64)
			for (size_t i = 0; i < e->series_count; i++)
				e->series[i].metric.points = 0;
		write_report(e);
		assert_int_equal(count_of("<svg "), !(missing & 64) +
			(missing & PDIAG_EVIDENCE_DURING ? 0 : 2) +
			!(missing & PDIAG_EVIDENCE_TASKS));
		assert_int_equal(count_of("<td colspan=\"5\" class=\"none\">none"),
			(size_t)__builtin_popcount(missing & 15));
		pdiag_event_destroy(e);
	}
}

/* Of a rule's limit nobody says that it is ordinary. */
static void by_a_rule(void **state)
{
	struct pdiag_event *e = made_full_event(context);

	(void)state;
	assert_int_equal(pdiag_event_set_text(e, PDIAG_EVENT_RULE, "system.threads.runnable >= 4"),
		0);
	for (size_t i = 0; i < e->series_count; i++)
		e->series[i].metric.surprise = 0;
	e->info.surprise = 0;
	write_report(e);
	has("<dt>Within the rule</dt><dd>0 to 3 threads</dd>");
	has("<dt>Rule</dt><dd><code>system.threads.runnable &gt;= 4</code></dd>");
	has("0 to 3 threads by the rule</td>");
	assert_int_equal(count_of("class=\"ordinary\""), 0);
	assert_null(strstr(out.data, "decades:"));
	pdiag_event_destroy(e);
}

static void empty(void **state)
{
	struct pdiag_event *e;

	(void)state;
	assert_int_equal(pdiag_event_new(context, &e), 0);
	write_report(e);
	has("An event without a sentence");
	has("Not known: there is no profile of the event.");
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_DURING, made_profile(context));
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_NORMAL, made_profile(context));
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_TASKS, made_profile(context));
	write_report(e);
	has("Nothing was sampled on a CPU.");
	has("No time off the CPU was recorded.");
	has("None: no process");
	pdiag_event_destroy(e);
}

static void hostile(void **state)
{
	struct pdiag_event *e = made_hostile_event(context);

	(void)state;
	write_report(e);
	assert_null(strstr(out.data, "<img"));
	/* Data and script of a chart and two flame graphs. */
	assert_int_equal(count_of("<script"), 6);
	assert_int_equal(count_of("</script"), 6);
	assert_int_equal(count_of("<style"), 4);
	assert_null(strchr(out.data, '\x01'));
	assert_null(strstr(out.data, "\xff"));
	assert_null(strstr(out.data, "\xe2\x80\xae"));
	pdiag_event_destroy(e);
}

/* Points that are in no order, and times that are none. */
static void damaged(void **state)
{
	struct pdiag_event *e = made_full_event(context);

	(void)state;
	e->series[0].points[3].time_ns = 0;
	e->series[1].points[179].time_ns = UINT64_MAX;
	e->info.onset_realtime_ns = UINT64_MAX - 5;
	e->info.zone_s = INT32_MIN;
	e->info.duration_ns = UINT64_MAX;
	e->info.detected_ns = 1;
	e->info.phase = e->info.severity = 4000000000u;
	write_report(e);
	/* Without these points, and with all others. */
	assert_int_equal(count_of("<g class=\"panel\">"), 6);
	assert_null(strstr(out.data, "class=\"gap\""));
	pdiag_event_destroy(e);
}

static void options(void **state)
{
	struct pdiag_report_options o = { .size = sizeof(o), .title = "Mine <&>", .width = 700 };
	struct pdiag_event *e = made_full_event(context);
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	assert_int_equal(pdiag_event_write_report(e, &o, &sink), 0);
	has("<title>Mine &lt;&amp;&gt;</title>");
	assert_int_equal(count_of(" viewBox=\"0 0 700 "), 4);
	o.width = 5;
	assert_int_equal(pdiag_event_write_report(e, &o, &sink), -EINVAL);
	o = (struct pdiag_report_options){ .size = sizeof(o), .reserved = 1 };
	assert_int_equal(pdiag_event_write_report(e, &o, &sink), -EINVAL);
	o = (struct pdiag_report_options){ .size = 1 };
	assert_int_equal(pdiag_event_write_report(e, &o, &sink), -EINVAL);
	assert_int_equal(pdiag_event_write_report(e, NULL, NULL), -EINVAL);
	pdiag_event_destroy(e);
}

static void sink_fails(void **state)
{
	struct pdiag_event *e = made_full_event(context);
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	out.limit = 1000;
	assert_int_equal(pdiag_event_write_report(e, NULL, &sink), -ENOSPC);
	assert_string_not_equal(pdiag_errmsg(), "");
	out.limit = 0;
	pdiag_event_destroy(e);
}

/* The policy names the hashes of what stands between the tags; here, that it is not made up: the
 * browser's test tells if one is wrong. */
static void policy(void **state)
{
	struct pdiag_event *e = made_full_event(context);
	const char *at;

	(void)state;
	write_report(e);
	has("default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'sha256-");
	assert_int_equal(count_of("'sha256-"), 5);
	for (at = strstr(out.data, "'sha256-"); at; at = strstr(at + 1, "'sha256-"))
		assert_int_equal(strcspn(at + 1, "'"), 7 + 44);
	assert_null(strstr(out.data, "unsafe"));
	assert_null(strstr(out.data, " style=\""));
	assert_null(strstr(out.data, " onclick"));
	pdiag_event_destroy(e);
}

static void out_of_memory(void **state)
{
	struct pdiag_sink sink = collect_sink(&out);
	int ret, failed = 1, went_on = 0;
	struct pdiag_event *e;
	unsigned long n = 0;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	e = made_full_event(context);
	write_report(e);
	for (; failed; n++) {
		collect_reset(&out);
		fail_alloc_start(n);
		ret = pdiag_event_write_report(e, NULL, &sink);
		failed = fail_alloc_stop();
		/* qsort() does without the memory that it asks for. */
		assert_true(ret == (failed ? -ENOMEM : 0) || (!ret && went_on++ < 12));
	}
	assert_true(n > 100);
	pdiag_event_destroy(e);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(whole),
		TEST(parts_missing),
		TEST(by_a_rule),
		TEST(empty),
		TEST(hostile),
		TEST(damaged),
		TEST(options),
		TEST(sink_fails),
		TEST(policy),
		TEST(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
