/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What others do, beside the watch in the same runs: faults_rivals FOLDER SECONDS [LOAD_PER_CPU].
 * A load average against a fixed number; the kernel's pressure triggers; three standard deviations
 * from a moving average, for the metrics that the watch looks at, at the same steps of 1 s.
 * Writes rivals.json as the watch writes its events.
 */
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* An alert is over when there was no cause for it for so long. */
#define OVER_NS 10000000000ull
#define WEIGHT 0.05
#define LEARN 120u

static const char *const names[] = {
	"system.threads.runnable", "system.threads.blocked", "system.threads.active",
	"system.threads.created",
	"system.cpu.utilization", "system.cpu.utilization.max", "system.cpu.time.system",
	"system.cpu.time.iowait", "system.cpu.time.softirq", "system.cpu.time.steal",
	"system.cpu.context_switches", "system.cpu.run_delay", "system.pressure.cpu.some",
	"system.pressure.memory.some", "system.pressure.io.some", "system.memory.utilization",
	"system.paging.faults.major", "system.paging.faults.minor",
	"system.memory.scanned.direct", "system.memory.oom_kills", "system.disk.io.read",
	"system.disk.io.write", "system.disk.queue_time", "system.network.packets.receive",
	"system.network.tcp.retransmits", "system.network.tcp.retransmits.ratio",
	"system.network.tcp.timeouts",
	"system.network.tcp.listen_drops",
	"system.network.dropped.receive", "system.network.softnet.dropped",
};

struct moving {
	int index;
	double mean, variance;
	unsigned seen;
};

struct alert {
	const char *who;
	const char *cause;
	uint64_t told, last; /* 0: none goes on */
};

static const struct { uint32_t resource, threshold_ms; const char *name; } triggers[] = {
	{ PDIAG_PRESSURE_CPU, 1000, "cpu" },
	{ PDIAG_PRESSURE_MEMORY, 200, "memory" },
	{ PDIAG_PRESSURE_IO, 400, "io" },
};

static volatile sig_atomic_t stopped;
static struct moving moving[COUNT(names)];
static struct alert by_load = { .who = "load" }, by_pressure = { .who = "psi" },
	by_average = { .who = "ewma" };
static double load_limit;
static FILE *out;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void tell(const struct alert *a, const char *phase)
{
	fprintf(out, "{\"who\": \"%s\", \"phase\": \"%s\", \"told_ns\": %llu, \"onset_ns\": %llu, "
		"\"end_ns\": %llu, \"sentence\": \"%s\"}\n", a->who, phase,
		(unsigned long long)a->told, (unsigned long long)a->told,
		(unsigned long long)a->last, a->cause);
	fflush(out);
}

/* NULL: no cause at this look. */
static void follow(struct alert *a, const char *cause)
{
	uint64_t now = clock_ns();

	if (cause && !a->told) {
		a->told = a->last = now;
		a->cause = cause;
		tell(a, "begun");
	}
	if (cause)
		a->last = now;
	if (!a->told || now - a->last < OVER_NS)
		return;
	tell(a, "ended");
	a->told = 0;
}

static const char *out_of_average(struct moving *m, double value, const char *name)
{
	double away = value - m->mean;
	bool is_out = m->seen >= LEARN && fabs(away) > 3 * sqrt(m->variance);

	if (isnan(value))
		return NULL;
	if (!m->seen++)
		m->mean = value;
	else
		m->mean += WEIGHT * away;
	if (m->seen > 1)
		m->variance = (1 - WEIGHT) * (m->variance + WEIGHT * away * away);
	return is_out ? name : NULL;
}

static void look(struct pdiag_metrics *metrics)
{
	const struct pdiag_metric_value *v;
	const char *cause = NULL, *one;
	int load = pdiag_metrics_find(metrics, "system.cpu.load_average.1m");

	if (pdiag_metrics_sample(metrics) != 1)
		return;
	for (size_t i = 0; i < COUNT(names); i++) {
		v = moving[i].index < 0 ? NULL :
			pdiag_metrics_value(metrics, (uint32_t)moving[i].index);
		one = v && v->fresh ? out_of_average(&moving[i], v->value, names[i]) : NULL;
		cause = one ? one : cause;
	}
	follow(&by_average, cause);
	v = load < 0 ? NULL : pdiag_metrics_value(metrics, (uint32_t)load);
	follow(&by_load, v && v->value >= load_limit ? "load" : NULL);
}

static void open_triggers(struct pdiag *context, struct pollfd *polled)
{
	for (size_t i = 0; i < COUNT(triggers); i++) {
		struct pdiag_pressure_options o = { .size = sizeof(o),
			.resource = triggers[i].resource, .window_ms = 2000,
			.threshold_ms = triggers[i].threshold_ms };

		polled[i].events = POLLPRI;
		polled[i].fd = pdiag_pressure_open(context, &o);
		if (polled[i].fd < 0)
			printf("skipped: psi %s: %s\n", triggers[i].name, pdiag_errmsg());
	}
}

static void run(struct pdiag_metrics *metrics, struct pollfd *polled, double seconds)
{
	uint64_t now = clock_ns(), end = now + (uint64_t)(seconds * 1e9), next = now;

	for (; !stopped && now < end; now = clock_ns()) {
		int wait = next > now ? (int)((next - now) / 1000000) : 0;
		const char *cause = NULL;

		if (poll(polled, COUNT(triggers), wait) > 0)
			for (size_t i = 0; i < COUNT(triggers); i++)
				if (polled[i].revents & POLLPRI)
					cause = triggers[i].name;
		follow(&by_pressure, cause);
		if (clock_ns() < next)
			continue;
		look(metrics);
		next += 1000000000u;
	}
}

int main(int argc, char **argv)
{
	struct pdiag_metrics_options options = { .size = sizeof(options),
		.flags = PDIAG_METRICS_NO_HISTORY };
	struct sigaction action = { .sa_handler = stop };
	struct pollfd polled[COUNT(triggers)] = { { 0 } };
	struct pdiag_metrics *metrics = NULL;
	struct pdiag *context = NULL;
	char path[4096];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (argc < 3)
		return fputs("Usage: faults_rivals FOLDER SECONDS [LOAD_PER_CPU]\n", stderr), 2;
	snprintf(path, sizeof(path), "%s/rivals.json", argv[1]);
	out = fopen(path, "w");
	load_limit = (argv[3] ? atof(argv[3]) : 2) * (double)sysconf(_SC_NPROCESSORS_ONLN);
	if (!out || pdiag_open(NULL, &context) || pdiag_metrics_new(context, &options, &metrics)) {
		fprintf(stderr, "faults_rivals: %s\n", pdiag_errmsg());
		return 1;
	}
	for (size_t i = 0; i < COUNT(names); i++)
		moving[i].index = pdiag_metrics_find(metrics, names[i]);
	open_triggers(context, polled);
	run(metrics, polled, atof(argv[2]));
	pdiag_close(context);
	return fclose(out) != 0;
}
