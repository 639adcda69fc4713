/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <pdiag/profile.h>
#include <pdiag/types.h>
#include <pdiag/version.h>

static const char *reason(int i)
{
	return pdiag_reason_text((enum pdiag_reason)i);
}

static const char *state_word(int i)
{
	return pdiag_state_text((enum pdiag_state)i);
}

static const char *loss(int i)
{
	return pdiag_loss_text((enum pdiag_loss_reason)i);
}

/* All values up to the last have words of their own; what is beyond is "unknown". */
static void check(const char *(*word)(int), int last)
{
	for (int i = 0; i <= last; i++) {
		assert_non_null(word(i));
		assert_string_not_equal(word(i), "");
		assert_string_not_equal(word(i), "unknown");
		for (int k = 0; k < i; k++)
			assert_string_not_equal(word(i), word(k));
	}
	assert_string_equal(word(last + 1), "unknown");
	assert_string_equal(word(-1), "unknown");
	assert_string_equal(word(0x7fffffff), "unknown");
}

static void every_value_has_a_word(void **state)
{
	(void)state;
	check(reason, PDIAG_REASON_OUT_OF_MEMORY);
	check(state_word, PDIAG_STATE_PAGE_FAULT);
	check(loss, PDIAG_LOSS_TASKS);
	assert_string_equal(state_word(PDIAG_STATE_FUTEX), "futex");
	assert_string_equal(loss(PDIAG_LOSS_OVERRUN), "overrun");
}

static void version_is_one(void **state)
{
	char text[64];
	uint32_t n = pdiag_version_number();

	(void)state;
	assert_string_equal(pdiag_version(), PDIAG_VERSION);
	assert_int_equal(n, PDIAG_VERSION_NUMBER);
	snprintf(text, sizeof(text), "%u.%u.%u", PDIAG_VERSION_MAJOR, PDIAG_VERSION_MINOR,
		PDIAG_VERSION_PATCH);
	assert_string_equal(text, PDIAG_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_a_word),
		cmocka_unit_test(version_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
