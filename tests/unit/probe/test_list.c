/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of probes: fields of several words, types, numbers that are too large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/probe.h"

static struct pdiag_probe_text *make(const char *const *args, uint32_t count)
{
	struct pdiag_probe_text *text = calloc(1, sizeof(*text));

	assert_non_null(text);
	strcpy(text->raw.name, "made");
	text->raw.params = 2;
	strcpy(text->raw.param[1].name, "period");
	text->raw.param[1].max = 7;
	text->raw.args = count;
	for (uint32_t i = 0; i < count && i < PDIAG_KMOD_ARGS_MAX; i++)
		strcpy(text->raw.arg[i], args[i]);
	pdiag_probe_text_make(text);
	return text;
}

static void test_fields(void **state)
{
	static const char *const args[] = { "by:owner", "comm:text", "comm:text", "n", "to:ip",
		"to:ip" };
	struct pdiag_probe_text *text = make(args, 6);
	const struct pdiag_probe_field *f = text->fields;

	(void)state;
	assert_int_equal(text->info.field_count, 4);
	assert_string_equal(f[0].name, "by");
	assert_string_equal(f[0].type, "owner");
	assert_int_equal(f[0].words, 1);
	assert_string_equal(f[1].name, "comm");
	assert_int_equal(f[1].first, 1);
	assert_int_equal(f[1].words, 2);
	assert_string_equal(f[2].name, "n");
	assert_string_equal(f[2].type, "");
	assert_int_equal(f[2].first, 3);
	assert_string_equal(f[3].type, "ip");
	assert_int_equal(f[3].words, 2);
	assert_ptr_equal(pdiag_probe_field_of(&text->info, "ip"), &f[3]);
	assert_null(pdiag_probe_field_of(&text->info, "symbol"));
	free(text);
}

static void test_params(void **state)
{
	struct pdiag_probe_text *text = make(NULL, 0);

	(void)state;
	assert_int_equal(text->info.param_count, 2);
	assert_string_equal(text->info.params[1].name, "period");
	assert_int_equal(text->info.params[1].max, 7);
	assert_int_equal(text->info.field_count, 0);
	free(text);
}

/* A module of a later release may have more than there is room for here. */
static void test_too_many(void **state)
{
	static const char *const args[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
	struct pdiag_probe_text *text = make(args, 8);

	(void)state;
	text->raw.args = UINT32_MAX;
	text->raw.params = UINT32_MAX;
	pdiag_probe_text_make(text);
	assert_int_equal(text->info.field_count, PDIAG_KMOD_ARGS_MAX);
	assert_int_equal(text->info.param_count, PDIAG_KMOD_PARAMS);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
