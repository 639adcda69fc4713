/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 20,000 processes and 200,000 different stacks: what a comparison takes grows with them, and not
 * with their square. Sixteen times as many may take a hundred times as long, as they do not fit
 * into caches any more; with the square it would be 256 times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <time.h>

#include <pdiag/culprit.h>

#include "culprit/gather.h"
#include "support/made_window.h"

#define PROCESSES 20000u
#define STACKS 200000u
#define SMALLER 16u
#define SLOWER 100

struct shape {
	const char *name;
	bool one_name;	    /* all processes are called the same */
	unsigned int shared; /* frames that all stacks have in common, from the root on */
	unsigned int own;    /* frames of each stack by itself */
	bool waits;
};

static const struct shape shapes[] = {
	{ "a name and stacks for each process", false, 0, 12, false },
	{ "one name, stacks that differ at their leaf", true, 60, 1, false },
	{ "one name, stacks that differ at their root", true, 0, 1, false },
	{ "a name for each process, all in the same deep stack", false, 120, 1, true },
	{ "waits of one name", true, 10, 6, true },
};

#define FRAMES 4096u

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % n;
}

static void make_frames(struct pdiag_profile *p, uint32_t frames[FRAMES])
{
	char spec[32];

	for (uint32_t i = 0; i < FRAMES; i++) {
		snprintf(spec, sizeof(spec), "%c:f%u", i % 8 ? 'u' : 'k', i);
		frames[i] = made_frame(p, spec);
	}
}

/* `one` has much more of one of its stacks, if there is one. */
static struct pdiag_profile *window(struct pdiag *context, const struct shape *s,
	unsigned int processes, unsigned int stacks, bool trouble)
{
	struct pdiag_profile *p = window_new(context, 20);
	static uint32_t frames[FRAMES];
	uint32_t shared = 0, node, thread, entry;
	enum pdiag_state state = s->waits ? PDIAG_STATE_IO : PDIAG_STATE_RUNNING;
	char name[32] = "worker";

	make_frames(p, frames);
	for (unsigned int i = 0; i < s->shared; i++)
		shared = pdiag_profile_node(p, shared, frames[i]);
	random_state = 1;
	for (unsigned int i = 0; i < stacks; i++) {
		int32_t pid = 1 + (int32_t)(i % processes);

		node = shared;
		for (unsigned int k = 0; k < s->own; k++)
			node = pdiag_profile_node(p, node, frames[random_below(FRAMES)]);
		if (s->own == 1)
			node = pdiag_profile_node(p, node, frames[i % FRAMES]);
		if (!s->one_name)
			snprintf(name, sizeof(name), "worker%d", pid);
		thread = pdiag_profile_thread(p, pid, pid, name, name);
		entry = pdiag_profile_entry(p, thread, node, state, 0);
		made_check(entry != PDIAG_ID_NONE, "entry");
		made_check(!pdiag_profile_count(p, entry, 10000000, 0, 1), "count");
		for (unsigned int k = 0; trouble && i == stacks / 2 && k < 8; k++)
			made_check(!pdiag_profile_count(p, entry, 15000000000ull, 0, 1), "count");
	}
	return p;
}

/* CPU time of this thread: others may keep the machine busy. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned int depth_of(const struct shape *s)
{
	return s->shared + s->own + (s->own == 1);
}

/* The one that has more is told, with its whole stack. */
static double compare(const struct shape *s, unsigned int processes, unsigned int stacks)
{
	const struct pdiag_culprits_options o = { .size = sizeof(o), .min_share = 1e-12,
		.max = 1000, .flags = PDIAG_CULPRITS_NO_CGROUPS };
	struct pdiag_profile *normal[2], *trouble;
	const struct pdiag_culprit *stack;
	struct pdiag_culprits *found;
	struct pdiag *context;
	double start;

	assert_int_equal(pdiag_open(NULL, &context), 0);
	normal[0] = window(context, s, processes, stacks, false);
	normal[1] = normal[0];
	trouble = window(context, s, processes, stacks, true);
	start = now();
	assert_int_equal(pdiag_culprits_new(normal, 2, trouble, &o, &found), 0);
	start = now() - start;
	stack = pdiag_culprits_get(found, pdiag_culprits_count(found) - 1);
	assert_non_null(stack);
	assert_int_equal(stack->kind, PDIAG_CULPRIT_STACK);
	assert_int_equal(stack->depth, depth_of(s));
	print_message("  %u processes, %u stacks: %.3f s, %u culprits: %s\n", processes, stacks,
		start, pdiag_culprits_count(found), pdiag_culprits_get(found, 0)->sentence);
	pdiag_close(context);
	return start;
}

static void grows_with_what_there_is(void **state)
{
	double small, large;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		print_message("%s\n", shapes[i].name);
		small = compare(&shapes[i], PROCESSES / SMALLER, STACKS / SMALLER);
		large = compare(&shapes[i], PROCESSES, STACKS);
		assert_true(large < SLOWER * small);
	}
}

/* Names that a user chooses, each with a deep stack: more frames than there is room for. Nothing is
 * lost, but where exactly it was. */
static void room_for_frames(void **state)
{
	const struct shape s = { "", false, 120, 1, false };
	struct pdiag_profile *normal, *trouble;
	struct pdiag_parts parts;
	struct pdiag *context;
	double sum = 0, frames = 0;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	normal = window(context, &s, PROCESSES, PROCESSES, false);
	trouble = window(context, &s, PROCESSES, PROCESSES, true);
	assert_int_equal(pdiag_parts_init(&parts), 0);
	assert_int_equal(pdiag_gather(&parts, trouble, true, NULL, NULL), 0);
	assert_int_equal(pdiag_gather(&parts, normal, false, NULL, NULL), 0);
	/* Of each process its name (twice), pid, what it did (twice), and a first frame. */
	assert_in_range(parts.count, PDIAG_PARTS_FRAMES, PDIAG_PARTS_FRAMES + 6 * PROCESSES + 3);
	sum = parts.list[PDIAG_ROOT_STACKS].tally.trouble;
	assert_true(fabs(sum * 1e9 - (double)trouble->weight) < 1e6);
	sum = parts.list[PDIAG_ROOT_STACKS].tally.normal;
	assert_true(fabs(sum * 1e9 - (double)normal->weight) < 1e6);
	for (size_t i = 0; i < parts.count; i++)
		frames += parts.list[i].kind == PDIAG_PART_FRAME;
	print_message("%.0f frames\n", frames);
	assert_true(frames > PDIAG_PARTS_FRAMES / 2);
	pdiag_parts_free(&parts);
	pdiag_close(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_with_what_there_is), cmocka_unit_test(room_for_frames),
	};

	return cmocka_run_group_tests_name("culprit_scale", tests, NULL, NULL);
}
