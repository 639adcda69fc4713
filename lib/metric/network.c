/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/net/dev and /proc/net/softnet_stat: interfaces, and the path by which packets come in. */
#include "metric/metric.h"
#include "metric/scan.h"
#include "metric/sysfs.h"

/* ---- /proc/net/dev ---- */

enum {
	RX_BYTES, TX_BYTES, RX_DROPS, TX_DROPS, RX_PACKETS, TX_PACKETS, RX_ERRORS, TX_ERRORS,
	COUNTERS,
	VIRTUAL = COUNTERS, /* the first four again */
	COUNT = VIRTUAL + RX_PACKETS
};

#define OF(name, unit, text) { name, unit, text, PDIAG_METRIC_COUNTER, 1, NULL }

static const struct pdiag_metric_def dev_defs[] = {
	[RX_BYTES] = OF("system.network.io.receive", "By",
		"Bytes received by interfaces with hardware."),
	[TX_BYTES] = OF("system.network.io.transmit", "By",
		"Bytes sent by interfaces with hardware."),
	[RX_PACKETS] = OF("system.network.packets.receive", "{packet}",
		"Packets received by interfaces with hardware."),
	[TX_PACKETS] = OF("system.network.packets.transmit", "{packet}",
		"Packets sent by interfaces with hardware."),
	[RX_DROPS] = OF("system.network.dropped.receive", "{packet}",
		"Packets received and dropped by interfaces with hardware."),
	[TX_DROPS] = OF("system.network.dropped.transmit", "{packet}",
		"Packets to be sent and dropped by interfaces with hardware."),
	[RX_ERRORS] = OF("system.network.errors.receive", "{error}",
		"Errors in receiving by interfaces with hardware."),
	[TX_ERRORS] = OF("system.network.errors.transmit", "{error}",
		"Errors in sending by interfaces with hardware."),
	[VIRTUAL + RX_BYTES] = OF("system.network.virtual.io.receive", "By",
		"Bytes received by interfaces without hardware, loopback left out."),
	[VIRTUAL + TX_BYTES] = OF("system.network.virtual.io.transmit", "By",
		"Bytes sent by interfaces without hardware, loopback left out."),
	[VIRTUAL + RX_DROPS] = OF("system.network.virtual.dropped.receive", "{packet}",
		"Packets received and dropped by interfaces without hardware, loopback left out."),
	[VIRTUAL + TX_DROPS] = OF("system.network.virtual.dropped.transmit", "{packet}",
		"Packets to be sent and dropped by interfaces without hardware, no loopback."),
};

/* Numbers behind the name, from 0. */
static const uint8_t fields[COUNTERS] = { 0, 8, 3, 11, 1, 9, 2, 10 };
#define FIELDS 12

_Static_assert(COUNT <= 2 * PDIAG_DEVICE_VALUES, "room for the sums");

static void parse_interface(struct pdiag_metric_file *f, struct pdiag_scan *line,
	struct pdiag_metric_found *found)
{
	uint64_t values[FIELDS], now[COUNTERS], delta[COUNTERS];
	struct pdiag_metric_device *device;
	uint32_t first, n, down;
	const char *name, *colon;

	pdiag_scan_blanks(line);
	name = line->p;
	colon = memchr(name, ':', (size_t)(line->end - name));
	if (!colon || colon == name)
		return;
	line->p = colon + 1;
	if (pdiag_scan_u64s(line, values, FIELDS) < FIELDS)
		return;
	device = pdiag_metric_devices_get(&f->devices, name, (size_t)(colon - name));
	if (!device)
		return;
	if (!device->kind)
		device->kind = pdiag_metric_interface_kind(f->root_fd, device->name);
	if (device->kind == PDIAG_DEVICE_IGNORED)
		return;
	for (uint32_t i = 0; i < COUNTERS; i++)
		now[i] = values[fields[i]];
	first = device->kind == PDIAG_DEVICE_VIRTUAL ? VIRTUAL : 0;
	n = first ? COUNT - VIRTUAL : COUNTERS;
	down = pdiag_metric_device_step(device, now, n, delta);
	found->broken |= down << first;
	for (uint32_t i = 0; i < n; i++)
		f->devices.sums[first + i] += delta[i];
}

static void parse_dev(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;

	pdiag_metric_devices_begin(&f->devices);
	while (pdiag_scan_line(&s, &line))
		parse_interface(f, &line, found);
	pdiag_metric_devices_end(&f->devices);
	for (uint32_t i = 0; f->devices.seen && i < COUNT; i++)
		pdiag_metric_count(found, i, f->devices.sums[i]);
}

const struct pdiag_metric_reader pdiag_metric_net_dev = { "proc/net/dev",
	"the kernel was built without CONFIG_NET, or /proc is there only in part",
	PDIAG_METRICS_NETWORK, COUNT, dev_defs, parse_dev };

/* ---- /proc/net/softnet_stat ---- */

enum { PROCESSED, DROPPED, SQUEEZED, SOFTNET };

static const struct pdiag_metric_def softnet_defs[] = {
	[PROCESSED] = OF("system.network.softnet.processed", "{packet}",
		"Packets that soft interrupts took from interfaces."),
	[DROPPED] = OF("system.network.softnet.dropped", "{packet}",
		"Packets dropped as the queue of a CPU was full."),
	[SQUEEZED] = OF("system.network.softnet.squeezed", "{event}",
		"Times that a soft interrupt had to stop with packets left."),
};

static bool scan_hex(struct pdiag_scan *s, uint64_t *value)
{
	const char *word;
	size_t n = pdiag_scan_word(s, &word);

	*value = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t c = (unsigned char)word[i], lower = c | 0x20;

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			*value = *value << 4 | (lower - 'a' + 10);
		else
			return false;
	}
	return n > 0 && n <= 16;
}

/*
 * A line for each CPU that is online, of 32-bit numbers; the thirteenth, from 5.10 on, is which
 * CPU it is, which matters when one goes offline.
 */
static void parse_softnet(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, line;
	uint64_t values[13], delta[SOFTNET], row = 0;
	struct pdiag_metric_device *cpu;
	char name[2 * sizeof(uint64_t)];
	bool any = false;
	size_t n;

	pdiag_metric_devices_begin(&f->devices);
	for (; pdiag_scan_line(&s, &line); row++) {
		for (n = 0; n < 13 && scan_hex(&line, &values[n]); n++)
			;
		if (n < SOFTNET)
			continue;
		any = true;
		/* Letters, as a name has no NUL in it. */
		for (size_t i = 0; i < sizeof(name); i++)
			name[i] = (char)('a' + ((n == 13 ? values[12] : row) >> (4 * i) & 15));
		cpu = pdiag_metric_devices_get(&f->devices, name, sizeof(name));
		if (!cpu)
			continue;
		found->broken |= pdiag_metric_device_step(cpu, values, SOFTNET, delta);
		for (uint32_t i = 0; i < SOFTNET; i++)
			f->devices.sums[i] += delta[i];
	}
	pdiag_metric_devices_end(&f->devices);
	for (uint32_t i = 0; any && i < SOFTNET; i++)
		pdiag_metric_count(found, i, f->devices.sums[i]);
}

const struct pdiag_metric_reader pdiag_metric_net_softnet = { "proc/net/softnet_stat",
	"the kernel was built without CONFIG_NET, or /proc is there only in part",
	PDIAG_METRICS_NETWORK, SOFTNET, softnet_defs, parse_softnet };
