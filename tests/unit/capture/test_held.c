/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The delay line alone: order, copies, its bound, no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/fail_alloc.h"
#include "capture/held.h"

static struct pdiag_record comm(uint64_t time, const char *text)
{
	return (struct pdiag_record){ .type = PDIAG_RECORD_COMM, .flags = PDIAG_RECORD_EXEC,
		.cpu = 3, .pid = 7, .tid = 8, .time = time, .comm = { .text = text } };
}

/* Whatever happens to what was given. */
static void test_copies(void **state)
{
	char text[] = "before";
	struct pdiag_record in[] = {
		comm(1, text),
		{ .type = PDIAG_RECORD_MMAP, .pid = 7, .tid = 7, .time = 5,
			.mmap = { .start = 4096, .len = 8192, .pgoff = 3, .inode = 4,
				.generation = 5, .major = 6, .minor = 7, .path = text } },
		{ .type = PDIAG_RECORD_FORK, .pid = 9, .tid = 9, .time = 4,
			.fork = { .ppid = 7, .ptid = 8 } },
		{ .type = PDIAG_RECORD_EXIT, .pid = 9, .tid = 9, .time = UINT64_MAX },
		{ .type = PDIAG_RECORD_LOSS, .pid = -1, .tid = -1, .time = 6,
			.loss = { .events = 12, .reason = PDIAG_LOSS_TASKS, .pid = -1 } },
	};
	struct pdiag_held h = { 0 };
	struct pdiag_record out;
	(void)state;

	assert_false(pdiag_held_first(&h, &out));
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		assert_int_equal(pdiag_held_add(&h, &in[i]), 0);
	assert_int_equal(h.count, 5);
	assert_int_equal(h.newest, 6);
	strcpy(text, "behind");
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		assert_int_equal(pdiag_held_time(&h), in[i].time);
		assert_true(pdiag_held_first(&h, &out));
		assert_int_equal(out.type, in[i].type);
		assert_int_equal(out.flags, in[i].flags);
		assert_int_equal(out.pid, in[i].pid);
		assert_int_equal(out.tid, in[i].tid);
		assert_int_equal(out.cpu, in[i].cpu);
		assert_int_equal(out.time, in[i].time);
		if (i == 0)
			assert_string_equal(out.comm.text, "before");
		if (i == 1) {
			assert_string_equal(out.mmap.path, "before");
			assert_int_equal(out.mmap.start, 4096);
			assert_int_equal(out.mmap.len, 8192);
			assert_int_equal(out.mmap.pgoff, 3);
			assert_int_equal(out.mmap.inode, 4);
			assert_int_equal(out.mmap.generation, 5);
			assert_int_equal(out.mmap.major, 6);
			assert_int_equal(out.mmap.minor, 7);
		}
		if (i == 2) {
			assert_int_equal(out.fork.ppid, 7);
			assert_int_equal(out.fork.ptid, 8);
		}
		if (i == 4) {
			assert_int_equal(out.loss.events, 12);
			assert_int_equal(out.loss.reason, PDIAG_LOSS_TASKS);
			assert_int_equal(out.loss.pid, -1);
		}
		pdiag_held_drop(&h);
	}
	assert_false(pdiag_held_first(&h, &out));
	pdiag_held_drop(&h);
	assert_int_equal(h.count, 0);
	pdiag_held_free(&h);
}

/* In and out at all fillings: first in, first out, and memory goes as it comes. */
static void test_order(void **state)
{
	struct pdiag_held h = { 0 };
	struct pdiag_record r, out;
	uint64_t in = 0, taken = 0;
	char text[512];
	(void)state;

	srand(1);
	for (int round = 0; round < 60; round++) {
		for (int i = rand() % 3000; i; i--) {
			memset(text, 'x', sizeof(text));
			text[rand() % (int)sizeof(text)] = '\0';
			text[sizeof(text) - 1] = '\0';
			r = comm(++in, text);
			assert_int_equal(pdiag_held_add(&h, &r), 0);
		}
		for (uint64_t i = (uint64_t)rand() % (h.count + 1); i; i--) {
			assert_true(pdiag_held_first(&h, &out));
			assert_int_equal(out.time, ++taken);
			pdiag_held_drop(&h);
		}
	}
	for (; h.count; pdiag_held_drop(&h))
		assert_int_equal(pdiag_held_time(&h), ++taken);
	assert_int_equal(taken, in);
	assert_in_range(h.bytes, 0, 2 * PDIAG_HELD_CHUNK);
	pdiag_held_free(&h);
}

static void test_bound(void **state)
{
	struct pdiag_held h = { .limit_bytes = 3 * PDIAG_HELD_CHUNK };
	struct pdiag_record r = comm(1, "name"), out;
	uint64_t fit, dropped = 0;
	(void)state;

	while (!pdiag_held_add(&h, &r))
		r.time++;
	fit = h.count;
	assert_int_equal(fit, r.time - 1);
	assert_in_range(fit, 3 * PDIAG_HELD_CHUNK / 48, 3 * PDIAG_HELD_CHUNK / 40);
	assert_int_equal(h.newest, fit);
	/* A chunk is let go of whole. */
	for (; pdiag_held_add(&h, &r); dropped++)
		pdiag_held_drop(&h);
	assert_in_range(dropped, fit / 3 - 1, fit / 3 + 1);
	assert_true(pdiag_held_first(&h, &out));
	assert_int_equal(out.time, dropped + 1);
	assert_int_equal(h.bytes, 3 * PDIAG_HELD_CHUNK);
	pdiag_held_free(&h);
	assert_int_equal(h.bytes, 0);
	/* By itself it takes no more than this. */
	for (h.limit_bytes = 0; !pdiag_held_add(&h, &r);)
		;
	assert_int_equal(h.bytes, PDIAG_HELD_BYTES);
	pdiag_held_free(&h);
}

/* Longer than a chunk: no event of the kernel is. */
static void test_too_long(void **state)
{
	char *text = calloc(1, PDIAG_HELD_CHUNK + 1);
	struct pdiag_record r = comm(1, "name"), giant = comm(2, text);
	struct pdiag_held h = { 0 };
	(void)state;

	memset(text, 'x', PDIAG_HELD_CHUNK);
	assert_true(pdiag_held_add(&h, &giant) < 0);
	assert_true(pdiag_held_add(&h, &giant) < 0);
	assert_int_equal(pdiag_held_add(&h, &r), 0);
	assert_true(pdiag_held_add(&h, &giant) < 0);
	assert_int_equal(h.count, 1);
	assert_int_equal(pdiag_held_time(&h), 1);
	assert_int_equal(h.newest, 1);
	pdiag_held_drop(&h);
	assert_int_equal(h.count, 0);
	pdiag_held_free(&h);
	free(text);
}

static void test_no_memory(void **state)
{
	struct pdiag_held h = { 0 };
	struct pdiag_record r = comm(1, "name"), out;
	uint64_t full;
	(void)state;

	FAIL_ALLOC_OR_SKIP();
	fail_alloc_start(0);
	assert_true(pdiag_held_add(&h, &r) < 0);
	assert_true(fail_alloc_stop());
	assert_int_equal(h.count, 0);
	assert_int_equal(h.bytes, 0);
	fail_alloc_start_all(1);
	for (; !pdiag_held_add(&h, &r); r.time++)
		;
	assert_true(fail_alloc_stop());
	full = h.count;
	assert_int_equal(full, r.time - 1);
	assert_int_equal(pdiag_held_add(&h, &r), 0);
	for (uint64_t i = 1; i <= full + 1; i++, pdiag_held_drop(&h)) {
		assert_true(pdiag_held_first(&h, &out));
		assert_int_equal(out.time, i);
	}
	pdiag_held_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
