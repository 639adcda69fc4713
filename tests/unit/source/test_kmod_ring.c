/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings that the test fills as the kernel module would, nonsense included. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../support/kmod_ring.h"

static void expect_sample(struct pdiag_kring *r, uint64_t time, uint32_t tid)
{
	const struct pdiag_kmod_sample *s;

	assert_int_equal(pdiag_kring_peek(r), 1);
	s = (const void *)pdiag_kring_record(r);
	assert_int_equal(r->time, time);
	assert_int_equal(r->record, sizeof(*s));
	assert_int_equal(s->head.type, PDIAG_KMOD_SAMPLE);
	assert_int_equal(s->tid, tid);
	pdiag_kring_advance(r);
}

/* Stacks of all lengths, so that PADs of all lengths come about; and offsets that overflow. */
static void test_wraps(void **state)
{
	uint64_t ips[PDIAG_KMOD_DEPTH_MAX + 2] = { 0 };
	struct fake_ring *f = aligned_alloc(64, sizeof(*f) + 64);
	struct pdiag_kring r;
	(void)state;

	fake_ring_init(f, &r, 0, UINT64_MAX - 5 * FAKE_RING_SIZE + 1);
	for (uint32_t i = 0; i < 2000; i++) {
		uint32_t nr = i % (PDIAG_KMOD_DEPTH_MAX + 2);

		ips[0] = i;
		fake_ring_stack(f, 1000 + i, i, ips, nr);
		fake_ring_sample(f, 1000 + i, i, 1, i, 5);
		pdiag_kring_refresh(&r);
		assert_int_equal(pdiag_kring_peek(&r), 1);
		const struct pdiag_kmod_stack *s = (const void *)pdiag_kring_record(&r);
		assert_int_equal(s->head.type, PDIAG_KMOD_STACK);
		assert_int_equal((uintptr_t)s % 16, 0);
		assert_int_equal(s->id, i);
		assert_int_equal(s->nr, nr);
		if (nr)
			assert_int_equal(s->ips[0], i);
		pdiag_kring_advance(&r);
		expect_sample(&r, 1000 + i, i);
		assert_int_equal(pdiag_kring_peek(&r), 0);
	}
	assert_int_equal(r.corrupt, 0);
	pdiag_kring_publish(&r);
	assert_int_equal(f->control.tail, f->control.head);
	free(f);
}

static void test_sees_only_what_was_refreshed(void **state)
{
	struct pdiag_kring r;
	struct fake_ring f;
	(void)state;

	fake_ring_init(&f, &r, 0, 0);
	assert_int_equal(pdiag_kring_peek(&r), 0);
	fake_ring_sample(&f, 1, 0, 1, 1, 1);
	assert_int_equal(pdiag_kring_peek(&r), 0);
	pdiag_kring_refresh(&r);
	fake_ring_sample(&f, 2, 0, 1, 2, 1);
	expect_sample(&r, 1, 1);
	assert_int_equal(pdiag_kring_peek(&r), 0);
	pdiag_kring_refresh(&r);
	expect_sample(&r, 2, 2);
}

static void test_tells_the_module_in_time(void **state)
{
	struct pdiag_kring r;
	struct fake_ring f;
	(void)state;

	fake_ring_init(&f, &r, 0, 0);
	for (uint32_t i = 0; i < 200; i++)
		fake_ring_sample(&f, 1, 0, 1, i, 1);
	pdiag_kring_refresh(&r);
	for (uint32_t i = 0; i < 200; i++) {
		expect_sample(&r, 1, i);
		assert_true(r.tail - f.control.tail <= FAKE_RING_SIZE / 16 + 32);
	}
}

/* A thousand samples, of which the last hundred are said to be there. */
static void overwrite(struct fake_ring *f, struct pdiag_kring *r)
{
	fake_ring_init(f, r, 0, 0);
	for (uint32_t i = 0; i < 1000; i++)
		fake_ring_sample(f, i, 0, 1, i, 1);
	f->control.oldest = f->control.head - 100 * 32;
}

/* From the oldest record of a recorder that was frozen. */
static void test_rewinds(void **state)
{
	struct pdiag_kring r;
	struct fake_ring f;
	(void)state;

	overwrite(&f, &r);
	pdiag_kring_rewind(&r);
	for (uint32_t i = 900; i < 1000; i++)
		expect_sample(&r, i, i);
	assert_int_equal(pdiag_kring_peek(&r), 0);
	assert_int_equal(r.corrupt, 0);
}

struct seen {
	uint64_t count, ns, last;
};

static void see(void *user, int32_t pid, uint64_t ns)
{
	struct seen *seen = user;

	seen->count++;
	seen->ns += ns;
	seen->last = (uint64_t)pid;
}

static uint32_t most = 1000;

static struct seen recent(struct pdiag_kring *r, uint64_t since)
{
	struct seen seen = { 0 };

	pdiag_kring_recent(r, since, most, see, &seen);
	return seen;
}

/* Each sample once, while the ring is written to. */
static void test_recent(void **state)
{
	volatile size_t shorter = sizeof(struct pdiag_kmod_record); /* else gcc 12 sees ghosts */
	const uint64_t ips[40] = { 0 };
	struct pdiag_kring r;
	struct fake_ring f;
	struct seen seen;
	(void)state;

	fake_ring_init(&f, &r, 0, 0);
	assert_int_equal(recent(&r, 0).count, 0);
	for (uint32_t i = 1; i <= 1000; i++) {
		fake_ring_sample(&f, i, 0, 2 * i, i, 7);
		fake_ring_stack(&f, i, i, ips, i % 40);
		fake_ring_sample(&f, i, 0, i, i, 5);
		seen = recent(&r, i);
		assert_int_equal(seen.count, 2);
		assert_int_equal(seen.ns, 12);
		assert_int_equal(seen.last, i);
	}
	assert_int_equal(recent(&r, 0).count, 0);
	/* Older ones were of another question. */
	fake_ring_sample(&f, 1001, 0, 1, 1, 1);
	fake_ring_sample(&f, 1002, 0, 1, 1, 1);
	assert_int_equal(recent(&r, 1002).count, 1);
	/* No more than so many records, and the rest not the next time. */
	for (uint32_t i = 0; i < 10; i++)
		fake_ring_sample(&f, 1003, 0, 1, 1, 1);
	most = 4;
	assert_int_equal(recent(&r, 0).count, 4);
	most = 1000;
	assert_int_equal(recent(&r, 0).count, 0);
	/* Nobody's, and what is no sample of ours. */
	fake_ring_put(&f, &(struct pdiag_kmod_sample){ .pid = 1 }, sizeof(struct pdiag_kmod_sample),
		PDIAG_KMOD_SAMPLE, PDIAG_KMOD_IDLE, 1003);
	fake_ring_put(&f, &(struct pdiag_kmod_record){ 0 }, shorter, PDIAG_KMOD_SAMPLE, 0, 1003);
	assert_int_equal(recent(&r, 0).count, 0);
}

/* More was written than there is room for: the rest, from the oldest on. */
static void test_recent_overwritten(void **state)
{
	struct pdiag_kring r;
	struct fake_ring f;
	(void)state;

	overwrite(&f, &r);
	assert_int_equal(recent(&r, 0).count, 100);
	/* Nonsense ends it, and what comes later is seen again. */
	f.control.oldest = 8;
	f.control.head += 4 * FAKE_RING_SIZE;
	assert_int_equal(recent(&r, 0).count, 0);
	fake_ring_sample(&f, 1, 0, 1, 1, 1);
	assert_int_equal(recent(&r, 0).count, 1);
	fake_ring_put(&f, &(struct pdiag_kmod_sample){ .pid = 1 }, sizeof(struct pdiag_kmod_sample),
		PDIAG_KMOD_SAMPLE, 0, 2);
	memset(f.data + (f.control.head - 32) % FAKE_RING_SIZE, 0xff, 4);
	assert_int_equal(recent(&r, 0).count, 0);
}

static void check_skipped(struct fake_ring *f, struct pdiag_kring *r)
{
	uint64_t before = r->corrupt;

	pdiag_kring_refresh(r);
	assert_int_equal(pdiag_kring_peek(r), -EBADMSG);
	assert_int_equal(r->corrupt, before + 1);
	assert_int_equal(r->tail, f->control.head);
	assert_int_equal(f->control.tail, f->control.head);
	/* And goes on with what comes next. */
	fake_ring_sample(f, 5, 0, 1, 7, 1);
	pdiag_kring_refresh(r);
	expect_sample(r, 5, 7);
}

static void test_nonsense(void **state)
{
	/* No length, less than a head, odd, more than there is. */
	static const uint32_t lengths[] = { 0, 8, 15, 17, 40, 4096, UINT32_MAX, UINT32_MAX - 15 };
	struct pdiag_kmod_record head = { .type = PDIAG_KMOD_SAMPLE };
	struct pdiag_kring r;
	struct fake_ring f;
	(void)state;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		fake_ring_init(&f, &r, 0, 64);
		fake_ring_sample(&f, 1, 0, 1, 1, 1);
		head.len = lengths[i];
		memcpy(f.data + 64, &head, sizeof(head));
		check_skipped(&f, &r);
	}
}

/* A record that would go past the end of the data, though it is before the head. */
static void test_past_the_end(void **state)
{
	struct pdiag_kmod_record head = { .type = PDIAG_KMOD_SAMPLE, .len = 64 };
	uint16_t types[] = { PDIAG_KMOD_SAMPLE, PDIAG_KMOD_PAD };
	struct pdiag_kring r;
	struct fake_ring f;
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		fake_ring_init(&f, &r, 0, FAKE_RING_SIZE - 32);
		head.type = types[i];
		memcpy(f.data + FAKE_RING_SIZE - 32, &head, sizeof(head));
		f.control.head += 64;
		check_skipped(&f, &r);
	}
}

static void test_heads_of_no_sense(void **state)
{
	struct pdiag_kring r;
	struct fake_ring f;
	(void)state;

	/* More than fits, backwards, not aligned. */
	fake_ring_init(&f, &r, 0, 64);
	f.control.head = 64 + FAKE_RING_SIZE + 16;
	check_skipped(&f, &r);
	fake_ring_init(&f, &r, 0, 64);
	f.control.head = 32;
	check_skipped(&f, &r);
	fake_ring_init(&f, &r, 0, 64);
	fake_ring_sample(&f, 1, 0, 1, 1, 1);
	f.control.head += 8;
	pdiag_kring_refresh(&r);
	assert_int_equal(pdiag_kring_peek(&r), -EBADMSG);
	assert_int_equal(pdiag_kring_peek(&r), 0);
}

/* Whatever lies there: it ends, and nothing outside is looked at. */
static void test_random(void **state)
{
	struct pdiag_kring r;
	struct fake_ring f;
	uint32_t seed = 1;
	int ret, records;
	(void)state;

	for (int round = 0; round < 20000; round++) {
		fake_ring_init(&f, &r, 0, (uint64_t)(seed >> 8) << 4);
		for (size_t i = 0; i < FAKE_RING_SIZE; i += 16) {
			uint32_t len;

			seed = seed * 1103515245 + 12345;
			len = seed >> 16 & (seed >> 9 & 1 ? 0x70 : 0xffff);
			memcpy(f.data + i, &len, sizeof(len));
		}
		f.control.head += seed >> 12 & 0x1ff0;
		pdiag_kring_refresh(&r);
		for (records = 0; (ret = pdiag_kring_peek(&r)) > 0; records++) {
			assert_true(r.record >= 16 && r.record % 16 == 0);
			assert_true((const unsigned char *)pdiag_kring_record(&r) + r.record <=
				f.data + FAKE_RING_SIZE);
			pdiag_kring_advance(&r);
		}
		assert_true(records <= (int)(FAKE_RING_SIZE / 16));
		assert_int_equal(r.tail, r.head);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_sees_only_what_was_refreshed),
		cmocka_unit_test(test_tells_the_module_in_time),
		cmocka_unit_test(test_rewinds),
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_recent_overwritten),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_past_the_end),
		cmocka_unit_test(test_heads_of_no_sense),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
