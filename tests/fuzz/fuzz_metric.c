/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a file of /proc or of a cgroup. The first says which reader gets it; the rest is cut
 * in two at a NUL NUL, which are two ticks. What is found is settled, so that its arithmetic is
 * looked at, too: no rate is negative, and shares stay shares.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct made {
	struct pdiag_metrics m;
	struct pdiag_metric_file f;
	struct pdiag_metric metrics[PDIAG_METRIC_VALUES];
	struct pdiag_metric_value values[PDIAG_METRIC_VALUES];
	struct pdiag_metric_base bases[PDIAG_METRIC_VALUES];
};

static void tick(struct made *made, const uint8_t *data, size_t size)
{
	struct pdiag_metric_found found = { .have = 0 };
	/* Of just its size, so that a sanitizer sees the end. */
	char *text = malloc(size ? size : 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	made->f.time_ns += 1000000000;
	made->f.reader->parse(&made->f, text, size, &found);
	free(text);
	if (found.have >> made->f.reader->count)
		abort();
	pdiag_metric_settle(&made->m, &made->f, &found);
	made->f.before_ns = made->f.time_ns;
}

static void check(const struct made *made)
{
	for (uint32_t i = 0; i < made->f.reader->count; i++) {
		const struct pdiag_metric_value *v = &made->values[i];

		if (v->state == PDIAG_METRIC_MISSING ? !isnan(v->value) : !(v->value >= 0))
			abort();
		if (v->state != PDIAG_METRIC_MISSING &&
			strstr(made->f.reader->defs[i].name, ".utilization") && v->value > 1)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *second;
	struct made made;
	uint32_t count;
	const struct pdiag_metric_reader *const *readers = pdiag_metric_readers(&count);

	if (!size)
		return 0;
	memset(&made, 0, sizeof(made));
	made.m.interval_ns = 1000000000;
	made.m.metrics = made.metrics;
	made.m.values = made.values;
	made.m.bases = made.bases;
	made.f.reader = readers[data[0] % count];
	made.f.root_fd = -1;
	made.f.fd = -1;
	for (uint32_t i = 0; i < PDIAG_METRIC_VALUES; i++)
		made.bases[i].column = -1;
	data++;
	size--;
	second = memmem(data, size, "\0\0", 2);
	tick(&made, data, second ? (size_t)(second - data) : size);
	check(&made);
	if (second) {
		second += 2;
		tick(&made, second, size - (size_t)(second - data));
		check(&made);
	}
	pdiag_metric_devices_free(&made.f.devices);
	return 0;
}
