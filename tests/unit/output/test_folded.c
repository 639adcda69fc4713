/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "../../support/made_profile.h"
#include "collect.h"

#include <pdiag/error.h>

static struct pdiag *context;
static struct collect out;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	free(out.data);
	out = (struct collect){ 0 };
	return 0;
}

static const char *folded(struct pdiag_profile *p, uint32_t flags, uint32_t unit)
{
	struct pdiag_output_options o = { .size = sizeof(o), .flags = flags, .unit = unit };
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	assert_int_equal(pdiag_profile_write_folded(p, &o, &sink), 0);
	return collect_text(&out);
}

static void stacks_merge_by_name(void **state)
{
	struct pdiag_profile *p = made_profile(context);

	(void)state;
	made_samples(p, "b", 1, "u:main", "u:work", NULL);
	made_samples(p, "a", 2, "u:main", "u:work", NULL);
	/* Other addresses, another file, another kind: one name, one line. */
	made_samples(p, "a", 3, "u#1:main", "u#2:work", NULL);
	made_samples(p, "a", 4, "u@/lib/other:main", "k:work", NULL);
	made_samples(p, "a", 5, "u:main", NULL);
	made_samples(p, "a", 6, NULL);
	assert_string_equal(folded(p, 0, 0),
		"a 6\n"
		"a;main 5\n"
		"a;main;work 9\n"
		"b;main;work 1\n");
}

static void marks_tell_kinds(void **state)
{
	struct pdiag_profile *p = made_profile(context);

	(void)state;
	made_samples(p, "a", 1, "u:f", "k:f", NULL);
	made_samples(p, "a", 1, "u:f", "j:f", NULL);
	made_samples(p, "a", 1, "u:f", "i:f", NULL);
	made_samples(p, "a", 1, "u:f", "u:f", NULL);
	assert_string_equal(folded(p, 0, 0), "a;f;f 4\n");
	assert_string_equal(folded(p, PDIAG_OUTPUT_KERNEL_MARK, 0),
		"a;f;f 1\n"
		"a;f;f_[i] 1\n"
		"a;f;f_[j] 1\n"
		"a;f;f_[k] 1\n");
}

static void threads_are_told_apart_if_asked(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	const char *const frames[] = { "u:f", NULL };

	(void)state;
	made_sample_frames(p, "a", 1, 0, 0, MADE_PERIOD, frames);
	made_sample_frames(p, "a", 20, 0, 0, MADE_PERIOD, frames);
	assert_string_equal(folded(p, 0, 0), "a;f 2\n");
	assert_string_equal(folded(p, PDIAG_OUTPUT_PID, 0), "a-1;f 1\na-20;f 1\n");
	assert_string_equal(folded(p, PDIAG_OUTPUT_TID, 0), "a-1/2;f 1\na-20/21;f 1\n");
	assert_string_equal(folded(p, PDIAG_OUTPUT_PID | PDIAG_OUTPUT_TID, 0),
		"a-1/2;f 1\na-20/21;f 1\n");
}

static void waits_have_a_cause_on_top(void **state)
{
	struct pdiag_profile *p = made_profile(context);

	(void)state;
	made_wait(p, "a", PDIAG_STATE_FUTEX, 2000, "u:lock", NULL);
	made_wait(p, "a", PDIAG_STATE_IO, 3000, "u:lock", NULL);
	made_wait(p, "a", PDIAG_STATE_PAGE_FAULT, 4000, NULL);
	made_samples(p, "a", 1, "u:lock", NULL);
	assert_string_equal(folded(p, 0, 0),
		"a;[off-cpu: page fault] 4\n"
		"a;lock 10000\n"
		"a;lock;[off-cpu: futex] 2\n"
		"a;lock;[off-cpu: io] 3\n");
	assert_string_equal(folded(p, PDIAG_OUTPUT_NO_STATE, PDIAG_UNIT_NANOSECONDS),
		"a 4000\n"
		"a;lock 10005000\n");
}

static void truncated_stacks_are_marked_at_the_root(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	const char *const frames[] = { "u:f", "u:g", NULL };

	(void)state;
	made_sample_frames(p, "a", 1, 0, PDIAG_STACK_TRUNCATED, MADE_PERIOD, frames);
	made_sample_frames(p, "a", 1, 0, 0, MADE_PERIOD, frames);
	made_sample_frames(p, "b", 2, 0, PDIAG_STACK_FAULTED, MADE_PERIOD, frames);
	assert_string_equal(folded(p, 0, 0),
		"a;[truncated];f;g 1\na;f;g 1\nb;[truncated];f;g 1\n");
}

static void frames_without_a_name(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	unsigned long long first, second;

	(void)state;
	made_samples(p, "a", 1, "x@/usr/lib/libx.so.1:[unknown libx.so.1]", NULL);
	made_samples(p, "a", 1, "x#1@/usr/lib/libx.so.1:[unknown libx.so.1]", NULL);
	assert_string_equal(folded(p, 0, 0), "a;[unknown libx.so.1] 2\n");
	assert_int_equal(sscanf(folded(p, PDIAG_OUTPUT_MODULE, 0),
		"a;libx.so.1+0x%llx 1\na;libx.so.1+0x%llx 1\n", &first, &second), 2);
	assert_true(first != second);
}

static void names_cannot_break_a_line(void **state)
{
	struct pdiag_profile *p = made_profile(context);

	(void)state;
	made_samples(p, "x;\ny", 1, "u:a;b", "u:\r", NULL);
	made_samples(p, "", 1, "u:", NULL);
	/* FlameGraph takes a number before the number for another count. */
	made_samples(p, "pool 3", 1, "u:f 12", NULL);
	made_samples(p, "pool 3", 1, "u:f 12.5", NULL);
	made_samples(p, "pool 3", 1, "u:f12", NULL);
	made_samples(p, "pool 3", 1, "u:blank  ", NULL);
	made_samples(p, "pool 3", 1, NULL);
	assert_string_equal(folded(p, 0, 0),
		"[empty];[empty] 1\n"
		"pool_3 1\n"
		"pool 3;blank__ 1\n"
		"pool 3;f_12 1\n"
		"pool 3;f_12.5 1\n"
		"pool 3;f12 1\n"
		"x:\\x0ay;a:b;\\x0d 1\n");
}

/* A name of 64 KiB is complete, and every line is one count behind one blank. */
static void hostile_names_are_whole_lines(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	const char *at, *end, *blank;
	size_t lines = 0, longest = 0;
	unsigned long total = 0;

	(void)state;
	made_hostile(p);
	at = folded(p, 0, 0);
	for (; *at; at = end + 1, lines++) {
		end = strchr(at, '\n');
		assert_non_null(end);
		for (const char *c = at; c < end; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		for (blank = end; *blank != ' '; blank--)
			assert_true(blank > at);
		assert_true(blank[-1] != ' ' && blank[1] != '\n');
		assert_int_equal(strspn(blank + 1, "0123456789"), end - blank - 1);
		total += strtoul(blank + 1, NULL, 10);
		if ((size_t)(end - at) > longest)
			longest = (size_t)(end - at);
	}
	assert_int_equal(lines, 18);
	assert_int_equal(total, 15 * 16 / 2 + 3 + 2 + 1);
	assert_int_equal(longest, strlen("comm 7;main; 3") + 65536);
}

static void units(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	struct pdiag_output_options o = { .size = sizeof(o), .unit = PDIAG_UNIT_SAMPLES };
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	made_samples(p, "a", 3, NULL);
	assert_string_equal(folded(p, 0, PDIAG_UNIT_SAMPLES), "a 3\n");
	assert_string_equal(folded(p, 0, PDIAG_UNIT_MICROSECONDS), "a 30000\n");
	assert_string_equal(folded(p, 0, PDIAG_UNIT_NANOSECONDS), "a 30000000\n");
	made_wait(p, "a", PDIAG_STATE_IO, 1, NULL);
	assert_int_equal(pdiag_profile_write_folded(p, &o, &sink), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "microseconds"));
	/* No line is left out, however short. */
	assert_string_equal(folded(p, 0, 0), "a 30000\na;[off-cpu: io] 1\n");
	p->period_ns = 0;
	p->entries[1].weight = 0;
	assert_int_equal(pdiag_profile_write_folded(p, &o, &sink), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "period"));
}

/* 10 samples kept, 5 lost on their CPU: all is 15, in the proportions of the 10. */
static void weights_are_corrected(void **state)
{
	struct pdiag_profile *p = made_profile(context);

	(void)state;
	made_samples(p, "a", 6, "u:f", NULL);
	made_samples(p, "a", 4, "u:g", NULL);
	made_loss(p, PDIAG_LOSS_OVERRUN, 0, 0, 5);
	assert_string_equal(folded(p, 0, 0), "a;f 9\na;g 6\n");
}

static void what_no_weight_tells_has_a_root(void **state)
{
	struct pdiag_profile *p = made_profile(context);

	(void)state;
	made_samples(p, "a", 6, "u:f", NULL);
	made_loss(p, PDIAG_LOSS_MEMORY, 0, 0, 5);
	made_loss(p, PDIAG_LOSS_CORRUPT, 0, 0, 2);
	made_loss(p, PDIAG_LOSS_SHORT, 0, 0, 9);
	assert_string_equal(folded(p, 0, 0), "[lost: corrupt] 2\n[lost: memory] 5\na;f 6\n");
	made_loss(p, PDIAG_LOSS_MEMORY, 0, 0, UINT64_MAX - 100);
	assert_non_null(strstr(folded(p, 0, PDIAG_UNIT_NANOSECONDS),
		"[lost: memory] 2305843009213693951\n"));
}

static void nothing_taken_is_an_empty_file(void **state)
{
	(void)state;
	assert_string_equal(folded(made_profile(context), 0, 0), "");
}

static void a_sink_that_fails(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	made_hostile(p);
	out.limit = 100;
	assert_int_equal(pdiag_profile_write_folded(p, NULL, &sink), -ENOSPC);
	assert_non_null(strstr(pdiag_errmsg(), "No space"));
	assert_int_equal(pdiag_profile_write_folded(p, NULL, NULL), -EINVAL);
	assert_int_equal(pdiag_profile_write_folded(NULL, NULL, &sink), -EINVAL);
}

/* Writes are large: 10,000 lines come in a few. */
static void writes_are_large(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	char name[64];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "u:a_function_with_number_%d", i);
		made_samples(p, "a", 1, name, NULL);
	}
	folded(p, 0, 0);
	assert_true(out.len > 300000);
	assert_in_range(out.writes, 1, 3);
}

static void no_memory(void **state)
{
	struct pdiag_profile *p = made_profile(context);
	struct pdiag_sink sink = collect_sink(&out);
	unsigned long n;
	char *whole;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	made_samples(p, "a", 1, "u:f", "x:[unknown]", NULL);
	made_wait(p, "a", PDIAG_STATE_IO, 50000, "u:f", NULL);
	made_loss(p, PDIAG_LOSS_MEMORY, 0, 0, 5);
	whole = strdup(folded(p, PDIAG_OUTPUT_MODULE, 0));
	for (n = 0;; n++) {
		struct pdiag_output_options o = { .size = sizeof(o), .flags = PDIAG_OUTPUT_MODULE };

		collect_reset(&out);
		fail_alloc_start(n);
		ret = pdiag_profile_write_folded(p, &o, &sink);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(*pdiag_errmsg());
	}
	assert_int_equal(ret, 0);
	assert_true(n > 10);
	assert_string_equal(collect_text(&out), whole);
	free(whole);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(stacks_merge_by_name),
		TEST(marks_tell_kinds),
		TEST(threads_are_told_apart_if_asked),
		TEST(waits_have_a_cause_on_top),
		TEST(truncated_stacks_are_marked_at_the_root),
		TEST(frames_without_a_name),
		TEST(names_cannot_break_a_line),
		TEST(hostile_names_are_whole_lines),
		TEST(units),
		TEST(weights_are_corrected),
		TEST(what_no_weight_tells_has_a_root),
		TEST(nothing_taken_is_an_empty_file),
		TEST(a_sink_that_fails),
		TEST(writes_are_large),
		TEST(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
