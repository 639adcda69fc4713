/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../support/fail_alloc.h"
#include "../../support/made_profile.h"
#include "collect.h"
#include "output/loss.h"

static struct pdiag *context;
static struct pdiag_profile *profile;
static struct collect out;

static int setup(void **state)
{
	(void)state;
	if (pdiag_open(NULL, &context))
		return 1;
	profile = made_profile(context);
	made_samples(profile, "a", 990, "u:f", NULL);
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

static const char *ledger(void)
{
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	assert_int_equal(pdiag_profile_write_loss(profile, NULL, &sink), 0);
	return collect_text(&out);
}

static void expect_sentence(const char *wanted)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_loss_totals totals;
	struct pdiag_text t = { 0 };

	assert_int_equal(pdiag_profile_get_info(profile, &info), 0);
	assert_int_equal(pdiag_loss_totals(profile, &totals), 0);
	pdiag_loss_sentence(&t, &info, &totals);
	assert_string_equal(t.data, wanted);
	pdiag_text_free(&t);
}

static void none(void **state)
{
	(void)state;
	assert_string_equal(ledger(), "loss: none (990 samples taken)\n");
	expect_sentence("0 lost");
}

static void seconds_make_spans(void **state)
{
	(void)state;
	made_loss(profile, PDIAG_LOSS_OVERRUN, 1, 5, 3000);
	made_loss(profile, PDIAG_LOSS_OVERRUN, 1, 3, 2);
	made_loss(profile, PDIAG_LOSS_OVERRUN, 1, 4, 4);
	made_loss(profile, PDIAG_LOSS_OVERRUN, 1, 7, 1);
	made_loss(profile, PDIAG_LOSS_OVERRUN, 0, 4, 3);
	made_loss(profile, PDIAG_LOSS_THROTTLED, 0, 2, 1);
	made_loss(profile, PDIAG_LOSS_CORRUPT, -1, 2, 6);
	made_loss(profile, PDIAG_LOSS_SHORT, 0, 2, 6);
	assert_string_equal(ledger(),
		"loss: 3,016 lost (75.29 %), 990 samples taken\n"
		"  overrun     cpu 0  second 4  3 events\n"
		"  overrun     cpu 1  seconds 3-5  3,006 events\n"
		"  overrun     cpu 1  second 7  1 event\n"
		"  throttled   cpu 0  second 2  1 time\n"
		"  corrupt     second 2  6 events\n"
		"  short       cpu 0  second 2  6 waits\n");
	expect_sentence("3,016 lost (75.29 %): overrun 3,010, throttled 1 time, corrupt 6, "
		"short 6 waits");
}

static void processes_are_named_where_known(void **state)
{
	(void)state;
	assert_int_equal(pdiag_profile_lose(profile, PDIAG_LOSS_UNPAIRED, 2, 77, 1, 10), 0);
	assert_string_equal(ledger(),
		"loss: 10 lost (1.00 %), 990 samples taken\n"
		"  unpaired    cpu 2  pid 77  second 0  10 events\n");
}

static void other_counts_are_no_loss(void **state)
{
	(void)state;
	made_loss(profile, PDIAG_LOSS_SHORT, 0, 1, 1);
	assert_string_equal(ledger(), "loss: none (990 samples taken)\n"
		"  short       cpu 0  second 1  1 wait\n");
	expect_sentence("0 lost: short 1 wait");
}

static void bad_calls(void **state)
{
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	assert_int_equal(pdiag_profile_write_loss(NULL, NULL, &sink), -EINVAL);
	assert_int_equal(pdiag_profile_write_loss(profile, NULL, NULL), -EINVAL);
}

static void no_memory(void **state)
{
	struct pdiag_sink sink = collect_sink(&out);
	unsigned long n;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned int i = 0; i < 20; i++)
		made_loss(profile, PDIAG_LOSS_OVERRUN, 1, i * 2, 3);
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_profile_write_loss(profile, NULL, &sink);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	assert_int_equal(ret, 0);
	assert_true(n > 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(none),
		TEST(seconds_make_spans),
		TEST(processes_are_named_where_known),
		TEST(other_counts_are_no_loss),
		TEST(bad_calls),
		TEST(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
