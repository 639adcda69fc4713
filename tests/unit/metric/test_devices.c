/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks and interfaces: which count, and what happens as they come and go. */
#include "fixture.h"

#include "metric/sysfs.h"

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_begin(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_end(&f);
	return 0;
}

#define REST " 0 0 0 0\n"

/* The same bytes are told by a disk, its partition, a volume on it and a loop device. */
static void no_double_counting(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_DISK;
	put(&f, "sys/block/sda/slaves/", "");
	put(&f, "sys/block/nvme0n1/size", "1");
	put(&f, "sys/block/nvme0c0n1/hidden", "1\n");
	put(&f, "sys/block/dm-0/slaves/sda1", "");
	put(&f, "sys/block/stacked/slaves/sda", "");
	put(&f, "sys/block/cciss!c0d0/size", "1");
	put(&f, "proc/diskstats",
		"   8 0 sda 10 0 100 50 20 0 200 60 1 1000 5000" REST
		"   8 1 sda1 10 0 100 50 20 0 200 60 1 1000 5000" REST
		" 253 0 dm-0 10 0 100 50 20 0 200 60 1 1000 5000\n"
		" 252 0 stacked 10 0 100 50 20 0 200 60 1 1000 5000\n"
		"   7 0 loop0 10 0 100 50 20 0 200 60 1 1000 5000\n"
		" 259 0 nvme0n1 0 0 0 0 0 0 0 0 0 0 0\n"
		" 259 1 nvme0c0n1 0 0 0 0 0 0 0 0 0 0 0\n"
		" 104 0 cciss/c0d0 0 0 0 0 0 0 0 0 0 0 0\n");
	made(&f);
	is_value(&f, "system.disk.pending_operations", 1);
	is_missing(&f, "system.disk.io.read");
	put(&f, "proc/diskstats",
		"   8 0 sda 12 0 102 60 25 0 204 90 3 1500 6000" REST
		"   8 1 sda1 12 0 102 60 25 0 204 90 3 1500 6000" REST
		" 253 0 dm-0 12 0 102 60 25 0 204 90 3 1500 6000\n"
		" 252 0 stacked 12 0 102 60 25 0 204 90 3 1500 6000\n"
		"   7 0 loop0 12 0 102 60 25 0 204 90 3 1500 6000\n"
		" 259 0 nvme0n1 1 0 8 1 0 0 0 0 2 900 0\n"
		" 259 1 nvme0c0n1 1 0 8 1 0 0 0 0 2 900 0\n"
		" 104 0 cciss/c0d0 0 0 1 0 0 0 0 0 0 0 0\n");
	tick(&f, NS);
	is_value(&f, "system.disk.io.read", 11 * 512);
	is_value(&f, "system.disk.io.write", 4 * 512);
	is_value(&f, "system.disk.operations.read", 3);
	is_value(&f, "system.disk.operations.write", 5);
	is_value(&f, "system.disk.operation_time.read", 0.011);
	is_value(&f, "system.disk.operation_time.write", 0.03);
	is_value(&f, "system.disk.io_time", 1.4);
	is_value(&f, "system.disk.queue_time", 1);
	is_value(&f, "system.disk.pending_operations", 5);
	is_value(&f, "system.disk.utilization.max", 0.9);
}

static void disks_by_name(void **state)
{
	static const struct {
		const char *name, *whole;
		enum pdiag_device_kind kind;
	} cases[] = {
		{ "sda", "", PDIAG_DEVICE_COUNTED }, { "sda1", "sda", PDIAG_DEVICE_IGNORED },
		{ "sda12", "sda", PDIAG_DEVICE_IGNORED }, { "sdaa", "sda", PDIAG_DEVICE_COUNTED },
		{ "sdb", "sda", PDIAG_DEVICE_COUNTED }, { "sda", "sda", PDIAG_DEVICE_COUNTED },
		{ "nvme0n1p2", "nvme0n1", PDIAG_DEVICE_IGNORED },
		{ "nvme0n10", "nvme0n1", PDIAG_DEVICE_COUNTED },
		{ "nvme0n1p", "nvme0n1", PDIAG_DEVICE_COUNTED },
		{ "mmcblk0p1", "mmcblk0", PDIAG_DEVICE_IGNORED },
		{ "vda3", "vda", PDIAG_DEVICE_IGNORED }, { "loop0", "", PDIAG_DEVICE_IGNORED },
		{ "dm-3", "vda", PDIAG_DEVICE_IGNORED }, { "zram0", "", PDIAG_DEVICE_IGNORED },
		{ "md127", "", PDIAG_DEVICE_IGNORED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (pdiag_metric_disk_kind(-1, cases[i].name, cases[i].whole) != cases[i].kind)
			fail_msg("%s after %s", cases[i].name, cases[i].whole);
}

/* One that is plugged in has a life behind it, one that is gone takes nothing with it, and one that
 * is back begins anew. */
static void disks_come_and_go(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_DISK;
	put(&f, "proc/diskstats", "8 0 sda 10 0 100 0 0 0 0 0 0 0 0\n");
	made(&f);
	put(&f, "proc/diskstats", "8 16 sdb 9 0 99999999 0 0 0 0 0 0 0 0\n"
		"8 0 sda 11 0 101 0 0 0 0 0 0 0 0\n");
	tick(&f, NS);
	is_value(&f, "system.disk.io.read", 512);
	put(&f, "proc/diskstats", "8 16 sdb 9 0 100000001 0 0 0 0 0 0 0 0\n");
	tick(&f, NS);
	is_value(&f, "system.disk.io.read", 1024);
	put(&f, "proc/diskstats", "8 0 sda 900 0 900 0 0 0 0 0 0 0 0\n"
		"8 16 sdb 9 0 100000002 0 0 0 0 0 0 0 0\n");
	tick(&f, NS);
	is_value(&f, "system.disk.io.read", 512);
	/* Another disk of that name within one tick: of what it did before nothing is known. */
	put(&f, "proc/diskstats", "8 0 sda 901 0 901 0 0 0 0 0 0 0 0\n"
		"8 16 sdb 9 0 100 0 0 0 0 0 0 0 0\n");
	tick(&f, NS);
	is_missing(&f, "system.disk.io.read");
	is_value(&f, "system.disk.operations.read", 1);
	put(&f, "proc/diskstats", "8 0 sda 901 0 902 0 0 0 0 0 0 0 0\n"
		"8 16 sdb 9 0 101 0 0 0 0 0 0 0 0\n");
	tick(&f, NS);
	is_value(&f, "system.disk.io.read", 1024);
	/* None is left that counts; not even the others are. */
	put(&f, "proc/diskstats", "7 0 loop0 901 0 902 0 0 0 0 0 0 0 0\n");
	tick(&f, NS);
	is_value(&f, "system.disk.io.read", 0);
	is_value(&f, "system.disk.pending_operations", 0);
	put(&f, "proc/diskstats", "");
	tick(&f, NS);
	is_missing(&f, "system.disk.io.read");
	is_missing(&f, "system.disk.pending_operations");
}

static const char heading[] =
	"Inter-|   Receive                   |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n";

static void dev(const char *eth, const char *veth, const char *lo)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s    lo: %s\n  eth0: %s\nveth12@if3:%s\n  vf0: %s\n",
		heading, lo, eth, veth, eth);
	put(&f, "proc/1/net/dev", text);
}

/* As from a container, with the host's folders below the root. */
static void interfaces(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_NETWORK;
	put(&f, "proc/net/dev", "eth0: 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7\n");
	put(&f, "sys/class/net/eth0/device/", "");
	put(&f, "sys/class/net/vf0/device/", "");
	put(&f, "sys/class/net/vf0/master/device/", "");
	put(&f, "sys/class/net/veth12@if3/mtu", "1500");
	dev("1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0", "1 1 1 1 0 0 0 0 1 1 1 1 0 0 0 0",
		"1 1 1 1 0 0 0 0 1 1 1 1 0 0 0 0");
	made(&f);
	dev("1100 11 3 5 0 0 0 0 2200 22 7 9 0 0 0 0", "8 2 9 4 0 0 0 0 9 3 9 6 0 0 0 0",
		"9999 1 1 1 0 0 0 0 9999 1 1 1 0 0 0 0");
	tick(&f, NS);
	is_value(&f, "system.network.io.receive", 100);
	is_value(&f, "system.network.io.transmit", 200);
	is_value(&f, "system.network.packets.receive", 1);
	is_value(&f, "system.network.packets.transmit", 2);
	is_value(&f, "system.network.errors.receive", 2);
	is_value(&f, "system.network.errors.transmit", 4);
	is_value(&f, "system.network.dropped.receive", 3);
	is_value(&f, "system.network.dropped.transmit", 5);
	is_value(&f, "system.network.virtual.io.receive", 7);
	is_value(&f, "system.network.virtual.io.transmit", 8);
	is_value(&f, "system.network.virtual.dropped.receive", 3);
	is_value(&f, "system.network.virtual.dropped.transmit", 5);
	/* The driver was loaded anew: its counters are; those of others are not. */
	dev("5 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0", "9 2 9 4 0 0 0 0 9 3 9 6 0 0 0 0",
		"1 1 1 1 0 0 0 0 1 1 1 1 0 0 0 0");
	tick(&f, NS);
	is_missing(&f, "system.network.io.receive");
	is_value(&f, "system.network.virtual.io.receive", 1);
	dev("6 0 0 0 0 0 0 0 7 0 0 0 0 0 0 0", "9 2 9 4 0 0 0 0 9 3 9 6 0 0 0 0",
		"1 1 1 1 0 0 0 0 1 1 1 1 0 0 0 0");
	tick(&f, NS);
	is_value(&f, "system.network.io.receive", 1);
	is_value(&f, "system.network.io.transmit", 2);
}

static void interfaces_by_name(void **state)
{
	(void)state;
	assert_int_equal(pdiag_metric_interface_kind(-1, "lo"), PDIAG_DEVICE_IGNORED);
	assert_int_equal(pdiag_metric_interface_kind(-1, "eth0"), PDIAG_DEVICE_COUNTED);
	assert_int_equal(pdiag_metric_interface_kind(-1, "enp3s0"), PDIAG_DEVICE_COUNTED);
	assert_int_equal(pdiag_metric_interface_kind(-1, "eth0.12"), PDIAG_DEVICE_VIRTUAL);
	assert_int_equal(pdiag_metric_interface_kind(-1, "veth1"), PDIAG_DEVICE_VIRTUAL);
	assert_int_equal(pdiag_metric_interface_kind(-1, "docker0"), PDIAG_DEVICE_VIRTUAL);
}

/* More than are followed, all new at every tick: nothing grows without an end. */
static void too_many(void **state)
{
	enum { LINES = 3 * PDIAG_DEVICES_MAX };
	char *text = malloc(LINES * 64);
	struct pdiag_metrics_info info = { .size = sizeof(info) };
	size_t len;

	(void)state;
	assert_non_null(text);
	f.options.families = PDIAG_METRICS_NETWORK;
	for (int round = 0; round < 3; round++) {
		len = 0;
		for (int i = 0; i < LINES; i++)
			len += (size_t)sprintf(text + len, "e%d_%d: 1 1 1 1 1 1 1 1 1 1 1 1\n",
				round, i);
		put(&f, "proc/net/dev", text);
		if (!round)
			made(&f);
		else
			tick(&f, NS);
		assert_int_equal(pdiag_metrics_get_info(f.metrics, &info), 0);
		/* Their table, the text, some metrics: a table grows by half at a time. */
		assert_true(info.bytes < PDIAG_DEVICES_MAX * 3 / 2 *
			sizeof(struct pdiag_metric_device) + (1 << 20) + 200000);
	}
	is_value(&f, "system.network.io.receive", 0);
	free(text);
}

/* Names that are cut alike, twice the same, with a NUL; lines without an end. */
static void odd_names(void **state)
{
	static const char bytes[] = "a\0b: 1 1 1 1 1 1 1 1 1 1 1 1\n: 1 2 3 4 5 6 7 8 9 10 11 12\n"
		"x: 1 1 1 1 1 1 1 1 1 1 1 1\nx: 9 9 9 9 9 9 9 9 9 9 9 9\n"
		"a_name_that_is_longer_than_32_bytes_1: 1 1 1 1 1 1 1 1 1 1 1 1\n"
		"a_name_that_is_longer_than_32_bytes_2: 5 1 1 1 1 1 1 1 1 1 1 1\n"
		"z: 1 1 1 1 1 1 1 1 1 1 1\ny: 1 1 1 1 1 1 1 1 1 1 1 1";

	(void)state;
	f.options.families = PDIAG_METRICS_NETWORK;
	put_bytes(&f, "proc/net/dev", bytes, sizeof(bytes) - 1);
	made(&f);
	tick(&f, NS);
	is_value(&f, "system.network.io.receive", 0);
	put(&f, "proc/net/dev", "x: 3 1 1 1 1 1 1 1 1 1 1 1\ny: 9 1 1 1 1 1 1 1 1 1 1 1\n");
	tick(&f, NS);
	is_value(&f, "system.network.io.receive", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_double_counting, setup, teardown),
		cmocka_unit_test_setup_teardown(disks_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(disks_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(interfaces, setup, teardown),
		cmocka_unit_test_setup_teardown(interfaces_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_names, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
