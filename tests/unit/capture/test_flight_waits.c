/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits in a flight recorder: those that ended in its window, and those that go on. */
#include "flight_ground.h"

#include "support/hanging.h"

static void put_thread(int32_t tid, const char *name)
{
	put_fork(source, PID, PID, tid, ago(9));
	put_comm(source, PID, tid, 0, name, ago(9));
}

/* Waits: of who ended, of who is away still, of who left before anything is known. */
static void test_waits(void **state)
{
	(void)state;

	start();
	put_exec(source, PID, "one", "/no/one", ago(9));
	/* It left, came back and ended: the last time that it leaves is no wait. */
	put_thread(PID + 1, "ended");
	put_exit(source, PID, PID + 1, ago(1));
	put_thread(PID + 2, "away");
	/* Its return was in what is overwritten. */
	put_thread(PID + 3, "lost");
	put_exit(source, PID, PID + 3, ago(4));
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	put_sample(source, PID, PID + 3, 0, ago(6));
	/* Nobody knows this one any more. */
	put_sample(source, PID + 9, PID + 9, 0, ago(5));
	put_sample(source, PID, PID + 2, 0, ago(3));
	put_sample(source, PID, PID + 1, 0, ago(1.5));
	put_return(source, PID, PID + 1, ago(1.5) + 40);
	put_sample(source, PID, PID + 1, 0, ago(1) + 10);
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_true(pdiag_capture_dispatch(capture) >= 0);
	assert_non_null(strstr(stacks_of(capture->pipeline.profile), "one/ended /no/one 40\n"));
	assert_non_null(strstr(text.data, "one/away /no/one 3"));
	assert_null(strstr(text.data, "lost"));
	assert_null(strstr(text.data, "[exited]"));
	assert_null(strchr(strstr(text.data, " pending\n") + 9, '\n'));
}

/* Who hangs leaves once, and is away in each window, for as long as that is; unless it was seen to
 * be back, or what is overwritten may have told. Who only sleeps may sleep for another reason. */
static void test_waits_through(void **state)
{
	static const char *const names[] = { "hung", "back", "busy", "sleeps" };
	struct pdiag_source_flight *f = &source->base.state.flight;
	pid_t pids[4], of[3];
	char hung[64];
	uint64_t at;
	(void)state;

	for (int i = 0; i < 3; i++)
		pids[i] = hanging(&of[i]);
	pids[3] = of[0];
	start();
	for (int i = 0; i < 4; i++) {
		put_exec(source, pids[i], names[i], "/no/one", ago(9));
		put_sample(source, pids[i], pids[i], 0, ago(1));
	}
	freeze(4);
	at = f->time;
	snprintf(hung, sizeof(hung), "hung/hung /no/one %llu pending\n",
		(unsigned long long)(at - ago(1)));
	assert_non_null(strstr(taken(), hung));
	assert_non_null(strstr(text.data, "sleeps/sleeps"));
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	put_return(source, pids[1], pids[1], at + 70);
	put_sample(source, pids[2], pids[2], 9, at + 80);
	freeze(1);
	snprintf(hung, sizeof(hung), "hung/hung /no/one %llu pending\n",
		(unsigned long long)(f->time - at));
	assert_non_null(strstr(taken(), hung));
	assert_non_null(strstr(text.data, "back/back /no/one 70\n"));
	assert_non_null(strstr(text.data, "busy/busy /no/one 9\n"));
	assert_null(strstr(text.data, "sleeps"));
	assert_null(strstr(strstr(text.data, " pending\n") + 9, " pending\n"));
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	f->begun -= 10 * SECOND;
	freeze(0);
	expect("");
	expect_losses("");
	for (int i = 0; i < 3; i++)
		hanging_end(pids[i], of[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waits_through, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
