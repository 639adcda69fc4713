/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/stat: what CPUs do, how many threads want them, and how often they are switched. */
#include "metric/metric.h"
#include "metric/scan.h"

enum {
	USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, GUEST, /* in the order of a line */
	MODES,
	CPUS = MODES, BUSY, BUSIEST, SWITCHES, INTERRUPTS, SOFTIRQS, CREATED, RUNNABLE, BLOCKED,
	COUNT
};

/* USER_HZ, in which times are told, is 100 on all machines but two of the past. */
#define TICK_S 0.01

#define TIME(name, text) \
	{ "system.cpu.time." name, "s", text, PDIAG_METRIC_COUNTER, TICK_S, NULL }
#define EVENTS(name, unit, text) { name, unit, text, PDIAG_METRIC_COUNTER, 1, NULL }
#define NOW(name, unit, text) { name, unit, text, PDIAG_METRIC_GAUGE, 1, NULL }

static const struct pdiag_metric_def defs[] = {
	[USER] = TIME("user", "CPU time in user space, virtual machines included."),
	[NICE] = TIME("nice", "CPU time in user space at a lowered priority."),
	[SYSTEM] = TIME("system", "CPU time in the kernel."),
	[IDLE] = TIME("idle", "CPU time without work."),
	[IOWAIT] = TIME("iowait", "CPU time without work while a thread waited for storage."),
	[IRQ] = TIME("irq", "CPU time in interrupts."),
	[SOFTIRQ] = TIME("softirq", "CPU time in soft interrupts."),
	[STEAL] = TIME("steal", "CPU time that the hypervisor gave to others."),
	[GUEST] = TIME("guest", "CPU time in virtual machines, of the time in user space."),
	[CPUS] = NOW("system.cpu.count", "{cpu}", "CPUs that are online."),
	[BUSY] = NOW("system.cpu.utilization", "1", "Share of all CPU time that had work."),
	[BUSIEST] = NOW("system.cpu.utilization.max", "1",
		"Share of its time in which the busiest CPU had work."),
	[SWITCHES] = EVENTS("system.cpu.context_switches", "{switch}",
		"Switches from one thread to another."),
	[INTERRUPTS] = EVENTS("system.cpu.interrupts", "{interrupt}", "Interrupts served."),
	[SOFTIRQS] = EVENTS("system.cpu.softirqs", "{interrupt}", "Soft interrupts served."),
	[CREATED] = EVENTS("system.threads.created", "{thread}",
		"Processes and threads that were made."),
	[RUNNABLE] = NOW("system.threads.runnable", "{thread}", "Threads that run or want to."),
	[BLOCKED] = NOW("system.threads.blocked", "{thread}", "Threads that wait for storage."),
};

struct shares {
	double busy, total, busiest;
	uint32_t cpus;
	bool known;
};

/* A line of one CPU. What it did since the text before is added to the whole. */
static void parse_cpu(struct pdiag_metric_file *f, const char *name, size_t len,
	struct pdiag_scan *line, struct shares *all)
{
	uint64_t now[STEAL + 1] = { 0 }, delta[STEAL + 1];
	struct pdiag_metric_device *cpu;
	double busy = 0, total = 0;
	bool known;

	if (pdiag_scan_u64s(line, now, STEAL + 1) <= IDLE)
		return;
	all->cpus++;
	cpu = pdiag_metric_devices_get(&f->devices, name, len);
	if (!cpu)
		return;
	known = cpu->known;
	/* Idle times are known to go down a bit: that is no time then. */
	pdiag_metric_device_step(cpu, now, STEAL + 1, delta);
	for (int i = USER; i <= STEAL; i++) {
		total += (double)delta[i];
		busy += i == IDLE || i == IOWAIT ? 0 : (double)delta[i];
	}
	if (!known || !(total > 0))
		return;
	all->known = true;
	all->busy += busy;
	all->total += total;
	if (busy / total > all->busiest)
		all->busiest = busy / total;
}

static void parse_modes(struct pdiag_scan *line, struct pdiag_metric_found *found)
{
	uint64_t ticks, guest;

	for (uint32_t i = USER; i < MODES && pdiag_scan_u64(line, &ticks); i++) {
		/* With that of niced guests, which stands behind it. */
		if (i == GUEST && pdiag_scan_u64(line, &guest) && ticks <= UINT64_MAX - guest)
			ticks += guest;
		pdiag_metric_count(found, i, ticks);
	}
}

static void parse_number(const char *name, size_t len, struct pdiag_scan *line,
	struct pdiag_metric_found *found)
{
	static const struct {
		const char *name;
		uint32_t index;
	} names[] = {
		{ "ctxt", SWITCHES }, { "intr", INTERRUPTS }, { "softirq", SOFTIRQS },
		{ "processes", CREATED }, { "procs_running", RUNNABLE },
		{ "procs_blocked", BLOCKED },
	};
	uint64_t value;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!pdiag_scan_is(name, len, names[i].name))
			continue;
		if (!pdiag_scan_u64(line, &value))
			return;
		if (defs[names[i].index].kind == PDIAG_METRIC_GAUGE)
			pdiag_metric_gauge(found, names[i].index, (double)value);
		else
			pdiag_metric_count(found, names[i].index, value);
	}
}

static void parse(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	struct shares all = { 0 };
	const char *name;
	size_t n;

	pdiag_metric_devices_begin(&f->devices);
	while (pdiag_scan_line(&s, &line)) {
		n = pdiag_scan_word(&line, &name);
		if (pdiag_scan_is(name, n, "cpu"))
			parse_modes(&line, found);
		else if (n > 3 && !memcmp(name, "cpu", 3))
			parse_cpu(f, name, n, &line, &all);
		else
			parse_number(name, n, &line, found);
	}
	pdiag_metric_devices_end(&f->devices);
	if (!all.cpus)
		return;
	pdiag_metric_gauge(found, CPUS, all.cpus);
	pdiag_metric_gauge(found, BUSY, all.known ? all.busy / all.total : 0);
	pdiag_metric_gauge(found, BUSIEST, all.busiest);
	if (!all.known)
		found->broken |= 1u << BUSY | 1u << BUSIEST;
}

const struct pdiag_metric_reader pdiag_metric_stat = { "proc/stat",
	"/proc is not mounted, or only in part", PDIAG_METRICS_CPU, COUNT, defs, parse };

/* ---- /proc/schedstat ---- */

static const struct pdiag_metric_def delay_defs[] = {
	{ "system.cpu.run_delay", "s", "Time that threads wanted a CPU and had none.",
		PDIAG_METRIC_COUNTER, 1e-9, NULL },
};

/* Of a line of a CPU the eighth number. A CPU that goes offline is not in the text any more. */
static void parse_delay(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	struct pdiag_metric_device *cpu;
	uint64_t values[8], delta;
	const char *name;
	bool any = false;
	size_t n;

	pdiag_metric_devices_begin(&f->devices);
	while (pdiag_scan_line(&s, &line)) {
		n = pdiag_scan_word(&line, &name);
		if (n <= 3 || memcmp(name, "cpu", 3) || pdiag_scan_u64s(&line, values, 8) < 8)
			continue;
		any = true;
		cpu = pdiag_metric_devices_get(&f->devices, name, n);
		if (!cpu)
			continue;
		if (pdiag_metric_device_step(cpu, &values[7], 1, &delta))
			found->broken |= 1;
		f->devices.sums[0] += delta;
	}
	pdiag_metric_devices_end(&f->devices);
	if (any)
		pdiag_metric_count(found, 0, f->devices.sums[0]);
}

const struct pdiag_metric_reader pdiag_metric_schedstat = { "proc/schedstat",
	"the kernel was built without CONFIG_SCHEDSTATS", PDIAG_METRICS_CPU, 1, delay_defs,
	parse_delay };
