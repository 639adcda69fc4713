/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/proc_maps.h"
#include "process/proc_text.h"
#include "support/fail_alloc.h"

static char line[1024];
static struct pdiag_proc_map map;

static bool parse(const char *text)
{
	snprintf(line, sizeof(line), "%s", text);
	memset(&map, 0xff, sizeof(map));
	return pdiag_proc_map_parse(line, strlen(line), &map);
}

static void ordinary_line(void **state)
{
	(void)state;
	assert_true(parse("7f12a4c28000-7f12a4dbd000 r-xp 00028000 fe:01 393260"
			  "                     /usr/lib/x86_64-linux-gnu/libc.so.6\n"));
	assert_int_equal(map.start, 0x7f12a4c28000);
	assert_int_equal(map.end, 0x7f12a4dbd000);
	assert_int_equal(map.pgoff, 0x28000);
	assert_int_equal(map.major, 0xfe);
	assert_int_equal(map.minor, 1);
	assert_int_equal(map.inode, 393260);
	assert_true(map.executable);
	assert_string_equal(map.path, "/usr/lib/x86_64-linux-gnu/libc.so.6");
}

static void paths(void **state)
{
	(void)state;
	assert_true(parse("1000-2000 r-xp 00000000 00:00 0"));
	assert_string_equal(map.path, "");
	assert_true(parse("1000-2000 r-xp 00000000 00:00 0 \n"));
	assert_string_equal(map.path, "");
	assert_true(parse("1000-2000 --xp 00000000 00:00 0    [vdso]\n"));
	assert_true(map.executable);
	assert_string_equal(map.path, "[vdso]");
	assert_true(parse("1000-2000 r-xp 0 8:1 7   /a dir/two  blanks (deleted)\n"));
	assert_string_equal(map.path, "/a dir/two  blanks (deleted)");
	assert_true(parse("1000-2000 r-xp 0 8:1 7   /new\\012line\\012\n"));
	assert_string_equal(map.path, "/new\nline\n");
	assert_true(parse("1000-2000 r-xp 0 8:1 7   /back\\slash\\0\\01\n"));
	assert_string_equal(map.path, "/back\\slash\\0\\01");
}

static void not_executable(void **state)
{
	(void)state;
	assert_true(parse("1000-2000 rw-p 00000000 00:00 0 [heap]\n"));
	assert_false(map.executable);
}

static void large_numbers(void **state)
{
	(void)state;
	assert_true(parse("ffffffffff600000-ffffffffff601000 --xp 0 00:00 0  [vsyscall]"));
	assert_int_equal(map.start, 0xffffffffff600000ull);
	assert_true(parse("1-2 r-xp ffffffffffffffff fff:fffff 18446744073709551615 /x"));
	assert_int_equal(map.inode, UINT64_MAX);
	assert_int_equal(map.minor, 0xfffff);
}

static void malformed_lines(void **state)
{
	static const char *const bad[] = {"", "\n", "1000", "1000-", "-2000 r-xp 0 0:0 0",
		"1000-2000", "1000-2000 ", "1000-2000 r-x", "1000-2000 r-xp",
		"1000-2000 r-xpX0 0:0 0", "1000-2000 r-xp 0", "1000-2000 r-xp 0 0",
		"1000-2000 r-xp 0 0:0", "1000-2000 r-xp 0 0:0 x", "2000-1000 r-xp 0 0:0 0 /x",
		"1000-1000 r-xp 0 0:0 0 /x", "10000000000000000-2 r-xp 0 0:0 0",
		"1-2 r-xp 10000000000000000 0:0 0", "1-2 r-xp 0 0:0 18446744073709551616",
		"1-2 r-xp 0 100000000:0 0", "1-2 r-xp 0 0:100000000 0", "g-2 r-xp 0 0:0 0",
		"0x1-2 r-xp 0 0:0 0"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i]))
			fail_msg("taken for a line: %s", bad[i]);
}

static struct pdiag_proc_stat stat_;

static bool parse_stat(const char *text)
{
	snprintf(line, sizeof(line), "%s", text);
	return pdiag_proc_stat_parse(line, &stat_);
}

#define REST " 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 -5 3 0 9876543 1 2 3\n"

static void stat_lines(void **state)
{
	(void)state;
	assert_true(parse_stat("42 (bash) S 7" REST));
	assert_string_equal(stat_.comm, "bash");
	assert_int_equal(stat_.state, 'S');
	assert_int_equal(stat_.ppid, 7);
	assert_int_equal(stat_.threads, 3);
	assert_int_equal(stat_.start_ticks, 9876543);
	assert_false(stat_.kernel_thread);
	/* Names may hold what ends them. */
	assert_true(parse_stat("42 (a) R 1 (b\n) Z 7" REST));
	assert_string_equal(stat_.comm, "a) R 1 (b\n");
	assert_int_equal(stat_.state, 'Z');
	assert_true(parse_stat("42 () S 7" REST));
	assert_string_equal(stat_.comm, "");
	assert_true(
		parse_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0\n"));
	assert_true(stat_.kernel_thread);
	assert_false(parse_stat(""));
	assert_false(parse_stat("42 bash S 7" REST));
	assert_false(parse_stat("42 )bash( S 7" REST));
	assert_false(parse_stat("42 (bash) S"));
	assert_false(parse_stat("42 (bash) S 7 1 1 0 -1 1 2 3"));
	assert_false(parse_stat("42 (bash)"));
}

static void comm_is(const char *text, const char *expected)
{
	char comm[PDIAG_COMM_SIZE];

	pdiag_proc_comm(comm, text, strlen(text));
	assert_string_equal(comm, expected);
}

static void names(void **state)
{
	(void)state;
	comm_is("bash", "bash");
	comm_is("", "");
	comm_is("new\n", "new\n");
	comm_is("fifteen-letters", "fifteen-letters");
	comm_is("a-much-longer-kernel-thread-name", "a-much-longer-k");
	comm_is("kworker/0:1-events_power_efficient", "kworker/0:1");
	comm_is("kworker/u8:2+flush-254:0", "kworker/u8:2");
	comm_is("kworker/0:1H-kblockd", "kworker/0:1H");
	comm_is("kworker/R-mm_percpu_wq", "kworker/R-mm_pe");
	comm_is("not-a-kworker:1-x\n", "not-a-kworker:1");
}

static void inner_pid(void **state)
{
	(void)state;
	assert_int_equal(pdiag_proc_ns_pid("Name:\tx\nNSpid:\t123\nNSpgid:\t9\n"), 123);
	assert_int_equal(pdiag_proc_ns_pid("Name:\tx\nNSpid:\t123\t45\t6\nNSpgid:\t9\n"), 6);
	assert_int_equal(pdiag_proc_ns_pid("Name:\tx\n"), 0);
	assert_int_equal(pdiag_proc_ns_pid("Name:\tx\nNSpid:\n"), 0);
	assert_int_equal(pdiag_proc_ns_pid("\nNSpid:\t99999999999999999999999"), 0);
}

static int count_maps(void *user, const struct pdiag_proc_map *m)
{
	unsigned int *count = user;

	assert_true(m->executable);
	++*count;
	return *count == 3 ? 7 : 0;
}

static int file_of(const char *head, size_t blank, const char *tail)
{
	int fd = memfd_create("maps", MFD_CLOEXEC);
	char *middle = malloc(blank + 1);

	assert_true(fd >= 0);
	assert_non_null(middle);
	memset(middle, 'x', blank);
	assert_int_equal(write(fd, head, strlen(head)), strlen(head));
	assert_int_equal(write(fd, middle, blank), blank);
	assert_int_equal(write(fd, tail, strlen(tail)), strlen(tail));
	lseek(fd, 0, SEEK_SET);
	free(middle);
	return fd;
}

static void read_maps(const char *head, size_t blank, const char *tail, int ret, unsigned int maps)
{
	int fd = file_of(head, blank, tail);
	unsigned int count = 0;

	assert_int_equal(pdiag_proc_maps_read(fd, count_maps, &count), ret);
	assert_int_equal(count, maps);
	close(fd);
}

#define EXEC_LINE "1000-2000 r-xp 0 8:1 7 /x\n"

static void whole_files(void **state)
{
	(void)state;
	read_maps("", 0, "", -ESRCH, 0);
	read_maps(EXEC_LINE "2000-3000 r--p 0 8:1 7 /x\n" EXEC_LINE, 0, "", 0, 2);
	/* The walk ends when asked to. */
	read_maps(EXEC_LINE EXEC_LINE EXEC_LINE EXEC_LINE, 0, "", 7, 3);
	/* No newline at the end; garbage between. */
	read_maps(EXEC_LINE "garbage\n\n" EXEC_LINE, 0, "1-2 r-xp 0 0:0 0", 7, 3);
	/* The longest path there is, and lines longer than any. */
	read_maps(EXEC_LINE "1-2 r-xp 0 0:0 9 /", 16384, "\n" EXEC_LINE, 7, 3);
	for (size_t len = 32700; len < 32800; len++)
		read_maps("", len, "\n" EXEC_LINE, 0, 1);
	read_maps(EXEC_LINE "1-2 r-xp 0 0:0 9 /", 200000, "\n" EXEC_LINE, 0, 2);
	read_maps(EXEC_LINE, 65536, "", 0, 1);
}

static void no_such_process(void **state)
{
	unsigned int count = 0;

	(void)state;
	assert_int_equal(pdiag_proc_maps_each(INT32_MAX, count_maps, &count), -ESRCH);
}

static void memory_short(void **state)
{
	unsigned int count = 0;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	fail_alloc_start(0);
	assert_int_equal(pdiag_proc_maps_each(getpid(), count_maps, &count), -ENOMEM);
	fail_alloc_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_line),
		cmocka_unit_test(paths),
		cmocka_unit_test(not_executable),
		cmocka_unit_test(large_numbers),
		cmocka_unit_test(malformed_lines),
		cmocka_unit_test(stat_lines),
		cmocka_unit_test(names),
		cmocka_unit_test(inner_pid),
		cmocka_unit_test(whole_files),
		cmocka_unit_test(no_such_process),
		cmocka_unit_test(memory_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
