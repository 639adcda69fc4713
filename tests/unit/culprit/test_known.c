/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A metric has told that there are more waits of a kind: who has most of them is no chance. */
#include "scene.h"

#include "culprit/compare.h"

#define FAULTS "u:main<u:touch<k:folio_wait_bit_common"

static uint32_t told(struct scene *s, uint32_t states)
{
	s->found = NULL;
	assert_int_equal(pdiag_culprits_compare(s->normal, NORMAL, s->trouble, NULL, NULL, states,
		&s->found), 0);
	return pdiag_culprits_count(s->found);
}

/* Too little to be no chance among all that a machine does. */
static void who_has_most(void **state)
{
	struct scene *s = *state;
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 1);
	window_wait(s->trouble, "thrasher", 40, PDIAG_STATE_PAGE_FAULT, 1.3, 0.0002, FAULTS);
	assert_int_equal(told(s, 0), 0);
	/* Of others nothing is known. */
	assert_int_equal(told(s, 1u << PDIAG_STATE_IO), 0);
	assert_true(told(s, 1u << PDIAG_STATE_IO | 1u << PDIAG_STATE_PAGE_FAULT) > 0);
	c = nth(s, PDIAG_CULPRIT_PROCESS, 0);
	assert_string_equal(c->process, "thrasher");
	assert_true(c->significance >= 1 && c->significance < 3);
	assert_null(nth(s, PDIAG_CULPRIT_PROCESS, 1));
	assert_true(has_frame(nth(s, PDIAG_CULPRIT_STACK, 0), "touch"));
}

/* Where nobody has most of them it may be anybody. */
static void nobody_has_most(void **state)
{
	struct scene *s = *state;
	char name[16];

	usual(s->trouble, 10, 1);
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "some%d", i);
		window_wait(s->trouble, name, 40 + i, PDIAG_STATE_PAGE_FAULT, 1, 0.0002, FAULTS);
	}
	assert_int_equal(told(s, 1u << PDIAG_STATE_PAGE_FAULT), 0);
}

/* Who waits as often as before, and longer, is hit by what somebody else does. */
static void who_is_hit(void **state)
{
	struct scene *s = *state;

	for (unsigned int i = 0; i < NORMAL; i++)
		window_wait(s->normal[i], "base", 40, PDIAG_STATE_PAGE_FAULT, 0.9, 0.001, FAULTS);
	usual(s->trouble, 10, 1);
	window_wait(s->trouble, "base", 40, PDIAG_STATE_PAGE_FAULT, 2.4, 0.004, FAULTS);
	assert_int_equal(told(s, 1u << PDIAG_STATE_PAGE_FAULT), 0);
}

/* A thread of the kernel works for others. */
static void for_others(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 1);
	window_wait(s->trouble, "kworker", 40, PDIAG_STATE_IO, 1.3, 0.0002,
		"k:kthread<k:worker_thread<k:io_schedule");
	assert_int_equal(told(s, 1u << PDIAG_STATE_IO), 0);
}

/* Others wait, too, and longer; a metric tells of what. */
static void what_is_meant(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 1);
	window_wait(s->trouble, "pool", 40, PDIAG_STATE_FUTEX, 10, 0.05, "u:main<u:take_work");
	window_wait(s->trouble, "sender", 41, PDIAG_STATE_NETWORK, 9, 0.05, "u:main<u:send_on");
	assert_true(told(s, 0) > 0);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "pool");
	pdiag_culprits_free(s->found);
	assert_true(told(s, 1u << PDIAG_STATE_NETWORK) > 0);
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 0)->process, "sender");
	assert_string_equal(nth(s, PDIAG_CULPRIT_PROCESS, 1)->process, "pool");
}

/* A trifle is none by that. */
static void too_little(void **state)
{
	struct scene *s = *state;

	usual(s->trouble, 10, 1);
	window_wait(s->trouble, "thrasher", 40, PDIAG_STATE_PAGE_FAULT, 0.1, 0.0002, FAULTS);
	assert_int_equal(told(s, 1u << PDIAG_STATE_PAGE_FAULT), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_has_most),
		TEST(nobody_has_most),
		TEST(who_is_hit),
		TEST(for_others),
		TEST(what_is_meant),
		TEST(too_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
