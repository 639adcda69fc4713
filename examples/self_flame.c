/* SPDX-License-Identifier: MIT-0 */
/* The smallest profiler: what this program does for 5 s, as a flame graph in flame.svg. */
#include <pdiag/pdiag.h>
#include <stdio.h>
#include <time.h>

static int work(void)
{
	for (time_t end = time(NULL) + 5; time(NULL) < end;)
		for (volatile double x = 1; x < 1e6; x *= 1.001)
			;
	return 0;
}

int main(void)
{
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
	int failed = pdiag_open(NULL, &context) || pdiag_capture_new(context, NULL, &capture) ||
		pdiag_capture_start(capture) || work() || pdiag_capture_stop(capture) ||
		pdiag_profile_save(pdiag_capture_profile(capture), "flame.svg");

	if (failed)
		fprintf(stderr, "self_flame: %s\n", pdiag_errmsg());
	pdiag_close(context);
	return failed;
}
