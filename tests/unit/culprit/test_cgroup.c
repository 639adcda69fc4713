/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "culprit/cgroup.h"
#include "culprit/cgroup_memory.h"
#include "support/made_proc.h"

static void parse(const char *text, const char *want)
{
	char path[32];

	pdiag_cgroup_parse(text, path, sizeof(path));
	assert_string_equal(path, want);
}

static void test_parse(void **state)
{
	(void)state;
	parse("0::/system.slice/a.service\n", "/system.slice/a.service");
	parse("3:perf_event:/p\n2:cpu,cpuacct:/c\n1:name=systemd:/n\n0::/v2\n", "/v2");
	parse("3:perf_event:/p\n2:cpu,cpuacct:/c\n1:name=systemd:/n\n0::/\n", "/p");
	parse("3:cpuset:/x\n2:cpuacct,cpu:/c\n4:memory:/m\n", "/c");
	parse("9:name=systemd:/\n4:memory:/m/n\n1:cpu:/\n0::/\n", "/m/n");
	parse("1:cpu:/\n0::/\n", "/");
	parse("0::/with:colon\n", "/with:colon");
	parse("7:cpuset:/x\n6:xcpu:/y\n", "");
	/* It is removed, and who ends is still in it. */
	parse("0::/batch (deleted)\n", "/batch");
	parse("0:: (deleted)\n", " (deleted)");
	/* Cut off, too long, or no such text. */
	parse("1:cpu:/c\n0::/cut", "/c");
	parse("1:cpu:/c\n0::/0123456789012345678901234567890123456789\n", "/c");
	parse("", "");
	parse("\n\n:\n::\n1:\n", "");
}

struct fixture {
	char root[64];
	struct pdiag *context;
	struct pdiag_cgroup_proc proc;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || pdiag_open(NULL, &f->context))
		return -1;
	made_proc_begin(f->root);
	f->proc.root = f->root;
	f->proc.memory = pdiag_cgroup_memory_of(f->context);
	*state = f;
	return f->proc.memory ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	made_proc_end(f->root, 7);
	rmdir(f->root);
	pdiag_close(f->context);
	free(f);
	return 0;
}

/* Who had pid 7 in that time. */
static void ask(struct fixture *f, const char *process, uint64_t from, uint64_t to,
	const char *want)
{
	const struct pdiag_cgroup_question q = { 7, process, from, to };
	char path[32];

	pdiag_cgroup_ask_proc(&f->proc, &q, path, sizeof(path));
	assert_string_equal(path, want);
}

#define LATE (UINT64_MAX / 2) /* it is not that late yet */

static void test_proc(void **state)
{
	struct fixture *f = *state;
	const struct pdiag_cgroup_question q = { getpid(), NULL, 0, UINT64_MAX };
	struct pdiag_cgroup_question self = q, none = q;
	char path[4096], name[16];

	if (access("/proc/self/cgroup", R_OK)) {
		printf("skipped: no /proc/self/cgroup here\n");
		skip();
	}
	f->proc.root = "/proc";
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	self.process = name;
	pdiag_cgroup_ask_proc(&f->proc, &self, path, sizeof(path));
	assert_int_equal(path[0], '/');
	/* Another process has this number now. */
	self.process = "another name";
	pdiag_cgroup_ask_proc(&f->proc, &self, path, sizeof(path));
	assert_string_equal(path, "");
	/* It had not begun then. */
	self.process = name;
	self.to = 0;
	pdiag_cgroup_ask_proc(&f->proc, &self, path, sizeof(path));
	assert_string_equal(path, "");
	none.pid = 0;
	none.process = name;
	pdiag_cgroup_ask_proc(&f->proc, &none, path, sizeof(path));
	assert_string_equal(path, "");
}

/* It is known after its end: for the time that it was there, and no other. */
static void test_ended(void **state)
{
	struct fixture *f = *state;

	ask(f, "job", 0, 10, "");
	made_proc_put(f->root, 7, "job", 'S', 0, "/batch");
	ask(f, "job", 0, 10, "/batch");
	made_proc_end(f->root, 7);
	ask(f, "job", 5, 10, "/batch");
	ask(f, "job", LATE, LATE + 10, "");
	ask(f, "other", 5, 10, "");
}

/* Another one has its pid, with the same name. */
static void test_reused(void **state)
{
	struct fixture *f = *state;

	made_proc_put(f->root, 7, "job", 'S', 0, "/batch");
	ask(f, "job", 0, 10, "/batch");
	made_proc_put(f->root, 7, "job", 'S', 1000000000000, "/other");
	ask(f, "job", 0, 10, "/batch");
	ask(f, "job", LATE, UINT64_MAX, "/other");
	ask(f, "job", 0, 10, "/batch");
	/* What its start says is no number of ticks. */
	made_proc_put(f->root, 7, "job", 'S', UINT64_MAX, "/other");
	ask(f, "job", 0, 10, "/batch");
}

/* It had another name before exec: what that one was is known, what this one was is not. */
static void test_exec(void **state)
{
	struct fixture *f = *state;

	made_proc_put(f->root, 7, "sh", 'S', 0, "/login");
	ask(f, "sh", 0, 10, "/login");
	made_proc_put(f->root, 7, "job", 'S', 0, "/batch");
	ask(f, "sh", 0, 10, "/login");
	ask(f, "job", 0, 10, "/batch");
	ask(f, "sh", 0, 10, "/login");
}

/* It was moved while it lived; and who has ended is shown where it no longer is. */
static void test_moved(void **state)
{
	struct fixture *f = *state;

	made_proc_put(f->root, 7, "job", 'S', 0, "/first");
	ask(f, "job", 0, 10, "/first");
	made_proc_put(f->root, 7, "job", 'S', 0, "/second");
	ask(f, "job", 0, 10, "/second");
	made_proc_put(f->root, 7, "job", 'Z', 0, "/");
	ask(f, "job", 0, 10, "/second");
	made_proc_end(f->root, 7);
	ask(f, "job", 0, 10, "/second");
	/* One that was never asked while it lived has what is left of it. */
	made_proc_put(f->root, 7, "late", 'Z', 0, "/rest");
	ask(f, "late", 0, 10, "/rest");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), TEST(test_proc), TEST(test_ended), TEST(test_reused),
		TEST(test_exec), TEST(test_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
