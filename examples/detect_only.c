/* SPDX-License-Identifier: MIT-0 */
/* Reads numbers, one each second, and says when something is out of the ordinary. */
#include <pdiag/pdiag.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	struct pdiag_detection d = { .size = sizeof(d) };
	struct pdiag_detector *detector;
	char line[128], *end;

	if (pdiag_detector_new(NULL, &detector)) {
		fprintf(stderr, "detect_only: %s\n", pdiag_errmsg());
		return 1;
	}
	for (unsigned long second = 1; fgets(line, sizeof(line), stdin); second++) {
		double value = strtod(line, &end);

		/* An empty line is a second without a value. */
		if (end == line)
			value = NAN;
		if (pdiag_detector_add(detector, second * 1000000000, value, &d))
			break;
		if (d.alert == PDIAG_ALERT_BEGIN)
			printf("%lu s: %g, ordinary is %g to %g (%s, %s)\n", second, d.value, d.low,
				d.high, pdiag_feature_text(d.feature), pdiag_surprise_text(d.kind));
		if (d.alert == PDIAG_ALERT_END)
			printf("%lu s: over, after %lu s\n", second,
				second - (unsigned long)(d.onset_ns / 1000000000));
	}
	pdiag_detector_free(detector);
	return 0;
}
