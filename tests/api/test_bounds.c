/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fault that goes on and on, with stacks of which hardly one comes twice: the evidence of its
 * event stays within what the watch may take.
 */
#include "support.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define MAX_BYTES (1ull << 20)
#define FAULT_S 6u
#define CHILDREN 2
#define DEPTH 40

static pid_t children[CHILDREN];

/* Sixteen functions that call each other in any order. */
typedef void (*step_fn)(uint64_t seed, int depth);
static const step_fn steps[16];

static void __attribute__((noipa)) go_on(uint64_t seed, int depth)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	if (depth < DEPTH) {
		steps[seed >> 60](seed, depth + 1);
		return;
	}
	for (volatile int i = 0; i < 20000; i++)
		;
}

#define STEP(n)                                                                                    \
	static void __attribute__((noipa)) step_##n(uint64_t seed, int depth)                      \
	{                                                                                          \
		go_on(seed, depth);                                                                \
		__asm__ volatile("");                                                              \
	}
STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
STEP(8) STEP(9) STEP(10) STEP(11) STEP(12) STEP(13) STEP(14) STEP(15)

static const step_fn steps[16] = { step_0, step_1, step_2, step_3, step_4, step_5, step_6, step_7,
	step_8, step_9, step_10, step_11, step_12, step_13, step_14, step_15 };

static void begin(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (uint64_t seed = (uint64_t)i;; seed += CHILDREN)
			go_on(seed * 0x9e3779b97f4a7c15ull, 0);
	}
}

static void end(void)
{
	for (int i = 0; i < CHILDREN; i++)
		kill(children[i], SIGKILL);
	for (int i = 0; i < CHILDREN; i++)
		waitpid(children[i], NULL, 0);
}

struct result {
	uint64_t most;	  /* of info.bytes */
	uint32_t evidence;
	char limits[1024];
	char source[16];
};

static struct pdiag_watch_info info_of(const struct pdiag_watch *watch)
{
	struct pdiag_watch_info info = { .size = sizeof(info) };

	OK(pdiag_watch_get_info(watch, &info));
	return info;
}

static void look_at(struct pdiag_watch *watch, struct result *r)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event = NULL;

	assert_int_equal(pdiag_watch_take(watch, &event), 1);
	OK(pdiag_event_get_info(event, &info));
	r->evidence = info.evidence;
	snprintf(r->limits, sizeof(r->limits), "%s", info.limits);
	pdiag_event_free(event);
}

/* A rule that is broken from the start and never mended, and nobody who takes the event. */
static struct result long_fault(uint64_t max_bytes)
{
	static const char *const rules[] = { "load >= 0", NULL };
	const struct pdiag_watch_options o = { .size = sizeof(o), .rules = rules, .hz = 2000,
		.max_bytes = max_bytes, .interval_ms = 100, .during_s = FAULT_S - 2,
		.flags = PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_NO_TASKS | PDIAG_WATCH_NO_OFF_CPU };
	struct pdiag_watch *watch;
	struct pdiag *context;
	struct result r = { 0 };
	uint64_t looks;

	OK(pdiag_open(NULL, &context));
	OK(pdiag_watch_new(context, &o, &watch));
	snprintf(r.source, sizeof(r.source), "%s", info_of(watch).source);
	/* By its own count of looks: a machine that is busy takes longer. */
	for (looks = 0; *r.source && looks < FAULT_S * 10; looks = info_of(watch).looks) {
		OK(pdiag_watch_run(watch, 100));
		if (info_of(watch).bytes > r.most)
			r.most = info_of(watch).bytes;
	}
	if (*r.source)
		look_at(watch, &r);
	pdiag_close(context);
	return r;
}

static void long_faults_have_their_room(void **state)
{
	struct result free_of_limits, r;

	(void)state;
	begin();
	free_of_limits = long_fault(0);
	r = long_fault(MAX_BYTES);
	end();
	if (!*r.source) {
		print_message("skipped: nothing can be sampled here\n");
		skip();
	}
	print_message("%.1f MiB of evidence; with a limit of %.1f MiB %.1f MiB\n",
		(double)free_of_limits.most / 1048576, (double)MAX_BYTES / 1048576,
		(double)r.most / 1048576);
	/* There would have been more, if we had a CPU at all. */
	if (free_of_limits.most <= 2 * MAX_BYTES) {
		print_message("skipped: this machine is too busy for many samples\n");
		skip();
	}
	assert_null(strstr(free_of_limits.limits, "max_bytes"));
	assert_true(free_of_limits.evidence & PDIAG_EVIDENCE_DURING);
	/* The event that goes on, the same one waiting, and ordinary times. */
	assert_true(r.most <= MAX_BYTES / 4 * 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(long_faults_have_their_room) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
