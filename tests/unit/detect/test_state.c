/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <pdiag/error.h>

#include "detect/detector.h"
#include "made.h"

struct saved {
	unsigned char bytes[PDIAG_DETECTOR_STATE_MAX];
	size_t used;
};

static struct pdiag_detector *make(uint32_t memory, uint32_t flags)
{
	struct pdiag_detector_options o = { .size = sizeof(o), .memory = memory, .flags = flags };
	struct pdiag_detector *d;

	assert_int_equal(pdiag_detector_new(&o, &d), 0);
	return d;
}

static void feed(struct pdiag_detector *d, uint64_t *random, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		pdiag_detector_add(d, BEGIN_NS + i * 60 * SECOND,
			made_noise(random) + (i > 3990 ? 30 : 0), NULL);
}

static void save(const struct pdiag_detector *d, struct saved *s)
{
	assert_int_equal(pdiag_detector_save(d, s->bytes, sizeof(s->bytes), &s->used), 0);
	assert_true(s->used <= PDIAG_DETECTOR_STATE_MAX);
}

static void sign(struct saved *s)
{
	uint32_t crc = (uint32_t)crc32(0, s->bytes, (uInt)(s->used - 4));

	for (unsigned int i = 0; i < 4; i++)
		s->bytes[s->used - 4 + i] = (unsigned char)(crc >> (8 * i));
}

/* In the middle of an alert, and it goes on as if nothing had been. */
static void goes_on(void **state)
{
	struct pdiag_detector *a = make(0, 0), *b = make(0, 0);
	uint64_t random = 42;
	struct saved s, again;

	(void)state;
	feed(a, &random, 0, 4000);
	assert_int_not_equal(a->learned.alert.feature, 0);
	save(a, &s);
	assert_int_equal(pdiag_detector_restore(b, s.bytes, s.used), 0);
	save(b, &again);
	assert_int_equal(s.used, again.used);
	assert_memory_equal(s.bytes, again.bytes, s.used);
	for (unsigned int i = 4000; i < 6000; i++) {
		struct pdiag_detection p = { .size = sizeof(p) }, q = { .size = sizeof(q) };
		double x = made_noise(&random);

		pdiag_detector_add(a, BEGIN_NS + i * 60 * SECOND, x, &p);
		pdiag_detector_add(b, BEGIN_NS + i * 60 * SECOND, x, &q);
		assert_memory_equal(&p, &q, sizeof(p));
	}
	pdiag_detector_free(a);
	pdiag_detector_free(b);
}

static void fresh(void **state)
{
	struct pdiag_detector *a = make(0, 0);
	struct saved s;

	(void)state;
	save(a, &s);
	assert_int_equal(pdiag_detector_restore(a, s.bytes, s.used), 0);
	pdiag_detector_free(a);
}

/* The first bytes are the same on each machine. */
static void bytes_are_defined(void **state)
{
	static const unsigned char head[] = { 'p', 'd', 'i', 'a', 'g', 'd', 'e', 't', 3, 0, 0, 0 };
	static const unsigned char memory[] = { 0x10, 0x27, 0, 0, 1, 0, 0, 0 };
	struct pdiag_detector *a = make(0, PDIAG_DETECTOR_NO_DAY);
	struct saved s;

	(void)state;
	pdiag_detector_add(a, BEGIN_NS, 1.5, NULL);
	save(a, &s);
	assert_memory_equal(s.bytes, head, sizeof(head));
	assert_int_equal(s.bytes[12] | s.bytes[13] << 8, s.used);
	assert_memory_equal(s.bytes + 16, memory, sizeof(memory));
	/* 1.5, the lowest of the first block. */
	assert_int_equal(s.bytes[24 + 6], 0xf8);
	assert_int_equal(s.bytes[24 + 7], 0x3f);
	pdiag_detector_free(a);
}

static void no_room(void **state)
{
	struct pdiag_detector *a = make(0, 0);
	unsigned char byte = 7;
	size_t used = 0;

	(void)state;
	assert_int_equal(pdiag_detector_save(a, &byte, 1, &used), -ENOSPC);
	assert_int_equal(byte, 7);
	assert_true(used > 1000 && used <= PDIAG_DETECTOR_STATE_MAX);
	pdiag_detector_free(a);
}

static void refuse(struct pdiag_detector *d, const void *bytes, size_t size, int want)
{
	struct pdiag_detector before = *d;
	void *exact = malloc(size ? size : 1);

	memcpy(exact, bytes, size);
	assert_int_equal(pdiag_detector_restore(d, exact, size), want);
	assert_true(*pdiag_errmsg());
	assert_memory_equal(&before, d, sizeof(before));
	free(exact);
}

static void bad_bytes(void **state)
{
	struct pdiag_detector *a = make(0, 0), *other = make(20000, 0);
	unsigned char large[PDIAG_DETECTOR_STATE_MAX + 1] = { 0 };
	uint64_t random = 42;
	struct saved s, t;

	(void)state;
	feed(a, &random, 0, 3000);
	save(a, &s);
	for (size_t size = 0; size < s.used; size++)
		refuse(a, s.bytes, size, -EBADMSG);
	refuse(a, large, sizeof(large), -EBADMSG);
	for (size_t i = 0; i < s.used; i++) {
		t = s;
		t.bytes[i] ^= 1u << (i % 8);
		refuse(a, t.bytes, t.used, -EBADMSG);
	}
	t = s;
	t.bytes[8] = 2;
	sign(&t);
	refuse(a, t.bytes, t.used, -ENOTSUP);
	t.bytes[8] = 4;
	sign(&t);
	refuse(a, t.bytes, t.used, -ENOTSUP);
	refuse(other, s.bytes, s.used, -EINVAL);
	pdiag_detector_free(a);
	pdiag_detector_free(other);
}

/* With a right checksum: refused, or taken and harmless. */
static void hostile_bytes(void **state)
{
	struct pdiag_detector *a = make(0, 0);
	uint64_t random = 42, chance = 4711;
	unsigned int refused = 0, taken = 0;
	struct saved s, t;

	(void)state;
	feed(a, &random, 0, 3000);
	save(a, &s);
	for (unsigned int n = 0; n < 20000; n++) {
		t = s;
		for (unsigned int k = 0; k <= n % 3; k++) {
			size_t at = 24 + (size_t)(made_uniform(&chance) * (double)(s.used - 28));

			t.bytes[at] = (unsigned char)(made_uniform(&chance) * 256);
		}
		sign(&t);
		if (pdiag_detector_restore(a, t.bytes, t.used)) {
			refused++;
			continue;
		}
		taken++;
		feed(a, &random, 3000, 3030);
	}
	assert_true(refused > 100 && taken > 100);
	pdiag_detector_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on),
		cmocka_unit_test(fresh),
		cmocka_unit_test(bytes_are_defined),
		cmocka_unit_test(no_room),
		cmocka_unit_test(bad_bytes),
		cmocka_unit_test(hostile_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
