/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../support/fail_alloc.h"
#include "../../support/memory_file.h"
#include "symbol/line_reader.h"

/* Lines of all lengths around those of the buffer come out as they went in, or cut. */
static void all_lengths(void **state)
{
	static const size_t lengths[] = { 0, 1, 7, PDIAG_LINE_MAX - 1, PDIAG_LINE_MAX,
		PDIAG_LINE_MAX + 1, 3, PDIAG_LINE_BUFFER - 1, PDIAG_LINE_BUFFER, 5,
		PDIAG_LINE_BUFFER + 1, 3 * PDIAG_LINE_BUFFER + 11, 2, 0, 9 };
	const size_t count = sizeof(lengths) / sizeof(lengths[0]);
	char *text = malloc(2048 * 1024), *p = text, *line;
	struct pdiag_line_reader r;
	size_t len, want;
	int fd;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		memset(p, 'a' + (int)i, lengths[i]);
		p += lengths[i];
		if (i + 1 < count)
			*p++ = '\n';
	}
	fd = memory_file(text, (size_t)(p - text));
	assert_int_equal(pdiag_line_reader_init(&r, fd, UINT64_MAX), 0);
	for (size_t i = 0; i < count; i++) {
		want = lengths[i] > PDIAG_LINE_MAX ? PDIAG_LINE_MAX : lengths[i];
		assert_true(pdiag_line_reader_next(&r, &line, &len));
		assert_int_equal(len, want);
		assert_int_equal(strlen(line), want);
		for (size_t k = 0; k < want; k++)
			assert_int_equal(line[k], 'a' + (int)i);
	}
	assert_false(pdiag_line_reader_next(&r, &line, &len));
	assert_false(pdiag_line_reader_next(&r, &line, &len));
	pdiag_line_reader_free(&r);
	close(fd);
	free(text);
}

static void stops_at_the_limit(void **state)
{
	int fd = memory_file("one\ntwo\nthree\n", 14);
	struct pdiag_line_reader r;
	size_t len;
	char *line;

	(void)state;
	assert_int_equal(pdiag_line_reader_init(&r, fd, 6), 0);
	assert_true(pdiag_line_reader_next(&r, &line, &len));
	assert_string_equal(line, "one");
	assert_true(pdiag_line_reader_next(&r, &line, &len));
	assert_string_equal(line, "tw");
	assert_false(pdiag_line_reader_next(&r, &line, &len));
	pdiag_line_reader_free(&r);
	close(fd);
}

static void a_read_that_fails(void **state)
{
	struct pdiag_line_reader r;
	size_t len;
	char *line;

	(void)state;
	assert_int_equal(pdiag_line_reader_init(&r, -1, 100), 0);
	assert_false(pdiag_line_reader_next(&r, &line, &len));
	assert_int_equal(r.error, -EBADF);
	pdiag_line_reader_free(&r);
}

static void hexadecimal(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
		size_t used;
	} cases[] = {
		{ "0", true, 0, 1 }, { "fF10 x", true, 0xff10, 4 },
		{ "ffffffffffffffff", true, UINT64_MAX, 16 },
		{ "00000000000000000001", true, 1, 20 },
		{ "10000000000000000", false, 0, 0 }, { "", false, 0, 0 }, { "g", false, 0, 0 },
		{ "-1", false, 0, 0 }, { "1\xff", true, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *p = cases[i].text;
		uint64_t value = 0;

		assert_int_equal(pdiag_parse_hex(&p, p + strlen(p), &value), cases[i].good);
		assert_int_equal(p - cases[i].text, cases[i].used);
		assert_int_equal(value, cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_lengths),
		cmocka_unit_test(stops_at_the_limit),
		cmocka_unit_test(a_read_that_fails),
		cmocka_unit_test(hexadecimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
