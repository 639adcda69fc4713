/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options and files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../support/made_profile.h"
#include "collect.h"

#include <pdiag/error.h>

static struct pdiag *context;
static struct pdiag_profile *profile;
static struct collect out;
static char folder[] = "/tmp/pdiag-output-XXXXXX";

static int setup(void **state)
{
	(void)state;
	if (pdiag_open(NULL, &context))
		return 1;
	profile = made_profile(context);
	made_samples(profile, "a", 3, "u:main", NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	free(out.data);
	out = (struct collect){ 0 };
	return 0;
}

static void refused(struct pdiag_output_options o, const char *word)
{
	struct pdiag_sink sink = collect_sink(&out);

	o.size = o.size ? o.size : sizeof(o);
	assert_int_equal(pdiag_profile_write_folded(profile, &o, &sink), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), word));
	assert_int_equal(pdiag_profile_write_flamegraph(profile, &o, &sink), -EINVAL);
	assert_int_equal(pdiag_profile_write_diff(profile, profile, &o, &sink), -EINVAL);
	assert_int_equal(pdiag_profile_write_loss(profile, &o, &sink), -EINVAL);
	/* Nothing was written before the options were looked at. */
	assert_int_equal(out.writes, 0);
}

static void options_are_checked(void **state)
{
	(void)state;
	refused((struct pdiag_output_options){ .unit = 5 }, "unit is 5");
	refused((struct pdiag_output_options){ .flags = 1u << 31 }, "0x80000000");
	refused((struct pdiag_output_options){ .flags = 32 }, "flags");
	refused((struct pdiag_output_options){ .width = 299 }, "width is 299");
	refused((struct pdiag_output_options){ .width = 20001 }, "width");
	refused((struct pdiag_output_options){ .reserved = 1 }, "reserved");
	refused((struct pdiag_output_options){ .min_percent = -1 }, "min_percent");
	refused((struct pdiag_output_options){ .min_percent = 100.1 }, "min_percent");
	refused((struct pdiag_output_options){ .min_percent = (double)NAN }, "min_percent");
	refused((struct pdiag_output_options){ .states = 1ull << 12 }, "states has 0x1000");
	refused((struct pdiag_output_options){ .states = 1ull << 63 | 1 }, "0x8000000000000000");
	refused((struct pdiag_output_options){ .pid = -1 }, "pid is -1");
	refused((struct pdiag_output_options){ .reserved2 = 1 }, "reserved2");
	refused((struct pdiag_output_options){ .size = 8 }, "size");
	refused((struct pdiag_output_options){ .size = 48 }, "size");
}

static void newer_options_are_refused(void **state)
{
	struct {
		struct pdiag_output_options o;
		uint64_t later;
	} newer = { .o = { .size = sizeof(newer) }, .later = 1 };
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	assert_int_equal(pdiag_profile_write_folded(profile, &newer.o, &sink), -E2BIG);
	newer.later = 0;
	assert_int_equal(pdiag_profile_write_folded(profile, &newer.o, &sink), 0);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

static void save_goes_by_the_ending(void **state)
{
	static const char *const good[] = { "a.folded", "b.txt", "c.svg" };
	static const char *const bad[] = { "d.pdiag", "e", "f.SVG", ".svg", "g.folded.gz" };
	char path[256];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, good[i]);
		assert_int_equal(pdiag_profile_save(profile, path), 0);
		assert_true(size_of(path) > 5);
		assert_int_equal(unlink(path), 0);
	}
	for (size_t i = 0; i < 5; i++) {
		if (!strcmp(bad[i], ".svg"))
			snprintf(path, sizeof(path), "%s", bad[i]);
		else
			snprintf(path, sizeof(path), "%s/%s", folder, bad[i]);
		assert_int_equal(pdiag_profile_save(profile, path), -EINVAL);
		assert_non_null(strstr(pdiag_errmsg(), bad[i]));
		assert_int_equal(size_of(path), -1);
	}
	assert_int_equal(pdiag_profile_save(profile, "x.pdiag"), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "pdiag_recording_new"));
	assert_int_equal(pdiag_profile_save(profile, NULL), -EINVAL);
	assert_int_equal(pdiag_profile_save(profile, ""), -EINVAL);
	assert_int_equal(pdiag_profile_save(profile, "/nowhere/at/all.svg"), -ENOENT);
	assert_non_null(strstr(pdiag_errmsg(), "/nowhere/at/all.svg"));
}

static void a_failure_leaves_the_old_file(void **state)
{
	struct pdiag_output_options o = { .size = sizeof(o), .unit = PDIAG_UNIT_SAMPLES };
	struct pdiag_sink sink = { .size = sizeof(sink) };
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/old.folded", folder);
	sink.path = path;
	assert_int_equal(pdiag_profile_save(profile, path), 0);
	made_wait(profile, "a", PDIAG_STATE_IO, 1000, NULL);
	assert_int_equal(pdiag_profile_write_folded(profile, &o, &sink), -EINVAL);
	assert_int_equal(size_of(path), strlen("a;main 3\n"));
	unlink(path);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(options_are_checked),
		TEST(newer_options_are_refused),
		TEST(save_goes_by_the_ending),
		TEST(a_failure_leaves_the_old_file),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
