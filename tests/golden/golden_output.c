/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles made by hand, to all outputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden.h"
#include "support/made_profile.h"

static struct pdiag *context;
static struct collect out;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context);
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	free(out.data);
	out = (struct collect){ 0 };
	return 0;
}

static void check(int ret, const char *name)
{
	char path[4096];

	assert_int_equal(ret, 0);
	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	assert_true(golden_same(&out, path));
}

static void folded(struct pdiag_profile *p, uint32_t flags, const char *name)
{
	struct pdiag_output_options o = { .size = sizeof(o), .flags = flags };
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	check(pdiag_profile_write_folded(p, &o, &sink), name);
}

static void graph(struct pdiag_profile *p, const struct pdiag_output_options *o, const char *name)
{
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	check(pdiag_profile_write_flamegraph(p, o, &sink), name);
}

static void add_work(struct pdiag_profile *p)
{
	made_samples(p, "app", 20, "u:_start", "u:main", "u:compute(int, std::vector<int> const&)",
		NULL);
	made_samples(p, "app", 7, "u:_start", "u:main", "u:fib", "u:fib", "u:fib", NULL);
	made_samples(p, "app", 5, "u:_start", "u:main", "u@/lib/libc.so.6:write",
		"k:entry_SYSCALL_64", "k:ksys_write", NULL);
	made_samples(p, "app", 3, "u:_start", "u:main", "v:__vdso_clock_gettime", NULL);
	made_samples(p, "node", 4, "u:_start", "j:~render app.js", "i:inlined", NULL);
	made_samples(p, "node", 2, "u:_start", "x@/lib/libz.so.1:[unknown libz.so.1]", NULL);
	made_samples(p, "kworker/0:1", 1, "k:ret_from_fork", "k:kthread", NULL);
}

static void work(void **state)
{
	struct pdiag_profile *p = made_profile(context);

	(void)state;
	add_work(p);
	folded(p, 0, "work.folded");
	folded(p, PDIAG_OUTPUT_TID | PDIAG_OUTPUT_KERNEL_MARK, "work-tid-mark.folded");
	graph(p, NULL, "work.svg");
}

static void waits_and_losses(void **state)
{
	struct pdiag_output_options o = { .size = sizeof(o), .title = "Waits", .width = 800,
		.min_percent = 3 };
	const char *const cut[] = { "u:deep", "u:deeper", NULL };
	struct pdiag_profile *p = made_profile(context);
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	add_work(p);
	made_wait(
		p, "app", PDIAG_STATE_FUTEX, 300000000, "u:_start", "u:lock", "k:futex_wait", NULL);
	made_wait(p, "app", PDIAG_STATE_IO, 50000000, "u:_start", "u:read", NULL);
	made_wait(p, "app", PDIAG_STATE_PREEMPTED, 1234567, "u:_start", "u:main", NULL);
	made_sample_frames(p, "app", 9, 0, PDIAG_STACK_TRUNCATED, 2 * MADE_PERIOD, cut);
	made_loss(p, PDIAG_LOSS_OVERRUN, 0, 0, 13);
	made_loss(p, PDIAG_LOSS_OVERRUN, 0, 1, 4);
	made_loss(p, PDIAG_LOSS_THROTTLED, 1, 7, 2);
	made_loss(p, PDIAG_LOSS_MEMORY, -1, 8, 1);
	folded(p, 0, "waits.folded");
	folded(p, PDIAG_OUTPUT_NO_STATE, "waits-no-state.folded");
	graph(p, &o, "waits.svg");
	collect_reset(&out);
	check(pdiag_profile_write_loss(p, NULL, &sink), "waits.loss");
}

static void hostile(void **state)
{
	struct pdiag_profile *p = made_profile(context);

	(void)state;
	made_hostile(p);
	folded(p, 0, "hostile.folded");
	graph(p, NULL, "hostile.svg");
}

static void difference(void **state)
{
	struct pdiag_profile *before = made_profile(context), *after = made_profile(context);
	struct pdiag_sink sink = collect_sink(&out);

	(void)state;
	add_work(before);
	made_samples(after, "app", 50, "u:_start", "u:main",
		"u:compute(int, std::vector<int> const&)", NULL);
	made_samples(after, "app", 5, "u:_start", "u:main", "u@/lib/libc.so.6:write",
		"k:entry_SYSCALL_64", "k:ksys_write", NULL);
	made_samples(after, "app", 6, "u:_start", "u:main", "u:cache", NULL);
	collect_reset(&out);
	check(pdiag_profile_write_diff(before, after, NULL, &sink), "work-diff.svg");
	made_hostile(before);
	collect_reset(&out);
	check(pdiag_profile_write_diff(before, after, NULL, &sink), "hostile-diff.svg");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(work),
		TEST(waits_and_losses),
		TEST(hostile),
		TEST(difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
