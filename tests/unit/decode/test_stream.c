/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records to bytes and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "decode/decode.h"
#include "decode/encode.h"
#include "source/stream_format.h"
#include "support/random_record.h"

#define ROOM PDIAG_STREAM_FRAME_MAX

/* Exactly `len` bytes on the heap, so that a sanitizer sees a read behind them. */
static void *exact(const void *data, size_t len)
{
	void *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, data, len);
	return copy;
}

static long encode(const struct pdiag_record *record, unsigned char *to)
{
	long len;

	/* What was there before must not show. */
	memset(to, 0xee, 4096);
	len = pdiag_encode(record, to, ROOM);
	assert_true(len > 0 && len % 8 == 0);
	return len;
}

static void test_roundtrip(void **state)
{
	unsigned char *buf = malloc(ROOM);
	struct random_record in;
	struct pdiag_record out;
	uint64_t seed = 1;
	void *data;
	long len;

	(void)state;
	assert_non_null(buf);
	for (int i = 0; i < 3000; i++) {
		for (int type = PDIAG_RECORD_INFO; type <= PDIAG_RECORD_END; type++) {
			random_record(&seed, (enum pdiag_record_type)type, &in);
			len = encode(&in.record, buf);
			data = exact(buf, (size_t)len);
			memset(&out, 0xdd, sizeof(out));
			assert_int_equal(pdiag_decode_stream(data, (uint32_t)len, &out), 0);
			if (!same_record(&in.record, &out))
				fail_msg("type %d, round %d: came back different", type, i);
			free(data);
		}
	}
	free(buf);
}

static void test_same_bytes_twice(void **state)
{
	static _Alignas(8) unsigned char a[8192], b[8192];
	struct random_record in;
	uint64_t seed = 2;
	long len;

	(void)state;
	for (int type = PDIAG_RECORD_INFO; type <= PDIAG_RECORD_END; type++) {
		random_record(&seed, (enum pdiag_record_type)type, &in);
		memset(a, 0x11, sizeof(a));
		memset(b, 0x22, sizeof(b));
		len = pdiag_encode(&in.record, a, sizeof(a));
		assert_true(len > 0);
		assert_int_equal(pdiag_encode(&in.record, b, sizeof(b)), len);
		assert_memory_equal(a, b, (size_t)len);
		/* And nothing behind them. */
		assert_int_equal(a[len], 0x11);
	}
}

static void test_sizes(void **state)
{
	static _Alignas(8) unsigned char buf[256];
	struct pdiag_record r = { .type = PDIAG_RECORD_SAMPLE };

	(void)state;
	assert_int_equal(pdiag_encode(&r, buf, sizeof(buf)), 48);
	r.type = PDIAG_RECORD_SWITCH;
	assert_int_equal(pdiag_encode(&r, buf, sizeof(buf)), 32);
	r.type = PDIAG_RECORD_NONE;
	assert_int_equal(pdiag_encode(&r, buf, sizeof(buf)), 0);
	r.type = 14;
	assert_int_equal(pdiag_encode(&r, buf, sizeof(buf)), -EINVAL);
}

/* With every room that is too small: says so and writes nothing behind it. */
static void test_no_room(void **state)
{
	unsigned char *buf = malloc(ROOM);
	struct random_record in;
	uint64_t seed = 3;
	void *small;
	long len;

	(void)state;
	assert_non_null(buf);
	for (int type = PDIAG_RECORD_INFO; type <= PDIAG_RECORD_END; type++) {
		random_record(&seed, (enum pdiag_record_type)type, &in);
		len = encode(&in.record, buf);
		for (size_t room = 0; room < (size_t)len; room += 8) {
			small = exact(buf, room);
			assert_int_equal(pdiag_encode(&in.record, small, room), -ENOBUFS);
			free(small);
		}
		small = malloc((size_t)len);
		assert_int_equal(pdiag_encode(&in.record, small, (size_t)len), len);
		free(small);
	}
	free(buf);
}

static void test_large(void **state)
{
	static uint64_t ips[PDIAG_STREAM_FRAME_MAX / 8];
	const size_t text_len = 300 * 1024;
	unsigned char *buf = malloc(ROOM);
	char *text = malloc(text_len + 1);
	struct pdiag_record r = { .type = PDIAG_RECORD_STACK }, out;
	long len;

	(void)state;
	assert_true(buf && text);
	r.stack.ips = ips;
	r.stack.nr = PDIAG_STREAM_FRAME_MAX / 8;
	assert_int_equal(pdiag_encode(&r, buf, ROOM), -EMSGSIZE);
	r.stack.nr = UINT32_MAX;
	assert_int_equal(pdiag_encode(&r, buf, ROOM), -EMSGSIZE);
	r.stack.nr = 8192;
	len = pdiag_encode(&r, buf, ROOM);
	assert_int_equal(len, 40 + 8192 * 8);

	/* Three names of 64 KiB are kept whole, what is above 256 KiB is cut. */
	memset(text, 'x', text_len);
	text[64 * 1024] = '\0';
	r = (struct pdiag_record){ .type = PDIAG_RECORD_NAME,
		.name = { .name = text, .raw_name = text + 1, .module = text } };
	len = pdiag_encode(&r, buf, ROOM);
	assert_true(len > 3 * 64 * 1024);
	assert_int_equal(pdiag_decode_stream(buf, (uint32_t)len, &out), 0);
	assert_true(same_record(&r, &out));
	text[64 * 1024] = 'x';
	text[text_len] = '\0';
	r = (struct pdiag_record){ .type = PDIAG_RECORD_NAME,
		.name = { .name = text, .raw_name = text + 1, .module = text } };
	len = pdiag_encode(&r, buf, ROOM);
	assert_true(len > 0);
	assert_int_equal(pdiag_decode_stream(buf, (uint32_t)len, &out), 0);
	assert_int_equal(strlen(out.name.name), PDIAG_STREAM_TEXT_MAX);
	assert_int_equal(strlen(out.name.module), PDIAG_STREAM_TEXT_MAX);
	free(text);
	free(buf);
}

static void test_null_texts(void **state)
{
	static _Alignas(8) unsigned char buf[256];
	struct pdiag_record r = { .type = PDIAG_RECORD_NAME }, out;
	long len;

	(void)state;
	len = pdiag_encode(&r, buf, sizeof(buf));
	assert_int_equal(pdiag_decode_stream(buf, (uint32_t)len, &out), 0);
	assert_string_equal(out.name.name, "");
	assert_string_equal(out.name.raw_name, "");
	assert_string_equal(out.name.module, "");
	r.type = PDIAG_RECORD_COMM;
	len = pdiag_encode(&r, buf, sizeof(buf));
	assert_int_equal(pdiag_decode_stream(buf, (uint32_t)len, &out), 0);
	assert_string_equal(out.comm.text, "");
}

/* Any cut of the bytes is refused, whether the record says its true length or the cut one. */
static void test_cut(void **state)
{
	unsigned char *buf = malloc(ROOM);
	struct random_record in;
	struct pdiag_record out;
	uint64_t seed = 4;
	uint32_t cut;
	void *data;
	long len;
	int ret;

	(void)state;
	assert_non_null(buf);
	for (int round = 0; round < 50; round++) {
		for (int type = PDIAG_RECORD_INFO; type <= PDIAG_RECORD_END; type++) {
			random_record(&seed, (enum pdiag_record_type)type, &in);
			len = encode(&in.record, buf);
			for (cut = 0; cut < (uint32_t)len; cut++) {
				data = exact(buf, cut);
				ret = pdiag_decode_stream(data, cut, &out);
				assert_int_equal(ret, -EBADMSG);
				if (cut >= 4)
					memcpy(data, &cut, 4);
				ret = pdiag_decode_stream(data, cut, &out);
				assert_int_equal(ret, -EBADMSG);
				free(data);
			}
		}
	}
	free(buf);
}

static void touch(const struct pdiag_record *r)
{
	volatile uint64_t sum = 0;

	if (r->type == PDIAG_RECORD_STACK)
		for (uint32_t i = 0; i < r->stack.nr; i++)
			sum += r->stack.ips[i];
	if (r->type == PDIAG_RECORD_SAMPLE && r->sample.ips)
		for (uint32_t i = 0; i < r->sample.nr; i++)
			sum += r->sample.ips[i];
	if (r->type == PDIAG_RECORD_MMAP)
		sum += strlen(r->mmap.path);
	if (r->type == PDIAG_RECORD_COMM)
		sum += strlen(r->comm.text);
	if (r->type == PDIAG_RECORD_MODULE)
		sum += strlen(r->module.path);
	if (r->type == PDIAG_RECORD_NAME)
		sum += strlen(r->name.name) + strlen(r->name.raw_name) + strlen(r->name.module);
}

/* Whatever bytes: refused, or all that it points at can be read. */
static void test_garbled(void **state)
{
	unsigned char *buf = malloc(ROOM), *data;
	struct random_record in;
	struct pdiag_record out;
	uint64_t seed = 5;
	uint32_t good = 0;
	long len;

	(void)state;
	assert_non_null(buf);
	for (int round = 0; round < 2000; round++) {
		for (int type = PDIAG_RECORD_INFO; type <= PDIAG_RECORD_END; type++) {
			random_record(&seed, (enum pdiag_record_type)type, &in);
			len = encode(&in.record, buf);
			data = exact(buf, (size_t)len);
			for (uint64_t n = 1 + random_u64(&seed) % 4; n; n--)
				data[random_u64(&seed) % (uint64_t)len] =
					(uint8_t)random_u64(&seed);
			if (!pdiag_decode_stream(data, (uint32_t)len, &out)) {
				touch(&out);
				good++;
			}
			free(data);
		}
	}
	assert_true(good > 0);
	free(buf);
}

/* Fields that later releases append, and types that they add. */
static void test_later_release(void **state)
{
	unsigned char *buf = malloc(ROOM);
	struct random_record in;
	struct pdiag_record out;
	uint64_t seed = 6;
	uint32_t longer;
	uint16_t later;
	long len;

	(void)state;
	assert_non_null(buf);
	for (int type = PDIAG_RECORD_INFO; type <= PDIAG_RECORD_END; type++) {
		random_record(&seed, (enum pdiag_record_type)type, &in);
		len = encode(&in.record, buf);
		memset(buf + len, 0x5a, 24);
		longer = (uint32_t)len + 24;
		memcpy(buf, &longer, 4);
		assert_int_equal(pdiag_decode_stream(buf, longer, &out), 0);
		assert_true(same_record(&in.record, &out));
		later = 14;
		memcpy(buf + offsetof(struct pdiag_stream_record, type), &later, 2);
		assert_int_equal(pdiag_decode_stream(buf, longer, &out), 0);
		assert_int_equal(out.type, PDIAG_RECORD_NONE);
	}
	free(buf);
}

/* Put `value` at `at` in the encoded record: it must be refused. */
static void refuse(const struct pdiag_record *record, size_t at, uint32_t value, size_t width)
{
	static _Alignas(8) unsigned char buf[4096];
	struct pdiag_record out;
	long len = encode(record, buf);

	assert_int_equal(pdiag_decode_stream(buf, (uint32_t)len, &out), 0);
	memcpy(buf + at, &value, width);
	assert_int_equal(pdiag_decode_stream(buf, (uint32_t)len, &out), -EBADMSG);
}

static void test_ranges(void **state)
{
	const size_t number = offsetof(struct pdiag_stream_record, number);
	struct random_record in;
	uint64_t seed = 7;

	(void)state;
	random_record(&seed, PDIAG_RECORD_SAMPLE, &in);
	refuse(&in.record, offsetof(struct pdiag_stream_sample, state),
		PDIAG_STATE_PAGE_FAULT + 1, 2);
	refuse(&in.record, offsetof(struct pdiag_stream_sample, nr), UINT32_MAX - 1, 4);
	refuse(&in.record, offsetof(struct pdiag_stream_record, len), 31, 4);
	refuse(&in.record, offsetof(struct pdiag_stream_record, len), 0, 4);
	refuse(&in.record, offsetof(struct pdiag_stream_record, len), 4097, 4);
	random_record(&seed, PDIAG_RECORD_LOSS, &in);
	refuse(&in.record, number, PDIAG_LOSS_LAST + 1, 4);
	random_record(&seed, PDIAG_RECORD_MODULE, &in);
	refuse(&in.record, offsetof(struct pdiag_stream_module, reason),
		PDIAG_REASON_OUT_OF_MEMORY + 1, 4);
	refuse(&in.record, offsetof(struct pdiag_stream_module, path_len), UINT32_MAX, 4);
	random_record(&seed, PDIAG_RECORD_NAME, &in);
	refuse(&in.record, number, PDIAG_FRAME_MARK + 1, 4);
	refuse(&in.record, offsetof(struct pdiag_stream_name, reason),
		PDIAG_REASON_OUT_OF_MEMORY + 1, 4);
	refuse(&in.record, offsetof(struct pdiag_stream_name, name_len), UINT32_MAX, 4);
	refuse(&in.record, offsetof(struct pdiag_stream_name, raw_len), UINT32_MAX - 1, 4);
	refuse(&in.record, offsetof(struct pdiag_stream_name, module_len), UINT32_MAX, 4);
	in.record = (struct pdiag_record){ .type = PDIAG_RECORD_MMAP,
		.mmap = { .start = UINT64_MAX - 9, .len = 9, .path = "/bin/x" } };
	refuse(&in.record, offsetof(struct pdiag_stream_mmap, len), 10, 4);
	/* A text shorter than it says. */
	refuse(&in.record, sizeof(struct pdiag_stream_mmap) + 2, 0, 1);
	refuse(&in.record, number, 7, 4);
	refuse(&in.record, number, 5, 4);
	refuse(&in.record, number, UINT32_MAX, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roundtrip),
		cmocka_unit_test(test_same_bytes_twice),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_null_texts),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_garbled),
		cmocka_unit_test(test_later_release),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
