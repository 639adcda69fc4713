/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings that the test fills as the kernel would, nonsense included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/perf_layout.h"
#include "source/perf_rings.h"

#define SIZE 4096

struct fake {
	struct perf_event_mmap_page page;
	unsigned char data[SIZE] __attribute__((aligned(8)));
	uint64_t head;
};

struct plain {
	struct perf_event_header header;
	uint64_t body;
	struct pdiag_perf_id id;
};

static void fake_init(struct fake *f, struct pdiag_perf_ring *r, uint64_t start)
{
	memset(f, 0, sizeof(*f));
	*r = (struct pdiag_perf_ring){ .page = &f->page, .data = f->data, .size = SIZE, .fd = -1 };
	f->head = f->page.data_tail = r->tail = r->published = start;
}

static void fake_put(struct fake *f, const void *record, size_t len)
{
	for (size_t i = 0; i < len; i++)
		f->data[(f->head + i) % SIZE] = ((const unsigned char *)record)[i];
	f->head += len;
	f->page.data_head = f->head;
}

static void fake_plain(struct fake *f, uint64_t time, uint64_t body)
{
	struct plain p = { .header = { .type = PERF_RECORD_COMM, .size = sizeof(p) }, .body = body,
		.id = { .time = time } };

	fake_put(f, &p, sizeof(p));
}

static void test_wraps(void **state)
{
	unsigned char bounce[65536];
	struct pdiag_perf_ring r;
	struct fake f;
	(void)state;

	/* Every place of the wrap, and a start near the overflow of the position. */
	for (uint64_t start = 0; start < SIZE; start += 8) {
		fake_init(&f, &r, UINT64_MAX - 3 * SIZE + 1 + start);
		for (uint64_t i = 0; i < SIZE / sizeof(struct plain); i++)
			fake_plain(&f, 100 + i, ~i);
		pdiag_perf_ring_refresh(&r);
		for (uint64_t i = 0; i < SIZE / sizeof(struct plain); i++) {
			struct plain got;

			assert_int_equal(pdiag_perf_ring_peek(&r), 1);
			assert_int_equal(r.time, 100 + i);
			memcpy(&got, pdiag_perf_ring_record(&r, bounce), sizeof(got));
			assert_int_equal(got.body, ~i);
			pdiag_perf_ring_advance(&r);
		}
		assert_int_equal(pdiag_perf_ring_peek(&r), 0);
		pdiag_perf_ring_publish(&r);
		assert_int_equal(f.page.data_tail, f.head);
	}
}

static void test_tells_the_kernel_in_time(void **state)
{
	struct pdiag_perf_ring r;
	struct fake f;
	(void)state;

	fake_init(&f, &r, 0);
	for (int i = 0; i < 20; i++)
		fake_plain(&f, 1, 1);
	pdiag_perf_ring_refresh(&r);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(pdiag_perf_ring_peek(&r), 1);
		pdiag_perf_ring_advance(&r);
		assert_true(r.tail - f.page.data_tail <= SIZE / 16 + sizeof(struct plain));
	}
}

static void check_skipped(struct fake *f, struct pdiag_perf_ring *r)
{
	pdiag_perf_ring_refresh(r);
	assert_true(pdiag_perf_ring_peek(r) < 0);
	assert_int_equal(r->tail, f->head);
	assert_int_equal(f->page.data_tail, f->head);
	/* And goes on with what comes next. */
	fake_plain(f, 5, 5);
	pdiag_perf_ring_refresh(r);
	assert_int_equal(pdiag_perf_ring_peek(r), 1);
	assert_int_equal(r->time, 5);
}

static void test_nonsense(void **state)
{
	static const uint16_t sizes[] = { 0, 4, 12, 4000 };
	struct perf_event_header h = { .type = PERF_RECORD_SAMPLE };
	struct pdiag_perf_ring r;
	struct fake f;
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fake_init(&f, &r, 0);
		h.size = sizes[i];
		fake_put(&f, &h, sizeof(h));
		fake_put(&f, &h, sizeof(h));
		check_skipped(&f, &r);
	}
	/* A head further than the ring is large. */
	fake_init(&f, &r, 0);
	f.head = 10 * SIZE;
	f.page.data_head = f.head;
	check_skipped(&f, &r);
}

static void test_order(void **state)
{
	struct pdiag_perf_rings rings = { 0 };
	struct pdiag_perf_ring *from;
	struct fake *f = calloc(5, sizeof(*f));
	uint64_t last = 0, count = 0;
	uint64_t times[5] = { 0 };
	(void)state;

	assert_non_null(f);
	assert_int_equal(pdiag_perf_rings_alloc(&rings, 5), 0);
	srand(7);
	for (int i = 0; i < 5; i++)
		fake_init(&f[i], &rings.rings[i], 0);
	/* Several rounds of random times, some of them beyond the horizon of the round. */
	for (uint64_t round = 1; round <= 50; round++) {
		for (int i = 0; i < 5; i++)
			for (int n = rand() % 8; n; n--) {
				/* Written after the last look, so later than its horizon. */
				if (times[i] <= (round - 1) * 300)
					times[i] = (round - 1) * 300 + 1;
				times[i] += (uint64_t)rand() % 100;
				fake_plain(&f[i], times[i], 0);
				count++;
			}
		pdiag_perf_rings_refresh(&rings, round * 300);
		while (pdiag_perf_rings_next(&rings, &from)) {
			assert_true(from->time >= last);
			assert_true(from->time <= round * 300);
			last = from->time;
			count--;
		}
	}
	pdiag_perf_rings_refresh(&rings, UINT64_MAX);
	while (pdiag_perf_rings_next(&rings, &from)) {
		assert_true(from->time >= last);
		last = from->time;
		count--;
	}
	assert_int_equal(count, 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(f[i].page.data_tail, f[i].head);
	pdiag_perf_rings_free(&rings, false);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_tells_the_kernel_in_time),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
