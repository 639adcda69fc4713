/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All metrics of the machine, once a second for so many seconds: rows that bench_shifts reads. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <pdiag/pdiag.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void row(const struct pdiag_metrics *m)
{
	printf("%.6f", now());
	for (uint32_t i = 0; i < pdiag_metrics_count(m); i++)
		printf(",%.9g", pdiag_metrics_value(m, i)->value);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 3600;
	struct pdiag_metrics *metrics;
	struct pdiag *context = NULL;
	struct timespec next;

	if (pdiag_open(NULL, &context) || pdiag_metrics_new(context, NULL, &metrics)) {
		fprintf(stderr, "%s\n", pdiag_errmsg());
		pdiag_close(context);
		return 1;
	}
	printf("time");
	for (uint32_t i = 0; i < pdiag_metrics_count(metrics); i++)
		printf(",%s", pdiag_metrics_describe(metrics, i)->name);
	putchar('\n');
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (seconds-- > 0) {
		next.tv_sec++;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		if (pdiag_metrics_sample(metrics) == 1)
			row(metrics);
	}
	pdiag_close(context);
	return 0;
}
