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

/* What a profile holds, in plain view: keys spelled out, nothing numbered. */
#define MODEL_LIMIT 4000
struct model {
	struct line {
		char key[160];
		uint64_t samples, weight;
	} lines[MODEL_LIMIT];
	size_t count;
};

static void model_add(struct model *m, const char *key, uint64_t samples, uint64_t weight)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->lines[i].key, key))
			continue;
		m->lines[i].samples += samples;
		m->lines[i].weight += weight;
		return;
	}
	assert_true(m->count < MODEL_LIMIT);
	strcpy(m->lines[m->count].key, key);
	m->lines[m->count].samples = samples;
	m->lines[m->count++].weight = weight;
}

static int by_key(const void *x, const void *y)
{
	return strcmp(((const struct line *)x)->key, ((const struct line *)y)->key);
}

static struct model *read_model(struct pdiag_profile *p)
{
	struct model *m = calloc(1, sizeof(*m));
	char key[160], *end;

	pdiag_profile_settle(p, UINT64_MAX);
	for (size_t i = 0; i < p->entry_count; i++) {
		const struct pdiag_entry *e = &p->entries[i];
		const struct pdiag_profile_thread *t = &p->threads[e->thread];

		if (!e->samples)
			continue;
		end = key + sprintf(key, "%d %d %s %s %u %u:", t->pid, t->tid, t->comm, t->process,
			e->state, e->flags);
		for (uint32_t n = e->node; n; n = p->nodes[n].parent)
			end += sprintf(end, " %d+%d",
				(int)(p->frames[p->nodes[n].frame].module - modules),
				(int)p->frames[p->nodes[n].frame].value);
		model_add(m, key, e->samples, e->weight);
	}
	qsort(m->lines, m->count, sizeof(*m->lines), by_key);
	return m;
}

static void fill(struct pdiag_profile *p, struct model *m, uint32_t samples)
{
	static const char *const names[] = { "sh", "make", "cc1" };

	for (uint32_t i = 0; i < samples; i++) {
		int32_t pid = (int32_t)pick(2), tid = (int32_t)pick(2);
		uint32_t c = pick(3), q = pick(2), state = pick(3), flags = pick(2), node = 0, id;
		uint32_t depth = pick(5);
		char key[160], stack[100] = "", more[100];
		uint64_t w = pick(1000);

		for (uint32_t d = 0; d < depth; d++) {
			uint32_t mod = pick(2), value = pick(2);

			node = pdiag_profile_node(p, node,
				pdiag_profile_frame(p, &modules[mod], value));
			sprintf(more, " %u+%u%s", mod, value, stack);
			strcpy(stack, more);
		}
		id = pdiag_profile_entry(p, pdiag_profile_thread(p, pid, tid, names[c], names[q]),
			node, state, flags);
		assert_int_equal(pdiag_profile_count(p, id, w, 0, (uint64_t)i << 20), 0);
		sprintf(key, "%d %d %s %s %u %u:%s", pid, tid, names[c], names[q], state, flags,
			stack);
		if (m)
			model_add(m, key, 1, w);
	}
}

static void assert_same(const struct model *x, const struct model *y)
{
	assert_int_equal(x->count, y->count);
	for (size_t i = 0; i < x->count; i++) {
		assert_string_equal(x->lines[i].key, y->lines[i].key);
		assert_int_equal(x->lines[i].samples, y->lines[i].samples);
		assert_int_equal(x->lines[i].weight, y->lines[i].weight);
	}
}

static void against_a_model(void **state)
{
	struct model *want = calloc(1, sizeof(*want)), *have;
	struct pdiag_profile *into, *from, *copy;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &into), 0);
	fill(into, want, 300);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pdiag_profile_new(context, &from), 0);
		fill(from, want, 100 * (uint32_t)i);
		assert_int_equal(pdiag_profile_merge(into, from), 0);
		pdiag_profile_free(from);
	}
	qsort(want->lines, want->count, sizeof(*want->lines), by_key);
	have = read_model(into);
	assert_same(have, want);
	free(have);
	assert_int_equal(pdiag_profile_copy(into, &copy), 0);
	pdiag_profile_free(into);
	have = read_model(copy);
	assert_same(have, want);
	free(have);
	free(want);
}

static void a_copy_has_all(void **state)
{
	struct pdiag_profile_info a = { .size = sizeof(a) }, b = { .size = sizeof(b) };
	struct pdiag_profile *p, *copy;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	fill(p, NULL, 500);
	p->start_time = 1000;
	p->end_time = 9000;
	p->extra_duration = 55;
	p->start_realtime = 1700000000000000000;
	p->period_ns = 1001001;
	p->hz = 999;
	p->resolved = 2;
	assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_OVERRUN, 0, -1, 0, 7), 0);
	assert_int_equal(pdiag_profile_copy(p, &copy), 0);
	assert_int_equal(copy->resolved, 2);
	assert_int_equal(pdiag_profile_get_info(p, &a), 0);
	assert_int_equal(pdiag_profile_get_info(copy, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(a.lost, 7);
	assert_int_equal(a.duration_ns, 8055);
	/* Same ids: outputs of both come out the same. */
	assert_int_equal(p->node_count, copy->node_count);
	assert_memory_equal(p->nodes, copy->nodes, p->node_count * sizeof(*p->nodes));
	assert_memory_equal(p->entries, copy->entries, p->entry_count * sizeof(*p->entries));
	/* Later samples and later losses do not reach the copy. */
	fill(p, NULL, 100);
	assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_OVERRUN, 0, -1, 0, 7), 0);
	assert_int_equal(pdiag_profile_get_info(copy, &a), 0);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void merging_a_live_profile_goes_on(void **state)
{
	struct pdiag_profile *live, *other;
	uint32_t id;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &live), 0);
	assert_int_equal(pdiag_profile_new(context, &other), 0);
	live->period_ns = other->period_ns = 100;
	fill(other, NULL, 50);
	id = pdiag_profile_entry(live, pdiag_profile_thread(live, 9, 9, "x", "x"), 0,
		PDIAG_STATE_RUNNING, 0);
	assert_int_equal(pdiag_profile_count(live, id, 100, 0, 0), 0);
	assert_int_equal(pdiag_profile_merge(live, other), 0);
	assert_int_equal(pdiag_profile_lose(live, PDIAG_LOSS_OVERRUN, 0, -1, 0, 3), 0);
	pdiag_profile_settle(live, UINT64_MAX);
	assert_int_equal(live->entries[id].weight, 400);
}

static void rates_and_times(void **state)
{
	struct pdiag_profile *into, *x, *y;
	uint32_t id;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &into), 0);
	assert_int_equal(pdiag_profile_new(context, &x), 0);
	assert_int_equal(pdiag_profile_new(context, &y), 0);
	x->hz = 99;
	x->period_ns = 10101010;
	x->start_realtime = 500;
	x->end_time = 10;
	assert_int_equal(pdiag_profile_merge(into, x), 0);
	assert_int_equal(into->hz, 99);
	assert_int_equal(into->start_realtime, 500);
	id = pdiag_profile_entry(x, pdiag_profile_thread(x, 1, 1, "", ""), 0,
		PDIAG_STATE_RUNNING, 0);
	assert_int_equal(pdiag_profile_count(x, id, 5, 0, 0), 0);
	assert_int_equal(pdiag_profile_merge(into, x), 0);
	assert_int_equal(into->hz, 99);
	assert_int_equal(into->period_ns, 10101010);
	/* One without running samples has no say. */
	y->hz = 50;
	y->period_ns = 20;
	y->start_realtime = 400;
	y->start_time = 100;
	y->end_time = 107;
	assert_int_equal(pdiag_profile_merge(into, y), 0);
	assert_int_equal(into->hz, 99);
	assert_int_equal(into->start_realtime, 400);
	assert_int_equal(into->extra_duration, 27);
	id = pdiag_profile_entry(y, pdiag_profile_thread(y, 1, 1, "", ""), 0,
		PDIAG_STATE_RUNNING, 0);
	assert_int_equal(pdiag_profile_count(y, id, 5, 0, 0), 0);
	assert_int_equal(pdiag_profile_merge(into, y), 0);
	assert_int_equal(into->hz, 0);
	assert_int_equal(into->period_ns, 0);
	/* And it stays so: 0 is not taken for "none yet". */
	assert_int_equal(pdiag_profile_merge(into, x), 0);
	assert_int_equal(into->hz, 0);
	assert_int_equal(into->period_ns, 0);
	assert_int_equal(into->start_realtime, 400);
}

static void names_come_along(void **state)
{
	struct pdiag_symbol lost = { .name = "[unknown]", .raw_name = "[unknown]", .module = "m",
		.reason = PDIAG_REASON_PROCESS_GONE };
	struct pdiag_symbol known = { .name = "main", .raw_name = "main", .module = "m" };
	struct pdiag_symbol other = { .name = "other", .raw_name = "other", .module = "m" };
	struct pdiag_profile *x, *y;

	(void)state;
	assert_int_equal(pdiag_profile_new(context, &x), 0);
	assert_int_equal(pdiag_profile_new(context, &y), 0);
	for (uint64_t v = 0; v < 4; v++) {
		pdiag_profile_frame(y, &modules[0], 3 - v);
		pdiag_profile_frame(x, &modules[0], v);
		assert_int_equal(pdiag_profile_name(y, (uint32_t)v, v < 3 ? &known : &lost), 0);
	}
	/* In x: 0 known, 1 lost, 2 and 3 nothing yet. In y all, of which 0 lost. */
	assert_int_equal(pdiag_profile_name(x, 0, &other), 0);
	assert_int_equal(pdiag_profile_name(x, 1, &lost), 0);
	assert_int_equal(pdiag_profile_merge(x, y), 0);
	assert_int_equal(x->frame_count, 4);
	pdiag_profile_free(y);
	assert_string_equal(x->frames[0].symbol->name, "other");
	assert_string_equal(x->frames[1].symbol->name, "main");
	assert_string_equal(x->frames[2].symbol->name, "main");
	assert_ptr_equal(x->frames[2].symbol->raw_name, x->frames[2].symbol->name);
	assert_string_equal(x->frames[3].symbol->name, "main");
}

static void refused(void **state)
{
	struct pdiag_profile *x, *y;
	struct pdiag *other;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &other), 0);
	assert_int_equal(pdiag_profile_new(context, &x), 0);
	assert_int_equal(pdiag_profile_new(other, &y), 0);
	assert_int_equal(pdiag_profile_merge(x, x), -EINVAL);
	assert_string_not_equal(pdiag_errmsg(), "");
	assert_int_equal(pdiag_profile_merge(x, y), -EINVAL);
	assert_string_not_equal(pdiag_errmsg(), "");
	pdiag_close(other);
	assert_int_equal(pdiag_profile_new(context, &y), 0);
	assert_int_equal(pdiag_profile_merge(x, y), 0);
	assert_string_equal(pdiag_errmsg(), "");
}

static struct pdiag_profile *make(uint64_t with_seed, uint32_t samples)
{
	struct pdiag_symbol s = { .name = "name", .raw_name = "raw", .module = "module" };
	struct pdiag_profile *p;

	seed = with_seed;
	s.size = with_seed;
	assert_int_equal(pdiag_profile_new(context, &p), 0);
	fill(p, NULL, samples);
	assert_int_equal(pdiag_profile_lose(p, PDIAG_LOSS_MEMORY, (int32_t)with_seed, 1, 2, 3), 0);
	assert_int_equal(pdiag_profile_name(p, 0, &s), 0);
	return p;
}

static void out_of_memory(void **state)
{
	struct pdiag_profile_info a = { .size = sizeof(a) }, b = { .size = sizeof(b) };
	struct pdiag_profile *into, *from = make(2, 600), *copy;
	struct model *before, *after;
	unsigned long n;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		into = make(1, 20);
		before = read_model(into);
		assert_int_equal(pdiag_profile_get_info(into, &a), 0);
		fail_alloc_start(n);
		ret = pdiag_profile_merge(into, from);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_string_equal(pdiag_errmsg(), "out of memory while merging two profiles");
		assert_int_equal(pdiag_profile_get_info(into, &b), 0);
		assert_memory_equal(&a, &b, sizeof(a));
		after = read_model(into);
		assert_same(before, after);
		/* It is whole: the same again works, and gives what it should. */
		assert_int_equal(pdiag_profile_merge(into, from), 0);
		assert_int_equal(pdiag_profile_get_info(into, &b), 0);
		assert_int_equal(b.samples, 620);
		assert_int_equal(b.lost, 6);
		free(before);
		free(after);
		pdiag_profile_free(into);
	}
	free(before);
	assert_int_equal(ret, 0);
	assert_true(n > 20);
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_profile_copy(into, &copy);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(copy);
		assert_string_not_equal(pdiag_errmsg(), "");
	}
	assert_int_equal(ret, 0);
	assert_true(n > 20);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(against_a_model),
		TEST(a_copy_has_all),
		TEST(merging_a_live_profile_goes_on),
		TEST(rates_and_times),
		TEST(names_come_along),
		TEST(refused),
		TEST(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
