/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sheets of processes made by hand. */
#include "support/made_sheet.h"

#include "golden.h"

static void check(struct fixture *f, int pid, const char *name)
{
	struct collect out = { 0 };
	struct pdiag_sink sink = collect_sink(&out);
	char path[4096];

	assert_int_equal(pdiag_portraits_write_sheet(f->portraits, pid, &sink), 0);
	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	assert_true(golden_same(&out, path));
	free(out.data);
}

static void data_base(void **state)
{
	struct pdiag_profile *p;
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	assert_int_equal(make(&f), 0);
	made_data_base(&f);
	check(&f, 4711, "plain.svg");
	p = made_last_minute(&f);
	assert_int_equal(pdiag_portraits_add_profile(f.portraits, p), 0);
	pdiag_profile_free(p);
	check(&f, 4711, "profile.svg");
	fixture_end(&f);
}

/* Seen once: hardly anything is known. */
static void new_one(void **state)
{
	struct made m = { .pid = 7, .comm = "<new> & \"odd\"", .start = 1, .pages = 10 };
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	assert_int_equal(make(&f), 0);
	put_process(&f, &m);
	sample(&f, 0);
	check(&f, 7, "new.svg");
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_base),
		cmocka_unit_test(new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
