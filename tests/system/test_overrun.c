/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* emulated: no, the reader cannot be slow enough without starving the rest */
/* Ring buffers that are far too small: the loss is told, and weights are corrected by it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <pdiag/pdiag.h>

#define SECONDS "6"

/* CPU seconds, by the workload's own clocks. */
static double read_truth(const char *path)
{
	char name[64], kind[16];
	double seconds, sum = 0;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fscanf(f, "%63s %lf %15s", name, &seconds, kind) == 3)
		if (!strcmp(kind, "cpu"))
			sum += seconds;
	fclose(f);
	return sum;
}

struct sums {
	double work_ns;
	uint64_t lines, lost;
};

static int add_stack(void *user, const struct pdiag_stack *stack)
{
	struct sums *s = user;

	for (uint32_t i = 0; i < stack->depth; i++) {
		if (!strcmp(stack->frames[i]->name, "spin_thread") ||
			!strcmp(stack->frames[i]->name, "recurse_thread")) {
			s->work_ns += (double)stack->weight_ns;
			break;
		}
	}
	return 0;
}

static int add_loss(void *user, const struct pdiag_loss *loss)
{
	struct sums *s = user;

	assert_string_equal(pdiag_loss_text(loss->reason), "overrun");
	assert_true(loss->cpu >= 0);
	assert_true(loss->second <= 60);
	s->lines++;
	s->lost += loss->events;
	return 0;
}

static struct pdiag_capture *begin(struct pdiag *context, const char *truth)
{
	const char *argv[] = { WORKLOAD, "--seconds", SECONDS, "--only", "spin,recurse", "--truth",
		truth, NULL };
	struct pdiag_capture_options options = {
		.size = sizeof(options), .target = PDIAG_TARGET_COMMAND, .hz = 4000,
		.source = PDIAG_SOURCE_PERF,
		.argv = (char *const *)argv, .buffer_bytes = 16384,
	};
	struct pdiag_capture *capture;
	int ret = pdiag_capture_new(context, &options, &capture);

	if (ret == -EACCES || ret == -EPERM) {
		printf("skipped: %s\n", pdiag_errmsg());
		skip();
	}
	assert_int_equal(ret, 0);
	assert_int_equal(pdiag_capture_start(capture), 0);
	return capture;
}

/* Reads four times a second what is full after some hundredths. */
static void test_overrun(void **state)
{
	struct pdiag_capture_info capture_info = { .size = sizeof(capture_info) };
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct timespec pause = { .tv_nsec = 250000000 };
	char truth[] = "/tmp/pdiag-truth.XXXXXX";
	struct pdiag_capture *capture;
	struct pdiag *context;
	struct sums sums = { 0 };
	double cpu;

	(void)state;
	close(mkstemp(truth));
	assert_int_equal(pdiag_open(NULL, &context), 0);
	capture = begin(context, truth);
	while (!capture_info.ended) {
		nanosleep(&pause, NULL);
		assert_true(pdiag_capture_dispatch(capture) >= 0);
		assert_int_equal(pdiag_capture_get_info(capture, &capture_info), 0);
	}
	assert_int_equal(pdiag_capture_stop(capture), 0);
	cpu = read_truth(truth);
	unlink(truth);

	struct pdiag_profile *profile = pdiag_capture_profile(capture);

	assert_int_equal(pdiag_profile_get_info(profile, &info), 0);
	assert_int_equal(pdiag_profile_each_stack(profile, add_stack, &sums), 0);
	assert_int_equal(pdiag_profile_each_loss(profile, add_loss, &sums), 0);
	printf("%.3f s of CPU time by its own clock, %.3f s corrected, %.3f s sampled; %llu "
	       "samples, "
	       "%llu lost\n",
		cpu, sums.work_ns / 1e9, (double)info.samples * 250e-6,
		(unsigned long long)info.samples, (unsigned long long)info.lost);
	/* Most is lost, and yet the weight is that of all. */
	assert_true(info.lost > info.samples);
	assert_true(sums.lost == info.lost);
	assert_true(sums.lines > 0);
	assert_true(sums.work_ns / 1e9 > cpu * 0.9 && sums.work_ns / 1e9 < cpu * 1.1);
	pdiag_close(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
