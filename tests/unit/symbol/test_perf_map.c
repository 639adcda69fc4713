/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../support/fail_alloc.h"
#include "../../support/memory_file.h"
#include "../../support/opened.h"
#include "symbol/perf_map.h"
#include "symbol/process_start.h"

static void load(struct pdiag_symbol_table *t, const char *text)
{
	int fd = memory_file(text, strlen(text));

	*t = (struct pdiag_symbol_table){ 0 };
	assert_int_equal(pdiag_perf_map_read(fd, t), 0);
	close(fd);
}

static const char *at(const struct pdiag_symbol_table *t, uint64_t address)
{
	struct pdiag_symbol_hit hit;

	return pdiag_symbol_table_find(t, address, &hit) ? hit.name : "";
}

static void reads_lines(void **state)
{
	struct pdiag_symbol_table t;

	(void)state;
	load(&t, "7f0000001000 100 LazyCompile:~foo bar /x y.js:1\n"
		 "0x7F0000002000 0x20 void  Java;::method()\r\n"
		 "3000 10\tafter a tab  \n"
		 "4000 10 last");
	assert_int_equal(t.count, 4);
	assert_string_equal(at(&t, 0x7f0000001000), "LazyCompile:~foo bar /x y.js:1");
	assert_string_equal(at(&t, 0x7f00000010ff), "LazyCompile:~foo bar /x y.js:1");
	assert_string_equal(at(&t, 0x7f0000001100), "");
	assert_string_equal(at(&t, 0x7f000000201f), "void  Java;::method()");
	assert_string_equal(at(&t, 0x3000), "after a tab");
	assert_string_equal(at(&t, 0x400f), "last");
	pdiag_symbol_table_free(&t);
}

static void later_lines_replace_earlier(void **state)
{
	struct pdiag_symbol_table t;

	(void)state;
	load(&t, "1000 100 old\n1080 10 middle\n1040 100 new\n1000 10 newest\n2000 10 a\n"
		 "2000 10 b\n");
	assert_string_equal(at(&t, 0x1000), "newest");
	assert_string_equal(at(&t, 0x1010), "old");
	assert_string_equal(at(&t, 0x103f), "old");
	assert_string_equal(at(&t, 0x1080), "new");
	assert_string_equal(at(&t, 0x113f), "new");
	assert_string_equal(at(&t, 0x2008), "b");
	pdiag_symbol_table_free(&t);
}

static void odd_lines_are_skipped(void **state)
{
	struct pdiag_symbol_table t;

	(void)state;
	load(&t, "1000 0 empty\n1000\n1000 10\n1000 10 \nx y z\n 1000 10 blank first\n\n"
		 "10000000000000000 10 too large\n2000 10 good\nffffffffffffffff ffff end\n");
	assert_int_equal(t.count, 1);
	assert_string_equal(at(&t, 0x2000), "good");
	pdiag_symbol_table_free(&t);
	load(&t, "");
	assert_int_equal(t.count, 0);
	pdiag_symbol_table_free(&t);
}

/* A directory with a map of our own pid, and the module of our own code. */
struct place {
	char dir[64], map[128];
	struct pdiag_module module;
};

static void make_place(struct place *p, const char *text)
{
	FILE *f;

	strcpy(p->dir, "/tmp/pdiag-maps-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->map, sizeof(p->map), "%s/perf-%d.map", p->dir, getpid());
	p->module = (struct pdiag_module){ .kind = PDIAG_MODULE_JIT, .pid = getpid(),
		.path = "[jit]", .fd = -1, .live = true };
	if (!text)
		return;
	f = fopen(p->map, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void drop_place(struct place *p)
{
	unlink(p->map);
	assert_int_equal(rmdir(p->dir), 0);
}

static int try_open(const struct place *p)
{
	struct stat st;
	int fd = pdiag_perf_map_open(&p->module, p->dir, &st);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void opens_only_plain_files(void **state)
{
	struct place p;
	int watch;

	(void)state;
	make_place(&p, "1000 10 x\n");
	assert_int_equal(try_open(&p), 0);
	unlink(p.map);
	assert_int_equal(try_open(&p), -PDIAG_REASON_NO_PERF_MAP);
	assert_int_equal(symlink("/etc/passwd", p.map), 0);
	assert_int_equal(try_open(&p), -PDIAG_REASON_NO_PERF_MAP);
	unlink(p.map);
	/* Must not wait for a writer, and not even be opened, as a device might do things then. */
	assert_int_equal(mkfifo(p.map, 0600), 0);
	watch = opened_watch(p.map);
	assert_true(watch >= 0);
	assert_int_equal(try_open(&p), -PDIAG_REASON_NO_PERF_MAP);
	assert_false(opened_since(watch));
	unlink(p.map);
	assert_int_equal(mkdir(p.map, 0700), 0);
	assert_int_equal(try_open(&p), -PDIAG_REASON_NO_PERF_MAP);
	assert_int_equal(rmdir(p.map), 0);
	drop_place(&p);
}

static void believes_owners_only(void **state)
{
	struct place p;

	(void)state;
	if (geteuid()) {
		printf("skipped: only root can give a file to another user\n");
		skip();
	}
	make_place(&p, "1000 10 x\n");
	assert_int_equal(chown(p.map, 12345, 12345), 0);
	assert_int_equal(try_open(&p), -PDIAG_REASON_NO_PERMISSION);
	drop_place(&p);
}

/* The pid was given to another process: a map written since then is not the old one's. */
static void a_pid_that_was_reused(void **state)
{
	const uint64_t start = pdiag_process_start(getpid());
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct place p;

	(void)state;
	assert_true(start > 1000000000);
	make_place(&p, "1000 10 x\n");
	p.module.born = start;
	assert_int_equal(try_open(&p), 0);
	p.module.born = 1;
	assert_int_equal(try_open(&p), -PDIAG_REASON_NO_PERF_MAP);
	assert_int_equal(utimensat(AT_FDCWD, p.map, old, 0), 0);
	assert_int_equal(try_open(&p), 0);
	drop_place(&p);
}

/* Through /proc/PID/root, and by the process's own pid in its namespace. */
static void finds_it_in_tmp(void **state)
{
	struct pdiag_module module = { .kind = PDIAG_MODULE_JIT, .pid = getpid(),
		.ns_pid = 2000000000, .path = "[jit]", .fd = -1, .live = true };
	const char *path = "/tmp/perf-2000000000.map";
	struct stat st, mine;
	int fd;

	(void)state;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		printf("skipped: cannot make %s\n", path);
		skip();
	}
	assert_int_equal(fstat(fd, &mine), 0);
	close(fd);
	fd = pdiag_perf_map_open(&module, NULL, &st);
	unlink(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(st.st_ino, mine.st_ino);
	assert_int_equal(pdiag_perf_map_open(&module, NULL, &st), -PDIAG_REASON_NO_PERF_MAP);
}

static void out_of_memory(void **state)
{
	const char text[] = "1000 100 a\n1010 10 b\n1018 100 c\n500 20 d\n";
	int fd = memory_file(text, strlen(text));

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		struct pdiag_symbol_table t = { 0 };
		int ret, failed;

		lseek(fd, 0, SEEK_SET);
		fail_alloc_start(n);
		ret = pdiag_perf_map_read(fd, &t);
		failed = fail_alloc_stop();
		assert_true(ret == 0 || (failed && ret == -ENOMEM));
		if (!ret)
			assert_string_equal(at(&t, 0x1020), "c");
		pdiag_symbol_table_free(&t);
		if (!failed)
			break;
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(later_lines_replace_earlier),
		cmocka_unit_test(odd_lines_are_skipped),
		cmocka_unit_test(opens_only_plain_files),
		cmocka_unit_test(believes_owners_only),
		cmocka_unit_test(a_pid_that_was_reused),
		cmocka_unit_test(finds_it_in_tmp),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
