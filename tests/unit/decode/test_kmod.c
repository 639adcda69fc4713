/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of the kernel module: whole, in parts, cut at every length, and of no sense. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pdiag_kmod.h>

#include "decode/decode.h"
#include "source/kmod_parts.h"

#define HEAD(t, f) \
	.head = { .type = PDIAG_KMOD_##t, .flags = (f), .time = 77 }

/* The record's own length, at an exact place on the heap, so that a sanitizer sees what is behind.
 */
static int decode_part(const void *record, size_t size, size_t len, uint32_t part, uint32_t parts,
	struct pdiag_record *out)
{
	unsigned char *exact = malloc(len ? len : 1);
	uint32_t own = (uint32_t)len;
	int ret;

	memset(exact, 0, len);
	memcpy(exact, record, len < size ? len : size);
	if (len >= sizeof(own))
		memcpy(exact, &own, sizeof(own));
	ret = pdiag_decode_kmod(exact, own, part, parts, 3, out);
	if (!ret && out->type == PDIAG_RECORD_STACK)
		for (uint32_t i = 0; i < out->stack.nr; i++)
			assert_true((const unsigned char *)(out->stack.ips + i + 1) <= exact + len);
	free(exact);
	return ret;
}

static int decode(const void *record, size_t size, struct pdiag_record *out)
{
	return decode_part(record, size, size, 0, 1, out);
}

/* Refused if shorter than it is; a longer one is of a later release. */
static void check_lengths(const void *record, size_t size, size_t least)
{
	struct pdiag_record out, whole;

	assert_int_equal(decode(record, size, &whole), 0);
	for (size_t len = 0; len < least; len++)
		assert_int_equal(decode_part(record, size, len, 0, 1, &out), -EBADMSG);
	assert_int_equal(decode_part(record, size, size + 48, 0, 1, &out), 0);
	assert_int_equal(out.type, whole.type);
	assert_int_equal(out.pid, whole.pid);
}

static void test_sample(void **state)
{
	struct pdiag_kmod_sample s = { HEAD(SAMPLE, PDIAG_KMOD_IN_USER), .stack = 9, .pid = 10,
		.tid = 11, .weight = UINT32_MAX };
	struct pdiag_record out;
	(void)state;

	assert_int_equal(decode(&s, sizeof(s), &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_SAMPLE);
	assert_int_equal(out.flags, PDIAG_RECORD_OF_CPU);
	assert_int_equal(out.cpu, 3);
	assert_int_equal(out.pid, 10);
	assert_int_equal(out.tid, 11);
	assert_int_equal(out.time, 77);
	assert_null(out.sample.ips);
	assert_int_equal(out.sample.stack, 9);
	assert_int_equal(out.sample.weight, UINT32_MAX);
	assert_int_equal(out.sample.state, PDIAG_STATE_RUNNING);
	assert_int_equal(out.sample.flags, 0);
	check_lengths(&s, sizeof(s), sizeof(s));

	s.head.flags = PDIAG_KMOD_LATE;
	s.stack = PDIAG_KMOD_NO_STACK;
	assert_int_equal(decode(&s, sizeof(s), &out), 0);
	assert_int_equal(out.sample.flags, PDIAG_STACK_LATE);
	assert_int_equal(out.flags, 0);
	assert_non_null(out.sample.ips);
	assert_int_equal(out.sample.nr, 0);

	/* No such process can be. */
	s.pid = 1u << 31;
	assert_int_equal(decode(&s, sizeof(s), &out), -EBADMSG);
	s.pid = 1;
	s.tid = UINT32_MAX;
	assert_int_equal(decode(&s, sizeof(s), &out), -EBADMSG);
}

static void test_stack(void **state)
{
	struct {
		struct pdiag_kmod_stack head;
		uint64_t ips[5];
	} s = { .head = { HEAD(STACK, PDIAG_KMOD_TRUNCATED), .id = 5, .nr = 5 },
		.ips = { 1, 2, 3, 4, 5 } };
	struct pdiag_record out;
	(void)state;

	assert_int_equal(pdiag_decode_kmod(&s, sizeof(s), 0, 1, 3, &out), -EBADMSG);
	s.head.head.len = sizeof(s);
	assert_int_equal(pdiag_decode_kmod(&s, sizeof(s), 0, 1, 3, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_STACK);
	assert_int_equal(out.flags, PDIAG_RECORD_OF_CPU);
	assert_int_equal(out.cpu, 3);
	assert_int_equal(out.stack.id, 5);
	assert_int_equal(out.stack.nr, 5);
	assert_int_equal(out.stack.ips[4], 5);
	check_lengths(&s, sizeof(s), sizeof(s));
	s.head.nr = UINT32_MAX;
	assert_int_equal(decode(&s, sizeof(s), &out), -EBADMSG);
	s.head.nr = 6;
	assert_int_equal(decode(&s, sizeof(s), &out), -EBADMSG);
	s.head.nr = 0;
	check_lengths(&s, sizeof(s), sizeof(s.head));
}

/* The parts of a COUNT together are all of its weight, and lie between its first and its last. */
static void check_count(uint32_t count, uint64_t weight, uint64_t first, uint64_t last)
{
	struct pdiag_kmod_count c = { HEAD(COUNT, 0), .stack = 4, .pid = 5, .tid = 6,
		.count = count, .first = first, .last = last, .weight = weight };
	struct pdiag_kmod_parts parts = { .more = false };
	struct pdiag_raw raw = { .data = &c, .len = sizeof(c), .cpu = 1,
		.format = PDIAG_RAW_KMOD };
	uint64_t sum = 0, time = 0, n = 0;
	struct pdiag_record out;

	c.head.len = sizeof(c);
	pdiag_kmod_parts_begin(&parts, &raw);
	do {
		assert_int_equal(pdiag_decode(&raw, 0, &out), 0);
		assert_int_equal(out.type, PDIAG_RECORD_SAMPLE);
		assert_int_equal(out.pid, 5);
		assert_int_equal(out.sample.stack, 4);
		assert_int_equal(out.sample.state, PDIAG_STATE_RUNNING);
		assert_true(out.time >= first && out.time <= last && out.time >= time);
		time = out.time;
		sum += out.sample.weight;
		n++;
	} while (pdiag_kmod_parts_next(&parts, &raw));
	assert_int_equal(sum, weight);
	assert_int_equal(time, n > 1 ? last : first);
	assert_int_equal(n, count < PDIAG_KMOD_PARTS_MAX ? count : PDIAG_KMOD_PARTS_MAX);
}

static void test_count(void **state)
{
	struct pdiag_kmod_count c = { HEAD(COUNT, PDIAG_KMOD_COARSE), .first = 10, .last = 20,
		.count = 1, .weight = 30000000000ull, .pid = 5, .tid = 6 };
	struct pdiag_record out;
	(void)state;

	check_lengths(&c, sizeof(c), sizeof(c));
	assert_int_equal(decode(&c, sizeof(c), &out), 0);
	assert_int_equal(out.time, 10);
	assert_int_equal(out.sample.weight, 30000000000ull);
	check_count(1, 1000, 500, 900);
	check_count(3, 1000, 500, 900);
	check_count(7, 7000000001ull, 0, UINT64_MAX);
	check_count(30000, 30030000000ull, 1, 30000000000ull);
	check_count(UINT32_MAX, UINT64_MAX, 1, 1);

	c.state = PDIAG_KMOD_STATE_DISK;
	assert_int_equal(decode(&c, sizeof(c), &out), 0);
	assert_int_equal(out.sample.state, PDIAG_STATE_BLOCKED);
	c.state = PDIAG_KMOD_STATE_WAITING;
	assert_int_equal(decode(&c, sizeof(c), &out), 0);
	assert_int_equal(out.sample.state, PDIAG_STATE_PREEMPTED);
	c.state = PDIAG_KMOD_STATE_WAITING + 1;
	assert_int_equal(decode(&c, sizeof(c), &out), -EBADMSG);
	c.state = PDIAG_KMOD_STATE_BLOCKED;
	/* A sample without weight would be taken for one whose weight is not known yet. */
	c.weight = 0;
	assert_int_equal(decode(&c, sizeof(c), &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_NONE);
	c.last = 9;
	assert_int_equal(decode(&c, sizeof(c), &out), -EBADMSG);
	/* Parts that there are not. */
	c.last = 20;
	assert_int_equal(decode_part(&c, sizeof(c), sizeof(c), 1, 1, &out), -EBADMSG);
	assert_int_equal(decode_part(&c, sizeof(c), sizeof(c), 0, 0, &out), -EBADMSG);
}

static void test_count_of_none(void **state)
{
	struct pdiag_kmod_count c = { HEAD(COUNT, 0), .first = 1, .last = 1 };
	struct pdiag_kmod_parts parts = { .more = false };
	struct pdiag_raw raw = { .data = &c, .len = sizeof(c) };
	(void)state;

	pdiag_kmod_parts_begin(&parts, &raw);
	assert_int_equal(raw.parts, 1);
	assert_false(pdiag_kmod_parts_next(&parts, &raw));
	/* Its count is not there to be looked at. */
	raw.len = 16;
	pdiag_kmod_parts_begin(&parts, &raw);
	assert_int_equal(raw.parts, 1);
}

static void test_wait(void **state)
{
	struct pdiag_kmod_wait w = { HEAD(WAIT, 0), .stack = 8, .pid = 5, .tid = 6, .scale = 4,
		.state = PDIAG_KMOD_STATE_DISK, .blocked = 1000, .waiting = 30,
		.waker_stack = PDIAG_KMOD_NO_STACK };
	struct pdiag_record out;
	(void)state;

	check_lengths(&w, sizeof(w), sizeof(w));
	assert_int_equal(decode_part(&w, sizeof(w), sizeof(w), 0, 2, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_SAMPLE);
	assert_int_equal(out.sample.stack, 8);
	assert_int_equal(out.sample.weight, 4000);
	assert_int_equal(out.sample.state, PDIAG_STATE_BLOCKED);
	assert_int_equal(out.time, 77);
	assert_int_equal(decode_part(&w, sizeof(w), sizeof(w), 1, 2, &out), 0);
	assert_int_equal(out.sample.weight, 120);
	assert_int_equal(out.sample.state, PDIAG_STATE_PREEMPTED);

	assert_int_equal(out.sample.flags, 0);
	w.head.flags = PDIAG_KMOD_AWAY;
	assert_int_equal(decode_part(&w, sizeof(w), sizeof(w), 0, 2, &out), 0);
	assert_int_equal(out.sample.flags, PDIAG_STACK_PENDING);

	/* Who woke it, if that is known by more than a number. */
	w.waker_pid = 9;
	w.waker_tid = 10;
	w.waker_stack = PDIAG_KMOD_NO_STACK;
	assert_int_equal(decode_part(&w, sizeof(w), sizeof(w), 0, 2, &out), 0);
	assert_false(out.flags & PDIAG_RECORD_WAKER);
	w.waker_stack = 7;
	assert_int_equal(decode_part(&w, sizeof(w), sizeof(w), 0, 2, &out), 0);
	assert_true(out.flags & PDIAG_RECORD_WAKER);
	assert_true(out.flags & PDIAG_RECORD_OF_CPU);
	assert_int_equal(out.sample.waker_stack, 7);
	assert_int_equal(out.sample.waker_pid, 9);
	assert_int_equal(out.sample.waker_tid, 10);
	assert_int_equal(decode_part(&w, sizeof(w), sizeof(w), 1, 2, &out), 0);
	assert_false(out.flags & PDIAG_RECORD_WAKER);
	w.waker_tid = 0x80000000u;
	assert_int_equal(decode_part(&w, sizeof(w), sizeof(w), 0, 2, &out), 0);
	assert_false(out.flags & PDIAG_RECORD_WAKER);

	w.blocked = 0;
	assert_int_equal(decode_part(&w, sizeof(w), sizeof(w), 0, 2, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_NONE);
	w.blocked = UINT64_MAX / 3;
	assert_int_equal(decode(&w, sizeof(w), &out), -EBADMSG);
	w.scale = 0;
	assert_int_equal(decode(&w, sizeof(w), &out), -EBADMSG);
	w.scale = 1;
	w.state = 4;
	assert_int_equal(decode(&w, sizeof(w), &out), -EBADMSG);
}

/* What is in the weights of others is not lost; nothing of it may be corrected for. */
#define STACK_BYTES 64u

struct user_part {
	struct pdiag_kmod_user user;
	unsigned char stack[STACK_BYTES];
};

static const struct user_part user_part = {
	.user = { .di = 0xd1, .bp = 0xb9, .sp = 0x59, .ip = 0x19, .bytes = STACK_BYTES } };

/* What is behind a record of `known` bytes is found if all of it is there, and else refused. */
static void check_user(const void *record, size_t known, size_t size)
{
	struct pdiag_record out;

	assert_int_equal(decode(record, size, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_SAMPLE);
	assert_non_null(out.sample.regs);
	assert_int_equal(out.sample.copy_len, STACK_BYTES);
	assert_int_equal((const char *)out.sample.copy - (const char *)out.sample.regs,
		offsetof(struct pdiag_kmod_user, stack));
	for (size_t len = known; len < size; len += 8)
		assert_int_equal(decode_part(record, size, len, 0, 1, &out), -EBADMSG);
}

static void test_user_part(void **state)
{
	struct {
		struct pdiag_kmod_sample sample;
		struct user_part part;
	} s = { .sample = { HEAD(SAMPLE, PDIAG_KMOD_HAS_USER), .stack = 9, .pid = 10, .tid = 11 } };
	struct {
		struct pdiag_kmod_wait wait;
		struct user_part part;
	} w = { .wait = { HEAD(WAIT, PDIAG_KMOD_HAS_USER), .stack = 9, .pid = 10, .tid = 11,
		.state = PDIAG_KMOD_STATE_BLOCKED, .blocked = 5, .scale = 1,
		.waker_stack = PDIAG_KMOD_NO_STACK } };
	struct pdiag_record out;
	(void)state;

	s.part = w.part = user_part;
	check_user(&s, sizeof(s.sample), sizeof(s));
	check_user(&w, sizeof(w.wait), sizeof(w));
	s.sample.head.len = sizeof(s);
	assert_int_equal(pdiag_decode_kmod(&s, sizeof(s), 0, 1, 3, &out), 0);
	assert_memory_equal(out.sample.regs, ((uint64_t[]){ 0xd1, 0xb9, 0x59, 0x19 }), 32);
	/* More bytes than there are. */
	s.part.user.bytes++;
	assert_int_equal(decode(&s, sizeof(s), &out), -EBADMSG);
	s.part.user.bytes = UINT32_MAX;
	assert_int_equal(decode(&s, sizeof(s), &out), -EBADMSG);
	/* Of no stack there is none, and without the flag it is something else. */
	s.sample.stack = PDIAG_KMOD_NO_STACK;
	assert_int_equal(decode(&s, sizeof(s), &out), 0);
	assert_null(out.sample.regs);
	w.wait.head.flags = 0;
	assert_int_equal(decode(&w, sizeof(w), &out), 0);
	assert_null(out.sample.regs);
}

static void test_loss(void **state)
{
	static const int reasons[] = {
		[PDIAG_KMOD_LOST_RING] = -1,
		[PDIAG_KMOD_LOST_NESTED] = PDIAG_LOSS_THROTTLED,
		[PDIAG_KMOD_LOST_SLOTS] = PDIAG_LOSS_SWITCHES,
		[PDIAG_KMOD_LOST_INHERIT] = PDIAG_LOSS_TASKS,
		[PDIAG_KMOD_LOST_BUDGET] = PDIAG_LOSS_THROTTLED,
		[PDIAG_KMOD_LOST_DUMP] = -1,
		[PDIAG_KMOD_LOSSES] = -1,
	};
	struct pdiag_kmod_loss_record l = { HEAD(LOSS, 0), .events = 12 };
	struct pdiag_record out;
	(void)state;

	for (l.reason = 0; l.reason <= PDIAG_KMOD_LOSSES; l.reason++) {
		assert_int_equal(decode(&l, sizeof(l), &out), 0);
		if (reasons[l.reason] < 0) {
			assert_int_equal(out.type, PDIAG_RECORD_NONE);
			continue;
		}
		assert_int_equal(out.type, PDIAG_RECORD_LOSS);
		assert_int_equal(out.loss.reason, reasons[l.reason]);
		assert_int_equal(out.loss.events, 12);
		assert_int_equal(out.loss.pid, -1);
		assert_int_equal(out.cpu, 3);
	}
	l.reason = PDIAG_KMOD_LOST_SLOTS;
	l.pid = 4;
	check_lengths(&l, sizeof(l), sizeof(l));
	assert_int_equal(decode(&l, sizeof(l), &out), 0);
	assert_int_equal(out.loss.pid, 4);
}

static void test_rate(void **state)
{
	struct pdiag_kmod_rate r = { HEAD(RATE, 0), .old_period = 1000, .period = 2000 };
	struct pdiag_record out;
	(void)state;

	check_lengths(&r, sizeof(r), sizeof(r));
	assert_int_equal(decode(&r, sizeof(r), &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_LOSS);
	assert_int_equal(out.loss.reason, PDIAG_LOSS_THROTTLED);
	assert_int_equal(out.loss.events, 1);
	/* Faster again. */
	r.period = 500;
	assert_int_equal(decode(&r, sizeof(r), &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_NONE);
}

static void test_others(void **state)
{
	struct pdiag_kmod_record head = { .time = 1 };
	struct pdiag_record out;
	(void)state;

	for (uint32_t type = PDIAG_KMOD_TASKS_BEGIN; type <= UINT16_MAX; type++) {
		head.type = (uint16_t)type;
		assert_int_equal(decode(&head, sizeof(head), &out), 0);
		assert_int_equal(out.type, PDIAG_RECORD_NONE);
	}
	for (size_t len = 0; len < sizeof(head); len++)
		assert_int_equal(decode_part(&head, sizeof(head), len, 0, 1, &out), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_count_of_none),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_user_part),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
