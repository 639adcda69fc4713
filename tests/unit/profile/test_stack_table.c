/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "profile/stack_table.h"

static uint64_t seed = 1;

static uint64_t next(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 33;
}

static void same_stack_same_number(void **state)
{
	struct pdiag_stack_table t = { 0 };
	uint64_t a[] = { 1, 2, 3 }, b[] = { 1, 2, 4 }, c[] = { 3, 2, 1 };
	uint32_t nr;
	int fresh;

	(void)state;
	assert_int_equal(pdiag_stack_table_add(&t, a, 3, &fresh), 0);
	assert_true(fresh);
	assert_int_equal(pdiag_stack_table_add(&t, b, 3, &fresh), 1);
	assert_true(fresh);
	assert_int_equal(pdiag_stack_table_add(&t, a, 2, &fresh), 2);
	assert_true(fresh);
	assert_int_equal(pdiag_stack_table_add(&t, c, 3, &fresh), 3);
	assert_int_equal(pdiag_stack_table_add(&t, a, 3, &fresh), 0);
	assert_false(fresh);
	assert_memory_equal(pdiag_stack_table_get(&t, 1, &nr), b, sizeof(b));
	assert_int_equal(nr, 3);
	assert_null(pdiag_stack_table_get(&t, 4, &nr));
	assert_int_equal(nr, 0);
	assert_null(pdiag_stack_table_get(&t, PDIAG_STACK_NONE, &nr));
	pdiag_stack_table_free(&t);
}

static void empty_stack_is_a_stack(void **state)
{
	struct pdiag_stack_table t = { 0 };
	uint32_t nr = 1;
	int fresh;

	(void)state;
	assert_int_equal(pdiag_stack_table_add(&t, NULL, 0, &fresh), 0);
	assert_true(fresh);
	assert_non_null(pdiag_stack_table_get(&t, 0, &nr));
	assert_int_equal(nr, 0);
	assert_int_equal(pdiag_stack_table_add(&t, NULL, 0, &fresh), 0);
	assert_false(fresh);
	pdiag_stack_table_free(&t);
}

/* Stacks of few words out of few values, so that most are seen again. */
#define STACKS 3000
#define DEPTH 130

static void many_against_a_list(void **state)
{
	struct pdiag_stack_table t = { 0 };
	uint64_t (*model)[DEPTH] = calloc(STACKS, sizeof(*model));
	uint32_t *depth = calloc(STACKS, sizeof(*depth)), nr;
	const uint64_t *words;
	size_t count = 0, i;
	int fresh;

	(void)state;
	for (int round = 0; round < STACKS; round++) {
		uint64_t ips[DEPTH];

		nr = (uint32_t)(next() % 20 ? next() % 6 : next() % DEPTH);
		for (uint32_t k = 0; k < nr; k++)
			ips[k] = 0xffffffff81000000ull + next() % 3;
		for (i = 0; i < count; i++)
			if (depth[i] == nr && !memcmp(model[i], ips, nr * sizeof(*ips)))
				break;
		assert_int_equal(pdiag_stack_table_add(&t, ips, nr, &fresh), i);
		assert_int_equal(fresh, i == count);
		if (i < count)
			continue;
		depth[count] = nr;
		memcpy(model[count++], ips, nr * sizeof(*ips));
	}
	assert_true(count > 300 && count < STACKS);
	for (i = 0; i < count; i++) {
		words = pdiag_stack_table_get(&t, (uint32_t)i, &nr);
		assert_int_equal(nr, depth[i]);
		assert_memory_equal(words, model[i], nr * sizeof(*words));
	}
	pdiag_stack_table_free(&t);
	free(model);
	free(depth);
}

static void full_and_cleared(void **state)
{
	struct pdiag_stack_table t = { .limit_bytes = 100000 };
	uint64_t ips[16] = { 0 };
	uint32_t first = 0, nr;
	int fresh;

	(void)state;
	for (int round = 0; round < 3; round++) {
		uint32_t count = 0;

		while (!pdiag_stack_table_full(&t)) {
			ips[3] = next() << 20 | count;
			assert_int_equal(pdiag_stack_table_add(&t, ips, 16, &fresh), count++);
		}
		assert_in_range(count, 100000 / 200, 100000 / 128);
		/* Each round holds the same: nothing of the last one counts on. */
		assert_true(!round || count == first);
		first = count;
		pdiag_stack_table_clear(&t);
		assert_false(pdiag_stack_table_full(&t));
		assert_null(pdiag_stack_table_get(&t, 0, &nr));
	}
	pdiag_stack_table_free(&t);
	assert_int_equal(t.limit_bytes, 100000);
}

static void out_of_memory(void **state)
{
	uint64_t ips[4] = { 5, 6, 7, 8 };
	unsigned long n;
	uint32_t id, nr;
	int fresh;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		struct pdiag_stack_table t = { 0 };

		fail_alloc_start(n);
		id = pdiag_stack_table_add(&t, ips, 4, &fresh);
		if (!fail_alloc_stop()) {
			assert_int_equal(id, 0);
			pdiag_stack_table_free(&t);
			break;
		}
		assert_int_equal(id, PDIAG_STACK_NONE);
		assert_false(fresh);
		assert_null(pdiag_stack_table_get(&t, 0, &nr));
		assert_int_equal(pdiag_stack_table_add(&t, ips, 4, &fresh), 0);
		assert_true(fresh);
		assert_memory_equal(pdiag_stack_table_get(&t, 0, &nr), ips, sizeof(ips));
		pdiag_stack_table_free(&t);
	}
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_stack_same_number),
		cmocka_unit_test(empty_stack_is_a_stack),
		cmocka_unit_test(many_against_a_list),
		cmocka_unit_test(full_and_cleared),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
