/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Perf records, whole and cut at every length. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/decode.h"
#include "source/perf_layout.h"

struct built {
	_Alignas(8) unsigned char data[1024];
	uint32_t len;
};

static void put(struct built *b, const void *data, size_t len)
{
	memcpy(b->data + b->len, data, len);
	b->len += (uint32_t)len;
}

static void put_u32(struct built *b, uint32_t v)
{
	put(b, &v, sizeof(v));
}

static void put_u64(struct built *b, uint64_t v)
{
	put(b, &v, sizeof(v));
}

static void start(struct built *b, uint32_t type, uint16_t misc)
{
	struct perf_event_header h = { .type = type, .misc = misc };

	memset(b, 0, sizeof(*b));
	put(b, &h, sizeof(h));
}

static void finish(struct built *b, bool with_id)
{
	struct pdiag_perf_id id = { .pid = 11, .tid = 12, .time = 13, .cpu = 14 };

	if (with_id)
		put(b, &id, sizeof(id));
	((struct perf_event_header *)b->data)->size = (uint16_t)b->len;
}

/* Of exact size on the heap, so that a sanitizer sees each byte too far. */
static int decode(const struct built *b, uint32_t len, enum pdiag_perf_kind kind, uint64_t mult,
	struct pdiag_record *out)
{
	unsigned char *exact = malloc(len ? len : 1);
	int ret;

	memcpy(exact, b->data, len);
	if (len >= sizeof(struct perf_event_header))
		((struct perf_event_header *)exact)->size = (uint16_t)len;
	ret = pdiag_decode_perf(exact, len, kind, mult, out);
	if (!ret && out->type == PDIAG_RECORD_COMM)
		assert_true(strlen(out->comm.text) < len);
	if (!ret && out->type == PDIAG_RECORD_MMAP)
		assert_true(strlen(out->mmap.path) < len);
	free(exact);
	return ret;
}

static void cut_everywhere(const struct built *b)
{
	struct pdiag_record out;

	for (uint32_t len = 0; len < b->len; len++)
		decode(b, len, PDIAG_PERF_ON_CPU, 0, &out);
}

static void build_sample(struct built *b)
{
	start(b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER);
	put_u32(b, 1);
	put_u32(b, 2);
	put_u64(b, 3);
	put_u64(b, 5);
	put_u32(b, 4);
	put_u32(b, 0);
	put_u64(b, 1000);
	put_u64(b, 2);
	put_u64(b, 0xaaa);
	put_u64(b, 0xbbb);
	finish(b, false);
}

static void test_sample(void **state)
{
	struct pdiag_record out;
	struct built b;
	(void)state;

	build_sample(&b);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_SAMPLE);
	assert_int_equal(out.pid, 1);
	assert_int_equal(out.tid, 2);
	assert_int_equal(out.time, 3);
	assert_int_equal(out.cpu, 4);
	assert_int_equal(out.sample.nr, 2);
	assert_int_equal(out.sample.ips[1], 0xbbb);
	assert_int_equal(out.sample.weight, 1000);
	assert_int_equal(out.sample.state, PDIAG_STATE_RUNNING);
	/* Cycles at 2 GHz. */
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 1ull << 31, &out), 0);
	assert_int_equal(out.sample.weight, 500);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_OFF_CPU, 0, &out), 0);
	assert_int_equal(out.sample.weight, 0);
	assert_int_equal(out.sample.state, PDIAG_STATE_BLOCKED);
	cut_everywhere(&b);
}

static void test_sample_that_lies(void **state)
{
	static const uint64_t counts[] = { 3, 1ull << 61, UINT64_MAX };
	struct pdiag_record out;
	struct built b;
	(void)state;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		build_sample(&b);
		memcpy(b.data + offsetof(struct pdiag_perf_sample, nr), &counts[i], 8);
		assert_true(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out) < 0);
	}
	/* The header and the ring disagree. */
	build_sample(&b);
	assert_true(pdiag_decode_perf(b.data, b.len - 8, PDIAG_PERF_ON_CPU, 0, &out) < 0);
}

/* With registers and `size` bytes of the stack, of which `valid` could be read. */
static void build_user(struct built *b, uint64_t abi, uint64_t size, uint64_t valid)
{
	build_sample(b);
	put_u64(b, abi);
	if (abi) {
		put_u64(b, 0xd1); /* in the order of their bits: DI, BP, SP, IP */
		put_u64(b, 0xb9);
		put_u64(b, 0x59);
		put_u64(b, 0x19);
	}
	put_u64(b, size);
	for (uint64_t i = 0; i < size && i < 512; i += 8)
		put_u64(b, i);
	if (size)
		put_u64(b, valid);
	finish(b, false);
}

static void test_user_part(void **state)
{
	struct pdiag_record out;
	struct built b;
	(void)state;

	build_user(&b, PERF_SAMPLE_REGS_ABI_64, 64, 40);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
	assert_int_equal(out.sample.nr, 2);
	assert_non_null(out.sample.regs);
	assert_int_equal(out.sample.regs[0], 0xd1);
	assert_int_equal(out.sample.regs[1], 0xb9);
	assert_int_equal(out.sample.regs[2], 0x59);
	assert_int_equal(out.sample.regs[3], 0x19);
	assert_int_equal(out.sample.copy_len, 40);
	assert_int_equal(((const uint64_t *)out.sample.copy)[4], 32);
	cut_everywhere(&b);
	/* The kernel says that more is valid than there is. */
	build_user(&b, PERF_SAMPLE_REGS_ABI_64, 64, UINT64_MAX);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_OFF_CPU, 0, &out), 0);
	assert_int_equal(out.sample.copy_len, 64);
}

/* Cut anywhere it is either refused, or has nothing of the user's. */
static void test_user_part_cut(void **state)
{
	struct pdiag_record out;
	struct built b;
	uint32_t whole;
	(void)state;

	build_user(&b, PERF_SAMPLE_REGS_ABI_64, 64, 64);
	whole = b.len;
	for (b.len = 72; b.len < whole; b.len += 8) {
		finish(&b, false);
		assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out),
			b.len == 72 ? 0 : -EBADMSG);
		assert_null(out.sample.regs);
	}
}

static void test_no_user_part(void **state)
{
	static const uint64_t sizes[] = { 72, 512, 1ull << 32, UINT64_MAX, UINT64_MAX - 7 };
	struct pdiag_record out;
	struct built b;
	(void)state;

	/* Kernel threads, programs of 32 bits, and an ABI that nobody knows. */
	for (uint64_t abi = 0; abi < 4; abi++) {
		build_user(&b, abi, abi ? 64 : 0, 64);
		assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
		assert_int_equal(out.sample.nr, 2);
		assert_int_equal(!!out.sample.regs, abi == PERF_SAMPLE_REGS_ABI_64);
	}
	build_user(&b, PERF_SAMPLE_REGS_ABI_64, 0, 0);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
	assert_null(out.sample.regs);
	/* A size that is not there. */
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		build_user(&b, PERF_SAMPLE_REGS_ABI_64, 64, 64);
		memcpy(b.data + 72 + 40, &sizes[i], 8);
		assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out),
			-EBADMSG);
	}
}

static void build_mmap(struct built *b, uint64_t addr, const char *path, size_t len)
{
	start(b, PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER);
	put_u32(b, 21);
	put_u32(b, 22);
	put_u64(b, addr);
	put_u64(b, 0x2000);
	put_u64(b, 0x3000);
	put_u32(b, 8);
	put_u32(b, 1);
	put_u64(b, 77);
	put_u64(b, 78);
	put_u32(b, 5);
	put_u32(b, 2);
	put(b, path, len);
	finish(b, true);
}

static void test_mmap(void **state)
{
	struct pdiag_record out;
	struct built b;
	(void)state;

	build_mmap(&b, 0x1000, "/lib/x\0", 8);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_MMAP);
	assert_int_equal(out.pid, 21);
	assert_int_equal(out.mmap.start, 0x1000);
	assert_int_equal(out.mmap.len, 0x2000);
	assert_int_equal(out.mmap.pgoff, 0x3000);
	assert_int_equal(out.mmap.inode, 77);
	assert_int_equal(out.mmap.generation, 78);
	assert_int_equal(out.mmap.major, 8);
	assert_string_equal(out.mmap.path, "/lib/x");
	assert_int_equal(out.time, 13);
	cut_everywhere(&b);
	/* A path without its end; an end before the start. */
	build_mmap(&b, 0x1000, "12345678", 8);
	assert_true(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out) < 0);
	build_mmap(&b, UINT64_MAX - 0x1000, "/lib/x\0", 8);
	assert_true(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out) < 0);
}

static void test_comm(void **state)
{
	struct pdiag_record out;
	struct built b;
	(void)state;

	start(&b, PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC);
	put_u32(&b, 31);
	put_u32(&b, 32);
	put(&b, "bash\0\0\0", 8);
	finish(&b, true);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_COMM);
	assert_int_equal(out.flags, PDIAG_RECORD_EXEC);
	assert_int_equal(out.tid, 32);
	assert_string_equal(out.comm.text, "bash");
	cut_everywhere(&b);
}

static void test_fork_and_exit(void **state)
{
	struct pdiag_record out;
	struct built b;
	(void)state;

	for (int i = 0; i < 2; i++) {
		start(&b, i ? PERF_RECORD_EXIT : PERF_RECORD_FORK, 0);
		put_u32(&b, 41);
		put_u32(&b, 42);
		put_u32(&b, 43);
		put_u32(&b, 44);
		put_u64(&b, 45);
		finish(&b, true);
		assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
		assert_int_equal(out.type, i ? PDIAG_RECORD_EXIT : PDIAG_RECORD_FORK);
		assert_int_equal(out.pid, 41);
		assert_int_equal(out.fork.ppid, 42);
		assert_int_equal(out.tid, 43);
		assert_int_equal(out.fork.ptid, 44);
		cut_everywhere(&b);
	}
}

static void test_losses(void **state)
{
	struct pdiag_record out;
	struct built b;
	(void)state;

	start(&b, PERF_RECORD_LOST, 0);
	put_u64(&b, 1);
	put_u64(&b, 99);
	finish(&b, true);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_LOSS);
	assert_int_equal(out.loss.events, 99);
	assert_int_equal(out.loss.reason, PDIAG_LOSS_OVERRUN);
	assert_int_equal(out.cpu, 14);
	cut_everywhere(&b);
	/* By what the ring is for. */
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_OFF_CPU, 0, &out), 0);
	assert_int_equal(out.loss.reason, PDIAG_LOSS_SWITCHES);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_TASKS, 0, &out), 0);
	assert_int_equal(out.loss.reason, PDIAG_LOSS_TASKS);
	start(&b, PERF_RECORD_THROTTLE, 0);
	finish(&b, true);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_ON_CPU, 0, &out), 0);
	assert_int_equal(out.loss.reason, PDIAG_LOSS_THROTTLED);
}

static void test_switch(void **state)
{
	struct pdiag_record out;
	struct built b;
	(void)state;

	start(&b, PERF_RECORD_SWITCH_CPU_WIDE,
		PERF_RECORD_MISC_SWITCH_OUT | PERF_RECORD_MISC_SWITCH_OUT_PREEMPT);
	put_u64(&b, 0);
	finish(&b, true);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_OFF_CPU, 0, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_SWITCH);
	assert_int_equal(out.flags, PDIAG_RECORD_OUT | PDIAG_RECORD_PREEMPT);
	start(&b, PERF_RECORD_SWITCH, 0);
	finish(&b, true);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_OFF_CPU, 0, &out), 0);
	assert_int_equal(out.flags, 0);
	assert_int_equal(out.tid, 12);
	/* What later kernels add is of no interest, and no error. */
	start(&b, 999, 0);
	finish(&b, true);
	assert_int_equal(pdiag_decode_perf(b.data, b.len, PDIAG_PERF_OFF_CPU, 0, &out), 0);
	assert_int_equal(out.type, PDIAG_RECORD_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_sample_that_lies),
		cmocka_unit_test(test_user_part),
		cmocka_unit_test(test_user_part_cut),
		cmocka_unit_test(test_no_user_part),
		cmocka_unit_test(test_mmap),
		cmocka_unit_test(test_comm),
		cmocka_unit_test(test_fork_and_exit),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
