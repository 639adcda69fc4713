/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of "timestamp,value" from standard input, each with its score to standard output. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pdiag/pdiag.h>

/* Of "2014-04-01 00:05:00" with or without seconds, fractions of them, or a T; 0: none. */
static uint64_t time_of(const char *text)
{
	struct tm tm = { .tm_mday = 1 };
	double seconds = 0;
	int n = sscanf(text, "%d-%d-%d%*[ T]%d:%d:%lf", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		&tm.tm_hour, &tm.tm_min, &seconds);

	if (n < 5)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (uint64_t)timegm(&tm) * 1000000000 + (uint64_t)(seconds * 1e9);
}

int main(void)
{
	struct pdiag_detection d = { .size = sizeof(d) };
	struct pdiag_detector *detector;
	char line[512], *comma, *end;
	double value;

	if (pdiag_detector_new(NULL, &detector)) {
		fprintf(stderr, "%s\n", pdiag_errmsg());
		return 1;
	}
	puts("timestamp,value,anomaly_score,surprise,alert");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		comma = strchr(line, ',');
		if (!comma || !time_of(line))
			continue;
		value = strtod(comma + 1, &end);
		pdiag_detector_add(detector, time_of(line), end == comma + 1 ? NAN : value, &d);
		printf("%s,%.9g,%.4f,%u\n", line, d.score, d.surprise, d.alert);
	}
	pdiag_detector_free(detector);
	return 0;
}
