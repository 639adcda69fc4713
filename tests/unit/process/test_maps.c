/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "process/maps.h"
#include "support/fail_alloc.h"

static struct pdiag_module files[] = { { .id = 0, .kind = PDIAG_MODULE_FILE },
	{ .id = 1, .kind = PDIAG_MODULE_FILE }, { .id = 2, .kind = PDIAG_MODULE_FILE } };
static struct pdiag_module jit = { .id = 3, .kind = PDIAG_MODULE_JIT };

static size_t total;

static int insert(struct pdiag_maps **maps, uint64_t start, uint64_t end, uint64_t pgoff,
	struct pdiag_module *module)
{
	struct pdiag_mapping m = { .start = start, .end = end, .pgoff = pgoff, .module = module };

	return pdiag_maps_insert(maps, &m, &total);
}

static void is(const struct pdiag_maps *maps, uint32_t i, uint64_t start, uint64_t end,
	uint64_t pgoff, const struct pdiag_module *module)
{
	assert_true(i < maps->count);
	assert_int_equal(maps->list[i].start, start);
	assert_int_equal(maps->list[i].end, end);
	assert_int_equal(maps->list[i].pgoff, pgoff);
	assert_ptr_equal(maps->list[i].module, module);
}

static void done(struct pdiag_maps *maps)
{
	pdiag_maps_release(maps, &total);
	assert_int_equal(total, 0);
}

static void kept_in_order(void **state)
{
	struct pdiag_maps *maps = NULL;

	(void)state;
	assert_int_equal(insert(&maps, 300, 400, 0, &files[0]), 1);
	assert_int_equal(insert(&maps, 100, 200, 0, &files[1]), 1);
	assert_int_equal(insert(&maps, 200, 300, 0, &files[2]), 1);
	assert_int_equal(maps->count, 3);
	is(maps, 0, 100, 200, 0, &files[1]);
	is(maps, 1, 200, 300, 0, &files[2]);
	is(maps, 2, 300, 400, 0, &files[0]);
	done(maps);
}

static void the_same_again_changes_nothing(void **state)
{
	struct pdiag_maps *maps = NULL;

	(void)state;
	assert_int_equal(insert(&maps, 100, 200, 50, &files[0]), 1);
	assert_int_equal(insert(&maps, 100, 200, 50, &files[0]), 0);
	assert_int_equal(insert(&maps, 120, 150, 70, &files[0]), 0);
	assert_int_equal(insert(&maps, 120, 150, 71, &files[0]), 1);
	done(maps);
}

static void middle_is_cut_out(void **state)
{
	struct pdiag_maps *maps = NULL;

	(void)state;
	insert(&maps, 100, 200, 1000, &files[0]);
	assert_int_equal(insert(&maps, 140, 160, 0, &files[1]), 1);
	assert_int_equal(maps->count, 3);
	is(maps, 0, 100, 140, 1000, &files[0]);
	is(maps, 1, 140, 160, 0, &files[1]);
	is(maps, 2, 160, 200, 1060, &files[0]);
	done(maps);
}

static void edges_are_cut_and_the_inner_replaced(void **state)
{
	struct pdiag_maps *maps = NULL;

	(void)state;
	insert(&maps, 100, 200, 1000, &files[0]);
	insert(&maps, 220, 240, 0, &files[1]);
	insert(&maps, 300, 400, 5000, &files[2]);
	assert_int_equal(insert(&maps, 150, 350, 7, &files[1]), 1);
	assert_int_equal(maps->count, 3);
	is(maps, 0, 100, 150, 1000, &files[0]);
	is(maps, 1, 150, 350, 7, &files[1]);
	is(maps, 2, 350, 400, 5050, &files[2]);
	/* All of it. */
	assert_int_equal(insert(&maps, 0, UINT64_MAX, 0, &jit), 1);
	assert_int_equal(maps->count, 1);
	done(maps);
}

static void neighbours_that_go_on_are_one(void **state)
{
	struct pdiag_maps *maps = NULL;

	(void)state;
	insert(&maps, 100, 200, 0, &files[0]);
	insert(&maps, 300, 400, 200, &files[0]);
	assert_int_equal(insert(&maps, 200, 300, 100, &files[0]), 1);
	assert_int_equal(maps->count, 1);
	is(maps, 0, 100, 400, 0, &files[0]);
	/* Another place in the file does not go on. */
	assert_int_equal(insert(&maps, 400, 500, 0, &files[0]), 1);
	assert_int_equal(maps->count, 2);
	/* Run-time code has no place. */
	insert(&maps, 1000, 1100, 4, &jit);
	insert(&maps, 1100, 1200, 9, &jit);
	assert_int_equal(insert(&maps, 1050, 1150, 77, &jit), 0);
	assert_int_equal(maps->count, 3);
	done(maps);
}

static void shared_until_changed(void **state)
{
	struct pdiag_maps *parent = NULL, *child;
	size_t before;

	(void)state;
	insert(&parent, 100, 200, 0, &files[0]);
	before = total;
	child = pdiag_maps_share(parent);
	assert_int_equal(total, before);
	assert_int_equal(insert(&child, 100, 200, 0, &files[0]), 0);
	assert_ptr_equal(child, parent);
	assert_int_equal(insert(&child, 150, 250, 0, &files[1]), 1);
	assert_ptr_not_equal(child, parent);
	assert_int_equal(parent->count, 1);
	is(parent, 0, 100, 200, 0, &files[0]);
	assert_int_equal(child->count, 2);
	pdiag_maps_release(parent, &total);
	done(child);
}

static void found(void **state)
{
	struct pdiag_maps *maps = NULL;
	uint32_t last = 0;

	(void)state;
	assert_null(pdiag_maps_find(NULL, 1, &last));
	for (uint64_t i = 1; i <= 100; i++)
		insert(&maps, i * 100, i * 100 + 50, 0, &files[i % 3]);
	for (uint64_t i = 1; i <= 100; i++) {
		assert_int_equal(pdiag_maps_find(maps, i * 100, &last)->start, i * 100);
		assert_int_equal(last, i - 1);
		assert_int_equal(pdiag_maps_find(maps, i * 100 + 49, &last)->start, i * 100);
		assert_null(pdiag_maps_find(maps, i * 100 + 50, &last));
		assert_null(pdiag_maps_find(maps, i * 100 - 1, &last));
	}
	last = 4711;
	assert_non_null(pdiag_maps_find(maps, 100, &last));
	done(maps);
}

/* Against a model: an array of what each byte comes from. */
#define SPACE 256

static void like_a_model(void **state)
{
	struct { struct pdiag_module *module; uint64_t value; } model[SPACE];
	struct pdiag_maps *maps = NULL;
	uint32_t seed = 12345, last = 0;

	(void)state;
	memset(model, 0, sizeof(model));
	for (int round = 0; round < 20000; round++) {
		uint32_t r = seed = seed * 1664525u + 1013904223u;
		uint64_t start = (r >> 8) % SPACE, end = start + 1 + (r >> 16) % 32;
		uint64_t pgoff = (r >> 24) % 4 ? start : (r >> 24) % 64;
		struct pdiag_module *module = r % 7 ? &files[(r >> 28) % 3] : &jit;
		const struct pdiag_mapping *m;

		if (end > SPACE)
			end = SPACE;
		assert_true(insert(&maps, start, end, pgoff, module) >= 0);
		for (uint64_t a = start; a < end; a++) {
			model[a].module = module;
			model[a].value = module == &jit ? a : a - start + pgoff;
		}
		for (uint64_t a = 0; a < SPACE; a++) {
			m = pdiag_maps_find(maps, a, &last);
			assert_ptr_equal(m ? m->module : NULL, model[a].module);
			if (m)
				assert_int_equal(m->module == &jit ? a : a - m->start + m->pgoff,
					model[a].value);
		}
		for (uint32_t i = 0; i < maps->count; i++) {
			assert_true(maps->list[i].start < maps->list[i].end);
			assert_true(!i || maps->list[i - 1].end <= maps->list[i].start);
		}
		/* From time to time begin anew. */
		if (round % 200 == 199) {
			pdiag_maps_release(maps, &total);
			maps = NULL;
			memset(model, 0, sizeof(model));
		}
	}
	done(maps);
}

static void bounded(void **state)
{
	struct pdiag_maps *maps = NULL;

	(void)state;
	for (uint64_t i = 0; i < PDIAG_MAPS_MAX; i++)
		assert_int_equal(insert(&maps, i * 2, i * 2 + 1, 0, &files[0]), 1);
	assert_int_equal(insert(&maps, 1000001, 1000002, 0, &files[0]), -ENOSPC);
	assert_int_equal(maps->count, PDIAG_MAPS_MAX);
	assert_int_equal(insert(&maps, 0, 1, 0, &files[1]), 1);
	done(maps);
}

static void memory_short(void **state)
{
	struct pdiag_maps *parent = NULL, *child;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	fail_alloc_start(0);
	assert_int_equal(insert(&parent, 100, 200, 0, &files[0]), -ENOMEM);
	fail_alloc_stop();
	assert_null(parent);
	insert(&parent, 100, 200, 0, &files[0]);
	child = pdiag_maps_share(parent);
	fail_alloc_start(0);
	assert_int_equal(insert(&child, 150, 250, 0, &files[1]), -ENOMEM);
	fail_alloc_stop();
	assert_ptr_equal(child, parent);
	assert_int_equal(parent->refs, 2);
	pdiag_maps_release(child, &total);
	done(parent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_in_order),
		cmocka_unit_test(the_same_again_changes_nothing),
		cmocka_unit_test(middle_is_cut_out),
		cmocka_unit_test(edges_are_cut_and_the_inner_replaced),
		cmocka_unit_test(neighbours_that_go_on_are_one),
		cmocka_unit_test(shared_until_changed),
		cmocka_unit_test(found),
		cmocka_unit_test(like_a_model),
		cmocka_unit_test(bounded),
		cmocka_unit_test(memory_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
