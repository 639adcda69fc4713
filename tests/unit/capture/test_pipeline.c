/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records made by the test through the whole pipeline, live and by way of a recording. */
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

#include "capture/capture.h"
#include "util/text.h"

#define USER ((uint64_t)PERF_CONTEXT_USER)
#define PERIOD 1000000ull

static const uint64_t stack_a[] = { USER, 0x401010, 0x401020, 0x401030 };
static const uint64_t stack_b[] = { USER, 0x401110, 0x401020, 0x401030 };

struct script {
	struct pdiag_record records[64];
	const void *list[64];
	uint32_t count;
};

static struct pdiag_record *add(struct script *s, enum pdiag_record_type type, uint64_t time)
{
	struct pdiag_record *r = &s->records[s->count];

	*r = (struct pdiag_record){ .type = (uint16_t)type, .cpu = 0, .pid = 10, .tid = 10,
		.time = time };
	s->list[s->count++] = r;
	return r;
}

static void add_sample(struct script *s, uint64_t time, const uint64_t *ips, uint64_t weight,
	enum pdiag_state state)
{
	struct pdiag_record *r = add(s, PDIAG_RECORD_SAMPLE, time);

	r->sample.ips = ips;
	r->sample.nr = 4;
	r->sample.weight = weight;
	r->sample.state = state;
}

static void add_switch(struct script *s, uint64_t time, unsigned int flags)
{
	add(s, PDIAG_RECORD_SWITCH, time)->flags = (uint16_t)flags;
}

/* A process with a file mapped, running in two stacks, away three times. */
static void fill(struct script *s)
{
	struct pdiag_record *r = add(s, PDIAG_RECORD_INFO, 1000);

	r->info.hz = 1000;
	r->info.period_ns = PERIOD;
	r->info.realtime = 1600000000000000000ull;
	r->info.events = PDIAG_ON_CPU | PDIAG_OFF_CPU;
	r = add(s, PDIAG_RECORD_COMM, 1001);
	r->comm.text = "victim";
	r->flags = PDIAG_RECORD_EXEC;
	r = add(s, PDIAG_RECORD_MMAP, 1002);
	r->mmap.start = 0x401000;
	r->mmap.len = 0x1000;
	r->mmap.pgoff = 0x1000;
	r->mmap.inode = 5;
	r->mmap.path = "/no/such/victim";
	for (uint64_t i = 0; i < 6; i++)
		add_sample(s, 2000 + i, i % 3 ? stack_a : stack_b, PERIOD, PDIAG_STATE_RUNNING);
	/* Blocked for 500, preempted for 70, blocked to the end. */
	add_sample(s, 3000, stack_a, 0, PDIAG_STATE_BLOCKED);
	add_switch(s, 3001, PDIAG_RECORD_OUT);
	add_switch(s, 3500, 0);
	add_sample(s, 4000, stack_a, 0, PDIAG_STATE_BLOCKED);
	add_switch(s, 4000, PDIAG_RECORD_OUT | PDIAG_RECORD_PREEMPT);
	add_switch(s, 4070, 0);
	add_sample(s, 5000, stack_b, 0, PDIAG_STATE_BLOCKED);
	add_switch(s, 5000, PDIAG_RECORD_OUT);
	r = add(s, PDIAG_RECORD_LOSS, 6000);
	r->loss.reason = PDIAG_LOSS_THROTTLED;
	r->loss.events = 2;
	r->loss.pid = -1;
}

static void play(struct pdiag_pipeline *p, const struct script *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		assert_true(pdiag_pipeline_record(p, &s->records[i]) >= 0);
	pdiag_pipeline_finish(p, 9000);
}

static int describe(void *user, const struct pdiag_stack *st)
{
	struct pdiag_text *t = user;

	pdiag_text_printf(t, "%s/%s %d/%d %s %u %llu %llu", st->process, st->comm, st->pid, st->tid,
		pdiag_state_text(st->state), st->flags, (unsigned long long)st->samples,
		(unsigned long long)st->weight_ns);
	for (uint32_t i = 0; i < st->depth; i++)
		pdiag_text_printf(t, " %s+%llx@%llx", st->frames[i]->name,
			(unsigned long long)st->frames[i]->offset,
			(unsigned long long)st->addresses[i]);
	pdiag_text_char(t, '\n');
	return 0;
}

static int describe_loss(void *user, const struct pdiag_loss *l)
{
	pdiag_text_printf(user, "%s %d %d %u %llu\n", pdiag_loss_text(l->reason), l->cpu, l->pid,
		l->second, (unsigned long long)l->events);
	return 0;
}

static void describe_profile(struct pdiag_profile *p, struct pdiag_text *t)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };

	assert_int_equal(pdiag_profile_get_info(p, &info), 0);
	pdiag_text_printf(t, "%llu %llu %llu %u\n", (unsigned long long)info.samples,
		(unsigned long long)info.duration_ns, (unsigned long long)info.start_realtime_ns,
		info.hz);
	assert_int_equal(pdiag_profile_each_stack(p, describe, t), 0);
	assert_int_equal(pdiag_profile_each_loss(p, describe_loss, t), 0);
	assert_int_equal(t->error, 0);
}

struct sums {
	uint64_t running, blocked, pending, preempted;
};

static int sum(void *user, const struct pdiag_stack *st)
{
	struct sums *s = user;

	assert_string_equal(st->comm, "victim");
	assert_int_equal(st->depth, 3);
	/* Offsets in the file; callers one less than the return address. */
	assert_int_equal(st->addresses[1], 0x101f);
	assert_int_equal(st->addresses[2], 0x102f);
	if (st->state == PDIAG_STATE_RUNNING)
		s->running += st->weight_ns;
	else if (st->state == PDIAG_STATE_PREEMPTED)
		s->preempted += st->weight_ns;
	else if (st->flags & PDIAG_STACK_PENDING)
		s->pending += st->weight_ns;
	else
		s->blocked += st->weight_ns;
	return 0;
}

static void test_weights(void **state)
{
	struct pdiag_pipeline p;
	struct script s = { .count = 0 };
	struct sums sums = { 0 };
	struct pdiag *ctx;
	(void)state;

	fill(&s);
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	play(&p, &s);
	assert_int_equal(pdiag_profile_each_stack(p.profile, sum, &sums), 0);
	assert_int_equal(sums.running, 6 * PERIOD);
	assert_int_equal(sums.blocked, 500);
	assert_int_equal(sums.preempted, 70);
	assert_int_equal(sums.pending, 4000);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

static void test_short_waits(void **state)
{
	struct pdiag_pipeline p;
	struct script s = { .count = 0 };
	struct pdiag_text t = { 0 };
	struct sums sums = { 0 };
	struct pdiag *ctx;
	(void)state;

	fill(&s);
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	p.off_cpu_min_ns = 100;
	play(&p, &s);
	assert_int_equal(pdiag_profile_each_stack(p.profile, sum, &sums), 0);
	assert_int_equal(sums.preempted, 0);
	assert_int_equal(sums.blocked, 500);
	assert_int_equal(pdiag_profile_each_loss(p.profile, describe_loss, &t), 0);
	assert_non_null(strstr(t.data, "short 0 -1 0 1\n"));
	pdiag_text_free(&t);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

struct places {
	uint64_t a, b, count;
};

static int add_place(void *user, const struct pdiag_stack *st)
{
	struct places *p = user;

	*(st->addresses[0] & 0x100 ? &p->b : &p->a) += st->weight_ns;
	p->count += st->samples;
	return 0;
}

static int add_losses(void *user, const struct pdiag_loss *l)
{
	*(uint64_t *)user += l->reason == PDIAG_LOSS_SHORT ? l->events : 0;
	return 0;
}

static void wait_at(struct pdiag_pipeline *p, const uint64_t *ips, uint64_t *time, uint64_t ns)
{
	struct script s = { .count = 0 };

	add_sample(&s, *time += 10, ips, 0, PDIAG_STATE_BLOCKED);
	add_switch(&s, *time += ns, 0);
	for (uint32_t i = 0; i < s.count; i++)
		assert_true(pdiag_pipeline_record(p, &s.records[i]) >= 0);
}

/* One thread waits shortly in two places, in turn: each has its part of the time. */
static void try_short_waits(uint64_t a_ns, uint64_t b_ns)
{
	struct pdiag_pipeline p;
	struct places places = { 0 };
	struct script s = { .count = 0 };
	struct pdiag *ctx;
	uint64_t time = 1000, lost = 0, all = 1000 * (a_ns + b_ns) + 100;

	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	p.off_cpu_min_ns = 100;
	p.sample_short = true;
	add(&s, PDIAG_RECORD_COMM, time)->comm.text = "waiter";
	s.records[0].flags = PDIAG_RECORD_EXEC;
	assert_int_equal(pdiag_pipeline_record(&p, &s.records[0]), 0);
	for (int i = 0; i < 1000; i++) {
		wait_at(&p, stack_a, &time, a_ns);
		wait_at(&p, stack_b, &time, b_ns);
	}
	/* As long as it may be: it stands for itself. */
	wait_at(&p, stack_a, &time, 100);
	assert_int_equal(pdiag_profile_each_stack(p.profile, add_place, &places), 0);
	assert_in_range(places.a + places.b, all - 100, all + 100);
	assert_in_range(places.a, 900 * a_ns, 1100 * a_ns);
	/* One in 100 ns was kept, or two that are the same one; the others are in the ledger. */
	assert_in_range(places.count, all / 200, all / 100 + 1);
	assert_int_equal(pdiag_profile_each_loss(p.profile, add_losses, &lost), 0);
	assert_int_equal(lost, 2001 - places.count);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

static void test_short_waits_sampled(void **state)
{
	(void)state;
	try_short_waits(30, 90);
	/* Marks at equal steps would all be in the second. */
	try_short_waits(50, 50);
	try_short_waits(99, 99);
	try_short_waits(1, 2);
}

static void record_to(struct pdiag *ctx, const char *path, const struct script *s, size_t limit,
	struct pdiag_text *live)
{
	struct pdiag_sink sink = { .size = sizeof(sink), .path = path };
	struct pdiag_recording_options opt = { .size = sizeof(opt), .sink = &sink };
	struct pdiag_recording *rec;
	struct pdiag_pipeline p;

	assert_int_equal(pdiag_recording_new(ctx, &opt, &rec), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	p.recording = rec;
	p.max_depth = 3; /* all stacks are that deep: cut, as far as one can tell */
	p.live = limit != 0; /* only a live pipeline starts its numbers over */
	p.stacks.limit_bytes = limit;
	play(&p, s);
	assert_int_equal(pdiag_recording_finish(rec, p.profile), 0);
	pdiag_recording_free(rec);
	describe_profile(p.profile, live);
	pdiag_pipeline_free(&p);
}

static void check_replay(size_t limit)
{
	char path[] = "/tmp/pdiag-pipeline-XXXXXX";
	struct pdiag_recording_info info = { .size = sizeof(info) };
	struct pdiag_text live = { 0 }, replayed = { 0 };
	struct script s = { .count = 0 };
	struct pdiag_profile *profile;
	struct pdiag *ctx;

	close(mkstemp(path));
	fill(&s);
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	record_to(ctx, path, &s, limit, &live);
	assert_int_equal(pdiag_recording_load(ctx, path, &info, &profile), 0);
	assert_int_equal(info.complete, 1);
	assert_int_equal(info.corrupt, 0);
	describe_profile(profile, &replayed);
	assert_string_equal(live.data, replayed.data);
	pdiag_close(ctx);
	pdiag_text_free(&live);
	pdiag_text_free(&replayed);
	unlink(path);
}

static void test_replay_is_the_same(void **state)
{
	(void)state;
	check_replay(0);
}

/* Numbers start over after each stack; the thread that is away keeps its own. */
static void test_replay_of_forgotten_stacks(void **state)
{
	(void)state;
	check_replay(1);
}

/* Many threads are away, with more stacks than the table is to hold: it must not start over with
 * each sample. */
static void test_stacks_of_many_that_are_away(void **state)
{
	uint64_t ips[4] = { USER, 0x401010, 0x401020 };
	struct script s = { .count = 0 };
	struct pdiag_pipeline p;
	struct pdiag_record r;
	struct pdiag *ctx;
	(void)state;

	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, true), 0);
	p.stacks.limit_bytes = 16384;
	add_sample(&s, 5000, stack_a, PERIOD, PDIAG_STATE_RUNNING);
	r = s.records[0];
	r.pid = INT32_MAX;
	r.sample.ips = ips;
	r.sample.state = PDIAG_STATE_BLOCKED;
	r.sample.weight = 0;
	for (int i = 0; i < 1000; i++) {
		r.tid = INT32_MAX - i;
		ips[3] = 0x402000 + (uint64_t)i;
		assert_true(pdiag_pipeline_record(&p, &r) >= 0);
	}
	assert_true(pdiag_stack_table_full(&p.stacks));
	assert_true(pdiag_pipeline_record(&p, &s.records[0]) >= 0);
	assert_int_equal(p.switches.count, 1000);
	assert_false(pdiag_stack_table_full(&p.stacks));
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

static void test_unknown_stack_number(void **state)
{
	struct pdiag_text t = { 0 };
	struct pdiag_pipeline p;
	struct pdiag_record r;
	struct pdiag *ctx;
	(void)state;

	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_SAMPLE, .pid = 1, .tid = 1, .cpu = -1,
		.sample = { .stack = 17, .weight = 1 } };
	assert_true(pdiag_pipeline_record(&p, &r) >= 0);
	r = (struct pdiag_record){ .type = PDIAG_RECORD_STACK, .cpu = -1,
		.stack = { .id = UINT32_MAX - 1, .nr = 4, .ips = stack_a } };
	assert_int_equal(pdiag_pipeline_record(&p, &r), 0);
	assert_int_equal(p.number_count, 0);
	assert_int_equal(pdiag_profile_each_loss(p.profile, describe_loss, &t), 0);
	assert_string_equal(t.data, "corrupt -1 -1 0 1\n");
	pdiag_text_free(&t);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

/* A thread leaves the CPU once more after it has ended; then its number may be gone, too. */
static void test_last_switch_is_no_wait(void **state)
{
	struct script s = { .count = 0 };
	struct pdiag_text t = { 0 };
	struct sums sums = { 0 };
	struct pdiag_pipeline p;
	struct pdiag_record *r;
	struct pdiag *ctx;
	(void)state;

	fill(&s);
	add_switch(&s, 6100, 0);
	add(&s, PDIAG_RECORD_EXIT, 6200);
	add_sample(&s, 6300, stack_a, 0, PDIAG_STATE_BLOCKED);
	/* A process that nothing was known of. */
	r = add(&s, PDIAG_RECORD_EXIT, 6350);
	r->pid = r->tid = 20;
	add_sample(&s, 6360, stack_a, 0, PDIAG_STATE_BLOCKED);
	r = &s.records[s.count - 1];
	r->pid = r->tid = 20;
	for (uint64_t time = 6400; time < 6402; time++) {
		add_sample(&s, time, stack_a, 0, PDIAG_STATE_BLOCKED);
		r = &s.records[s.count - 1];
		r->pid = r->tid = -1;
	}
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	play(&p, &s);
	assert_int_equal(pdiag_profile_each_stack(p.profile, sum, &sums), 0);
	assert_int_equal(sums.pending, 0);
	assert_int_equal(sums.blocked, 500 + 1100);
	assert_int_equal(pdiag_profile_each_loss(p.profile, describe_loss, &t), 0);
	assert_string_equal(t.data, "throttled 0 -1 0 2\n");
	pdiag_text_free(&t);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

static void test_take(void **state)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_profile *first;
	struct script s = { .count = 0 };
	struct pdiag_pipeline p;
	struct sums sums = { 0 };
	struct pdiag *ctx;
	(void)state;

	fill(&s);
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	for (uint32_t i = 0; i < 6; i++)
		assert_true(pdiag_pipeline_record(&p, &s.records[i]) >= 0);
	assert_int_equal(pdiag_pipeline_take(&p, 2003, &first), 0);
	for (uint32_t i = 6; i < s.count; i++)
		assert_true(pdiag_pipeline_record(&p, &s.records[i]) >= 0);
	pdiag_pipeline_finish(&p, 9000);
	assert_int_equal(pdiag_profile_get_info(first, &info), 0);
	assert_int_equal(info.samples, 3);
	assert_int_equal(info.duration_ns, 1003);
	assert_int_equal(pdiag_profile_get_info(p.profile, &info), 0);
	assert_int_equal(info.start_realtime_ns, 1600000000000000000ull + 1003);
	assert_int_equal(info.threads, 1);
	/* Both hold together what one would have held. */
	assert_int_equal(pdiag_profile_merge(first, p.profile), 0);
	assert_int_equal(pdiag_profile_each_stack(first, sum, &sums), 0);
	assert_int_equal(sums.running, 6 * PERIOD);
	assert_int_equal(sums.pending, 4000);
	pdiag_profile_free(first);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

static void test_take_before_the_start(void **state)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct script s = { .count = 0 };
	struct pdiag_profile *first;
	struct pdiag_pipeline p;
	struct pdiag *ctx;
	(void)state;

	fill(&s);
	add(&s, PDIAG_RECORD_LOSS, 6001)->loss.events = 5;
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	assert_int_equal(pdiag_pipeline_take(&p, 900, &first), 0);
	play(&p, &s);
	assert_int_equal(pdiag_profile_get_info(first, &info), 0);
	assert_int_equal(info.duration_ns, 0);
	assert_int_equal(pdiag_profile_get_info(p.profile, &info), 0);
	assert_int_equal(info.duration_ns, 8000);
	assert_int_equal(info.start_realtime_ns, 1600000000000000000ull);
	/* What was lost so far is not given away with the profile. */
	assert_int_equal(p.lost, 0);
	pdiag_profile_free(first);
	assert_int_equal(pdiag_pipeline_take(&p, 9000, &first), 0);
	assert_int_equal(p.lost, 5);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

/* The frame with the INFO was damaged: time counts from the first record there is. */
static void test_without_info(void **state)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct script s = { .count = 0 };
	struct pdiag_pipeline p;
	struct pdiag *ctx;
	(void)state;

	fill(&s);
	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	assert_int_equal(pdiag_pipeline_init(&p, ctx, false), 0);
	for (uint32_t i = 1; i < s.count; i++)
		assert_true(pdiag_pipeline_record(&p, &s.records[i]) >= 0);
	pdiag_pipeline_finish(&p, 9000);
	assert_int_equal(pdiag_profile_get_info(p.profile, &info), 0);
	assert_int_equal(info.duration_ns, 9000 - 1001);
	pdiag_pipeline_free(&p);
	pdiag_close(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_short_waits),
		cmocka_unit_test(test_short_waits_sampled),
		cmocka_unit_test(test_replay_is_the_same),
		cmocka_unit_test(test_replay_of_forgotten_stacks),
		cmocka_unit_test(test_stacks_of_many_that_are_away),
		cmocka_unit_test(test_unknown_stack_number),
		cmocka_unit_test(test_last_switch_is_no_wait),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_take_before_the_start),
		cmocka_unit_test(test_without_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
