/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/hash.h"

#define MANY 65536u

static uint64_t kept[MANY];

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned int repeats(void)
{
	unsigned int n = 0;

	qsort(kept, MANY, sizeof(*kept), compare);
	for (unsigned int i = 1; i < MANY; i++)
		n += kept[i] == kept[i - 1];
	return n;
}

/* Every bit is set about half of the time, over inputs that differ in a few low bits. */
static void assert_balanced(void)
{
	for (int bit = 0; bit < 64; bit++) {
		unsigned int set = 0;

		for (unsigned int i = 0; i < MANY; i++)
			set += kept[i] >> bit & 1;
		assert_in_range(set, MANY * 45 / 100, MANY * 55 / 100);
	}
}

static void words_are_mixed(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < MANY; i++)
		kept[i] = pdiag_hash_u64(0, 0x7f0000000000ull + i * 4);
	assert_balanced();
	assert_int_equal(repeats(), 0);
	for (uint64_t i = 0; i < MANY; i++)
		kept[i] = pdiag_hash_u64(3, i / 256 << 32 | i % 256);
	assert_balanced();
	assert_int_equal(repeats(), 0);
}

/* A change in any one word, at any length, gives another hash. */
static void every_word_counts(void **state)
{
	uint64_t words[130], at_first, h;

	(void)state;
	for (size_t n = 1; n <= 130; n++) {
		for (size_t i = 0; i < n; i++)
			words[i] = 0xffffffff81000000ull + i % 3;
		at_first = pdiag_hash_u64s(0, words, n);
		assert_true(at_first != pdiag_hash_u64s(0, words, n - 1));
		assert_true(at_first != pdiag_hash_u64s(1, words, n));
		for (size_t i = 0; i < n; i++) {
			words[i] ^= 1;
			h = pdiag_hash_u64s(0, words, n);
			words[i] ^= 1;
			assert_true(h != at_first);
			assert_in_range(__builtin_popcountll(h ^ at_first), 8, 56);
		}
	}
}

static void order_counts(void **state)
{
	uint64_t a[24], b[24], t;

	(void)state;
	for (size_t i = 0; i < 24; i++)
		a[i] = 1000 + i;
	for (size_t i = 0; i < 24; i++)
		for (size_t k = 0; k < i; k++) {
			memcpy(b, a, sizeof(b));
			t = b[i];
			b[i] = b[k];
			b[k] = t;
			assert_true(pdiag_hash_u64s(0, a, 24) != pdiag_hash_u64s(0, b, 24));
		}
}

/* Stacks that share all frames but some leaf and some root. */
static void stacks_are_mixed(void **state)
{
	uint64_t words[24];

	(void)state;
	for (size_t i = 0; i < 24; i++)
		words[i] = 0x5500000000ull + i * 64;
	for (uint64_t i = 0; i < MANY; i++) {
		words[0] = 0x7f0000000000ull + i % 256;
		words[23] = 0x7f0000000000ull + i / 256;
		kept[i] = pdiag_hash_u64s(0, words, 24);
	}
	assert_balanced();
	assert_int_equal(repeats(), 0);
}

static void bytes(void **state)
{
	char text[40] = "the quick brown fox jumps over the dog", *copy = malloc(39);
	uint64_t all, h;

	(void)state;
	/* Whatever the alignment, and not a byte beyond the end. */
	memcpy(copy, text, 39);
	for (size_t len = 0; len <= 38; len++) {
		all = pdiag_hash_bytes(0, text, len);
		assert_true(all == pdiag_hash_bytes(0, copy, len));
		memmove(copy + 1, text, len);
		assert_true(all == pdiag_hash_bytes(0, copy + 1, len));
		memcpy(copy, text, 39);
		for (size_t i = 0; i < len; i++) {
			copy[i] ^= 1;
			h = pdiag_hash_bytes(0, copy, len);
			copy[i] ^= 1;
			assert_true(h != all);
		}
	}
	assert_true(pdiag_hash_bytes(0, "\0", 1) != pdiag_hash_bytes(0, "", 0));
	assert_true(pdiag_hash_bytes(0, "\0\0", 2) != pdiag_hash_bytes(0, "\0", 1));
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_mixed),
		cmocka_unit_test(every_word_counts),
		cmocka_unit_test(order_counts),
		cmocka_unit_test(stacks_are_mixed),
		cmocka_unit_test(bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
