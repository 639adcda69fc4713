/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the trend charts that the browser test looks at into the folder given. */
#include "../../support/made_trend.h"

#include <pdiag/error.h>

static const char *folder;
static struct pdiag *context;

static void check(int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "%s\n", pdiag_errmsg());
	exit(1);
}

static struct pdiag_trend *chart(const char *title)
{
	struct pdiag_trend_options o = { .size = sizeof(o), .title = title };
	struct pdiag_trend *trend;

	check(pdiag_trend_new(context, &o, &trend));
	return trend;
}

static void finish(struct pdiag_trend *trend, const char *name)
{
	struct pdiag_sink sink = { .size = sizeof(sink) };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	sink.path = path;
	check(pdiag_trend_write(trend, &sink));
	pdiag_trend_free(trend);
}

/* Towards `high` from one second to another, and `low` else, with some noise. */
static struct pdiag_trend_point *hump(size_t count, double low, double high, double from,
	double to, double pace, uint64_t seed)
{
	struct pdiag_trend_point *p = made_points(count, MADE_SECOND, low);
	double now = low, want;

	for (size_t i = 0; i < count; i++) {
		want = (double)i >= from && (double)i < to ? high : low;
		now += (want - now) * pace;
		p[i].value = now * (0.85 + 0.3 * made_noise(&seed));
	}
	return p;
}

static void add(struct pdiag_trend *trend, const char *name, const char *unit, const char *panel,
	uint32_t per_second, struct pdiag_trend_point *p, size_t count)
{
	made_add(trend, made_series(name, unit, p, count), panel, per_second);
	free(p);
}

static void event(struct pdiag_trend *trend, const char *sentence, uint32_t severity, double from,
	double to)
{
	struct pdiag_event *e = made_event(context, sentence, severity, from, to);

	check(pdiag_trend_add_event(trend, e));
	pdiag_event_destroy(e);
}

/* Ten minutes of a machine, with an incident. */
static void incident(void)
{
	struct pdiag_trend *t = chart(NULL);
	struct pdiag_trend_point *p;

	add(t, "system.cpu.load_average.1m", "{thread}", "load average", 0,
		hump(600, 1.2, 38, 300, 420, 0.017, 1), 600);
	add(t, "system.cpu.load_average.5m", "{thread}", "load average", 0,
		hump(600, 1.1, 30, 300, 420, 0.0035, 2), 600);
	add(t, "system.cpu.load_average.15m", "{thread}", "load average", 0,
		hump(600, 1.0, 25, 300, 420, 0.0012, 3), 600);
	add(t, "system.cpu.utilization", "1", NULL, 0, hump(600, .12, .87, 300, 420, .8, 4), 600);
	add(t, "system.disk.io.read", "By", "disk", 1, hump(600, 3e5, 8.7e7, 302, 430, .5, 5), 600);
	add(t, "system.disk.io.write", "By", "disk", 1, hump(600, 9e5, 2.1e7, 302, 430, .5, 6),
		600);
	p = hump(600, 2.9e9, 2.1e9, 300, 600, 0.02, 7);
	for (size_t i = 0; i < 600; i++)
		p[i].value = i < 150 || i >= 190 ? 16.8e9 + p[i].value * 0.2 : NAN;
	add(t, "system.memory.available", "By", NULL, 0, p, 600);
	add(t, "system.pressure.io.some", "s", NULL, 1, hump(600, .01, .8, 301, 425, .6, 8), 600);
	event(t, "runnable threads: 41, ordinarily 1 to 6", PDIAG_SEVERITY_CRITICAL, 300.4, 421.7);
	event(t, "major faults: 210/s, ordinarily 0 to 3", PDIAG_SEVERITY_NOTICE, 520, 541);
	finish(t, "incident.svg");
}

/* Seven hours: more points than pixels, and coarse steps with their range. */
static void long_time(void)
{
	struct pdiag_trend *t = chart("Seven hours of db-17");
	struct pdiag_trend_point *p = made_points(25200, MADE_SECOND, 0);
	uint64_t seed = 5;
	double level = 20;

	for (size_t i = 0; i < 25200; i++) {
		level += made_noise(&seed) - 0.5 + (20 - level) * 0.001;
		p[i].value = level + 12 * made_noise(&seed) * made_noise(&seed);
		if (i > 9000 && i < 10500)
			p[i].value = NAN;
	}
	made_add(t, made_series("app.requests", "{request}", p, 25200), NULL, 1);
	for (size_t i = 0; i < 25200; i++)
		p[i].value = (double)(i / 3600 % 3) + 1;
	made_add(t, made_series("app.workers", "{worker}", p, 25200), NULL, 0);
	free(p);
	p = made_points(420, 60 * MADE_SECOND, 0);
	for (size_t i = 0; i < 420; i++) {
		p[i].value = 40e-3 + 20e-3 * made_noise(&seed);
		p[i].min = p[i].value * 0.3;
		p[i].max = p[i].value * (1.5 + 3 * made_noise(&seed));
	}
	made_add(t, made_series("app.latency", "s", p, 420), NULL, 0);
	free(p);
	event(t, "requests: 61/s, ordinarily 12 to 34", PDIAG_SEVERITY_WARNING, 14000, 17000);
	finish(t, "long.svg");
}

/* The wall clock is set twice, the day ends, the zone changes. */
static void clocks(void)
{
	struct pdiag_trend *t = chart("The clock was set");
	struct pdiag_trend_point *p = made_points(1200, MADE_SECOND, 0);
	uint64_t seed = 9;

	for (size_t i = 0; i < 1200; i++) {
		p[i].value = 40 + 15 * made_noise(&seed);
		p[i].realtime_ns += (7 * 3600 + 1500 + (i > 400 ? 3720 : 0)) * MADE_SECOND;
		p[i].realtime_ns -= (i > 700 ? 1830 : 0) * MADE_SECOND;
		p[i].zone_s = i > 1000 ? 7200 : 3600;
	}
	made_add(t, made_series("room.temperature", "Cel", p, 1200), NULL, 0);
	for (size_t i = 0; i < 1200; i++)
		p[i].realtime_ns = 0;
	made_add(t, made_series("room.humidity", "%", p, 1200), NULL, 0);
	free(p);
	finish(t, "clocks.svg");
}

/* What there may be instead of a curve. */
static void odd(void)
{
	struct pdiag_trend *t = chart("Odd series: <none> & \"one\"");
	struct pdiag_trend_point *p = made_points(60, MADE_SECOND, 42);

	made_add(t, made_series("nothing.at.all", "{thread}", NULL, 0), NULL, 0);
	made_add(t, made_series("one.point", "{thread}", p + 30, 1), NULL, 0);
	made_add(t, made_series("constant", "By", p, 60), NULL, 0);
	for (int i = 0; i < 60; i++)
		p[i].value = 0;
	made_add(t, made_series("always.zero", "1", p, 60), NULL, 0);
	for (int i = 0; i < 60; i++)
		p[i].value = NAN;
	made_add(t, made_series("never.known", "s", p, 60), NULL, 0);
	for (int i = 0; i < 60; i++)
		p[i].value = i % 7 == 3 ? INFINITY : i % 7 == 5 ? -INFINITY : i;
	made_add(t, made_series("infinite.now.and.then", "", p, 60), NULL, 0);
	for (int i = 0; i < 60; i++)
		p[i].value = i == 40 ? 1.6e307 : 1.6e298 * i;
	made_add(t, made_series("huge", "By", p, 60), NULL, 1);
	for (int i = 0; i < 60; i++)
		p[i].value = -5.5 + 0.1 * i * (i % 5);
	made_add(t, made_series("below.zero", "", p, 60), NULL, 0);
	for (int i = 0; i < 60; i++)
		p[i].value = 1e-12 * i;
	made_add(t, made_series("tiny", "s", p, 60), NULL, 0);
	for (int i = 0; i < 60; i++)
		p[i].value = 31.5 * 0x1p30 + (i % 13) * 0x1p28;
	made_add(t, made_series("far.from.zero", "By", p, 60), NULL, 0);
	for (int i = 0; i < 60; i++) {
		p[i].value = i % 4 ? i : NAN;
		p[i].gap = i % 4 == 3;
	}
	made_add(t, made_series("<script>alert(1)</script>\n]]>&amp;\xff", "{<b>}", p, 60),
		"a & <b>", 1);
	free(p);
	event(t, "<b>\"quoted\"</b> & ]]> \xe2\x80\xae", PDIAG_SEVERITY_WARNING, 50, 0);
	finish(t, "odd.svg");
}

/* Many series in one panel, many panels, many events. */
static void many(void)
{
	struct pdiag_trend *t = chart(NULL);
	char name[64], panel[64];

	for (int i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "container.shop-frontend-%d.memory.usage", i);
		add(t, name, "By", "memory of containers", 0,
			hump(300, 1e8 * (i + 1), 1.2e8 * (i + 1), 100, 200, .1, (uint64_t)i + 1),
			300);
	}
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "panel.%d.value", i);
		snprintf(panel, sizeof(panel), "panel %d", i);
		add(t, name, "{packet}", panel, 1,
			hump(300, 10 * i, 900 * i, 100, 200, .1, (uint64_t)i + 1), 300);
	}
	for (int i = 0; i < 300; i++)
		event(t, "packets: many, ordinarily few", 1 + (uint32_t)i % 3, i, i + 0.4);
	finish(t, "many.svg");
}

int main(int argc, char **argv)
{
	folder = argc == 2 ? argv[1] : ".";
	check(pdiag_open(NULL, &context));
	incident();
	long_time();
	clocks();
	odd();
	many();
	pdiag_close(context);
	return 0;
}
