/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../support/fail_alloc.h"
#include "output/call_tree.h"

static uint32_t label(struct pdiag_call_tree *t, const char *text, uint32_t kind)
{
	return pdiag_call_tree_label(t, text, strlen(text), kind);
}

static uint32_t node(struct pdiag_call_tree *t, uint32_t parent, const char *text)
{
	return pdiag_call_tree_child(t, parent, label(t, text, PDIAG_FRAME_USER));
}

static void labels_are_by_text_and_kind(void **state)
{
	struct pdiag_call_tree t;
	uint32_t a;

	(void)state;
	assert_int_equal(pdiag_call_tree_init(&t), 0);
	a = label(&t, "read", PDIAG_FRAME_USER);
	assert_int_equal(label(&t, "read", PDIAG_FRAME_USER), a);
	assert_int_not_equal(label(&t, "read", PDIAG_FRAME_KERNEL), a);
	assert_int_not_equal(label(&t, "readv", PDIAG_FRAME_USER), a);
	assert_int_equal(t.labels[a].len, 4);
	pdiag_call_tree_free(&t);
}

static void totals_and_order(void **state)
{
	struct pdiag_call_tree t;
	uint32_t a, b, ab, ba, walked[8], depths[8], n = 0;
	struct pdiag_call_walk walk = { .tree = &t };

	(void)state;
	assert_int_equal(pdiag_call_tree_init(&t), 0);
	b = node(&t, 0, "b");
	ba = node(&t, b, "a");
	a = node(&t, 0, "a");
	ab = node(&t, a, "b");
	assert_int_equal(node(&t, b, "a"), ba);
	t.nodes[a].self[0] = 1;
	t.nodes[ab].self[0] = 2;
	t.nodes[ba].self[0] = 4;
	t.nodes[ba].self[1] = 8;
	assert_int_equal(pdiag_call_tree_finish(&t), 0);
	assert_int_equal(t.nodes[0].total[0], 7);
	assert_int_equal(t.nodes[0].total[1], 8);
	assert_int_equal(t.nodes[a].total[0], 3);
	assert_int_equal(t.nodes[b].total[1], 8);
	do {
		walked[n] = walk.node;
		depths[n++] = walk.depth;
	} while (pdiag_call_walk_next(&walk, false));
	assert_int_equal(n, 5);
	assert_int_equal(walked[1], a);
	assert_int_equal(walked[2], ab);
	assert_int_equal(walked[3], b);
	assert_int_equal(walked[4], ba);
	assert_int_equal(depths[2], 2);
	assert_int_equal(depths[3], 1);
	walk = (struct pdiag_call_walk){ .tree = &t, .node = a, .depth = 1 };
	assert_true(pdiag_call_walk_next(&walk, true));
	assert_int_equal(walk.node, b);
	assert_false(pdiag_call_walk_next(&walk, true));
	pdiag_call_tree_free(&t);
}

static void children_are_in_the_order_of_their_names(void **state)
{
	struct pdiag_call_tree t;
	char name[16], before[16] = "";
	uint32_t seen = 0;

	(void)state;
	assert_int_equal(pdiag_call_tree_init(&t), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "f%u", i * 7919 % 1000);
		assert_int_not_equal(node(&t, 0, name), PDIAG_CALL_NONE);
	}
	assert_int_equal(pdiag_call_tree_finish(&t), 0);
	for (uint32_t at = t.nodes[0].child; at; at = t.nodes[at].next, seen++) {
		const struct pdiag_call_label *l = &t.labels[t.nodes[at].label];

		snprintf(name, sizeof(name), "%.*s", (int)l->len, l->text);
		assert_true(strcmp(before, name) < 0);
		strcpy(before, name);
	}
	assert_int_equal(seen, 1000);
	pdiag_call_tree_free(&t);
	/* One name: by kind, whichever came first. */
	assert_int_equal(pdiag_call_tree_init(&t), 0);
	pdiag_call_tree_child(&t, 0, label(&t, "f", PDIAG_FRAME_JIT));
	pdiag_call_tree_child(&t, 0, label(&t, "f", PDIAG_FRAME_USER));
	pdiag_call_tree_child(&t, 0, label(&t, "f", PDIAG_FRAME_KERNEL));
	assert_int_equal(pdiag_call_tree_finish(&t), 0);
	assert_int_equal(t.nodes[0].child, 2);
	assert_int_equal(t.nodes[2].next, 3);
	assert_int_equal(t.nodes[3].next, 1);
	pdiag_call_tree_free(&t);
}

/* Deeper than any thread's stack could be walked by recursion. */
static void depth_has_no_limit(void **state)
{
	struct pdiag_call_tree t;
	struct pdiag_call_walk walk = { .tree = &t };
	uint32_t at = 0;

	(void)state;
	assert_int_equal(pdiag_call_tree_init(&t), 0);
	for (int i = 0; i < 1000000; i++)
		at = node(&t, at, "down");
	t.nodes[at].self[0] = 5;
	assert_int_equal(pdiag_call_tree_finish(&t), 0);
	assert_int_equal(t.nodes[0].total[0], 5);
	while (pdiag_call_walk_next(&walk, false))
		at = walk.depth;
	assert_int_equal(at, 1000000);
	pdiag_call_tree_free(&t);
}

static int build(struct pdiag_call_tree *t)
{
	char name[16];
	uint32_t n = 0;

	if (pdiag_call_tree_init(t))
		return -1;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		n = node(t, i % 3 ? n : 0, name);
		if (n == PDIAG_CALL_NONE)
			return -1;
	}
	return pdiag_call_tree_finish(t);
}

static void no_memory(void **state)
{
	struct pdiag_call_tree t;
	unsigned long n, without = 0;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = build(&t);
		if (!fail_alloc_stop())
			break;
		/* qsort_r() asks for memory, but can do without. */
		without += ret == 0;
		pdiag_call_tree_free(&t);
	}
	assert_in_range(without, 0, 1);
	assert_int_equal(ret, 0);
	assert_true(n > 5);
	pdiag_call_tree_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_by_text_and_kind),
		cmocka_unit_test(totals_and_order),
		cmocka_unit_test(children_are_in_the_order_of_their_names),
		cmocka_unit_test(depth_has_no_limit),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
