/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The flight recorder on a kernel module that the test makes: windows, triggers, stop, replay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/perf_event.h>
#include <pdiag/pdiag.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "../../support/fake_kmod.h"
#include "capture/capture.h"
#include "source/flight.h"
#include "util/text.h"

#define SECOND 1000000000ull
#define TASKS FAKE_KMOD_CPUS

static struct pdiag *context;
static struct pdiag_capture *capture;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context) || fake_kmod_load();
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	fake_kmod_unload();
	return 0;
}

static uint64_t now(void)
{
	return pdiag_capture_clock();
}

/* Of two seconds, and as if it had been running for ten. */
static void begin(struct pdiag_recording *recording)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .flight_sec = 2,
		.source = PDIAG_SOURCE_KMOD };

	assert_int_equal(pdiag_capture_new(context, &options, &capture), 0);
	if (recording)
		assert_int_equal(pdiag_capture_record(capture, recording), 0);
	assert_int_equal(pdiag_capture_start(capture), 0);
	capture->source->state.flight.begun -= 10 * SECOND;
}

static struct pdiag_capture_info info(void)
{
	struct pdiag_capture_info i = { .size = sizeof(i) };

	assert_int_equal(pdiag_capture_get_info(capture, &i), 0);
	return i;
}

static void put_stack(int cpu, uint32_t id, uint64_t time)
{
	struct {
		struct pdiag_kmod_stack head;
		uint64_t ips[2];
	} s = { .head = { .id = id, .nr = 2 },
		.ips = { PERF_CONTEXT_USER, (uint64_t)(uintptr_t)put_stack + id } };

	fake_kmod_put(cpu, &s, sizeof(s), PDIAG_KMOD_STACK, time);
}

static void put_sample(int cpu, uint32_t stack, uint64_t time)
{
	struct pdiag_kmod_sample s = { .stack = stack, .pid = (uint32_t)getpid(),
		.tid = (uint32_t)getpid(), .weight = 5000 };

	fake_kmod_put(cpu, &s, sizeof(s), PDIAG_KMOD_SAMPLE, time);
}

static void put_wait(int cpu, uint16_t flags, uint64_t blocked, uint64_t time)
{
	struct pdiag_kmod_wait w = { .stack = PDIAG_KMOD_NO_STACK, .pid = (uint32_t)getpid(),
		.tid = (uint32_t)getpid(), .blocked = blocked, .scale = 1,
		.state = PDIAG_KMOD_STATE_BLOCKED, .waker_stack = PDIAG_KMOD_NO_STACK };
	struct fake_kmod_ring *r = &fake_kmod.ring[cpu];
	struct pdiag_kmod_record *at = (void *)(r->data + r->control->head % FAKE_KMOD_BYTES);

	fake_kmod_put(cpu, &w, sizeof(w), PDIAG_KMOD_WAIT, time);
	at->flags = flags;
}

static void put_frozen(uint32_t by, uint64_t value, uint64_t time)
{
	struct pdiag_kmod_frozen f = { .by = by, .value = value };

	fake_kmod_put(TASKS, &f, sizeof(f), PDIAG_KMOD_FROZEN, time);
}

static bool readable(void)
{
	struct pollfd p = { .fd = pdiag_capture_fd(capture), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

struct sums {
	uint64_t samples, ns, pending_ns;
};

static int add(void *user, const struct pdiag_stack *stack)
{
	struct sums *s = user;

	s->samples += stack->samples;
	s->ns += stack->weight_ns;
	if (stack->flags & PDIAG_STACK_PENDING)
		s->pending_ns += stack->weight_ns;
	return 0;
}

static struct sums sums(void)
{
	struct sums s = { 0 };

	assert_int_equal(pdiag_profile_each_stack(pdiag_capture_profile(capture), add, &s), 0);
	return s;
}

/* Nothing comes before it is frozen, and then what is not older than it was to keep. */
static void test_window(void **state)
{
	struct pdiag_profile_info p = { .size = sizeof(p) };
	uint64_t t = now();
	(void)state;

	begin(NULL);
	assert_true(fake_kmod.asked.flags & PDIAG_KMOD_FLIGHT);
	assert_true(fake_kmod.asked.events & PDIAG_KMOD_TASKS);
	assert_true(fake_kmod.asked.ring_bytes >= 2 * 99 * 816);
	put_stack(1, 3, t - 6 * SECOND);
	put_sample(1, 3, t - 5 * SECOND);
	put_wait(1, 0, 9 * SECOND, t - 3 * SECOND);
	put_sample(1, 3, t - SECOND);
	put_sample(0, PDIAG_KMOD_NO_STACK, t - SECOND);
	/* It began before the window, and ended in it. */
	put_wait(0, 0, 3 * SECOND, t - SECOND / 2);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(info().frozen, 0);
	assert_int_equal(info().flight_ns, 0);

	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(fake_kmod.freezes, 1);
	assert_true(readable());
	assert_int_equal(info().frozen, 1);
	assert_int_equal(info().frozen_by, 0);
	assert_int_equal(info().flight_ns, 2 * SECOND);
	assert_int_equal(pdiag_capture_dispatch(capture), 3);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	assert_int_equal(sums().samples, 3);
	assert_int_equal(sums().ns, 10000 + 3 * SECOND);
	assert_int_equal(pdiag_profile_get_info(pdiag_capture_profile(capture), &p), 0);
	assert_int_equal(p.duration_ns, 2 * SECOND);
	assert_true(p.start_realtime_ns > 1600000000 * SECOND);
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(fake_kmod.flushes, 0);
	assert_int_equal(sums().samples, 3);
}

/* What was overwritten is not held: that is told. */
static void test_overwritten(void **state)
{
	uint64_t t = now();
	(void)state;

	begin(NULL);
	put_sample(0, PDIAG_KMOD_NO_STACK, t - 2 * SECOND);
	fake_kmod.ring[0].control->oldest = fake_kmod.ring[0].control->head;
	put_sample(0, PDIAG_KMOD_NO_STACK, t - SECOND);
	put_sample(1, PDIAG_KMOD_NO_STACK, t - SECOND / 2);
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(info().flight_ns, info().frozen_ns - (t - SECOND));
	assert_int_equal(pdiag_capture_dispatch(capture), 2);
}

/* Thawed, what it held and was not read is gone; so are the numbers of its stacks. */
static void test_thaw(void **state)
{
	struct pdiag_profile_info p = { .size = sizeof(p) };
	struct pdiag_profile *taken;
	uint64_t t;
	(void)state;

	begin(NULL);
	put_stack(1, 3, now());
	put_sample(1, 3, now());
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	assert_int_equal(fake_kmod.thaws, 0);
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(pdiag_capture_dispatch(capture), 1);
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	/* Not read, and gone. */
	put_sample(0, PDIAG_KMOD_NO_STACK, now());
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	assert_int_equal(fake_kmod.thaws, 2);
	assert_int_equal(info().frozen, 0);
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	t = now();
	put_sample(1, 3, t);
	put_stack(1, 4, t);
	put_sample(1, 4, t);
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_true(info().flight_ns < 2 * SECOND);
	/* Of a stack that is not known: in the ledger. */
	assert_int_equal(pdiag_capture_take(capture, &taken), 0);
	assert_int_equal(sums().samples, 0);
	assert_int_equal(pdiag_profile_get_info(taken, &p), 0);
	assert_int_equal(p.samples, 2);
	pdiag_profile_free(taken);
	assert_int_equal(info().lost, 1);
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	put_sample(0, PDIAG_KMOD_NO_STACK, now());
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(sums().samples, 1);
}

static void test_trigger(void **state)
{
	struct pdiag_trigger trigger = { .size = sizeof(trigger), .rise = 7, .hold_ms = 5,
		.on = PDIAG_TRIGGER_BLOCKED };
	uint64_t t = now();
	(void)state;

	begin(NULL);
	assert_int_equal(pdiag_capture_set_trigger(capture, &trigger), 0);
	assert_int_equal(fake_kmod.trigger.actions, PDIAG_KMOD_TRIGGER_FREEZE);
	assert_int_equal(fake_kmod.trigger.on, PDIAG_KMOD_ON_BLOCKED);
	assert_int_equal(fake_kmod.trigger.rise, 7);
	assert_int_equal(fake_kmod.trigger.hold_ms, 5);
	trigger.off = 1;
	assert_int_equal(pdiag_capture_set_trigger(capture, &trigger), 0);
	assert_int_equal(fake_kmod.trigger.actions, 0);
	trigger.off = 2;
	assert_int_equal(pdiag_capture_set_trigger(capture, &trigger), -EINVAL);
	assert_int_equal(pdiag_capture_set_trigger(capture, NULL), -EINVAL);

	put_sample(0, PDIAG_KMOD_NO_STACK, t - SECOND);
	put_frozen(3, 77, t - SECOND / 2);
	assert_int_equal(pdiag_capture_dispatch(capture), 1);
	assert_int_equal(info().frozen, 1);
	assert_int_equal(info().frozen_by, 1 + PDIAG_TRIGGER_BLOCKED);
	assert_int_equal(info().frozen_value, 77);
	assert_int_equal(info().frozen_ns, t - SECOND / 2);
	/* A call that comes second says nothing new. */
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(fake_kmod.freezes, 0);
	assert_int_equal(pdiag_capture_thaw(capture), 0);
	/* The trigger is first, and the call does not know yet. */
	put_frozen(2, 5, now());
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(info().frozen_by, 1 + PDIAG_TRIGGER_RUNNABLE);
	assert_int_equal(info().frozen_value, 5);
}

static void put_away(struct fake_kmod *k)
{
	if (k->flushes == 1)
		put_wait(0, PDIAG_KMOD_AWAY, SECOND, now());
}

/* A stop freezes; what is still away is told. */
static void test_stop(void **state)
{
	(void)state;

	begin(NULL);
	put_sample(0, PDIAG_KMOD_NO_STACK, now());
	fake_kmod.flush = put_away;
	fake_kmod.pending = 2;
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(fake_kmod.stops, 1);
	assert_int_equal(fake_kmod.freezes, 0);
	assert_true(fake_kmod.flushes >= 2);
	assert_int_equal(info().frozen, 1);
	assert_int_equal(sums().samples, 2);
	assert_int_equal(sums().pending_ns, SECOND);
	assert_int_equal(pdiag_capture_freeze(capture), -EINVAL);
	assert_int_equal(pdiag_capture_thaw(capture), -EINVAL);
}

/* Without privilege: the same, but no triggers. */
static void test_restricted(void **state)
{
	struct pdiag_trigger trigger = { .size = sizeof(trigger), .rise = 1 };
	(void)state;

	fake_kmod.restricted = true;
	begin(NULL);
	assert_false(fake_kmod.asked.events & PDIAG_KMOD_TASKS);
	assert_int_equal(pdiag_capture_set_trigger(capture, &trigger), -EOPNOTSUPP);
	put_sample(1, PDIAG_KMOD_NO_STACK, now());
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(pdiag_capture_dispatch(capture), 1);
}

static int try_options(struct pdiag_capture_options *options)
{
	struct pdiag_capture *c = NULL;
	int ret;

	options->size = sizeof(*options);
	ret = pdiag_capture_new(context, options, &c);
	pdiag_capture_free(c);
	return ret;
}

static void test_refused(void **state)
{
	struct pdiag_capture_options o = { .flight_sec = 3601 };
	struct pdiag_trigger trigger = { .size = sizeof(trigger), .rise = 1 };
	(void)state;

	assert_int_equal(try_options(&o), -EINVAL);
	o = (struct pdiag_capture_options){ .flight_sec = 1, .reserved = 1 };
	assert_int_equal(try_options(&o), -EINVAL);
	o = (struct pdiag_capture_options){ .flight_sec = 1, .path = "x",
		.target = PDIAG_TARGET_RECORDING };
	assert_int_equal(try_options(&o), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "flight_sec"));
	for (uint32_t source = PDIAG_SOURCE_PERF; source <= PDIAG_SOURCE_KMOD; source++) {
		o = (struct pdiag_capture_options){ .flight_sec = 3600, .hz = 10000,
			.source = source };
		if (sysconf(_SC_PHYS_PAGES) < 1l << 26)
			assert_int_equal(try_options(&o), -EINVAL);
	}
	fake_kmod.lacking = 1u << PDIAG_KMOD_FEATURE_FLIGHT;
	o = (struct pdiag_capture_options){ .flight_sec = 1, .source = PDIAG_SOURCE_KMOD };
	assert_int_equal(try_options(&o), -EOPNOTSUPP);
	assert_non_null(strstr(pdiag_errmsg(), "flight recorder"));
	fake_kmod.lacking = 0;
	/* Not started; and no flight recorder. */
	o.size = sizeof(o);
	assert_int_equal(pdiag_capture_new(context, &o, &capture), 0);
	assert_int_equal(pdiag_capture_freeze(capture), -EINVAL);
	assert_int_equal(pdiag_capture_thaw(capture), -EINVAL);
	assert_int_equal(pdiag_capture_set_trigger(capture, &trigger), 0);
	o.flight_sec = 0;
	assert_int_equal(pdiag_capture_new(context, &o, &capture), 0);
	assert_int_equal(pdiag_capture_start(capture), 0);
	assert_int_equal(pdiag_capture_freeze(capture), -EINVAL);
	assert_int_equal(pdiag_capture_thaw(capture), -EINVAL);
	assert_int_equal(pdiag_capture_set_trigger(capture, &trigger), -EINVAL);
	assert_int_equal(fake_kmod.freezes, 0);
}

struct brief {
	uint32_t tid;
	uint64_t begun, renamed;
};

/* Has two names in its short life. */
static void *be_brief(void *user)
{
	struct brief *b = user;

	b->tid = (uint32_t)gettid();
	pthread_setname_np(pthread_self(), "brief");
	b->begun = now();
	pthread_setname_np(pthread_self(), "renamed");
	b->renamed = now();
	return NULL;
}

static void put_brief(uint32_t tid, uint64_t weight, uint64_t time)
{
	struct pdiag_kmod_sample s = { .stack = PDIAG_KMOD_NO_STACK, .tid = tid,
		.pid = (uint32_t)getpid(), .weight = weight };

	fake_kmod_put(0, &s, sizeof(s), PDIAG_KMOD_SAMPLE, time);
}

static int add_name(void *user, const struct pdiag_stack *stack)
{
	pdiag_text_printf(user, "%s %llu\n", stack->comm, (unsigned long long)stack->weight_ns);
	return 0;
}

/* The kernel's own word on a thread that has ended, with what the module sampled. */
static void test_ended_thread(void **state)
{
	struct pdiag_text text = { 0 };
	struct brief b = { 0 };
	pthread_t thread;
	(void)state;

	begin(NULL);
	if (strstr(info().limits, "not followed")) {
		printf("skipped: %s\n", info().limits);
		skip();
	}
	assert_int_equal(pthread_create(&thread, NULL, be_brief, &b), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pdiag_flight_settle();
	assert_int_equal(pdiag_capture_dispatch(capture), 0);
	put_brief(b.tid, 1000, b.begun);
	put_brief(b.tid, 3000, b.renamed);
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(pdiag_capture_dispatch(capture), 2);
	assert_int_equal(pdiag_profile_each_stack(pdiag_capture_profile(capture), add_name, &text),
		0);
	assert_string_equal(text.data, "brief 1000\nrenamed 3000\n");
	pdiag_text_free(&text);
}

static int write_text(void *user, const void *data, size_t len)
{
	pdiag_text_add(user, data, len);
	return 0;
}

static void folded(struct pdiag_profile *p, struct pdiag_text *t)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .write = write_text, .user = t };

	assert_int_equal(pdiag_profile_write_folded(p, NULL, &sink), 0);
	assert_int_equal(t->error, 0);
}

/* Two windows in one profile and in one recording, the same in both. */
static void test_replay(void **state)
{
	char path[] = "/tmp/pdiag-flight-XXXXXX";
	struct pdiag_sink sink = { .size = sizeof(sink), .path = path };
	struct pdiag_recording_options options = { .size = sizeof(options), .sink = &sink };
	struct pdiag_profile_info a = { .size = sizeof(a) }, b = { .size = sizeof(b) };
	struct pdiag_text live = { 0 }, replayed = { 0 };
	struct pdiag_recording *recording;
	struct pdiag_profile *loaded;
	(void)state;

	close(mkstemp(path));
	assert_int_equal(pdiag_recording_new(context, &options, &recording), 0);
	begin(recording);
	for (uint32_t i = 0; i < 2; i++) {
		put_stack(1, 3 + i, now());
		put_sample(1, 3 + i, now() - 5 * SECOND);
		put_sample(1, 3 + i, now());
		put_wait(0, 0, 100 + i, now());
		assert_int_equal(pdiag_capture_freeze(capture), 0);
		assert_int_equal(pdiag_capture_dispatch(capture), 2);
		if (!i)
			assert_int_equal(pdiag_capture_thaw(capture), 0);
	}
	assert_int_equal(pdiag_capture_stop(capture), 0);
	assert_int_equal(pdiag_recording_finish(recording, pdiag_capture_profile(capture)), 0);
	assert_int_equal(pdiag_recording_load(context, path, NULL, &loaded), 0);
	folded(pdiag_capture_profile(capture), &live);
	folded(loaded, &replayed);
	assert_string_equal(live.data, replayed.data);
	assert_int_equal(pdiag_profile_get_info(pdiag_capture_profile(capture), &a), 0);
	assert_int_equal(pdiag_profile_get_info(loaded, &b), 0);
	assert_int_equal(a.duration_ns, b.duration_ns);
	assert_int_equal(a.start_realtime_ns, b.start_realtime_ns);
	assert_int_equal(a.samples, 4);
	pdiag_profile_free(loaded);
	pdiag_text_free(&live);
	pdiag_text_free(&replayed);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_window, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overwritten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_thaw, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trigger, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restricted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replay, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
