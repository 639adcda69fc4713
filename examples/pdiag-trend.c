/* SPDX-License-Identifier: MIT-0 */
/* pdiag-trend: metrics of the next seconds as a picture. */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pdiag/pdiag.h>

static const char usage[] =
	"Usage: pdiag-trend [OPTION...] [METRIC|GROUP...]\n"
	"Sample metrics and draw them. A metric is a name (a * at its end stands for all that\n"
	"begin so); groups are load, cpu, threads, pressure, memory, disk, network, cgroup,\n"
	"process.\n"
	"\n"
	"  -o, --output FILE     the picture (default trend.svg)\n"
	"  -d, --duration SEC    for so long (default 60); Ctrl-C ends it early\n"
	"      --interval MS     from sample to sample, 10 to 1000 (default 1000)\n"
	"      --cgroup PATH     of this cgroup, version 2, too\n"
	"  -p, --pid PID         of this process, too\n"
	"  -j, --journal DIR     shade the events of a journal\n"
	"      --title TEXT, --width PIXELS, --height PIXELS (of a panel)\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 drawn, 1 failed, 2 misuse.\n";

/* What goes together. */
static const struct {
	const char *group, *metric, *panel;
} known[] = {
	{ "load", "system.cpu.load_average.1m", "load average" },
	{ "load", "system.cpu.load_average.5m", "load average" },
	{ "load", "system.cpu.load_average.15m", "load average" },
	{ "cpu", "system.cpu.utilization", "CPU utilization" },
	{ "cpu", "system.cpu.utilization.max", "CPU utilization" },
	{ "threads", "system.threads.runnable", "threads" },
	{ "threads", "system.threads.blocked", "threads" },
	{ "pressure", "system.pressure.cpu.some", "pressure" },
	{ "pressure", "system.pressure.memory.some", "pressure" },
	{ "pressure", "system.pressure.io.some", "pressure" },
	{ "memory", "system.memory.available", "memory" },
	{ "memory", "system.memory.cached", "memory" },
	{ "disk", "system.disk.io.read", "disks" },
	{ "disk", "system.disk.io.write", "disks" },
	{ "network", "system.network.io.receive", "network" },
	{ "network", "system.network.io.transmit", "network" },
	{ "cgroup", "cgroup.cpu.time.user", "CPU time of the cgroup" },
	{ "cgroup", "cgroup.cpu.time.system", "CPU time of the cgroup" },
	{ "cgroup", "cgroup.cpu.throttled.time", NULL },
	{ "cgroup", "cgroup.memory.usage", NULL },
	{ "process", "process.cpu.time.user", "CPU time of the process" },
	{ "process", "process.cpu.time.system", "CPU time of the process" },
	{ "process", "process.memory.usage", NULL },
	{ "process", "process.threads.count", NULL },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

struct line {
	uint32_t index; /* of the metric */
	const char *panel;
	struct pdiag_trend_point *points;
};

static struct {
	struct pdiag_metrics_options metrics;
	struct pdiag_trend_options trend;
	const char *output, *journal;
	double duration;
} opt = {
	.metrics = { .size = sizeof(opt.metrics), .interval_ms = 1000,
		.flags = PDIAG_METRICS_NO_HISTORY },
	.trend = { .size = sizeof(opt.trend) },
	.output = "trend.svg", .duration = 60,
};
static struct line *lines;
static size_t line_count, point_count, point_cap;

static int fail(void)
{
	fprintf(stderr, "pdiag-trend: %s\n", pdiag_errmsg());
	return 1;
}

static int fail_memory(void)
{
	fprintf(stderr, "pdiag-trend: out of memory\n");
	return 1;
}

static const char *panel_of(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (!strcmp(known[i].metric, name))
			return known[i].panel;
	return NULL;
}

/* Unless it is there already. */
static int add(const struct pdiag_metrics *metrics, int index)
{
	const struct pdiag_metric *metric = pdiag_metrics_describe(metrics, (uint32_t)index);
	struct line *grown;

	for (size_t i = 0; i < line_count; i++)
		if (lines[i].index == (uint32_t)index)
			return 0;
	if (!metric->available) {
		fprintf(stderr, "pdiag-trend: left out: %s: %s\n", metric->name, metric->reason);
		return 0;
	}
	grown = realloc(lines, (line_count + 1) * sizeof(*lines));
	if (!grown)
		return fail_memory();
	lines = grown;
	lines[line_count++] = (struct line){ .index = (uint32_t)index,
		.panel = panel_of(metric->name) };
	return 0;
}

/* A group, a name, or names that begin so. `group` NULL: all groups that there is something of. */
static int choose(const struct pdiag_metrics *metrics, const char *what)
{
	size_t len = what ? strlen(what) : 0, found = 0;
	int index, ret = 0;

	for (size_t i = 0; i < KNOWN && !ret; i++) {
		if (what && strcmp(known[i].group, what))
			continue;
		index = pdiag_metrics_find(metrics, known[i].metric);
		found += index >= 0;
		ret = index >= 0 ? add(metrics, index) : 0;
	}
	for (uint32_t i = 0; len && what[len - 1] == '*' && !ret &&
		i < pdiag_metrics_count(metrics); i++) {
		if (strncmp(pdiag_metrics_describe(metrics, i)->name, what, len - 1))
			continue;
		found++;
		ret = add(metrics, (int)i);
	}
	if (ret || found)
		return ret;
	index = pdiag_metrics_find(metrics, what ? what : "");
	return index < 0 ? fail() : add(metrics, index);
}

static int take(const struct pdiag_metrics *metrics)
{
	struct pdiag_metrics_info info = { .size = sizeof(info) };
	size_t cap = point_count == point_cap ? point_cap * 2 + 64 : point_cap;

	if (pdiag_metrics_get_info(metrics, &info))
		return fail();
	for (size_t i = 0; i < line_count; i++) {
		const struct pdiag_metric_value *v = pdiag_metrics_value(metrics, lines[i].index);
		struct pdiag_trend_point *points = lines[i].points;

		if (cap != point_cap)
			points = realloc(points, cap * sizeof(*points));
		if (!points)
			return fail_memory();
		lines[i].points = points;
		points[point_count] = (struct pdiag_trend_point){ .time_ns = info.time_ns,
			.realtime_ns = info.realtime_ns, .value = v->value, .min = v->value,
			.max = v->value, .zone_s = info.zone_s };
	}
	point_cap = cap;
	point_count++;
	return 0;
}

/* What is left until the moment, or nothing. */
static struct timespec until(double moment)
{
	struct timespec now;
	double left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = moment - (double)now.tv_sec - (double)now.tv_nsec / 1e9;
	left = left > 0 ? left : 0;
	return (struct timespec){ .tv_sec = (time_t)left,
		.tv_nsec = (long)((left - (double)(time_t)left) * 1e9) };
}

static int sample(struct pdiag_metrics *metrics)
{
	double interval = opt.metrics.interval_ms / 1e3, begin, at;
	struct timespec now, left;
	sigset_t set;
	int ret = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	begin = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	for (at = interval; !ret && at <= opt.duration + interval / 2; at += interval) {
		left = until(begin + at);
		if (sigtimedwait(&set, NULL, &left) > 0)
			break;
		if (pdiag_metrics_sample(metrics) == 1)
			ret = take(metrics);
	}
	return ret;
}

#define EVENTS 256

struct events {
	uint64_t ids[EVENTS], count;
};

/* Those of the time that is drawn; by the wall clock, as the other one begins anew at each boot. */
static int choose_event(void *user, const struct pdiag_event_info *info)
{
	const struct pdiag_trend_point *points = line_count ? lines[0].points : NULL;
	struct events *events = user;

	if (point_count && info->onset_realtime_ns <= points[point_count - 1].realtime_ns &&
		info->onset_realtime_ns + info->duration_ns >= points[0].realtime_ns)
		events->ids[events->count++ % EVENTS] = info->id;
	return 0;
}

static int add_events(struct pdiag *context, struct pdiag_trend *trend)
{
	struct pdiag_journal_options o = { .size = sizeof(o), .flags = PDIAG_JOURNAL_READ_ONLY };
	struct events events = { .count = 0 };
	struct pdiag_journal *journal;
	struct pdiag_event *event;
	int ret;

	if (pdiag_journal_open(context, opt.journal, &o, &journal))
		return fail();
	ret = pdiag_journal_each(journal, choose_event, &events);
	for (uint64_t i = 0; i < events.count && i < EVENTS && !ret; i++) {
		ret = pdiag_journal_read(journal, events.ids[i], &event);
		if (ret)
			break;
		ret = pdiag_trend_add_event(trend, event);
		pdiag_event_free(event);
	}
	pdiag_journal_close(journal);
	return ret ? fail() : 0;
}

static int draw(struct pdiag *context, const struct pdiag_metrics *metrics)
{
	struct pdiag_sink sink = { .size = sizeof(sink), .path = opt.output };
	struct pdiag_trend *trend;
	int ret = 0;

	if (pdiag_trend_new(context, &opt.trend, &trend))
		return fail();
	for (size_t i = 0; i < line_count && !ret; i++) {
		const struct pdiag_metric *m = pdiag_metrics_describe(metrics, lines[i].index);
		struct pdiag_trend_series s = { .size = sizeof(s), .name = m->name,
			.unit = m->unit, .panel = lines[i].panel, .points = lines[i].points,
			.count = point_count, .per_second = m->kind == PDIAG_METRIC_COUNTER };

		ret = pdiag_trend_add_series(trend, &s) ? fail() : 0;
	}
	if (!ret && opt.journal)
		ret = add_events(context, trend);
	if (!ret && pdiag_trend_write(trend, &sink))
		ret = fail();
	pdiag_trend_free(trend);
	return ret;
}

static int run(struct pdiag *context, char **names)
{
	struct pdiag_metrics *metrics;
	int ret = 0;

	if (pdiag_metrics_new(context, &opt.metrics, &metrics))
		return fail();
	if (!*names)
		ret = choose(metrics, NULL);
	for (; *names && !ret; names++)
		ret = choose(metrics, *names);
	if (!ret)
		ret = sample(metrics);
	if (!ret)
		ret = draw(context, metrics);
	for (size_t i = 0; i < line_count; i++)
		free(lines[i].points);
	free(lines);
	return ret;
}

static double number(const char *text, double low, double high)
{
	char *end;
	double v = strtod(text, &end);

	if (end != text && !*end && v >= low && v <= high)
		return v;
	fprintf(stderr, "pdiag-trend: %s is not a number from %g to %g\n", text, low, high);
	exit(2);
}

static void parse(int argc, char **argv)
{
	enum { HELP = 256, VERSION, INTERVAL, CGROUP, TITLE, WIDTH, HEIGHT };
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "duration", required_argument, NULL, 'd' },
		{ "interval", required_argument, NULL, INTERVAL },
		{ "cgroup", required_argument, NULL, CGROUP },
		{ "pid", required_argument, NULL, 'p' },
		{ "journal", required_argument, NULL, 'j' },
		{ "title", required_argument, NULL, TITLE },
		{ "width", required_argument, NULL, WIDTH },
		{ "height", required_argument, NULL, HEIGHT },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "o:d:p:j:", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			opt.output = optarg;
			break;
		case 'd':
			opt.duration = number(optarg, 0.01, 864000);
			break;
		case INTERVAL:
			opt.metrics.interval_ms = (uint32_t)number(optarg, 10, 1000);
			break;
		case CGROUP:
			opt.metrics.cgroup = optarg;
			break;
		case 'p':
			opt.metrics.pid = (int32_t)number(optarg, 1, 1 << 30);
			break;
		case 'j':
			opt.journal = optarg;
			break;
		case TITLE:
			opt.trend.title = optarg;
			break;
		case WIDTH:
			opt.trend.width = (uint32_t)number(optarg, 480, 20000);
			break;
		case HEIGHT:
			opt.trend.height = (uint32_t)number(optarg, 40, 4000);
			break;
		case HELP:
			fputs(usage, stdout);
			exit(0);
		case VERSION:
			printf("pdiag-trend %s\n", pdiag_version());
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct pdiag *context;
	int ret;

	parse(argc, argv);
	if (pdiag_open(NULL, &context))
		return fail();
	ret = run(context, argv + optind);
	pdiag_close(context);
	return ret;
}
