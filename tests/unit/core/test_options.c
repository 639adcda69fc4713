/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"

/* As this release knows it: `first` and what came before it were in the first release. */
struct options {
	size_t size;
	uint64_t first;
	uint64_t later;
};

static int copy(struct options *to, const void *options)
{
	return pdiag_options_copy(to, sizeof(*to), options,
		offsetof(struct options, first) + sizeof(to->first), "options");
}

/* `size` bytes and some behind them that must not be looked at. */
static struct options *make(size_t size, unsigned char fill)
{
	unsigned char *p = malloc(size + 64);

	memset(p, fill, size);
	memset(p + size, 0xaa, 64);
	memcpy(p, &size, sizeof(size));
	return (struct options *)(void *)p;
}

static void none_are_defaults(void **state)
{
	struct options to;

	(void)state;
	memset(&to, 0xee, sizeof(to));
	assert_int_equal(copy(&to, NULL), 0);
	assert_int_equal(to.size, sizeof(to));
	assert_int_equal(to.first, 0);
	assert_int_equal(to.later, 0);
}

static void sizes(void **state)
{
	const uint64_t filled = 0x0101010101010101;
	struct options to;

	(void)state;
	for (size_t size = sizeof(size); size < 100; size++) {
		struct options *from = make(size, 1);
		int ret, want = size < 16 ? -EINVAL : size > sizeof(to) ? -E2BIG : 0;

		memset(&to, 0xee, sizeof(to));
		pdiag_error_clear();
		ret = copy(&to, from);
		assert_int_equal(ret, want);
		free(from);
		if (ret) {
			assert_non_null(strstr(pdiag_errmsg(), "options"));
			continue;
		}
		assert_int_equal(to.size, sizeof(to));
		assert_int_equal(to.first, filled);
		/* Bytes that an older caller does not have are zero. */
		assert_int_equal(to.later,
			size == 24 ? filled : filled & (((uint64_t)1 << (size - 16) * 8) - 1));
	}
}

static void a_later_release_with_defaults(void **state)
{
	struct options *from = make(64, 0), to;

	(void)state;
	from->first = 5;
	from->later = 6;
	assert_int_equal(copy(&to, from), 0);
	assert_int_equal(to.size, sizeof(to));
	assert_int_equal(to.first, 5);
	assert_int_equal(to.later, 6);
	/* The last byte counts, too. */
	((char *)from)[63] = 1;
	assert_int_equal(copy(&to, from), -E2BIG);
	assert_non_null(strstr(pdiag_errmsg(), "byte 63 of 64"));
	free(from);
}

static void a_size_that_was_not_set(void **state)
{
	struct options from = { .size = SIZE_MAX }, to;

	(void)state;
	assert_int_equal(copy(&to, &from), -E2BIG);
	assert_non_null(strstr(pdiag_errmsg(), "more than any release has"));
	from.size = 4097;
	assert_int_equal(copy(&to, &from), -E2BIG);
	from.size = 0;
	assert_int_equal(copy(&to, &from), -EINVAL);
}

static int give(struct options *to, const struct options *from)
{
	return pdiag_info_copy(to, from, sizeof(*from), 16, "info");
}

static void infos(void **state)
{
	const struct options from = { .size = 1, .first = 0x1122334455667788, .later = -1ull };

	(void)state;
	for (size_t size = sizeof(size); size < 100; size++) {
		struct options *to = make(size, 7);
		const unsigned char *bytes = (const unsigned char *)to;
		int ret = give(to, &from);

		assert_int_equal(ret, size < 16 ? -EINVAL : 0);
		assert_int_equal(to->size, size);
		for (size_t i = sizeof(size); i < size; i++)
			assert_int_equal(bytes[i], ret ? 7 : i >= sizeof(from) ? 0 :
				((const unsigned char *)&from)[i]);
		free(to);
	}
}

static void an_info_size_that_was_not_set(void **state)
{
	struct options to = { .size = SIZE_MAX, .first = 3 }, from = { .first = 4 };

	(void)state;
	assert_int_equal(give(&to, &from), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "info"));
	to.size = 4097;
	assert_int_equal(give(&to, &from), -EINVAL);
	assert_int_equal(to.first, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_are_defaults),
		cmocka_unit_test(sizes),
		cmocka_unit_test(a_later_release_with_defaults),
		cmocka_unit_test(a_size_that_was_not_set),
		cmocka_unit_test(infos),
		cmocka_unit_test(an_info_size_that_was_not_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
