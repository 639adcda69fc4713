/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 8192

/* As a watch takes them. */
static const struct {
	const char *name;
	double resolution;
} known[] = {
	{ "system.threads.runnable", 1.5 },
	{ "system.threads.blocked", 1.5 },
	{ "system.threads.created", 50 },
	{ "system.cpu.utilization", 0.15 },
	{ "system.cpu.time.system", 0.1 },
	{ "system.cpu.time.iowait", 0.2 },
	{ "system.cpu.context_switches", 1000 },
	{ "system.cpu.run_delay", 0.5 },
	{ "system.pressure.cpu.some", 0.1 },
	{ "system.pressure.memory.some", 0.05 },
	{ "system.pressure.io.some", 0.1 },
	{ "system.memory.utilization", 0.05 },
	{ "system.paging.faults.major", 50 },
	{ "system.paging.faults.minor", 20000 },
	{ "system.disk.io.read", 8388608 },
	{ "system.disk.io.write", 16777216 },
	{ "system.disk.queue_time", 2 },
	{ "system.network.packets.receive", 2000 },
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct rows_column *c, uint32_t count)
{
	double *sorted = malloc(count * sizeof(*sorted));
	uint32_t n = 0;

	for (uint32_t i = 0; sorted && i < count; i++)
		if (isfinite(c->value[i]))
			sorted[n++] = c->value[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_size);
	c->unit = n ? (sorted[n * 9 / 10] - sorted[n / 10]) / 2.56 : 0;
	if (c->unit < c->resolution)
		c->unit = c->resolution;
	free(sorted);
}

static int lines_of(FILE *file)
{
	char line[LINE];
	int n = 0;

	while (fgets(line, sizeof(line), file))
		n++;
	rewind(file);
	return n;
}

/* Which of `known` the columns of the first row are; -1: none. */
static int head(struct rows *r, char *line, int *to)
{
	char *save = NULL, *name = strtok_r(line, ",\n", &save);
	int n = 0;

	for (; name; name = strtok_r(NULL, ",\n", &save), n++) {
		to[n] = -1;
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (!strcmp(known[k].name, name)) {
				to[n] = (int)r->columns;
				r->column[r->columns].resolution = known[k].resolution;
				snprintf(r->column[r->columns++].name, 64, "%s", name);
			}
		if (n == LINE / 2 - 1)
			break;
	}
	return n;
}

static void take(struct rows *r, char *line, const int *to)
{
	char *at = line;

	for (int n = 0; *at && *at != '\n'; n++) {
		double value = strtod(at, &at);

		if (!n)
			r->time_ns[r->count] = (uint64_t)(value * 1e9);
		else if (to[n] >= 0)
			r->column[to[n]].value[r->count] = value;
		at += *at == ',';
	}
	r->count++;
}

struct rows *rows_read(const char *path)
{
	static int to[LINE / 2];
	struct rows *r = calloc(1, sizeof(*r));
	FILE *file = fopen(path, "r");
	char line[LINE];
	size_t lines;

	if (!r || !file || (lines = (size_t)lines_of(file)) < 100 ||
		!fgets(line, sizeof(line), file)) {
		fprintf(stderr, "%s: no rows\n", path);
		exit(1);
	}
	head(r, line, to);
	r->time_ns = calloc(lines, sizeof(*r->time_ns));
	for (uint32_t k = 0; k < r->columns; k++)
		r->column[k].value = calloc(lines, sizeof(double));
	while (fgets(line, sizeof(line), file))
		take(r, line, to);
	fclose(file);
	for (uint32_t k = 0; k < r->columns; k++)
		measure(&r->column[k], r->count);
	return r;
}

void rows_free(struct rows *r)
{
	for (uint32_t k = 0; k < r->columns; k++)
		free(r->column[k].value);
	free(r->time_ns);
	free(r);
}
