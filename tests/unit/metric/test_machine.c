/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The families of the machine: what is made of each file, and of odd ones. */
#include "fixture.h"

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

static void load(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_LOAD;
	put(&f, "proc/loadavg", "4.58 3.92 12.07 14/130 3787\n");
	made(&f);
	is_value(&f, "system.cpu.load_average.1m", 4.58);
	tick(&f, NS);
	is_value(&f, "system.cpu.load_average.5m", 3.92);
	is_value(&f, "system.cpu.load_average.15m", 12.07);
	is_value(&f, "system.threads.count", 130);
	put(&f, "proc/loadavg", "5.00 3.9\n");
	tick(&f, NS);
	is_value(&f, "system.cpu.load_average.1m", 5);
	is_missing(&f, "system.cpu.load_average.15m");
	is_missing(&f, "system.threads.count");
	put(&f, "proc/loadavg", "");
	tick(&f, NS);
	is_missing(&f, "system.cpu.load_average.1m");
}

#define ACTIVE "system.threads.active"
#define SENT_AGAIN "system.network.tcp.retransmits.ratio"

/* What the kernel makes of the average when it has counted, and of that a text. */
static void counted(uint64_t *average, unsigned int active)
{
	uint64_t count = active * 2048ull, told;
	char text[64];

	*average = *average * 1884 + count * (2048 - 1884) + (count >= *average ? 2047 : 0);
	*average /= 2048;
	told = *average + 2048 / 200;
	snprintf(text, sizeof(text), "%u.%02u 1.00 1.00 1/100 1\n", (unsigned int)(told >> 11),
		(unsigned int)((told & 2047) * 100 >> 11));
	put(&f, "proc/loadavg", text);
}

/* Who was counted, each 5 s, is known from how the average moves. */
static void active(void **state)
{
	static const unsigned int counts[] = { 9, 3, 3, 0, 0, 1, 40, 40, 41, 2, 700, 700, 0, 1, 1 };
	uint64_t average = 2048 * 3;

	(void)state;
	f.options.families = PDIAG_METRICS_LOAD;
	counted(&average, 3);
	made(&f);
	assert_int_equal(metric(&f, ACTIVE)->available, 1);
	tick(&f, NS);
	is_missing(&f, ACTIVE);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		counted(&average, counts[i]);
		tick(&f, NS);
		/* Where the average stays what it was, that is known when it must have changed. */
		if (!value(&f, ACTIVE)->fresh)
			tick(&f, 1100 * MS);
		is_value(&f, ACTIVE, counts[i]);
		assert_int_equal(value(&f, ACTIVE)->fresh, 1);
		for (unsigned int j = 0; j < 4; j++) {
			tick(&f, NS);
			is_value(&f, ACTIVE, counts[i]);
			assert_int_equal(value(&f, ACTIVE)->fresh, 0);
			assert_int_equal(value(&f, ACTIVE)->state, PDIAG_METRIC_OK);
		}
	}
	/* Counted twice, perhaps, since anybody looked. */
	counted(&average, 9);
	counted(&average, 5);
	tick(&f, 6 * NS);
	is_missing(&f, ACTIVE);
	counted(&average, 7);
	tick(&f, NS);
	is_value(&f, ACTIVE, 7);
}

static const char stat_1[] =
	"cpu  100 10 50 1000 20 1 2 3 4 5\n"
	"cpu0 50 5 25 500 10 1 1 2 2 2\n"
	"cpu1 50 5 25 500 10 0 1 1 2 3\n"
	"intr 1000 5 5 5\nctxt 5000\nbtime 17\nprocesses 300\nprocs_running 3\n"
	"procs_blocked 2\nsoftirq 700 1 2 3\n";
/* cpu0 was busy for 50 of 100 ticks, cpu1 for 90 of 100. */
static const char stat_2[] =
	"cpu  220 10 60 1050 30 1 2 13 14 5\n"
	"cpu0 90 5 35 540 20 1 1 2 2 2\n"
	"cpu1 130 5 25 510 10 0 1 11 2 3\n"
	"intr 1500 5 5 5\nctxt 7000\nbtime 17\nprocesses 302\nprocs_running 1\n"
	"procs_blocked 0\nsoftirq 710 1 2 3\n";

static void cpu(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_CPU;
	put(&f, "proc/stat", stat_1);
	put(&f, "proc/schedstat", "version 17\ntimestamp 1\n"
		"cpu0 0 0 0 0 0 0 10 1000000000 5\ndomain0 3 1 2 3 4 5 6 7 8 9\n"
		"cpu1 0 0 0 0 0 0 10 2000000000 5\n");
	made(&f);
	is_value(&f, "system.threads.runnable", 3);
	is_value(&f, "system.threads.blocked", 2);
	is_value(&f, "system.cpu.count", 2);
	is_missing(&f, "system.cpu.time.user");
	is_missing(&f, "system.cpu.utilization");
	assert_int_equal(metric(&f, "system.cpu.utilization")->available, 1);
	put(&f, "proc/stat", stat_2);
	put(&f, "proc/schedstat", "version 17\ntimestamp 2\n"
		"cpu0 0 0 0 0 0 0 10 1200000000 5\ncpu1 0 0 0 0 0 0 10 2300000000 5\n");
	tick(&f, NS);
	is_value(&f, "system.cpu.time.user", 1.2);
	is_value(&f, "system.cpu.time.system", 0.1);
	is_value(&f, "system.cpu.time.iowait", 0.1);
	is_value(&f, "system.cpu.time.steal", 0.1);
	is_value(&f, "system.cpu.time.guest", 0.1);
	is_value(&f, "system.cpu.utilization", 0.7);
	is_value(&f, "system.cpu.utilization.max", 0.9);
	is_value(&f, "system.cpu.context_switches", 2000);
	is_value(&f, "system.cpu.interrupts", 500);
	is_value(&f, "system.cpu.softirqs", 10);
	is_value(&f, "system.threads.created", 2);
	is_value(&f, "system.threads.runnable", 1);
	is_value(&f, "system.cpu.run_delay", 0.5);
}

/* A CPU that comes and one that goes change no sum. */
static void cpu_hotplug(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_CPU;
	put(&f, "proc/stat", "cpu  9 0 0 9\ncpu0 5 0 0 5\n");
	put(&f, "proc/schedstat", "cpu0 0 0 0 0 0 0 10 100 5\n");
	made(&f);
	is_absent(&f, "system.cpu.time.irq", "/proc/stat has no such field");
	put(&f, "proc/stat", "cpu  20 0 0 20\ncpu0 5 0 0 15\ncpu7 900 0 0 10\n");
	put(&f, "proc/schedstat", "cpu0 0 0 0 0 0 0 10 100 5\ncpu7 0 0 0 0 0 0 1 999999999999 5\n");
	tick(&f, NS);
	is_value(&f, "system.cpu.utilization.max", 0);
	is_value(&f, "system.cpu.run_delay", 0);
	is_value(&f, "system.cpu.count", 2);
	put(&f, "proc/stat", "cpu  20 0 0 20\ncpu7 910 0 0 10\n");
	put(&f, "proc/schedstat", "cpu7 0 0 0 0 0 0 1 1000999999999 5\n");
	tick(&f, NS);
	is_value(&f, "system.cpu.utilization.max", 1);
	is_value(&f, "system.cpu.run_delay", 1);
	put(&f, "proc/stat", "cpu  20 0 0 20\ncpu0 999 0 0 15\ncpu7 920 0 0 20\n");
	tick(&f, NS);
	is_value(&f, "system.cpu.utilization.max", 0.5);
	/* No line can be read. */
	put(&f, "proc/stat", "cpu0 1\ncpux\nbroken\n");
	tick(&f, NS);
	is_missing(&f, "system.cpu.utilization.max");
	is_missing(&f, "system.cpu.count");
}

static void pressure(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_PRESSURE;
	put(&f, "proc/pressure/cpu", "some avg10=92.40 avg60=77.07 avg300=67.94 total=1000000\n");
	put(&f, "proc/pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"
		"full avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073709551616\n");
	put(&f, "proc/pressure/irq", "full avg10=0.00 avg60=0.00 avg300=0.00 total=100\n");
	made(&f);
	is_absent(&f, "system.pressure.cpu.full", "5.13");
	is_absent(&f, "system.pressure.memory.some", "psi=1");
	is_absent(&f, "system.pressure.io.full", "no such field");
	put(&f, "proc/pressure/cpu", "some avg10=92.40 avg60=77.07 avg300=67.94 total=1250000\n");
	put(&f, "proc/pressure/irq", "full avg10=0.00 avg60=0.00 avg300=0.00 total=200100\n");
	tick(&f, NS / 2);
	is_value(&f, "system.pressure.cpu.some", 0.5);
	is_value(&f, "system.pressure.irq.full", 0.4);
	assert_true(fabs(value(&f, "system.pressure.cpu.some")->total - 0.25) < 1e-9);
}

static void memory(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_MEMORY;
	put(&f, "proc/meminfo", "MemTotal:       1000 kB\nMemFree:         100 kB\n"
		"MemAvailable:    250 kB\nCached:  7 kB\nSwapTotal: 50 kB\nSwapFree: 20 kB\n"
		"Shmem: 3 kB\n");
	put(&f, "proc/vmstat", "workingset_refault_anon 1\nworkingset_refault_file 2\npswpin 5\n"
		"allocstall_dma 1\nallocstall_normal 1\npgfault 1000\npgmajfault 100\n"
		"pgsteal_kswapd 7\noom_kill 1\n");
	made(&f);
	is_value(&f, "system.memory.limit", 1024000);
	is_value(&f, "system.memory.available", 256000);
	is_value(&f, "system.memory.utilization", 0.75);
	is_value(&f, "system.swap.usage", 30 * 1024);
	is_value(&f, "system.memory.shared", 3 * 1024);
	is_absent(&f, "system.memory.dirty", "no such field");
	is_absent(&f, "system.memory.compaction_stalls", "CONFIG_COMPACTION");
	put(&f, "proc/vmstat", "workingset_refault_anon 2\nworkingset_refault_file 4\npswpin 6\n"
		"allocstall_dma 1\nallocstall_normal 11\npgfault 1300\npgmajfault 110\n"
		"pgsteal_kswapd 7\noom_kill 2\n");
	tick(&f, NS);
	is_value(&f, "system.memory.refaults", 3);
	is_value(&f, "system.swap.in", 1);
	is_value(&f, "system.memory.stalls", 10);
	is_value(&f, "system.paging.faults.major", 10);
	is_value(&f, "system.paging.faults.minor", 290);
	is_value(&f, "system.memory.reclaimed.background", 0);
	is_value(&f, "system.memory.oom_kills", 1);
	/* More is available than there is, more swap is free than there is. */
	put(&f, "proc/meminfo", "MemTotal: 10 kB\nMemAvailable: 11 kB\nSwapTotal: 1 kB\n"
		"SwapFree: 2 kB\nMemFree: 99999999999999999999999 kB\nCached: -1 kB\n");
	tick(&f, NS);
	is_missing(&f, "system.memory.utilization");
	is_missing(&f, "system.swap.usage");
	is_missing(&f, "system.memory.free");
	is_missing(&f, "system.memory.cached");
}

static void segments(struct fixture *at, unsigned int once, unsigned int again)
{
	char text[96];

	snprintf(text, sizeof(text), "Tcp: OutSegs RetransSegs\nTcp: %u %u\n", once, again);
	put(at, "proc/net/snmp", text);
	tick(at, 2 * NS);
}

static void sent_again(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_NETWORK;
	put(&f, "proc/net/snmp", "Tcp: OutSegs RetransSegs\nTcp: 1000 10\n");
	made(&f);
	is_missing(&f, SENT_AGAIN);
	segments(&f, 1000, 10);
	is_value(&f, SENT_AGAIN, 0);
	/* Of forty, as there should be in two seconds. */
	segments(&f, 1000, 14);
	is_value(&f, SENT_AGAIN, 0.1);
	segments(&f, 1150, 64);
	is_value(&f, SENT_AGAIN, 0.25);
	/* Counters that begin anew, and one that is not there. */
	segments(&f, 1, 1);
	is_missing(&f, SENT_AGAIN);
	put(&f, "proc/net/snmp", "Tcp: OutSegs\nTcp: 100\n");
	tick(&f, NS);
	is_missing(&f, SENT_AGAIN);
	segments(&f, 401, 101);
	is_value(&f, SENT_AGAIN, 0.2);
	/* One in a moment is not all. */
	pdiag_metrics_free(f.metrics);
	f.options.interval_ms = 100;
	made(&f);
	put(&f, "proc/net/snmp", "Tcp: OutSegs RetransSegs\nTcp: 401 102\n");
	tick(&f, NS / 10);
	is_value(&f, SENT_AGAIN, 0.05);
}

static void protocols(void **state)
{
	(void)state;
	f.options.families = PDIAG_METRICS_NETWORK;
	put(&f, "proc/net/snmp", "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
		"Tcp: MaxConn AttemptFails CurrEstab InSegs OutSegs RetransSegs\n"
		"Tcp: -1 5 7 100 200 3\nUdp: InDatagrams RcvbufErrors\nUdp: 1 4\n");
	put(&f, "proc/net/netstat", "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n"
		"TcpExt: 0 10 20\nIpExt: ListenDrops\nIpExt: 999\n");
	put(&f, "proc/net/softnet_stat",
		"00000010 00000001 00000002 0 0 0 0 0 0 0 0 00000000 00000000 0 0\n"
		"000000ff 00000000 00000000 0 0 0 0 0 0 0 0 00000000 00000001 0 0\n");
	made(&f);
	is_value(&f, "system.network.tcp.connections", 7);
	is_missing(&f, SENT_AGAIN);
	is_absent(&f, "system.network.tcp.resets", "/proc/net/snmp has no such field");
	is_absent(&f, "system.network.io.receive", "/proc/net/dev here");
	put(&f, "proc/net/snmp", "Tcp: MaxConn AttemptFails CurrEstab InSegs OutSegs RetransSegs\n"
		"Tcp: -1 6 8 110 220 33\nUdp: InDatagrams RcvbufErrors\nUdp: 1 5\n");
	put(&f, "proc/net/netstat", "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n"
		"TcpExt: 0 11 22\n");
	/* The first CPU went offline, and so what was its line is that of the second. */
	put(&f, "proc/net/softnet_stat",
		"000001FF 00000003 00000000 0 0 0 0 0 0 0 0 00000000 00000001 0 0\n");
	tick(&f, NS);
	is_value(&f, "system.network.tcp.retransmits", 30);
	is_value(&f, SENT_AGAIN, 0.6);
	is_value(&f, "system.network.tcp.connect_failures", 1);
	is_value(&f, "system.network.udp.buffer_errors", 1);
	is_value(&f, "system.network.tcp.listen_overflows", 1);
	is_value(&f, "system.network.tcp.listen_drops", 2);
	is_value(&f, "system.network.softnet.processed", 256);
	is_value(&f, "system.network.softnet.dropped", 3);
	/* Fewer numbers than names; a table without its numbers; no number. */
	put(&f, "proc/net/snmp", "Tcp: CurrEstab OutSegs\nTcp: 8\nUdp: RcvbufErrors\n");
	put(&f, "proc/net/softnet_stat", "0000zz 0 0\n1 2\n\n");
	tick(&f, NS);
	is_value(&f, "system.network.tcp.connections", 8);
	is_missing(&f, "system.network.tcp.segments.transmit");
	is_missing(&f, "system.network.udp.buffer_errors");
	is_missing(&f, "system.network.softnet.processed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(load, setup, teardown),
		cmocka_unit_test_setup_teardown(active, setup, teardown),
		cmocka_unit_test_setup_teardown(cpu, setup, teardown),
		cmocka_unit_test_setup_teardown(cpu_hotplug, setup, teardown),
		cmocka_unit_test_setup_teardown(pressure, setup, teardown),
		cmocka_unit_test_setup_teardown(memory, setup, teardown),
		cmocka_unit_test_setup_teardown(protocols, setup, teardown),
		cmocka_unit_test_setup_teardown(sent_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
