/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The source on a module that the test makes: handshake, options, order, stop and flush. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pdiag/error.h>

#include "../../support/fail_alloc.h"
#include "../../support/fake_kmod.h"
#include "core/context.h"
#include "source/kmod_device.h"
#include "source/kmod_parts.h"
#include "source/source.h"

static struct pdiag *context;

static int setup(void **state)
{
	(void)state;
	return pdiag_open(NULL, &context) || fake_kmod_load();
}

static int teardown(void **state)
{
	(void)state;
	fake_kmod_unload();
	pdiag_close(context);
	return 0;
}

static struct pdiag_source_config config_self(void)
{
	return (struct pdiag_source_config){ .context = context, .target = PDIAG_TARGET_SELF,
		.events = PDIAG_ON_CPU, .hz = 999, .max_depth = 127 };
}

#define SAYS(text) \
	do { \
		if (!strstr(pdiag_errmsg(), text)) \
			fail_msg("\"%s\" does not say \"%s\"", pdiag_errmsg(), text); \
	} while (0)

static void test_no_device(void **state)
{
	static const struct {
		int err, ret;
		const char *text;
	} cases[] = {
		{ ENOENT, -ENOENT, "not loaded" }, { ENXIO, -ENOENT, "not loaded" },
		{ EACCES, -EACCES, "CAP_PERFMON" }, { EPERM, -EPERM, "locked down" },
		{ EMFILE, -EMFILE, "Too many open files" },
	};
	struct pdiag_kdevice d;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_kmod.open_errno = cases[i].err;
		assert_int_equal(pdiag_kdevice_open(&d), cases[i].ret);
		SAYS(cases[i].text);
		pdiag_kdevice_close(&d);
	}
	fake_kmod.open_errno = 0;
	fake_kmod.abi = 0;
	assert_int_equal(pdiag_kdevice_open(&d), -EPROTO);
	SAYS("does not tell its version");
	assert_int_equal(d.fd, -1);
	assert_int_equal(fcntl(fake_kmod.device_fd, F_GETFD), -1);
	fake_kmod.abi = PDIAG_KMOD_ABI;
	fake_kmod.schema = 0;
	assert_int_equal(pdiag_kdevice_open(&d), -EPROTO);
	SAYS("does not tell its version");
	assert_int_equal(fcntl(fake_kmod.device_fd, F_GETFD), -1);
}

static void test_features(void **state)
{
	struct pdiag_kmod_feature f;
	struct pdiag_kdevice d;
	(void)state;

	fake_kmod.features = 3;
	fake_kmod.lacking = 1u << PDIAG_KMOD_FEATURE_OFF_CPU;
	assert_int_equal(pdiag_kdevice_open(&d), 0);
	assert_true(fcntl(d.fd, F_GETFD) & FD_CLOEXEC);
	/* Texts are ended and of one line, whatever the module says. */
	assert_int_equal(strlen(d.version.release), sizeof(d.version.release) - 1);
	assert_null(strchr(d.version.release, '\n'));
	assert_int_equal(pdiag_kdevice_feature(&d, PDIAG_KMOD_FEATURE_TIMER, &f), 0);
	assert_int_equal(f.available, 1);
	assert_int_equal(strlen(f.name), sizeof(f.name) - 1);
	assert_int_equal(pdiag_kdevice_feature(&d, PDIAG_KMOD_FEATURE_OFF_CPU, &f), 0);
	assert_int_equal(f.available, 0);
	assert_non_null(strstr(f.why, "no hook"));
	/* The module is not asked about what it has never heard of. */
	assert_int_equal(pdiag_kdevice_feature(&d, PDIAG_KMOD_FEATURE_INHERIT, &f), 0);
	assert_int_equal(f.available, 0);
	assert_non_null(strstr(f.why, "older"));
	pdiag_kdevice_close(&d);
}

static int open_source(const struct pdiag_source_config *config, struct pdiag_source **s)
{
	*s = NULL;
	return pdiag_source_kmod.open(config, s);
}

/* A module without what is needed says so; nothing stays open. */
static void test_older_module(void **state)
{
	struct pdiag_source_config config = config_self();
	struct pdiag_source *s;
	(void)state;

	fake_kmod.lacking = 1u << PDIAG_KMOD_FEATURE_OFF_CPU;
	config.events |= PDIAG_OFF_CPU;
	assert_int_equal(open_source(&config, &s), -EOPNOTSUPP);
	SAYS("off-CPU");
	SAYS("no hook");
	config.events = PDIAG_ON_CPU;
	fake_kmod.features = PDIAG_KMOD_FEATURE_INHERIT;
	assert_int_equal(open_source(&config, &s), -EOPNOTSUPP);
	SAYS("older");
	/* It can do without. */
	config.flags = PDIAG_NO_INHERIT;
	assert_int_equal(open_source(&config, &s), 0);
	s->ops->close(s);
	/* Its session struct ends before what is asked for. */
	fake_kmod.session_bytes = offsetof(struct pdiag_kmod_session, max_depth);
	assert_int_equal(open_source(&config, &s), -E2BIG);
	SAYS("older");
	fake_kmod.session_bytes = sizeof(struct pdiag_kmod_session) - 32;
	assert_int_equal(open_source(&config, &s), 0);
	s->ops->close(s);
	fake_kmod.unknown = 0x83;
	assert_int_equal(open_source(&config, &s), -ENOTTY);
	SAYS("older");
	assert_int_equal(fcntl(fake_kmod.device_fd, F_GETFD), -1);
}

static void test_refused_sessions(void **state)
{
	static const struct {
		int err, ret;
		const char *text;
	} cases[] = {
		{ EPERM, -EPERM, "processes of your own" }, { ESRCH, -ESRCH, "has ended" },
		{ EBADF, -EINVAL, "version 2" }, { ENOMEM, -ENOMEM, "memory" },
		{ EINVAL, -EINVAL, "options" },
	};
	struct pdiag_source_config config = config_self();
	struct pdiag_source *s;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_kmod.session_errno = cases[i].err;
		assert_int_equal(open_source(&config, &s), cases[i].ret);
		SAYS(cases[i].text);
	}
	fake_kmod.session_errno = 0;
	/* Rings of no sense. */
	for (uint64_t bytes = 0; bytes < 3; bytes++) {
		fake_kmod.ring_bytes = bytes == 2 ? 1ull << 40 : bytes * 12345;
		assert_int_equal(open_source(&config, &s), -EPROTO);
		assert_int_equal(fcntl(fake_kmod.session_fd, F_GETFD), -1);
	}
}

/* Less, down to a limit; but not less than what somebody has asked for. */
static void test_little_memory(void **state)
{
	struct pdiag_source_config config = config_self();
	struct pdiag_source *s;
	(void)state;

	fake_kmod.memory = 128 << 10;
	assert_int_equal(open_source(&config, &s), 0);
	assert_int_equal(fake_kmod.asked.ring_bytes, fake_kmod.memory);
	assert_int_equal(fake_kmod.asked.stacks, 512);
	assert_non_null(strstr(s->state.limits, "rings of 128 KiB a CPU only"));
	assert_string_equal(pdiag_errmsg(), "");
	s->ops->close(s);
	fake_kmod.memory = 64 << 10;
	assert_int_equal(open_source(&config, &s), -ENOMEM);
	SAYS("no memory");
	fake_kmod.memory = 128 << 10;
	config.buffer_bytes = 256 << 10;
	assert_int_equal(open_source(&config, &s), -ENOMEM);
	config.buffer_bytes = 0;
	config.flight_sec = 10;
	assert_int_equal(open_source(&config, &s), -ENOMEM);
	/* Enough: nothing is said, and the module chooses how many stacks. */
	fake_kmod.memory = 0;
	config = config_self();
	assert_int_equal(open_source(&config, &s), 0);
	assert_int_equal(fake_kmod.asked.stacks, 0);
	assert_null(strstr(s->state.limits, "KiB a CPU"));
	s->ops->close(s);
}

static void test_options(void **state)
{
	static const int cpus[] = { 0 };
	struct pdiag_source_config config = config_self();
	const struct pdiag_kmod_session *o = &fake_kmod.asked;
	struct pdiag_source *s;
	(void)state;

	config.max_depth = 1000;
	config.buffer_bytes = 100000;
	config.flags = PDIAG_USER_ONLY;
	assert_int_equal(open_source(&config, &s), 0);
	assert_int_equal(o->target, PDIAG_KMOD_PROCESS);
	assert_int_equal(o->pid, getpid());
	assert_int_equal(o->events, PDIAG_KMOD_ON_CPU);
	assert_int_equal(o->flags, PDIAG_KMOD_SKIP_IDLE | PDIAG_KMOD_USER_ONLY);
	assert_int_equal(o->hz, 999);
	assert_int_equal(o->ring_bytes, 131072);
	assert_int_equal(o->max_depth, PDIAG_KMOD_DEPTH_MAX);
	assert_string_equal(s->state.event, "timer");
	assert_int_equal(s->state.hz, 999);
	assert_int_equal(s->state.max_depth, PDIAG_KMOD_DEPTH_MAX);
	assert_non_null(strstr(s->state.limits, "254 frames"));
	assert_false(s->state.kernel);
	s->ops->close(s);

	config = config_self();
	config.target = PDIAG_TARGET_THREAD;
	config.pid = (int32_t)syscall(SYS_gettid);
	config.events = PDIAG_OFF_CPU;
	config.off_cpu_min_ns = 5000;
	config.flags = PDIAG_NO_INHERIT;
	assert_int_equal(open_source(&config, &s), 0);
	assert_int_equal(o->target, PDIAG_KMOD_THREAD);
	assert_int_equal(o->pid, config.pid);
	assert_int_equal(o->events, PDIAG_KMOD_OFF_CPU);
	assert_int_equal(o->hz, 0);
	assert_int_equal(o->off_cpu_min_ns, 5000);
	assert_int_equal(o->flags, PDIAG_KMOD_SKIP_IDLE | PDIAG_KMOD_NO_INHERIT);
	assert_string_equal(s->state.event, "context-switches");
	s->ops->close(s);

	config = config_self();
	config.target = PDIAG_TARGET_SYSTEM;
	config.cpus = cpus;
	config.cpu_count = 1;
	assert_int_equal(open_source(&config, &s), 0);
	assert_int_equal(o->target, PDIAG_KMOD_ALL);
	assert_int_equal(o->cpus_bytes, 8);
	assert_int_equal(fake_kmod.cpus[0], 1);
	assert_int_equal(s->state.cpus, 1);
	s->ops->close(s);
}

static void put_sample(int cpu, uint64_t time, uint32_t tid)
{
	struct pdiag_kmod_sample r = { .stack = PDIAG_KMOD_NO_STACK, .pid = 1, .tid = tid };

	fake_kmod_put(cpu, &r, sizeof(r), PDIAG_KMOD_SAMPLE, time);
}

/* The next record of the module; those of processes are passed over. 0: none. */
static uint32_t next_tid(struct pdiag_source *s, struct pdiag_raw *raw)
{
	while (s->ops->next(s, raw) > 0)
		if (raw->format == PDIAG_RAW_KMOD)
			return raw->len < sizeof(struct pdiag_kmod_sample) ? UINT32_MAX :
				((const struct pdiag_kmod_sample *)raw->data)->tid;
	return 0;
}

static struct pdiag_source *started(void)
{
	struct pdiag_source_config config = config_self();
	struct pdiag_source *s;

	assert_int_equal(open_source(&config, &s), 0);
	assert_int_equal(s->ops->start(s), 0);
	assert_int_equal(fake_kmod.starts, 1);
	return s;
}

/* The type of the next record of the module; those of processes are passed over. */
static uint16_t next_type(struct pdiag_source *s, struct pdiag_raw *raw)
{
	do
		assert_int_equal(s->ops->next(s, raw), 1);
	while (raw->format != PDIAG_RAW_KMOD);
	return ((const struct pdiag_kmod_record *)raw->data)->type;
}

/*
 * A module of later versions, of both: by its contract it only knows more, so it is used as if it
 * did not. Records that have grown and types of record that are new are whole, and in order.
 */
static void test_newer_module(void **state)
{
	struct {
		struct pdiag_kmod_sample sample;
		uint64_t more[4];
	} longer = { .sample = { .stack = PDIAG_KMOD_NO_STACK, .pid = 1, .tid = 7 } };
	struct pdiag_source *s;
	struct pdiag_raw raw;
	(void)state;

	fake_kmod.abi = PDIAG_KMOD_ABI + 1;
	fake_kmod.schema = PDIAG_KMOD_SCHEMA + 1;
	fake_kmod.features = PDIAG_KMOD_FEATURES + 2;
	fake_kmod.session_bytes += 64;
	s = started();
	assert_int_equal(fake_kmod.asked.size, sizeof(struct pdiag_kmod_session));
	fake_kmod_put(0, &longer, sizeof(longer), PDIAG_KMOD_SAMPLE, 10);
	fake_kmod_put(0, &longer, sizeof(longer), 1000, 20);
	put_sample(0, 30, 3);
	assert_int_equal(s->ops->refresh(s), 0);
	assert_int_equal(next_type(s, &raw), PDIAG_KMOD_SAMPLE);
	assert_int_equal(raw.len, sizeof(longer));
	assert_int_equal(((const struct pdiag_kmod_sample *)raw.data)->tid, 7);
	assert_int_equal(next_type(s, &raw), 1000);
	assert_int_equal(next_tid(s, &raw), 3);
	assert_int_equal(next_tid(s, &raw), 0);
	s->ops->close(s);
}

static void test_order(void **state)
{
	struct pdiag_source *s = started();
	struct pdiag_raw raw;
	(void)state;

	put_sample(0, 10, 1);
	put_sample(0, 30, 3);
	put_sample(0, UINT64_MAX - 5, 9);
	put_sample(1, 20, 2);
	put_sample(1, 30, 4);
	assert_int_equal(s->ops->refresh(s), 0);
	for (uint32_t i = 1; i <= 4; i++) {
		assert_int_equal(next_tid(s, &raw), i);
		assert_int_equal(raw.cpu, i == 2 || i == 4);
	}
	/* That one is later than anything that can be settled. */
	assert_int_equal(next_tid(s, &raw), 0);
	assert_int_equal(fake_kmod.ring[1].control->tail, fake_kmod.ring[1].control->head);
	assert_int_equal(s->ops->refresh(s), 0);
	assert_int_equal(next_tid(s, &raw), 0);
	assert_int_equal(s->ops->stop(s), 0);
	assert_int_equal(s->ops->refresh(s), 0);
	assert_int_equal(next_tid(s, &raw), 9);
	s->ops->close(s);
	assert_int_equal(fcntl(fake_kmod.session_fd, F_GETFD), -1);
}

static void flush_one(struct fake_kmod *k)
{
	if (k->pending)
		put_sample(0, 100 + k->flushes, 100 + k->flushes);
}

static void test_flush(void **state)
{
	struct pdiag_source *s = started();
	struct pdiag_raw raw;
	(void)state;

	fake_kmod.pending = 5;
	fake_kmod.flush = flush_one;
	put_sample(0, 1, 1);
	assert_int_equal(s->ops->refresh(s), 0);
	assert_int_equal(next_tid(s, &raw), 1);
	assert_int_equal(next_tid(s, &raw), 0);
	assert_int_equal(fake_kmod.flushes, 0);
	assert_int_equal(s->ops->stop(s), 0);
	assert_int_equal(s->ops->stop(s), 0);
	assert_int_equal(fake_kmod.stops, 1);
	assert_int_equal(s->ops->refresh(s), 0);
	for (uint32_t i = 1; i <= 5; i++)
		assert_int_equal(next_tid(s, &raw), 100 + i);
	/* Of CPU 1, 17 waits were too short. */
	assert_int_equal(s->ops->next(s, &raw), 1);
	assert_int_equal(raw.cpu, 1);
	assert_int_equal(((const struct pdiag_kmod_loss_record *)raw.data)->reason,
		PDIAG_KMOD_LOST_SHORT);
	assert_int_equal(((const struct pdiag_kmod_loss_record *)raw.data)->events, 17);
	assert_int_equal(next_tid(s, &raw), 0);
	assert_int_equal(next_tid(s, &raw), 0);
	assert_int_equal(fake_kmod.flushes, 5);
	s->ops->close(s);
}

/* A module that never gets rid of what it has: the end comes all the same. */
static void test_flush_for_ever(void **state)
{
	struct pdiag_source *s = started();
	struct pdiag_raw raw;
	(void)state;

	fake_kmod.pending = UINT64_MAX;
	assert_int_equal(s->ops->stop(s), 0);
	assert_int_equal(s->ops->refresh(s), 0);
	while (s->ops->next(s, &raw) > 0)
		;
	assert_int_equal(fake_kmod.flushes, 1);
	s->ops->close(s);
}

/* What makes no sense is told once, and the record at hand comes with the next call. */
static void test_corrupt_ring(void **state)
{
	struct pdiag_source *s = started();
	struct pdiag_raw raw;
	(void)state;

	put_sample(0, 10, 1);
	put_sample(1, 20, 2);
	memset(fake_kmod.ring[0].data, 0xff, 4);
	assert_int_equal(s->ops->refresh(s), 0);
	assert_int_equal(next_tid(s, &raw), UINT32_MAX);
	assert_int_equal(raw.len, 0);
	assert_int_equal(next_tid(s, &raw), 2);
	assert_int_equal(next_tid(s, &raw), 0);
	s->ops->close(s);
}

static void test_parts(void **state)
{
	struct pdiag_kmod_count c = { .count = 3, .pid = 1, .tid = 1, .weight = 9, .last = 1 };
	struct pdiag_source *s = started();
	struct pdiag_raw raw;
	(void)state;

	fake_kmod_put(0, &c, sizeof(c), PDIAG_KMOD_COUNT, 10);
	put_sample(1, 11, 7);
	assert_int_equal(s->ops->refresh(s), 0);
	for (uint32_t i = 0; i < 3; i++) {
		next_tid(s, &raw);
		assert_int_equal(raw.part, i);
		assert_int_equal(raw.parts, 3);
	}
	assert_int_equal(next_tid(s, &raw), 7);
	assert_int_equal(raw.parts, 1);
	s->ops->close(s);
}

static void test_out_of_memory(void **state)
{
	struct pdiag_source_config config = config_self();
	struct pdiag_source *s;
	int ret, failed = 1;
	(void)state;

	FAIL_ALLOC_OR_SKIP();
	config.flight_sec = 1;
	for (unsigned long n = 0; failed; n++) {
		fail_alloc_start(n);
		ret = open_source(&config, &s);
		failed = fail_alloc_stop();
		if (ret)
			assert_int_equal(ret, -ENOMEM);
		else
			s->ops->close(s);
	}
	assert_int_equal(ret, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_features, setup, teardown),
		cmocka_unit_test_setup_teardown(test_older_module, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newer_module, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_sessions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_little_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(test_corrupt_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
