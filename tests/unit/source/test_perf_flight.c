/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings that the test fills downwards, as the kernel does for a flight recorder. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/fail_alloc.h"
#include "source/perf_layout.h"
#include "source/perf_rings.h"

#define SIZE 4096u

struct fake {
	struct perf_event_mmap_page page;
	unsigned char data[SIZE] __attribute__((aligned(8)));
};

struct plain {
	struct perf_event_header header;
	uint64_t body[3];
	struct pdiag_perf_id id;
};

static struct fake fake;
static struct pdiag_perf_ring ring;
static unsigned char bounce[65536];

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	ring = (struct pdiag_perf_ring){ .page = &fake.page, .data = fake.data, .size = SIZE,
		.fd = -1, .backward = true };
	fake.page.data_tail = 12345;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_perf_ring_release(&ring);
	/* The page is not ours to write. */
	assert_int_equal(fake.page.data_tail, 12345);
	return 0;
}

static void put_bytes(const void *record, size_t len)
{
	uint64_t head = fake.page.data_head - len;

	for (size_t i = 0; i < len; i++)
		fake.data[(head + i) % SIZE] = ((const unsigned char *)record)[i];
	fake.page.data_head = head;
}

/* Of different lengths, so that they end anywhere. */
static void put(uint64_t time)
{
	struct plain p = { .header = { .type = PERF_RECORD_COMM } };
	unsigned char bytes[sizeof(p)];
	size_t words = 1 + time % 3, len = sizeof(p.header) + words * 8 + sizeof(p.id);

	p.header.size = (uint16_t)len;
	p.id.time = time;
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, &p.header, sizeof(p.header));
	memcpy(bytes + sizeof(p.header), &time, sizeof(time));
	memcpy(bytes + len - sizeof(p.id), &p.id, sizeof(p.id));
	put_bytes(bytes, len);
}

/* Reads all, which must be the last ones up to `last`. Returns the first. */
static uint64_t check_all(uint64_t last)
{
	uint64_t first = 0, next = 0, body;
	const unsigned char *at;

	while (pdiag_perf_ring_peek(&ring) > 0) {
		first = first ? first : ring.time;
		assert_true(!next || ring.time == next);
		at = pdiag_perf_ring_record(&ring, bounce);
		memcpy(&body, at + sizeof(struct perf_event_header), sizeof(body));
		assert_int_equal(body, ring.time);
		next = ring.time + 1;
		pdiag_perf_ring_advance(&ring);
	}
	pdiag_perf_ring_publish(&ring);
	assert_int_equal(next, last + 1);
	return first;
}

static void test_oldest_first(void **state)
{
	bool overwritten;
	(void)state;

	assert_int_equal(pdiag_perf_ring_hold(&ring, &overwritten), 0);
	assert_int_equal(pdiag_perf_ring_peek(&ring), 0);
	for (uint64_t i = 1; i <= 3000; i++) {
		put(i);
		pdiag_perf_ring_refresh(&ring);
		assert_int_equal(pdiag_perf_ring_hold(&ring, &overwritten), 0);
		assert_int_equal(overwritten, 0 - fake.page.data_head > SIZE);
		if (overwritten) /* all that is whole: at most the longest is missing */
			assert_true(ring.held_count >= (SIZE - 64) / 64);
		assert_int_equal(check_all(i) == 1, !overwritten);
	}
}

/* What was before it began anew is not read again. */
static void test_release(void **state)
{
	bool overwritten;
	(void)state;

	for (uint64_t round = 0; round < 200; round++) {
		for (uint64_t i = 1; i <= round % 90; i++)
			put(1000 * (round + 1) + i);
		assert_int_equal(pdiag_perf_ring_hold(&ring, &overwritten), 0);
		if (!overwritten)
			assert_int_equal(ring.held_count, round % 90);
		if (round % 90)
			assert_true(check_all(1000 * (round + 1) + round % 90) >
				1000 * (round + 1));
		pdiag_perf_ring_release(&ring);
		assert_int_equal(pdiag_perf_ring_peek(&ring), 0);
	}
}

static void test_nonsense(void **state)
{
	static const uint16_t sizes[] = { 0, 4, 12, 4096, 65528 };
	struct perf_event_header h = { .type = PERF_RECORD_SAMPLE };
	bool overwritten;
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		setup(NULL);
		put(1);
		put(2);
		h.size = sizes[i];
		put_bytes(&h, sizeof(h));
		put(3);
		assert_int_equal(pdiag_perf_ring_hold(&ring, &overwritten), 0);
		/* What comes before it in time is behind it in the ring. */
		assert_int_equal(ring.held_count, 1);
		assert_int_equal(check_all(3), 3);
		pdiag_perf_ring_release(&ring);
	}
	/* A head that has gone up: nothing, or all of the ring, but nothing outside of it. */
	setup(NULL);
	fake.page.data_head = 24;
	assert_int_equal(pdiag_perf_ring_hold(&ring, &overwritten), 0);
	while (pdiag_perf_ring_peek(&ring) > 0)
		pdiag_perf_ring_advance(&ring);
	/* What was found may be overwritten before it is read. */
	setup(NULL);
	put(1);
	put(2);
	assert_int_equal(pdiag_perf_ring_hold(&ring, &overwritten), 0);
	memset(fake.data, 0xff, SIZE);
	assert_true(pdiag_perf_ring_peek(&ring) < 0);
	assert_int_equal(pdiag_perf_ring_peek(&ring), 0);
}

/* Of process number `time`, of so many ns as that. */
static void put_sample(uint64_t time)
{
	struct pdiag_perf_sample s = { .header = { .type = PERF_RECORD_SAMPLE,
		.size = sizeof(s) }, .pid = (uint32_t)time, .time = time, .period = time };

	put_bytes(&s, sizeof(s));
}

struct seen {
	uint64_t count, newest, oldest;
};

static void see(void *user, const struct pdiag_perf_sample *s)
{
	struct seen *seen = user;

	assert_int_equal(s->pid, s->time);
	assert_int_equal(s->period, s->time);
	assert_true(!seen->count || s->time == seen->oldest - 1);
	seen->newest = seen->count++ ? seen->newest : s->time;
	seen->oldest = s->time;
}

static struct seen recent(uint64_t since)
{
	struct seen seen = { 0 };

	pdiag_perf_ring_recent(&ring, since, see, &seen);
	return seen;
}

/* While it is written to, and others than samples are between them. */
static void test_recent(void **state)
{
	struct seen seen;
	(void)state;

	assert_int_equal(recent(0).count, 0);
	for (uint64_t i = 1; i <= 500; i++) {
		put_sample(i);
		put(i);
		seen = recent(i > 5 ? i - 5 : 0);
		assert_int_equal(seen.newest, i);
		assert_int_equal(seen.oldest, i > 5 ? i - 5 : 1);
		assert_int_equal(seen.count, i > 5 ? 6 : i);
	}
	/* What was written over is not there, and all else is. */
	seen = recent(0);
	assert_int_equal(seen.newest, 500);
	assert_in_range(seen.count, SIZE / 136, SIZE / 112);
	pdiag_perf_ring_release(&ring);
	ring.floor = fake.page.data_head;
	assert_int_equal(recent(0).count, 0);
	put_sample(501);
	assert_int_equal(recent(0).count, 1);
}

static void test_recent_nonsense(void **state)
{
	static const uint16_t sizes[] = { 0, 4, 12, 4096, 65528 };
	struct perf_event_header h = { .type = PERF_RECORD_SAMPLE };
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		setup(NULL);
		put_sample(1);
		h.size = sizes[i];
		put_bytes(&h, sizeof(h));
		put_sample(2);
		assert_int_equal(recent(0).count, 1);
	}
	setup(NULL);
	fake.page.data_head = 24;
	memset(fake.data, 0xff, SIZE);
	assert_int_equal(recent(0).count, 0);
}

static void test_rings(void **state)
{
	struct pdiag_perf_rings rings = { 0 };
	struct pdiag_perf_ring *from;
	bool overwritten;
	(void)state;

	assert_int_equal(pdiag_perf_rings_alloc(&rings, 1), 0);
	rings.rings[0] = ring;
	put(5);
	put(6);
	/* Not before it is held. */
	pdiag_perf_rings_refresh(&rings, UINT64_MAX);
	assert_null(pdiag_perf_rings_next(&rings, &from));
	assert_int_equal(pdiag_perf_ring_hold(&rings.rings[0], &overwritten), 0);
	pdiag_perf_rings_refresh(&rings, 5);
	assert_non_null(pdiag_perf_rings_next(&rings, &from));
	assert_int_equal(from->time, 5);
	assert_null(pdiag_perf_rings_next(&rings, &from));
	pdiag_perf_rings_refresh(&rings, 6);
	assert_non_null(pdiag_perf_rings_next(&rings, &from));
	assert_int_equal(from->time, 6);
	assert_null(pdiag_perf_rings_next(&rings, &from));
	pdiag_perf_rings_free(&rings, false);
}

static void test_out_of_memory(void **state)
{
	bool overwritten;
	int failed = 1, ret;
	(void)state;

	FAIL_ALLOC_OR_SKIP();
	for (uint64_t i = 1; i <= 60; i++)
		put(i);
	for (unsigned long n = 0; failed; n++) {
		fail_alloc_start(n);
		ret = pdiag_perf_ring_hold(&ring, &overwritten);
		failed = fail_alloc_stop();
		assert_int_equal(ret, failed ? -ENOMEM : 0);
		assert_int_equal(ring.held_count, failed ? 0 : 60);
		if (failed)
			pdiag_perf_ring_release(&ring), ring.floor = 0;
	}
	check_all(60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_oldest_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_release, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recent_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
