/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../support/fail_alloc.h"
#include "symbol/symbol_table.h"

static int put(struct pdiag_symbol_table *t, uint64_t start, uint64_t size, const char *name,
	uint32_t rank, uint32_t flags)
{
	struct pdiag_symbol_draft d = { .start = start, .size = (uint32_t)size, .rank = rank,
		.flags = flags };
	char *text = pdiag_symbol_table_text(t, strlen(name), &d.name);

	if (!text)
		return -ENOMEM;
	memcpy(text, name, strlen(name));
	return pdiag_symbol_table_add(t, &d);
}

/* The name at an address, "" if there is none. */
static const char *at(const struct pdiag_symbol_table *t, uint64_t address)
{
	struct pdiag_symbol_hit hit;

	return pdiag_symbol_table_find(t, address, &hit) ? hit.name : "";
}

static void finds_by_address(void **state)
{
	struct pdiag_symbol_table t = { 0 };
	struct pdiag_symbol_hit hit;

	(void)state;
	assert_false(pdiag_symbol_table_find(&t, 0, &hit));
	put(&t, 0x300, 0x10, "c", 1, 0);
	put(&t, 0x100, 0x10, "a", 1, 0);
	put(&t, 0x200, 0x80, "b", 1, PDIAG_DRAFT_PLT);
	assert_int_equal(pdiag_symbol_table_finish(&t), 0);
	assert_int_equal(t.count, 3);
	assert_string_equal(at(&t, 0xff), "");
	assert_string_equal(at(&t, 0x100), "a");
	assert_string_equal(at(&t, 0x10f), "a");
	assert_string_equal(at(&t, 0x110), "");
	assert_string_equal(at(&t, 0x30f), "c");
	assert_string_equal(at(&t, 0x310), "");
	assert_string_equal(at(&t, UINT64_MAX), "");
	assert_true(pdiag_symbol_table_find(&t, 0x27f, &hit));
	assert_string_equal(hit.name, "b");
	assert_true(hit.plt);
	assert_int_equal(hit.start, 0x200);
	assert_int_equal(hit.size, 0x80);
	assert_int_equal(hit.name_len, 1);
	pdiag_symbol_table_free(&t);
}

/* Whatever the order they come in. */
static void chooses_one_alias(void **state)
{
	static const struct {
		const char *name;
		uint32_t rank;
	} aliases[] = {
		{ "local", 1 }, { "_under", 3 }, { "__under_long", 3 }, { "best_one", 3 },
		{ "best", 3 }, { "best_two", 3 }, { "weak_but_long", 2 },
	};

	(void)state;
	for (size_t shift = 0; shift < 7; shift++) {
		struct pdiag_symbol_table t = { 0 };

		for (size_t i = 0; i < 7; i++)
			put(&t, 0x1000, 0x10 + i, aliases[(i + shift) % 7].name,
				aliases[(i + shift) % 7].rank, 0);
		assert_int_equal(pdiag_symbol_table_finish(&t), 0);
		assert_int_equal(t.count, 1);
		assert_string_equal(at(&t, 0x1000), "best_one");
		pdiag_symbol_table_free(&t);
	}
}

static void extends_what_has_no_size(void **state)
{
	struct pdiag_symbol_table t = { 0 };

	(void)state;
	put(&t, 0x100, 0x1000, "open", 1, PDIAG_DRAFT_EXTEND);
	put(&t, 0x180, 0x20, "sized", 1, 0);
	put(&t, 0x188, 0x100, "label", 1, PDIAG_DRAFT_EXTEND);
	put(&t, 0x1a0, 0x8, "short", 1, PDIAG_DRAFT_EXTEND);
	put(&t, 0x200, 0x1000, "before_data", 1, PDIAG_DRAFT_EXTEND);
	put(&t, 0x240, 0, "data", 0, PDIAG_DRAFT_BOUND | PDIAG_DRAFT_EXTEND);
	put(&t, 0x300, 0x1000, "last", 1, PDIAG_DRAFT_EXTEND);
	assert_int_equal(pdiag_symbol_table_finish(&t), 0);
	assert_string_equal(at(&t, 0x17f), "open");
	assert_string_equal(at(&t, 0x180), "sized");
	assert_string_equal(at(&t, 0x190), "sized");
	assert_string_equal(at(&t, 0x1a7), "short");
	assert_string_equal(at(&t, 0x1a8), "");
	assert_string_equal(at(&t, 0x23f), "before_data");
	assert_string_equal(at(&t, 0x240), "");
	assert_string_equal(at(&t, 0x12ff), "last");
	assert_string_equal(at(&t, 0x1300), "");
	pdiag_symbol_table_free(&t);
}

static void the_innermost_covers(void **state)
{
	struct pdiag_symbol_table t = { 0 };
	struct pdiag_symbol_hit hit;

	(void)state;
	put(&t, 0x100, 0x100, "outer", 1, 0);
	put(&t, 0x140, 0x20, "inner", 1, 0);
	put(&t, 0x150, 0x8, "innermost", 1, 0);
	assert_int_equal(pdiag_symbol_table_finish(&t), 0);
	assert_string_equal(at(&t, 0x13f), "outer");
	assert_string_equal(at(&t, 0x14f), "inner");
	assert_string_equal(at(&t, 0x157), "innermost");
	assert_string_equal(at(&t, 0x158), "inner");
	assert_true(pdiag_symbol_table_find(&t, 0x1ff, &hit));
	assert_string_equal(hit.name, "outer");
	assert_int_equal(hit.start, 0x100);
	assert_int_equal(hit.size, 0x100);
	pdiag_symbol_table_free(&t);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Against a search through all of them, one address after the other. */
static void same_as_brute_force(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 400; round++) {
		bool latest = round & 1;
		uint32_t seed = round, count = 1 + next_random(&seed) % 40;
		uint64_t start[40], size[40];
		struct pdiag_symbol_table t = { 0 };
		char name[8];

		for (uint32_t i = 0; i < count; i++) {
			/* Without `latest` starts are distinct: aliases have their own test. */
			start[i] = latest ? next_random(&seed) % 200 : i * 5 + 7;
			size[i] = 1 + next_random(&seed) % 60;
			snprintf(name, sizeof(name), "%u", i);
			put(&t, start[i], size[i], name, i, 0);
		}
		assert_int_equal(latest ? pdiag_symbol_table_finish_latest(&t) :
					  pdiag_symbol_table_finish(&t), 0);
		for (uint64_t a = 0; a < 300; a++) {
			struct pdiag_symbol_hit hit;
			int want = -1;

			for (uint32_t i = 0; i < count; i++)
				if (a >= start[i] && a - start[i] < size[i])
					want = (int)i;
			if (want < 0) {
				assert_string_equal(at(&t, a), "");
				continue;
			}
			assert_true(pdiag_symbol_table_find(&t, a, &hit));
			assert_int_equal(atoi(hit.name), want);
			assert_int_equal(hit.start, start[want]);
			assert_int_equal(hit.size, size[want]);
		}
		pdiag_symbol_table_free(&t);
	}
}

static void ends_of_the_address_space(void **state)
{
	struct pdiag_symbol_table t = { 0 };

	(void)state;
	put(&t, 0, UINT32_MAX, "zero", 1, 0);
	put(&t, UINT64_MAX - 4, UINT32_MAX, "top", 1, 0);
	put(&t, UINT64_MAX - 8, UINT32_MAX, "under", 1, 0);
	assert_int_equal(pdiag_symbol_table_finish(&t), 0);
	assert_string_equal(at(&t, 0), "zero");
	assert_string_equal(at(&t, PDIAG_SYMBOL_SIZE_MAX - 1), "zero");
	assert_string_equal(at(&t, PDIAG_SYMBOL_SIZE_MAX), "");
	assert_string_equal(at(&t, UINT64_MAX - 5), "under");
	assert_string_equal(at(&t, UINT64_MAX - 2), "top");
	pdiag_symbol_table_free(&t);
}

static void long_names_are_cut(void **state)
{
	const size_t len = PDIAG_SYMBOL_NAME_MAX + 100;
	struct pdiag_symbol_table t = { 0 };
	struct pdiag_symbol_hit hit;
	char *name = malloc(len + 1);

	(void)state;
	memset(name, 'n', len);
	name[len] = '\0';
	put(&t, 1, 1, name, 1, 0);
	assert_int_equal(pdiag_symbol_table_finish(&t), 0);
	assert_true(pdiag_symbol_table_find(&t, 1, &hit));
	assert_int_equal(hit.name_len, PDIAG_SYMBOL_NAME_MAX);
	assert_null(pdiag_symbol_table_text(&t, PDIAG_SYMBOL_TEXT_MAX, &(uint32_t){ 0 }));
	pdiag_symbol_table_free(&t);
	free(name);
}

static void unused_text_goes(void **state)
{
	struct pdiag_symbol_table t = { 0 };
	uint32_t offset;

	(void)state;
	put(&t, 0x100, 0x100, "outer", 1, 0);
	pdiag_symbol_table_text(&t, 1000, &offset);
	put(&t, 0x140, 0x20, "inner", 1, 0);
	put(&t, 0x300, 0x20, "other", 1, PDIAG_DRAFT_PLT);
	assert_int_equal(pdiag_symbol_table_finish(&t), 0);
	assert_true(t.text_len > 1000);
	pdiag_symbol_table_compact(&t);
	assert_int_equal(t.text_len, 18);
	assert_string_equal(at(&t, 0x13f), "outer");
	assert_string_equal(at(&t, 0x140), "inner");
	assert_string_equal(at(&t, 0x160), "outer");
	assert_string_equal(at(&t, 0x300), "other");
	/* Nothing to gain. */
	pdiag_symbol_table_compact(&t);
	assert_int_equal(t.text_len, 18);
	pdiag_symbol_table_free(&t);
	pdiag_symbol_table_compact(&t);
}

/* Many symbols may share one text; copies of it must not take more than it does. */
static void shared_text_does_not_grow(void **state)
{
	struct pdiag_symbol_draft d = { .size = 1, .rank = 1 };
	struct pdiag_symbol_table t = { 0 };
	char *text = pdiag_symbol_table_text(&t, 50000, &d.name);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 50000);
	for (d.start = 0; d.start < 50000; d.start++, d.name++)
		assert_int_equal(pdiag_symbol_table_add(&t, &d), 0);
	assert_int_equal(pdiag_symbol_table_finish(&t), 0);
	pdiag_symbol_table_compact(&t);
	assert_int_equal(t.text_len, 50001);
	assert_int_equal(strlen(at(&t, 49990)), 10);
	pdiag_symbol_table_free(&t);
}

static int build(struct pdiag_symbol_table *t, bool overlap)
{
	for (uint64_t i = 0; i < 60; i++)
		if (put(t, 1000 - i * 10, overlap ? 15 : 5, "name", 1, 0))
			return -ENOMEM;
	return pdiag_symbol_table_finish(t);
}

static void out_of_memory(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (int overlap = 0; overlap < 2; overlap++)
		for (unsigned long n = 0;; n++) {
			struct pdiag_symbol_table t = { 0 };
			int ret;

			fail_alloc_start(n);
			ret = build(&t, overlap);
			if (!fail_alloc_stop()) {
				assert_int_equal(ret, 0);
				pdiag_symbol_table_free(&t);
				break;
			}
			/* Shrinking may fail without harm. */
			assert_true(ret == -ENOMEM || (!ret && t.count));
			pdiag_symbol_table_free(&t);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_address),
		cmocka_unit_test(chooses_one_alias),
		cmocka_unit_test(extends_what_has_no_size),
		cmocka_unit_test(the_innermost_covers),
		cmocka_unit_test(same_as_brute_force),
		cmocka_unit_test(ends_of_the_address_space),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(unused_text_goes),
		cmocka_unit_test(shared_text_does_not_grow),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
