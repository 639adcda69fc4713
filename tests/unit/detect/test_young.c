/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is usual at an hour is known when half of one is over, and then not well yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pdiag/detect.h>

#include "made.h"

#define BEGIN (472223ull * 3600)
#define KNOWN 1800u

static uint64_t seed;

/* Two seconds in a minute, more or less, everything is in use: nothing but that ever happens. */
static double usual(uint32_t *rest)
{
	if (!*rest)
		*rest = 40 + (uint32_t)(40 * made_uniform(&seed));
	return --*rest < 2 ? 0.85 + 0.15 * made_uniform(&seed) : 0.2 + 0.1 * made_uniform(&seed);
}

static void hour_is_young(void **state)
{
	struct pdiag_detector_options options = { .size = sizeof(options), .resolution = 0.15,
		.flags = PDIAG_DETECTOR_ONLY_HIGH };
	struct pdiag_detection d = { .size = sizeof(d) };
	struct pdiag_detector *detector;
	double most;
	uint32_t rest = 0;
	(void)state;

	for (uint32_t run = 1; run <= 5; run++) {
		seed = run;
		most = 0;
		assert_int_equal(pdiag_detector_new(&options, &detector), 0);
		for (uint32_t s = 0; s < 2 * KNOWN; s++) {
			assert_int_equal(pdiag_detector_add(
				detector, (BEGIN + s) * SECOND, usual(&rest), &d), 0);
			if (s >= KNOWN && d.surprise > most)
				most = d.surprise;
		}
		print_message("   run %u: %.2f decades at most\n", run, most);
		/* Of so many points the last is the highest so often, and ten times that. */
		assert_true(most < 3.5);
		pdiag_detector_free(detector);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hour_is_young),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
