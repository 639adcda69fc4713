/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../support/fail_alloc.h"
#include "util/array.h"
#include "util/list.h"

static void reserves(void **state)
{
	uint32_t *data = NULL;
	size_t cap = 0, moves = 0, before;

	(void)state;
	assert_int_equal(pdiag_array_reserve(&data, &cap, 0, sizeof(*data)), 0);
	assert_null(data);
	for (uint32_t i = 0; i < 100000; i++) {
		before = cap;
		assert_int_equal(pdiag_array_reserve(&data, &cap, i + 1, sizeof(*data)), 0);
		assert_true(cap > i);
		moves += cap != before;
		data[i] = i;
	}
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(data[i], i);
	assert_true(moves < 30);
	assert_int_equal(pdiag_array_reserve(&data, &cap, 500000, sizeof(*data)), 0);
	assert_true(cap >= 500000);
	assert_int_equal(data[99999], 99999);
	free(data);
}

static void sizes_that_overflow(void **state)
{
	uint64_t *data = NULL;
	size_t cap = 0;

	(void)state;
	assert_int_equal(pdiag_array_reserve(&data, &cap, SIZE_MAX, 8), -ENOMEM);
	assert_int_equal(pdiag_array_reserve(&data, &cap, SIZE_MAX / 8, 8), -ENOMEM);
	assert_int_equal(pdiag_array_reserve(&data, &cap, SIZE_MAX / 8 + 2, 8), -ENOMEM);
	assert_null(data);
	assert_int_equal(cap, 0);
}

static void out_of_memory(void **state)
{
	uint32_t *data = NULL, *old;
	size_t cap = 0;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	assert_int_equal(pdiag_array_reserve(&data, &cap, 4, sizeof(*data)), 0);
	data[3] = 33;
	old = data;
	fail_alloc_start(0);
	assert_int_equal(pdiag_array_reserve(&data, &cap, 1000, sizeof(*data)), -ENOMEM);
	assert_true(fail_alloc_stop());
	assert_ptr_equal(data, old);
	assert_int_equal(data[3], 33);
	assert_true(cap < 1000);
	free(data);
}

static void extends(void **state)
{
	uint32_t *data = NULL;
	size_t count = 0, cap = 0;

	(void)state;
	for (size_t want = 1; want < 3000; want += want / 3 + 1) {
		size_t before = count;

		/* What realloc() gives may hold anything. */
		if (cap)
			memset(data + count, 0xee, (cap - count) * sizeof(*data));
		assert_int_equal(
			pdiag_array_extend(&data, &count, &cap, want, sizeof(*data)), 0);
		assert_int_equal(count, want);
		for (size_t i = before; i < want; i++)
			assert_int_equal(data[i], 0);
		memset(data, 1, count * sizeof(*data));
	}
	cap = count;
	assert_int_equal(pdiag_array_extend(&data, &count, &cap, 5, sizeof(*data)), 0);
	assert_int_equal(count, cap);
	assert_int_equal(pdiag_array_extend(&data, &count, &cap, SIZE_MAX, sizeof(*data)), -ENOMEM);
	assert_int_equal(count, cap);
	assert_int_equal(data[count - 1], 0x01010101);
	free(data);
}

static int leave_scope(int fd)
{
	pdiag_auto_close int closed = fd;
	pdiag_auto_close int none = -1;
	pdiag_auto_free char *text = malloc(10);
	pdiag_auto_free char *nothing = NULL;

	return text && !nothing && none < closed;
}

static void scope_cleanup(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_true(leave_scope(fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(PDIAG_COUNT(((int[]){ 1, 2, 3 })), 3);
}

struct item {
	int number;
	struct pdiag_list link;
};

static int order(struct pdiag_list *head)
{
	int digits = 0;

	pdiag_list_each(pos, head)
		digits = digits * 10 + pdiag_container(pos, struct item, link)->number;
	return digits;
}

static void lists(void **state)
{
	struct item items[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
	struct pdiag_list head;

	(void)state;
	pdiag_list_init(&head);
	assert_true(pdiag_list_empty(&head));
	for (int i = 0; i < 4; i++)
		pdiag_list_add(&items[i].link, &head);
	assert_int_equal(order(&head), 1234);
	pdiag_list_remove(&items[1].link);
	assert_int_equal(order(&head), 134);
	/* What is out can be taken out again. */
	pdiag_list_remove(&items[1].link);
	pdiag_list_remove(&items[3].link);
	pdiag_list_remove(&items[0].link);
	pdiag_list_add(&items[1].link, &head);
	assert_int_equal(order(&head), 32);
	pdiag_list_remove(&items[1].link);
	pdiag_list_remove(&items[2].link);
	assert_true(pdiag_list_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserves),
		cmocka_unit_test(sizes_that_overflow),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(extends),
		cmocka_unit_test(scope_cleanup),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
