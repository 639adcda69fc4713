/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* emulated: no, ticks come late, so samples are fewer than periods */
/* Threads that are made while a capture of their process is being prepared: sampled, and once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define ROUNDS 40
#define HZ 999
#define BURN_MS 60

static double thread_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Burns from when it may, so that all of it is within the capture. */
static void *burn(void *go)
{
	double end;

	pthread_setname_np(pthread_self(), "late");
	while (!__atomic_load_n((int *)go, __ATOMIC_ACQUIRE))
		usleep(1000);
	for (end = thread_ms() + BURN_MS; thread_ms() < end;)
		;
	return NULL;
}

static void *prepare(void *out)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = HZ };
	struct pdiag_capture **capture = out;
	struct pdiag *context;

	if (pdiag_open(NULL, &context) || pdiag_capture_new(context, &options, capture))
		*capture = NULL;
	return context;
}

static int sum_late(void *user, const struct pdiag_stack *stack)
{
	if (!strcmp(stack->comm, "late"))
		*(uint64_t *)user += stack->samples;
	return 0;
}

static uint64_t one_round(int i)
{
	struct pdiag_capture *capture = NULL;
	pthread_t maker, late;
	uint64_t samples = 0;
	void *context;
	int go = 0;

	assert_int_equal(pthread_create(&maker, NULL, prepare, &capture), 0);
	/* At another moment of the preparation each time. */
	usleep((useconds_t)i * 40);
	assert_int_equal(pthread_create(&late, NULL, burn, &go), 0);
	pthread_join(maker, &context);
	if (!capture) {
		__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
		pthread_join(late, NULL);
		printf("skipped: %s\n", pdiag_errmsg());
		pdiag_close(context);
		skip();
	}
	assert_int_equal(pdiag_capture_start(capture), 0);
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	pthread_join(late, NULL);
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(
		pdiag_profile_each_stack(pdiag_capture_profile(capture), sum_late, &samples), 0);
	pdiag_close(context);
	return samples;
}

static void seen_once(void **state)
{
	const uint64_t expected = BURN_MS * HZ / 1000;
	uint64_t samples;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		samples = one_round(i);
		/* Missed would be none, seen twice would be double. */
		assert_in_range(samples, expected / 2, expected * 3 / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seen_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
