/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/net/snmp and /proc/net/netstat: TCP and UDP. A line of names, then one of numbers. */
#include <math.h>

#include "metric/metric.h"
#include "metric/scan.h"
#include "util/clock.h"

#define COUNTER(name, unit, text) { name, unit, text, PDIAG_METRIC_COUNTER, 1, NULL }
#define WITHOUT "the kernel was built without CONFIG_INET, or /proc is there only in part"

struct column {
	const char *table, *name;
	size_t len; /* of the name */
};

/* What follows from others has none. */
#define NOWHERE "\n"
#define COLUMN(table, name) { table, name, sizeof(name) - 1 }

static void keep(struct pdiag_metric_file *f, uint32_t i, const char *number, size_t len,
	struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { number, number + len };
	uint64_t value;

	if (!pdiag_scan_digits(&s, &value) || s.p != s.end)
		return;
	if (f->reader->defs[i].kind == PDIAG_METRIC_GAUGE)
		pdiag_metric_gauge(found, i, (double)value);
	else
		pdiag_metric_count(found, i, value);
}

static void parse_table(struct pdiag_metric_file *f, const char *table, size_t len,
	struct pdiag_scan *names, struct pdiag_scan *values, const struct column *columns,
	struct pdiag_metric_found *found)
{
	const char *name, *number;
	size_t n, v;

	while ((n = pdiag_scan_word(names, &name))) {
		v = pdiag_scan_word(values, &number);
		for (uint32_t i = 0; i < f->reader->count; i++)
			if (n == columns[i].len && !memcmp(name, columns[i].name, n) &&
				pdiag_scan_is(table, len, columns[i].table))
				keep(f, i, number, v, found);
	}
}

static bool is_wanted(const struct pdiag_metric_file *f, const char *table, size_t len,
	const struct column *columns)
{
	for (uint32_t i = 0; i < f->reader->count; i++)
		if (pdiag_scan_is(table, len, columns[i].table))
			return true;
	return false;
}

static void parse_tables(struct pdiag_metric_file *f, const char *text, size_t len,
	const struct column *columns, struct pdiag_metric_found *found)
{
	struct pdiag_scan s = { text, text + len }, names, values;
	const char *table, *again;
	size_t n, m;

	while (pdiag_scan_line(&s, &names)) {
		n = pdiag_scan_word(&names, &table);
		if (!is_wanted(f, table, n, columns) || !pdiag_scan_line(&s, &values))
			continue;
		m = pdiag_scan_word(&values, &again);
		if (m == n && !memcmp(table, again, n))
			parse_table(f, table, n, &names, &values, columns, found);
	}
}

/* ---- snmp ---- */

enum { SEGMENTS_IN, SEGMENTS_OUT, RETRANSMITS, SENT_AGAIN, FAILURES, RESETS, ESTABLISHED, UDP_FULL,
	SNMP };

/* Of fewer segments, and of fewer in a second, no share is told: one of them may be all. */
#define SEGMENTS_LEAST 20.0

static const struct pdiag_metric_def snmp_defs[] = {
	[SEGMENTS_IN] = COUNTER("system.network.tcp.segments.receive", "{segment}",
		"TCP segments received."),
	[SEGMENTS_OUT] = COUNTER("system.network.tcp.segments.transmit", "{segment}",
		"TCP segments sent, those sent again left out."),
	[RETRANSMITS] = COUNTER("system.network.tcp.retransmits", "{segment}",
		"TCP segments sent again."),
	[SENT_AGAIN] = { "system.network.tcp.retransmits.ratio", "1",
		"Share of the TCP segments sent that were sent before; where fewer than 20 a "
		"second are sent, of 20.", PDIAG_METRIC_GAUGE, 1, NULL },
	[FAILURES] = COUNTER("system.network.tcp.connect_failures", "{connection}",
		"TCP connections that did not come about."),
	[RESETS] = COUNTER("system.network.tcp.resets", "{connection}",
		"TCP connections that ended by a reset."),
	[ESTABLISHED] = { "system.network.tcp.connections", "{connection}",
		"TCP connections that are established.", PDIAG_METRIC_GAUGE, 1, NULL },
	[UDP_FULL] = COUNTER("system.network.udp.buffer_errors", "{packet}",
		"UDP packets dropped as the receiver's buffer was full."),
};

static const struct column snmp_columns[SNMP] = {
	[SEGMENTS_IN] = COLUMN("Tcp:", "InSegs"), [SEGMENTS_OUT] = COLUMN("Tcp:", "OutSegs"),
	[RETRANSMITS] = COLUMN("Tcp:", "RetransSegs"), [SENT_AGAIN] = COLUMN(NOWHERE, NOWHERE),
	[FAILURES] = COLUMN("Tcp:", "AttemptFails"), [RESETS] = COLUMN("Tcp:", "EstabResets"),
	[ESTABLISHED] = COLUMN("Tcp:", "CurrEstab"),
	[UDP_FULL] = COLUMN("Udp:", "RcvbufErrors"),
};

static void find_ratio(struct pdiag_metric_file *f, struct pdiag_metric_found *found)
{
	const uint32_t needs = 1u << SEGMENTS_OUT | 1u << RETRANSMITS;
	struct pdiag_metric_sent now = { found->raw[SEGMENTS_OUT].count,
		found->raw[RETRANSMITS].count, f->time_ns }, before = f->sent;
	double seconds = (double)(now.time_ns - before.time_ns) / PDIAG_SECOND_NS, all, again;

	if ((found->have & needs) != needs)
		return;
	f->sent = now;
	pdiag_metric_gauge(found, SENT_AGAIN, 0);
	if (!before.time_ns || now.time_ns <= before.time_ns || now.once < before.once ||
		now.again < before.again) {
		found->broken |= 1u << SENT_AGAIN;
		return;
	}
	again = (double)(now.again - before.again);
	all = fmax((double)(now.once - before.once) + again, SEGMENTS_LEAST * fmax(seconds, 1));
	pdiag_metric_gauge(found, SENT_AGAIN, again < all ? again / all : 1);
}

static void parse_snmp(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	parse_tables(f, text, len, snmp_columns, found);
	find_ratio(f, found);
}

const struct pdiag_metric_reader pdiag_metric_net_snmp = { "proc/net/snmp", WITHOUT,
	PDIAG_METRICS_NETWORK, SNMP, snmp_defs, parse_snmp };

/* ---- netstat ---- */

enum { OVERFLOWS, LISTEN_DROPS, TIMEOUTS, BACKLOG_DROPS, NETSTAT };

static const struct pdiag_metric_def netstat_defs[] = {
	[OVERFLOWS] = COUNTER("system.network.tcp.listen_overflows", "{connection}",
		"TCP connections refused as the queue of the listener was full."),
	[LISTEN_DROPS] = COUNTER("system.network.tcp.listen_drops", "{connection}",
		"TCP connections that a listener dropped for any reason."),
	[TIMEOUTS] = COUNTER("system.network.tcp.timeouts", "{timeout}",
		"Times that a TCP segment was sent again as no answer came in time."),
	[BACKLOG_DROPS] = COUNTER("system.network.tcp.backlog_drops", "{segment}",
		"TCP segments dropped as the backlog of their socket was full."),
};

static const struct column netstat_columns[NETSTAT] = {
	[OVERFLOWS] = COLUMN("TcpExt:", "ListenOverflows"),
	[LISTEN_DROPS] = COLUMN("TcpExt:", "ListenDrops"),
	[TIMEOUTS] = COLUMN("TcpExt:", "TCPTimeouts"),
	[BACKLOG_DROPS] = COLUMN("TcpExt:", "TCPBacklogDrop"),
};

static void parse_netstat(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	parse_tables(f, text, len, netstat_columns, found);
}

const struct pdiag_metric_reader pdiag_metric_net_netstat = { "proc/net/netstat", WITHOUT,
	PDIAG_METRICS_NETWORK, NETSTAT, netstat_defs, parse_netstat };
