/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A cgroup of version 2, made by hand; and one of the kernel's that goes and comes back. */
#include "fixture.h"

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_begin(&f);
	f.options.families = PDIAG_METRICS_CGROUP;
	f.options.cgroup = "app.slice/db";
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_end(&f);
	return 0;
}

#define DIR_ "sys/fs/cgroup/app.slice/db/"

static void whole(void **state)
{
	(void)state;
	put(&f, DIR_ "cgroup.controllers", "cpu io memory pids\n");
	put(&f, DIR_ "cpu.stat", "usage_usec 100\nuser_usec 60\nsystem_usec 40\nnr_periods 1\n"
		"nr_throttled 1\nthrottled_usec 1000\n");
	put(&f, DIR_ "memory.current", "4096\n");
	put(&f, DIR_ "memory.max", "max\n");
	put(&f, DIR_ "memory.stat", "anon 100\nfile 200\nkernel 300\nkernel_stack 1\n"
		"workingset_refault_anon 1\nworkingset_refault_file 1\npgscan 10\npgsteal 5\n"
		"pgfault 50\npgmajfault 7\n");
	put(&f, DIR_ "memory.events", "low 0\nhigh 1\nmax 2\noom 0\noom_kill 0\n");
	put(&f, DIR_ "pids.current", "12\n");
	put(&f, DIR_ "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=10\n"
		"full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	made(&f);
	is_value(&f, "cgroup.memory.usage", 4096);
	is_value(&f, "cgroup.memory.anonymous", 100);
	is_value(&f, "cgroup.memory.kernel", 300);
	is_value(&f, "cgroup.threads.count", 12);
	is_absent(&f, "cgroup.memory.limit", "no limit");
	is_absent(&f, "cgroup.swap.usage", "no app.slice/db/memory.swap.current here");
	is_absent(&f, "cgroup.disk.io.read", "controller io");
	put(&f, DIR_ "cpu.stat", "usage_usec 100\nuser_usec 500060\nsystem_usec 250040\n"
		"nr_periods 1\nnr_throttled 3\nthrottled_usec 101000\n");
	put(&f, DIR_ "memory.max", "1048576\n");
	put(&f, DIR_ "memory.stat", "anon 100\nfile 200\nkernel 300\nkernel_stack 1\n"
		"workingset_refault_anon 1\nworkingset_refault_file 5\npgscan 20\npgsteal 8\n"
		"pgfault 80\npgmajfault 9\n");
	put(&f, DIR_ "memory.events", "low 0\nhigh 11\nmax 3\noom 1\noom_kill 1\n");
	put(&f, DIR_ "memory.swap.current", "8192\n");
	put(&f, DIR_ "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=100010\n"
		"full avg10=0.00 avg60=0.00 avg300=0.00 total=50000\n");
	tick(&f, NS);
	is_value(&f, "cgroup.cpu.time.user", 0.5);
	is_value(&f, "cgroup.cpu.time.system", 0.25);
	is_value(&f, "cgroup.cpu.throttled.periods", 2);
	is_value(&f, "cgroup.cpu.throttled.time", 0.1);
	is_value(&f, "cgroup.memory.refaults", 4);
	is_value(&f, "cgroup.memory.scanned", 10);
	is_value(&f, "cgroup.memory.reclaimed", 3);
	is_value(&f, "cgroup.paging.faults.major", 2);
	is_value(&f, "cgroup.paging.faults.minor", 28);
	is_value(&f, "cgroup.memory.throttled", 10);
	is_value(&f, "cgroup.memory.limit_hits", 1);
	is_value(&f, "cgroup.memory.oom_kills", 1);
	is_value(&f, "cgroup.pressure.cpu.some", 0.1);
	is_value(&f, "cgroup.pressure.cpu.full", 0.05);
	/* A limit was set and a controller enabled meanwhile. */
	is_value(&f, "cgroup.memory.limit", 1048576);
	is_value(&f, "cgroup.swap.usage", 8192);
	assert_int_equal(metric(&f, "cgroup.swap.usage")->available, 1);
	assert_string_equal(metric(&f, "cgroup.swap.usage")->reason, "");
}

static void disks(void **state)
{
	char link[128];

	(void)state;
	put(&f, "sys/fs/cgroup/unified/app.slice/db/cgroup.controllers", "io\n");
	put(&f, "sys/block/dm-0/slaves/sda", "");
	put(&f, "sys/block/sda/size", "1");
	put(&f, "sys/dev/block/", "");
	snprintf(link, sizeof(link), "%s/sys/dev/block/253:0", f.root);
	assert_int_equal(symlink("../../devices/virtual/block/dm-0", link), 0);
	put(&f, "sys/fs/cgroup/unified/app.slice/db/io.stat",
		"8:0 rbytes=100 wbytes=10 rios=1 wios=1 dbytes=0 dios=0\n"
		"253:0 rbytes=100 wbytes=10 rios=1 wios=1 dbytes=0 dios=0\n");
	made(&f);
	/* A disk that it has not used before begins at 0; a line may be without its numbers. */
	put(&f, "sys/fs/cgroup/unified/app.slice/db/io.stat",
		"8:16 rbytes=5 wbytes=6 rios=7 wios=8\n"
		"8:0 rbytes=300 wbytes=20 rios=2 wios=2 dbytes=0 dios=0\n8:32 \n9:9 rbytes=1\n"
		"7:0 rbytes=1 wbytes=1 rios=1 wios=1\n"
		"253:0 rbytes=300 wbytes=20 rios=2 wios=2 dbytes=0 dios=0\n");
	tick(&f, NS);
	is_value(&f, "cgroup.disk.io.read", 205);
	is_value(&f, "cgroup.disk.io.write", 16);
	is_value(&f, "cgroup.disk.operations.read", 8);
	is_value(&f, "cgroup.disk.operations.write", 9);
}

static void not_there(void **state)
{
	(void)state;
	assert_int_equal(make(&f), -ENOENT);
	assert_non_null(strstr(pdiag_errmsg(), "no cgroup app.slice/db of version 2"));
	/* Version 1 has no such file. */
	put(&f, DIR_ "cgroup.procs", "");
	assert_int_equal(make(&f), -ENOENT);
	f.options.cgroup = NULL;
	assert_int_equal(make(&f), -EINVAL);
	f.options.cgroup = "/app.slice";
	f.options.families = PDIAG_METRICS_CPU;
	assert_int_equal(make(&f), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "go together"));
}

/* By a path of its own, as where no mount is known. */
static void absolute(void **state)
{
	(void)state;
	f.options.cgroup = "/mnt/cg";
	put(&f, "mnt/cg/cgroup.controllers", "");
	put(&f, "mnt/cg/cpu.stat", "user_usec 5\n");
	made(&f);
	assert_int_equal(metric(&f, "cgroup.cpu.time.user")->available, 1);
	is_absent(&f, "cgroup.cpu.throttled.time", "controller cpu");
}

static int live_cgroup(char *path, size_t size)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, size, "%s/cgroup.controllers", mounts[i]);
		if (access(path, F_OK))
			continue;
		snprintf(path, size, "%s/pdiag-metric-%d", mounts[i], getpid());
		if (!mkdir(path, 0755))
			return 0;
	}
	return -1;
}

static void gone_and_back(void **state)
{
	char path[128];

	(void)state;
	if (live_cgroup(path, sizeof(path))) {
		printf("skipped: no cgroup of version 2 can be made here\n");
		skip();
	}
	f.options.root = NULL;
	f.options.cgroup = strrchr(path, '/') + 1;
	made(&f);
	tick(&f, NS);
	is_value(&f, "cgroup.cpu.time.user", 0);
	assert_int_equal(rmdir(path), 0);
	tick(&f, NS);
	is_absent(&f, "cgroup.cpu.time.user", "the cgroup is not there");
	tick(&f, NS);
	is_missing(&f, "cgroup.cpu.time.user");
	assert_int_equal(mkdir(path, 0755), 0);
	tick(&f, NS);
	is_missing(&f, "cgroup.cpu.time.user");
	assert_int_equal(metric(&f, "cgroup.cpu.time.user")->available, 1);
	tick(&f, NS);
	is_value(&f, "cgroup.cpu.time.user", 0);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole, setup, teardown),
		cmocka_unit_test_setup_teardown(disks, setup, teardown),
		cmocka_unit_test_setup_teardown(not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(absolute, setup, teardown),
		cmocka_unit_test_setup_teardown(gone_and_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
