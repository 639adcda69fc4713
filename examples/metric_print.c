/* SPDX-License-Identifier: MIT-0 */
/* Every metric of the machine, once a second for some seconds; of what is not there, the reason. */
#include <pdiag/pdiag.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void print(const struct pdiag_metrics *metrics)
{
	for (uint32_t i = 0; i < pdiag_metrics_count(metrics); i++) {
		const struct pdiag_metric *m = pdiag_metrics_describe(metrics, i);
		const struct pdiag_metric_value *v = pdiag_metrics_value(metrics, i);

		if (!m->available)
			printf("%-42s not available: %s\n", m->name, m->reason);
		else if (v->state == PDIAG_METRIC_MISSING)
			printf("%-42s missing\n", m->name);
		else
			printf("%-42s %14.6g %s%s\n", m->name, v->value, m->unit,
				m->kind == PDIAG_METRIC_COUNTER ? "/s" : "");
	}
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 1;
	struct pdiag_metrics *metrics = NULL;
	struct pdiag *context = NULL;
	int failed = pdiag_open(NULL, &context) || pdiag_metrics_new(context, NULL, &metrics);

	if (failed)
		fprintf(stderr, "metric_print: %s\n", pdiag_errmsg());
	while (!failed && seconds-- > 0) {
		sleep(1);
		if (pdiag_metrics_sample(metrics) == 1)
			print(metrics);
	}
	pdiag_close(context);
	return failed;
}
