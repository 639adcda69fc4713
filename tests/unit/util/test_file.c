/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"

static char path[] = "/tmp/pdiag-test-XXXXXX";

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void reads(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(pdiag_file_read(path, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	put("abc\n");
	assert_int_equal(pdiag_file_read(path, buf, sizeof(buf)), 4);
	assert_string_equal(buf, "abc\n");
	put("0123456789");
	assert_int_equal(pdiag_file_read(path, buf, sizeof(buf)), 7);
	assert_string_equal(buf, "0123456");
	assert_int_equal(pdiag_file_read(path, buf, 1), 0);
	assert_string_equal(buf, "");
}

static void fails(void **state)
{
	char buf[8] = "before";

	(void)state;
	assert_int_equal(pdiag_file_read("/nonexistent/file", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(pdiag_file_read("/tmp", buf, sizeof(buf)), -EISDIR);
	assert_string_equal(buf, "");
}

static void numbers(void **state)
{
	(void)state;
	put("-1\n");
	assert_int_equal(pdiag_file_number(path, 77), -1);
	put("100000 per second");
	assert_int_equal(pdiag_file_number(path, 77), 100000);
	put("none");
	assert_int_equal(pdiag_file_number(path, 77), 77);
	put("99999999999999999999999");
	assert_int_equal(pdiag_file_number(path, 77), 77);
	put("");
	assert_int_equal(pdiag_file_number(path, 77), 77);
	assert_int_equal(pdiag_file_number("/nonexistent/file", 78), 78);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, setup, teardown),
		cmocka_unit_test_setup_teardown(fails, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
