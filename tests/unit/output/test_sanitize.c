/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "output/sanitize.h"
#include "util/array.h"

typedef void (*sanitize_fn)(struct pdiag_text *, const char *, size_t);

static void expect(sanitize_fn fn, const char *in, size_t len, const char *out)
{
	struct pdiag_text t = { 0 };

	fn(&t, in, len);
	assert_int_equal(t.error, 0);
	assert_string_equal(t.data ? t.data : "", out);
	pdiag_text_free(&t);
}

static void expect_name(const char *in, const char *out)
{
	expect(pdiag_sanitize_name, in, strlen(in), out);
}

static void plain_text_is_left_alone(void **state)
{
	(void)state;
	expect_name("std::map<int, char>::operator[](int&&) [clone .cold]",
		"std::map<int, char>::operator[](int&&) [clone .cold]");
	expect_name("a;b", "a;b");
	expect_name("C:\\x41", "C:\\x41");
	expect_name("", "[empty]");
}

static void control_characters_are_spelled_out(void **state)
{
	(void)state;
	expect_name("\n", "\\x0a");
	expect_name("a\r\tb\x1b[0m\x7f", "a\\x0d\\x09b\\x1b[0m\\x7f");
	expect(pdiag_sanitize_name, "a\0b", 3, "a\\x00b");
	/* Of the second block, of Unicode's separators and of its marks of direction. */
	expect_name("\xc2\x85", "\\xc2\\x85");
	expect_name("\xe2\x80\xa8\xe2\x80\xa9", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
	expect_name("x\xe2\x80\xaey\xe2\x81\xa6", "x\\xe2\\x80\\xaey\\xe2\\x81\\xa6");
	expect_name("\xef\xbb\xbf", "\\xef\\xbb\\xbf");
	/* XML knows no U+FFFE and U+FFFF. */
	expect_name("\xef\xbf\xbe\xef\xbf\xbf", "\\xef\\xbf\\xbe\\xef\\xbf\\xbf");
}

static void valid_utf8_stays(void **state)
{
	(void)state;
	expect_name("\xc3\xa9", "\xc3\xa9");
	expect_name("\xe6\xbc\xa2", "\xe6\xbc\xa2");
	expect_name("\xf0\x9f\x94\xa5", "\xf0\x9f\x94\xa5");
	expect_name("\xef\xbf\xbd", "\xef\xbf\xbd");
}

static void invalid_utf8_is_spelled_out(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "\xff", "\\xff" },
		{ "\x80", "\\x80" },
		{ "\xc3", "\\xc3" },		     /* cut off */
		{ "\xc3(", "\\xc3(" },		     /* not followed by what it promises */
		{ "\xe6\xbc", "\\xe6\\xbc" },
		{ "\xc0\xaf", "\\xc0\\xaf" },	     /* "/" in two bytes */
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" }, /* and in three */
		{ "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* a surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* above the last character */
		{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
	};

	(void)state;
	for (size_t i = 0; i < PDIAG_COUNT(cases); i++)
		expect_name(cases[i].in, cases[i].out);
}

static void frames_hold_no_separator(void **state)
{
	(void)state;
	expect(pdiag_sanitize_frame, "a;b;", 4, "a:b:");
	expect(pdiag_sanitize_frame, "\n;\xff", 3, "\\x0a:\\xff");
	expect(pdiag_sanitize_frame, "", 0, "[empty]");
}

static void markup_is_escaped(void **state)
{
	(void)state;
	expect(pdiag_sanitize_xml, "<a b=\"c\" d='e'>&]]>", 19,
		"&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;]]&gt;");
	expect(pdiag_sanitize_json, "<\"\\>&]]>'", 9,
		"\\u003c\\\"\\\\\\u003e\\u0026]]\\u003e'");
	expect(pdiag_sanitize_xml, "", 0, "");
}

static void cuts_are_between_characters(void **state)
{
	const char *text = "a\xc3\xa9\xf0\x9f\x94\xa5z";

	(void)state;
	assert_int_equal(pdiag_sanitize_cut(text, 8, 100), 8);
	assert_int_equal(pdiag_sanitize_cut(text, 8, 8), 8);
	assert_int_equal(pdiag_sanitize_cut(text, 8, 7), 7);
	for (size_t max = 3; max < 7; max++)
		assert_int_equal(pdiag_sanitize_cut(text, 8, max), 3);
	assert_int_equal(pdiag_sanitize_cut(text, 8, 2), 1);
	assert_int_equal(pdiag_sanitize_cut(text, 8, 0), 0);
}

static void columns_are_counted(void **state)
{
	const char *text = "ab\xe6\xbc\xa2\xcc\x81z"; /* a, b, two wide, none, one */
	size_t used;

	(void)state;
	assert_int_equal(pdiag_sanitize_fit(text, 8, 100, &used), 8);
	assert_int_equal(used, 5);
	assert_int_equal(pdiag_sanitize_fit(text, 8, 4, &used), 7);
	assert_int_equal(used, 4);
	assert_int_equal(pdiag_sanitize_fit(text, 8, 3, &used), 2);
	assert_int_equal(used, 2);
	assert_int_equal(pdiag_sanitize_fit(text, 8, 0, &used), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_left_alone),
		cmocka_unit_test(control_characters_are_spelled_out),
		cmocka_unit_test(valid_utf8_stays),
		cmocka_unit_test(invalid_utf8_is_spelled_out),
		cmocka_unit_test(frames_hold_no_separator),
		cmocka_unit_test(markup_is_escaped),
		cmocka_unit_test(cuts_are_between_characters),
		cmocka_unit_test(columns_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
