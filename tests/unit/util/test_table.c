/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "util/hash.h"
#include "util/table.h"

static uint64_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

/* The model: which (hash, index) pairs are in, in no order. */
#define INDEXES 700u

struct model {
	uint64_t hash[INDEXES];
	int in[INDEXES];
	uint32_t count;
};

static int found(const struct pdiag_table *t, uint64_t hash, uint32_t index)
{
	uint32_t pos, i;
	int times = 0;

	for (i = pdiag_table_first(t, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(t, hash, &pos))
		times += i == index;
	return times;
}

static void check(const struct pdiag_table *t, const struct model *m)
{
	uint32_t filled = 0;

	for (uint32_t i = 0; i < INDEXES; i++)
		assert_int_equal(found(t, m->hash[i], i), m->in[i]);
	assert_int_equal(t->used, m->count);
	for (uint32_t i = 0; t->slots && i <= t->mask; i++)
		filled += t->slots[i] != 0;
	assert_int_equal(filled, m->count);
}

/* Hashes of few values, so that tags are equal and slots collide, around the end of the table. */
static void random_operations(const char *name, uint64_t spread)
{
	struct pdiag_table t = { 0 };
	struct model m = { 0 };

	for (uint32_t i = 0; i < INDEXES; i++)
		m.hash[i] = spread ? pick((uint32_t)spread) + 0xfffffff0ull : seed + pick(1u << 31);
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t i = pick(INDEXES);

		/* Waves, so that the table grows and is emptied again. */
		if (pick(100) < (step / 2000 % 2 ? 20 : 80)) {
			if (m.in[i])
				continue;
			assert_int_equal(pdiag_table_insert(&t, m.hash[i], i), 0);
			m.in[i] = 1;
			m.count++;
		} else {
			pdiag_table_remove(&t, m.hash[i], i);
			m.count -= (uint32_t)m.in[i];
			m.in[i] = 0;
		}
		if (step % 500 == 499)
			check(&t, &m);
		if (step == 15000) {
			pdiag_table_clear(&t);
			memset(m.in, 0, sizeof(m.in));
			m.count = 0;
		}
	}
	check(&t, &m);
	print_message("%s: %u left\n", name, m.count);
	pdiag_table_free(&t);
	assert_int_equal(pdiag_table_bytes(&t), 0);
}

static void against_a_model(void **state)
{
	(void)state;
	random_operations("spread hashes", 0);
	random_operations("neighbours", 64);
	random_operations("collisions", 5);
}

static void empty_tables(void **state)
{
	struct pdiag_table t = { 0 };
	uint32_t pos;

	(void)state;
	assert_int_equal(pdiag_table_first(&t, 7, &pos), PDIAG_TABLE_END);
	pdiag_table_remove(&t, 7, 0);
	pdiag_table_clear(&t);
	pdiag_table_free(&t);
	assert_int_equal(pdiag_table_insert(&t, 0, 0), 0);
	assert_int_equal(pdiag_table_first(&t, 0, &pos), 0);
	pdiag_table_remove(&t, 0, 1);
	pdiag_table_remove(&t, 1, 0);
	assert_int_equal(t.used, 1);
	assert_int_equal(pdiag_table_bytes(&t), 64 * 8);
	pdiag_table_clear(&t);
	assert_int_equal(pdiag_table_first(&t, 0, &pos), PDIAG_TABLE_END);
	assert_int_equal(pdiag_table_bytes(&t), 64 * 8);
	/* The largest index there may be. */
	assert_int_equal(pdiag_table_insert(&t, 3, UINT32_MAX - 2), 0);
	assert_int_equal(pdiag_table_first(&t, 3, &pos), UINT32_MAX - 2);
	pdiag_table_free(&t);
}

static void out_of_memory(void **state)
{
	struct pdiag_table t = { 0 };
	uint32_t pos, count = 0;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	fail_alloc_start(0);
	assert_int_equal(pdiag_table_insert(&t, 1, 1), -ENOMEM);
	assert_true(fail_alloc_stop());
	assert_int_equal(t.used, 0);
	fail_alloc_start_all(1);
	while (!pdiag_table_insert(&t, pdiag_hash_u64(0, count), count))
		count++;
	assert_true(fail_alloc_stop());
	/* Three quarters of the first 64, and all of them are still there. */
	assert_int_equal(count, 48);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(pdiag_table_first(&t, pdiag_hash_u64(0, i), &pos), i);
	assert_int_equal(pdiag_table_insert(&t, pdiag_hash_u64(0, count), count), 0);
	pdiag_table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_a_model),
		cmocka_unit_test(empty_tables),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
