/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "core/error.h"
#include "profile/ledger.h"
#include "profile/profile.h"

static struct pdiag *context;
static struct pdiag_module modules[3];

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

static uint64_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static void each_thing_once(void **state)
{
	struct pdiag_profile *p;
	uint32_t f, n, t;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	assert_int_equal(p->node_count, 1);
	assert_int_equal(p->nodes[0].parent, 0);
	assert_int_equal(p->nodes[0].frame, PDIAG_ID_NONE);
	f = pdiag_profile_frame(p, &modules[0], 16);
	assert_int_equal(pdiag_profile_frame(p, &modules[0], 16), f);
	assert_int_not_equal(pdiag_profile_frame(p, &modules[1], 16), f);
	assert_int_not_equal(pdiag_profile_frame(p, &modules[0], 17), f);
	assert_int_equal(p->frame_count, 3);
	assert_int_equal(pdiag_profile_find_frame(p, &modules[0], 16), f);
	assert_int_equal(pdiag_profile_find_frame(p, &modules[2], 16), PDIAG_ID_NONE);
	n = pdiag_profile_node(p, 0, f);
	assert_int_not_equal(n, 0);
	assert_int_equal(pdiag_profile_node(p, 0, f), n);
	assert_int_not_equal(pdiag_profile_node(p, n, f), n);
	t = pdiag_profile_thread(p, 7, 8, "worker", "server");
	assert_int_equal(pdiag_profile_thread(p, 7, 8, "worker", "server"), t);
	assert_int_not_equal(pdiag_profile_thread(p, 7, 8, "worker", "worker"), t);
	assert_int_not_equal(pdiag_profile_thread(p, 7, 8, "server", "worker"), t);
	assert_int_not_equal(pdiag_profile_thread(p, 8, 7, "worker", "server"), t);
	assert_string_equal(p->threads[t].comm, "worker");
	assert_string_equal(p->threads[t].process, "server");
	assert_int_equal(pdiag_profile_entry(p, t, n, PDIAG_STATE_RUNNING, 0), 0);
	assert_int_equal(pdiag_profile_entry(p, t, n, PDIAG_STATE_RUNNING, 1), 1);
	assert_int_equal(pdiag_profile_entry(p, t, n, PDIAG_STATE_BLOCKED, 0), 2);
	assert_int_equal(pdiag_profile_entry(p, t, 0, PDIAG_STATE_RUNNING, 0), 3);
	assert_int_equal(pdiag_profile_entry(p, t, n, PDIAG_STATE_RUNNING, 1), 1);
	assert_int_equal(p->stacks, 2);
	pdiag_profile_free(p);
}

static void text_is_copied(void **state)
{
	struct pdiag_profile *p;
	char comm[16] = "first";
	uint32_t t;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	t = pdiag_profile_thread(p, 1, 1, comm, comm);
	strcpy(comm, "second");
	assert_string_equal(p->threads[t].comm, "first");
	assert_ptr_equal(p->threads[t].comm, p->threads[t].process);
	pdiag_profile_free(p);
}

/* All four keys small, so that what is asked for is there as often as not. */
#define THREADS 4u
#define NODES 6u
#define KEYS (THREADS * NODES * 3u * 2u)

static void entries_against_a_model(void **state)
{
	static const enum pdiag_state states[] = {
		PDIAG_STATE_RUNNING, PDIAG_STATE_BLOCKED, PDIAG_STATE_PREEMPTED };
	uint64_t samples[KEYS] = { 0 }, weights[KEYS] = { 0 }, on = 0, off = 0;
	uint32_t threads[THREADS], nodes[NODES], id, distinct = 0;
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_profile *p;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	for (uint32_t i = 0; i < THREADS; i++)
		threads[i] = pdiag_profile_thread(p, 1, (int32_t)i, "t", "p");
	nodes[0] = 0;
	for (uint32_t i = 1; i < NODES; i++)
		nodes[i] = pdiag_profile_node(p, nodes[i / 2],
			pdiag_profile_frame(p, &modules[i % 3], i));
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t k = pick(KEYS), t = k % THREADS, n = k / THREADS % NODES;
		uint32_t s = k / THREADS / NODES % 3, f = k / THREADS / NODES / 3;
		uint64_t w = pick(1000000);

		id = pdiag_profile_entry(p, threads[t], nodes[n], states[s], f);
		assert_int_not_equal(id, PDIAG_ID_NONE);
		assert_int_equal(pdiag_profile_count(p, id, w, (int32_t)pick(3) - 1,
			(uint64_t)i * 1000000), 0);
		distinct += !samples[k];
		samples[k]++;
		weights[k] += w;
		*(s ? &off : &on) += w;
	}
	assert_int_equal(p->entry_count, distinct);
	for (uint32_t k = 0; k < KEYS; k++) {
		if (!samples[k])
			continue;
		id = pdiag_profile_entry(p, threads[k % THREADS], nodes[k / THREADS % NODES],
			states[k / THREADS / NODES % 3], k / THREADS / NODES / 3);
		assert_int_equal(p->entries[id].samples, samples[k]);
		assert_int_equal(p->entries[id].weight, weights[k]);
	}
	assert_int_equal(p->entry_count, distinct);
	assert_int_equal(pdiag_profile_get_info(p, &info), 0);
	assert_int_equal(info.samples, 20000);
	assert_int_equal(info.on_cpu_ns, on);
	assert_int_equal(info.off_cpu_ns, off);
	assert_int_equal(info.stacks, NODES);
	assert_int_equal(info.frames, NODES - 1);
	assert_int_equal(info.threads, THREADS);
	assert_int_equal(info.lost, 0);
	pdiag_profile_free(p);
}

static void weights_never_overflow(void **state)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_profile *p, *q;
	uint32_t id;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	p->period_ns = UINT64_MAX;
	id = pdiag_profile_entry(p, pdiag_profile_thread(p, 1, 1, "", ""), 0,
		PDIAG_STATE_RUNNING, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pdiag_profile_count(p, id, PDIAG_WEIGHT_MAX / 2, 0, 0), 0);
	assert_int_equal(p->weight, PDIAG_WEIGHT_MAX);
	assert_int_equal(p->entries[id].weight, PDIAG_WEIGHT_MAX);
	assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_OVERRUN, 0, -1, 0, UINT64_MAX), 0);
	assert_int_equal(pdiag_profile_get_info(p, &info), 0);
	assert_int_equal(info.on_cpu_ns, PDIAG_WEIGHT_MAX);
	assert_int_equal(pdiag_profile_copy(p, &q), 0);
	assert_int_equal(pdiag_profile_merge(p, q), 0);
	assert_int_equal(pdiag_profile_get_info(p, &info), 0);
	assert_int_equal(info.on_cpu_ns, PDIAG_WEIGHT_MAX);
	assert_int_equal(info.lost, UINT64_MAX);
	pdiag_profile_free(q);
	pdiag_profile_free(p);
}

static void borrowed_is_not_freed(void **state)
{
	struct pdiag_profile *p;

	(void)state;
	assert_int_equal(pdiag_profile_new_borrowed(context, &p), 0);
	assert_true(pdiag_list_empty(&context->children));
	pdiag_profile_free(p);
	assert_int_equal(pdiag_profile_frame(p, &modules[0], 1), 0);
	pdiag_profile_destroy(p);

	assert_int_equal(pdiag_profile_new_borrowed(context, &p), 0);
	pdiag_profile_hand_over(p);
	assert_false(pdiag_list_empty(&context->children));
	pdiag_profile_free(p);
	assert_true(pdiag_list_empty(&context->children));
	pdiag_profile_free(NULL);
	pdiag_profile_destroy(NULL);
	/* One that is left is freed with its context; a leak checker would tell. */
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	assert_int_equal(pdiag_profile_frame(p, &modules[0], 1), 0);
}

static void info_checks_its_size(void **state)
{
	struct {
		struct pdiag_profile_info info;
		uint64_t later;
	} big = { .info.size = sizeof(big), .later = 5 };
	struct pdiag_profile *p;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	p->hz = 99;
	assert_int_equal(pdiag_profile_get_info(p, &big.info), 0);
	assert_int_equal(big.info.hz, 99);
	assert_int_equal(big.info.size, sizeof(big));
	assert_int_equal(big.later, 0);
	big.info.size = sizeof(big.info) - 1;
	assert_int_equal(pdiag_profile_get_info(p, &big.info), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "pdiag_profile_info"));
	pdiag_profile_free(p);
}

static void duration_and_seconds(void **state)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_profile *p;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	p->start_time = 5000000000;
	assert_int_equal(pdiag_profile_get_info(p, &info), 0);
	assert_int_equal(info.duration_ns, 0);
	p->end_time = 7500000000;
	p->extra_duration = 10;
	assert_int_equal(pdiag_profile_get_info(p, &info), 0);
	assert_int_equal(info.duration_ns, 2500000010);
	assert_int_equal(pdiag_profile_second(p, 0), 0);
	assert_int_equal(pdiag_profile_second(p, 5999999999), 0);
	assert_int_equal(pdiag_profile_second(p, 6000000000), 1);
	assert_int_equal(pdiag_profile_second(p, UINT64_MAX), UINT32_MAX);
	pdiag_profile_free(p);
}

/* A frame, a node, a thread and an entry from nothing; ids or PDIAG_ID_NONE. */
static uint32_t build(struct pdiag_profile *p)
{
	uint32_t frame = pdiag_profile_frame(p, &modules[0], 1), node, thread;

	if (frame == PDIAG_ID_NONE)
		return PDIAG_ID_NONE;
	node = pdiag_profile_node(p, 0, frame);
	if (node == PDIAG_ID_NONE)
		return PDIAG_ID_NONE;
	thread = pdiag_profile_thread(p, 1, 2, "comm", "process");
	if (thread == PDIAG_ID_NONE)
		return PDIAG_ID_NONE;
	return pdiag_profile_entry(p, thread, node, PDIAG_STATE_RUNNING, 0);
}

static void out_of_memory(void **state)
{
	struct pdiag_profile *p;
	unsigned long n;
	uint32_t id;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_profile_new(context, &p);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(p);
		assert_string_equal(pdiag_errmsg(), "out of memory while making a profile");
	}
	assert_int_equal(ret, 0);
	pdiag_profile_free(p);
	for (n = 0;; n++) {
		assert_int_equal(pdiag_profile_new(context, &p), 0);
		fail_alloc_start(n);
		id = build(p);
		ret = id == PDIAG_ID_NONE ? -ENOMEM : pdiag_profile_count(p, id, 5, 1, 0);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(id == PDIAG_ID_NONE || !p->entries[id].samples);
		/* Nothing half made is left: the same can be made now. */
		assert_int_equal(build(p), 0);
		assert_int_equal(p->frame_count, 1);
		assert_int_equal(p->node_count, 2);
		assert_int_equal(p->thread_count, 1);
		assert_int_equal(p->entry_count, 1);
		assert_int_equal(p->nodes[1].entries, 1);
		assert_int_equal(pdiag_profile_count(p, 0, 5, 1, 0), 0);
		assert_int_equal(p->entries[0].weight, 5);
		pdiag_profile_free(p);
	}
	assert_int_equal(id, 0);
	assert_true(n >= 14);
	pdiag_profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_thing_once, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_copied, setup, teardown),
		cmocka_unit_test_setup_teardown(entries_against_a_model, setup, teardown),
		cmocka_unit_test_setup_teardown(weights_never_overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(borrowed_is_not_freed, setup, teardown),
		cmocka_unit_test_setup_teardown(info_checks_its_size, setup, teardown),
		cmocka_unit_test_setup_teardown(duration_and_seconds, setup, teardown),
		cmocka_unit_test_setup_teardown(out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
