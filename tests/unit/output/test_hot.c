/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "../../support/fail_alloc.h"
#include "../../support/made_profile.h"

#include <errno.h>
#include <pdiag/output.h>

struct table {
	char text[2048];
	size_t len;
	unsigned int lines, stop_at;
	double self_percents;
};

static struct pdiag *context;
static struct pdiag_profile *profile;

static int setup(void **state)
{
	(void)state;
	if (pdiag_open(NULL, &context))
		return 1;
	profile = made_profile(context);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

static int add_line(void *user, const struct pdiag_hot_frame *f)
{
	struct table *t = user;

	t->len += (size_t)snprintf(t->text + t->len, sizeof(t->text) - t->len, "%s %s %llu %llu\n",
		f->symbol->name, f->symbol->module, (unsigned long long)f->self,
		(unsigned long long)f->total);
	t->self_percents += f->self_percent;
	t->lines++;
	return t->lines == t->stop_at ? 42 : 0;
}

static struct table table_with(struct pdiag_output_options o, uint32_t count)
{
	struct table t = { .stop_at = 0 };

	o.size = sizeof(o);
	assert_int_equal(pdiag_profile_each_hot_frame(profile, &o, count, add_line, &t), 0);
	return t;
}

static struct table table(uint32_t count)
{
	return table_with((struct pdiag_output_options){ 0 }, count);
}

static void self_and_total(void **state)
{
	struct table t;

	(void)state;
	made_samples(profile, "x", 3, "u:main", "u:work", NULL);
	made_samples(profile, "y", 2, "u#1:main", "k:work", NULL);
	made_samples(profile, "y", 1, "u:main", NULL);
	made_samples(profile, "y", 4, NULL);
	t = table(0);
	assert_string_equal(t.text,
		"work /usr/bin/app 3 3\n"
		"work [kernel] 2 2\n"
		"main /usr/bin/app 1 6\n");
	assert_true(fabs(t.self_percents - 60) < 1e-9);
	assert_string_equal(table(1).text, "work /usr/bin/app 3 3\n");
	assert_int_equal(table(100).lines, 3);
}

static void recursion_counts_once(void **state)
{
	(void)state;
	made_samples(profile, "x", 5, "u:main", "u:fib", "u#1:fib", "u:fib", NULL);
	made_samples(profile, "x", 2, "u:main", "u:fib", "u:leaf", "u#2:fib", NULL);
	assert_string_equal(table(0).text,
		"fib /usr/bin/app 7 7\n"
		"main /usr/bin/app 0 7\n"
		"leaf /usr/bin/app 0 2\n");
}

static void ties_are_in_the_order_of_names(void **state)
{
	(void)state;
	made_samples(profile, "x", 1, "u@/b:same", NULL);
	made_samples(profile, "x", 1, "u@/a:same", NULL);
	made_samples(profile, "x", 1, "u:alone", NULL);
	made_samples(profile, "x", 1, "u:zz", "u:called", NULL);
	assert_string_equal(table(0).text,
		"alone /usr/bin/app 1 1\n"
		"called /usr/bin/app 1 1\n"
		"same /a 1 1\n"
		"same /b 1 1\n"
		"zz /usr/bin/app 0 1\n");
}

static void waits_count_their_time(void **state)
{
	(void)state;
	made_wait(profile, "x", PDIAG_STATE_FUTEX, 30000, "u:lock", NULL);
	made_samples(profile, "x", 1, "u:lock", "u:spin", NULL);
	assert_string_equal(table(0).text,
		"spin /usr/bin/app 10000 10000\n"
		"[off-cpu: futex]  30 30\n"
		"lock /usr/bin/app 0 10030\n");
	assert_string_equal(
		table_with((struct pdiag_output_options){ .flags = PDIAG_OUTPUT_NO_STATE }, 0).text,
		"spin /usr/bin/app 10000 10000\n"
		"lock /usr/bin/app 30 10030\n");
}

/* A wait with no frame at all has its cause; causes of one kind are one line. */
static void causes_are_leaves(void **state)
{
	struct table t;

	(void)state;
	made_wait(profile, "x", PDIAG_STATE_IO, 20000, NULL);
	made_wait(profile, "x", PDIAG_STATE_IO, 30000, "u:read", NULL);
	made_wait(profile, "x", PDIAG_STATE_BLOCKED, 10000, "u:lock", "k:futex_wait", NULL);
	t = table(0);
	assert_string_equal(t.text,
		"[off-cpu: io]  50 50\n"
		"[off-cpu: futex]  10 10\n"
		"read /usr/bin/app 0 30\n"
		"futex_wait [kernel] 0 10\n"
		"lock /usr/bin/app 0 10\n");
	assert_true(fabs(t.self_percents - 100) < 1e-9);
}

static void shares_are_of_what_is_shown(void **state)
{
	const char *const frames[] = { "u:other", NULL };
	struct table t;

	(void)state;
	made_samples(profile, "x", 3, "u:main", "u:work", NULL);
	made_wait(profile, "x", PDIAG_STATE_SLEEP, 5000000, "u:main", NULL);
	made_sample_frames(profile, "y", 7, PDIAG_STATE_RUNNING, 0, MADE_PERIOD, frames);
	t = table_with((struct pdiag_output_options){ .states = PDIAG_STATES_ON_CPU, .pid = 100 },
		0);
	assert_string_equal(t.text,
		"work /usr/bin/app 3 3\n"
		"main /usr/bin/app 0 3\n");
	assert_true(fabs(t.self_percents - 100) < 1e-9);
	t = table_with((struct pdiag_output_options){ .states = PDIAG_STATES_OFF_CPU }, 0);
	assert_string_equal(t.text,
		"[off-cpu: sleep]  5000 5000\n"
		"main /usr/bin/app 0 5000\n");
	assert_true(fabs(t.self_percents - 100) < 1e-9);
	t = table_with((struct pdiag_output_options){ .pid = 8 }, 0);
	assert_int_equal(t.lines, 0);
}

static void the_callback_can_end_it(void **state)
{
	struct table t = { .stop_at = 2 };

	(void)state;
	made_samples(profile, "x", 1, "u:a", "u:b", "u:c", NULL);
	assert_int_equal(pdiag_profile_each_hot_frame(profile, NULL, 0, add_line, &t), 42);
	assert_int_equal(t.lines, 2);
	assert_int_equal(pdiag_profile_each_hot_frame(profile, NULL, 0, NULL, &t), -EINVAL);
	assert_int_equal(pdiag_profile_each_hot_frame(NULL, NULL, 0, add_line, &t), -EINVAL);
}

static void an_empty_profile_has_none(void **state)
{
	(void)state;
	assert_int_equal(table(0).lines, 0);
}

static void no_memory(void **state)
{
	struct table t = { .stop_at = 0 };
	unsigned long n;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	made_samples(profile, "x", 1, "u:a", "u:b", "u:c", NULL);
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_profile_each_hot_frame(profile, NULL, 0, add_line, &t);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(t.lines, 0);
	}
	assert_int_equal(ret, 0);
	assert_int_equal(t.lines, 3);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(self_and_total),
		TEST(recursion_counts_once),
		TEST(ties_are_in_the_order_of_names),
		TEST(waits_count_their_time),
		TEST(causes_are_leaves),
		TEST(shares_are_of_what_is_shown),
		TEST(the_callback_can_end_it),
		TEST(an_empty_profile_has_none),
		TEST(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
