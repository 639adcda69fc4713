/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel module's records through the pipeline, live and by way of a recording. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/perf_event.h>
#include <pdiag/pdiag.h>

#include "../../support/fail_alloc.h"
#include "../../support/kmod_ring.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "source/kmod_parts.h"
#include "source/kmod_rings.h"
#include "util/text.h"

#define USER ((uint64_t)PERF_CONTEXT_USER)
#define CPUS 2

static const uint64_t stack_a[] = { USER, 0x401010, 0x401020, 0x401030 };
static const uint64_t stack_b[] = { USER, 0x401110, 0x401020, 0x401030 };
static const uint64_t stack_c[] = { USER, 0x401210, 0x401030 };

static struct fake_ring fake[CPUS];
static struct pdiag_kring rings[CPUS];

static void fill_count(uint64_t time, uint32_t stack, uint32_t count, uint64_t weight,
	uint64_t first, uint64_t last)
{
	struct pdiag_kmod_count c = { .stack = stack, .pid = 10, .tid = 10, .count = count,
		.first = first, .last = last, .weight = weight };

	fake_ring_put(&fake[1], &c, sizeof(c), PDIAG_KMOD_COUNT, 0, time);
}

static void fill_wait(uint64_t time, uint32_t stack, uint64_t blocked, uint64_t waiting,
	uint32_t scale)
{
	struct pdiag_kmod_wait w = { .stack = stack, .pid = 10, .tid = 10, .blocked = blocked,
		.waiting = waiting, .scale = scale, .state = PDIAG_KMOD_STATE_BLOCKED,
		.waker_stack = PDIAG_KMOD_NO_STACK };

	fake_ring_put(&fake[1], &w, sizeof(w), PDIAG_KMOD_WAIT, 0, time);
}

/* Woken by a thread of another process, by itself, and by one whose stack nobody has told. */
static void fill_wakers(void)
{
	static const uint32_t stacks[] = { 8, 8, 7, 99 };
	struct pdiag_kmod_wait w = { .stack = 7, .pid = 10, .tid = 10, .blocked = 300, .scale = 1,
		.state = PDIAG_KMOD_STATE_BLOCKED };

	fake_ring_stack(&fake[1], 5500, 8, stack_c, 3);
	for (uint32_t i = 0; i < 4; i++) {
		w.waker_stack = stacks[i];
		w.waker_pid = i < 2 ? 20 : 10;
		w.waker_tid = i < 2 ? 21 : 10;
		fake_ring_put(&fake[1], &w, sizeof(w), PDIAG_KMOD_WAIT, 0, 5500 + i);
	}
}

/* The same number is another stack on each CPU, and later another one on the first. */
static void fill(void)
{
	struct pdiag_kmod_loss_record loss = { .reason = PDIAG_KMOD_LOST_BUDGET, .events = 9 };
	struct pdiag_kmod_sample late = { .stack = 7, .pid = 10, .tid = 10, .weight = 5000 };

	for (uint32_t i = 0; i < CPUS; i++)
		fake_ring_init(&fake[i], &rings[i], i, 0);
	fake_ring_stack(&fake[0], 2000, 7, stack_a, 4);
	fake_ring_sample(&fake[0], 2000, 7, 10, 10, 1000);
	fake_ring_stack(&fake[1], 2001, 7, stack_b, 4);
	fake_ring_sample(&fake[1], 2001, 7, 10, 10, 1000);
	fake_ring_sample(&fake[0], 2002, 7, 10, 10, 1000);
	fake_ring_put(&fake[0], &late, sizeof(late), PDIAG_KMOD_SAMPLE, PDIAG_KMOD_LATE, 2003);
	fake_ring_stack(&fake[0], 3000, 7, stack_c, 3);
	fake_ring_sample(&fake[0], 3000, 7, 10, 10, 100);
	fake_ring_sample(&fake[1], 3001, 7, 10, 10, 1000);
	fake_ring_sample(&fake[0], 3002, PDIAG_KMOD_NO_STACK, 10, 10, 30);
	/* Nobody has told what this is. */
	fake_ring_sample(&fake[0], 3003, 8, 10, 10, 30);
	fill_count(4000, 7, 3, 10000000001ull, 2500, 2900);
	fill_wait(5000, 7, 900, 100, 2);
	fill_wait(5001, 7, 0, 50, 1);
	fill_wakers();
	/* Its memory was not there: all its samples say so. */
	fake_ring_stack(&fake[0], 6000, 9, stack_c, 3);
	((struct pdiag_kmod_record *)(fake[0].data + fake[0].control.head - 48))->flags =
		PDIAG_KMOD_FAULTED;
	fake_ring_sample(&fake[0], 6000, 9, 10, 10, 100);
	fake_ring_put(&fake[0], &loss, sizeof(loss), PDIAG_KMOD_LOSS, 0, 6000);
}

static void tell(struct pdiag_pipeline *p)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_INFO, .time = 1000,
		.info = { .hz = 1000, .period_ns = 1000, .realtime = 1600000000000000000ull } };

	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_COMM, .flags = PDIAG_RECORD_EXEC,
		.pid = 10, .tid = 10, .time = 1001, .comm = { .text = "victim" } };
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_MMAP, .pid = 10, .tid = 10, .time = 1002,
		.mmap = { .start = 0x401000, .len = 0x1000, .pgoff = 0x1000, .inode = 5,
			.path = "/no/such/victim" } };
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
	/* Mapped at another place. */
	r = (struct pdiag_record){ .type = PDIAG_RECORD_COMM, .flags = PDIAG_RECORD_EXEC,
		.pid = 20, .tid = 20, .time = 1003, .comm = { .text = "helper" } };
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_MMAP, .pid = 20, .tid = 20, .time = 1004,
		.mmap = { .start = 0x401000, .len = 0x1000, .pgoff = 0x1100, .inode = 5,
			.path = "/no/such/victim" } };
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_FORK, .pid = 20, .tid = 21, .time = 1005,
		.fork = { .ppid = 20, .ptid = 20 } };
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
}

/* As the source and the capture do it. The first failure, but all is played. */
static int play(struct pdiag_pipeline *p)
{
	struct pdiag_kmod_parts parts = { .more = false };
	const struct pdiag_kmod_record *k;
	struct pdiag_record record;
	struct pdiag_krings order;
	struct pdiag_kring *ring;
	struct pdiag_raw raw;
	int ret, failed = pdiag_krings_init(&order, rings, CPUS);

	if (failed)
		return failed;
	pdiag_krings_refresh(&order, UINT64_MAX);
	while ((k = pdiag_krings_next(&order, &ring))) {
		raw = (struct pdiag_raw){ .data = k, .len = ring->record,
			.cpu = (int32_t)ring->number, .format = PDIAG_RAW_KMOD };
		pdiag_kmod_parts_begin(&parts, &raw);
		do {
			assert_int_equal(pdiag_decode(&raw, 0, &record), 0);
			ret = pdiag_pipeline_record(p, &record);
			failed = ret < 0 ? ret : failed;
		} while (pdiag_kmod_parts_next(&parts, &raw));
	}
	assert_int_equal(order.corrupt, 0);
	pdiag_krings_free(&order);
	return failed;
}

static int describe(void *user, const struct pdiag_stack *st)
{
	pdiag_text_printf(user, "%s %s %u %llu %llu", st->comm, pdiag_state_text(st->state),
		st->flags, (unsigned long long)st->samples, (unsigned long long)st->weight_ns);
	for (uint32_t i = 0; i < st->depth; i++)
		pdiag_text_printf(user, " %llx", (unsigned long long)st->addresses[i]);
	pdiag_text_char(user, '\n');
	return 0;
}

static int describe_loss(void *user, const struct pdiag_loss *l)
{
	pdiag_text_printf(user, "%s cpu %d %llu\n", pdiag_loss_text(l->reason), l->cpu,
		(unsigned long long)l->events);
	return 0;
}

static void describe_profile(struct pdiag_profile *p, struct pdiag_text *t)
{
	assert_int_equal(pdiag_profile_each_stack(p, describe, t), 0);
	assert_int_equal(pdiag_profile_each_loss(p, describe_loss, t), 0);
}

static int append(void *user, const void *data, size_t len)
{
	pdiag_text_add(user, data, len);
	return 0;
}

static void folded(struct pdiag_profile *p, struct pdiag_text *t)
{
	struct pdiag_sink sink = { .size = sizeof(sink), .write = append, .user = t };

	assert_int_equal(pdiag_profile_write_folded(p, NULL, &sink), 0);
}

static const char expected[] =
	"victim running 0 1 30\n"
	"victim running 0 1 100 1210 102f\n"
	"victim running 16 1 100 1210 102f\n"
	"victim running 0 2 2000 1010 101f 102f\n"
	"victim running 0 5 10000002001 1110 101f 102f\n"
	"victim running 8 1 5000 1010 101f 102f\n"
	"victim preempted 0 2 250 1110 101f 102f\n"
	"victim blocked 0 2 2100 1110 101f 102f\n"
	"victim blocked 32 2 600 0 112f 1310 0 1110 101f 102f\n"
	"victim blocked 32 1 300 0 102f 101f 1110 0 1110 101f 102f\n"
	"throttled cpu 0 9\n"
	"corrupt cpu 0 1\n";

/* Lines are in the order of the profile; here any order will do. */
static void check_lines(const struct pdiag_text *t)
{
	const char *line, *end;
	char one[256];
	size_t len = 0;

	for (line = expected; *line; line = end + 1) {
		end = strchr(line, '\n');
		snprintf(one, sizeof(one), "%.*s", (int)(end - line) + 1, line);
		if (!strstr(t->data, one))
			fail_msg("no line %sin\n%s", one, t->data);
		len += strlen(one);
	}
	assert_int_equal(t->len, len);
}

/* limit: of the table of raw stacks, so that numbers start over. */
static void check(size_t limit)
{
	struct pdiag_recording_options options = { .size = sizeof(options) };
	char path[] = "/tmp/pdiag-kmod-XXXXXX.pdiag";
	struct pdiag_sink sink = { .size = sizeof(sink), .path = path };
	struct pdiag_text live = { 0 }, live_folded = { 0 }, replayed = { 0 }, again = { 0 };
	struct pdiag_recording *recording;
	struct pdiag_profile *profile;
	struct pdiag_pipeline p;
	struct pdiag *ctx;

	assert_true(mkstemps(path, 6) >= 0);
	options.sink = &sink;
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, true), 0);
	assert_int_equal(pdiag_recording_new(ctx, &options, &recording), 0);
	p.recording = recording;
	p.stacks.limit_bytes = limit;
	pdiag_pipeline_begin(&p);
	fill();
	tell(&p);
	assert_int_equal(play(&p), 0);
	pdiag_pipeline_finish(&p, 9000);
	pdiag_pipeline_end(&p);
	describe_profile(p.profile, &live);
	folded(p.profile, &live_folded);
	check_lines(&live);
	assert_int_equal(pdiag_recording_finish(recording, p.profile), 0);
	pdiag_pipeline_free(&p);

	assert_int_equal(pdiag_recording_load(ctx, path, NULL, &profile), 0);
	describe_profile(profile, &replayed);
	folded(profile, &again);
	check_lines(&replayed);
	assert_string_equal(live.data, replayed.data);
	assert_string_equal(live_folded.data, again.data);
	assert_non_null(strstr(again.data, "[off-cpu: blocked];--;[unknown victim];"
		"[unknown victim];helper "));
	pdiag_close(ctx);
	pdiag_text_free(&live);
	pdiag_text_free(&live_folded);
	pdiag_text_free(&replayed);
	pdiag_text_free(&again);
	unlink(path);
}

static void test_live_and_replayed(void **state)
{
	(void)state;
	check(0);
}

/* The module does not tell a stack twice, so those that it may name are kept. */
static void test_numbers_that_start_over(void **state)
{
	(void)state;
	check(1);
}

static void exec(struct pdiag_pipeline *p, uint64_t time)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_COMM, .flags = PDIAG_RECORD_EXEC,
		.pid = 10, .tid = 10, .time = time, .comm = { .text = "next" } };

	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_MMAP, .pid = 10, .tid = 10,
		.time = time + 1, .mmap = { .start = 0x401000, .len = 0x1000, .pgoff = 0x5000,
			.inode = 6, .path = "/no/such/next" } };
	assert_int_equal(pdiag_pipeline_record(p, &r), 0);
}

/* Samples of before an exec that come after it: their addresses are not looked up in what the
 * process has mapped now. */
static void test_counts_of_before_an_exec(void **state)
{
	struct pdiag_text t = { 0 };
	struct pdiag_pipeline p;
	struct pdiag *ctx;
	(void)state;

	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, true), 0);
	for (uint32_t i = 0; i < CPUS; i++)
		fake_ring_init(&fake[i], &rings[i], i, 0);
	tell(&p);
	exec(&p, 3000);
	fake_ring_stack(&fake[1], 4000, 7, stack_c, 3);
	fill_count(4000, 7, 2, 50, 2500, 2900);
	fill_count(4001, 7, 2, 30, 3002, 3900);
	/* One before, one after it. */
	fill_count(4002, 7, 2, 14, 2999, 3001);
	assert_int_equal(play(&p), 0);
	describe_profile(p.profile, &t);
	assert_non_null(strstr(t.data, "next running 0 3 37 5210 502f\n"));
	assert_non_null(strstr(t.data, "next running 0 3 57 401210 40102f\n"));
	pdiag_text_free(&t);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

/* Nothing is counted with another stack than its own. */
static int check_stack(void *user, const struct pdiag_stack *st)
{
	(void)user;
	if (st->depth && st->addresses[0] == 0x1010)
		assert_true(st->weight_ns == 5000 || st->weight_ns <= 2000);
	if (st->depth && st->addresses[0] == 0x1210)
		assert_int_equal(st->weight_ns, 100);
	return 0;
}

/* A number whose stack found no memory means none, and not the one before. */
static void test_out_of_memory(void **state)
{
	struct pdiag_pipeline p;
	struct pdiag *ctx;
	bool failed = true;
	(void)state;

	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0; failed; n++) {
		assert_int_equal(pdiag_open(NULL, &ctx), 0);
		assert_int_equal(pdiag_pipeline_init(&p, ctx, true), 0);
		p.stacks.limit_bytes = n % 2;
		fill();
		tell(&p);
		fail_alloc_start(n / 2);
		play(&p);
		failed = fail_alloc_stop() || !(n % 2);
		assert_int_equal(pdiag_profile_each_stack(p.profile, check_stack, NULL), 0);
		pdiag_pipeline_free(&p);
		pdiag_close(ctx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_and_replayed),
		cmocka_unit_test(test_numbers_that_start_over),
		cmocka_unit_test(test_counts_of_before_an_exec),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
