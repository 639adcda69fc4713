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
	/* Cut off, too long, or no such text. */
	parse("1:cpu:/c\n0::/cut", "/c");
	parse("1:cpu:/c\n0::/0123456789012345678901234567890123456789\n", "/c");
	parse("", "");
	parse("\n\n:\n::\n1:\n", "");
}

static void test_proc(void **state)
{
	const struct pdiag_cgroups *c = &pdiag_cgroups_of_proc;
	char path[4096], name[16];

	(void)state;
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	c->ask(c->user, getpid(), name, path, sizeof(path));
	if (access("/proc/self/cgroup", R_OK)) {
		printf("skipped: no /proc/self/cgroup here\n");
		skip();
	}
	assert_int_equal(path[0], '/');
	/* Another process has this number now. */
	c->ask(c->user, getpid(), "another name", path, sizeof(path));
	assert_string_equal(path, "");
	c->ask(c->user, 0, name, path, sizeof(path));
	assert_string_equal(path, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
