/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a profile of the last window adds: waits by cause, the heaviest stack, classes of them. */
#include "unit/portrait/fixture.h"

#include "portrait/proofs.h"
#include "support/fail_alloc.h"
#include "support/made_profile.h"

#define MS 1000000ull

/* One process, 10, that uses a hundredth of a CPU; two samples taken. */
static struct made worker(const struct fixture *f)
{
	return (struct made){ .pid = 10, .ppid = 1, .start = ticks(f) - 5000, .comm = "worker",
		.user = 1000, .run_ns = NS, .threads = 1, .voluntary = 100 };
}

static struct made begin(struct fixture *f)
{
	struct made m;

	fixture_begin(f);
	made_module.live = true;
	m = worker(f);
	put_process(f, &m);
	assert_int_equal(make(f), 0);
	sample(f, 0);
	m.user += 10;
	m.run_ns += 100 * MS;
	put_process(f, &m);
	sample(f, 10);
	return m;
}

static void wait_of(struct pdiag_profile *p, int pid, enum pdiag_state state, uint64_t ns,
	unsigned int count, const char *const *frames)
{
	for (unsigned int i = 0; i < count; i++)
		made_sample_frames(p, "worker", pid, state, 0, ns, frames);
}

static void add(struct fixture *f, struct pdiag_profile *p)
{
	if (pdiag_portraits_add_profile(f->portraits, p))
		fail_msg("%s", pdiag_errmsg());
	pdiag_profile_free(p);
}

static void is_class(struct fixture *f, uint32_t klass, const char *why)
{
	struct seen s = look_at(f, 10);

	if (s.portrait.klass != klass || !strstr(s.reasons, why))
		fail_msg("%s: %s", pdiag_class_text(s.portrait.klass), s.reasons);
	assert_true(s.portrait.confidence > 0 && s.portrait.confidence <= 1);
}

/* ---- seconds ---- */

/* Ten seconds: each cause as seconds a second. */
static void causes(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	struct seen s;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	made_sample_frames(p, "worker", 10, PDIAG_STATE_RUNNING, 0, 10 * MS,
		(const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_FUTEX, 10 * MS, 100, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_IO, 20 * MS, 50, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_PAGE_FAULT, 20 * MS, 25, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_NETWORK, 20 * MS, 100, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_LOCK, 5 * MS, 100, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_SLEEP, 10 * MS, 10, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_POLL, 10 * MS, 10, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_PREEMPTED, 10 * MS, 10, (const char *[]){ "u:main", NULL });
	add(&f, p);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_OFF_FUTEX].now, 0.1);
	is_near(s.values[PDIAG_QUANTITY_OFF_IO].now, 0.15);
	is_near(s.values[PDIAG_QUANTITY_OFF_NETWORK].now, 0.2);
	is_near(s.values[PDIAG_QUANTITY_OFF_LOCK].now, 0.05);
	is_near(s.values[PDIAG_QUANTITY_OFF_OTHER].now, 0.02);
	fixture_end(&f);
}

/* Frames of the kernel say what is waited for. */
static void named_causes(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	struct seen s;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_BLOCKED, 10 * MS, 100,
		(const char *[]){ "u:main", "k:__x64_sys_futex", "k:do_futex", "k:schedule",
			NULL });
	wait_of(p, 10, PDIAG_STATE_BLOCKED, 10 * MS, 50,
		(const char *[]){ "u:main", "k:tcp_recvmsg", "k:schedule", NULL });
	/* No part of the kernel: the function that waits says it. */
	wait_of(p, 10, PDIAG_STATE_BLOCKED, 10 * MS, 20,
		(const char *[]){ "u:main", "u:pthread_mutex_lock", NULL });
	add(&f, p);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_OFF_FUTEX].now, 0.12);
	is_near(s.values[PDIAG_QUANTITY_OFF_NETWORK].now, 0.05);
	is_near(s.values[PDIAG_QUANTITY_OFF_OTHER].now, 0);
	fixture_end(&f);
}

/* A wait that began long before the profile; with the CPU time it is no more than there was. */
static void longer(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	made_sample_frames(p, "worker", 10, PDIAG_STATE_RUNNING, 0, 2000 * MS,
		(const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_IO, 500 * NS, 1, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_SLEEP, 500 * NS, 1, (const char *[]){ "u:main", NULL });
	add(&f, p);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_IO), 0.4);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_OTHER), 0.4);
	fixture_end(&f);
}

/* Threads are summed: each has the whole time to wait. */
static void threads(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	uint32_t node, thread, entry;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	node = pdiag_profile_node(p, 0, made_frame(p, "u:main"));
	for (int tid = 11; tid < 14; tid++) {
		thread = pdiag_profile_thread(p, 10, tid, "worker", "worker");
		entry = pdiag_profile_entry(p, thread, node, PDIAG_STATE_NETWORK, 0);
		assert_int_equal(pdiag_profile_count(p, entry, 9 * NS, 0, 1), 0);
	}
	add(&f, p);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_NETWORK), 2.7);
	fixture_end(&f);
}

/* Of whom the profile says nothing nothing is known; nor of waits if it has none. */
static void unknown(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	struct made m;
	struct seen s;

	(void)state;
	begin(&f);
	m = (struct made){ .pid = 20, .start = 5 };
	put_process(&f, &m);
	sample(&f, 10);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_IO, NS, 1, (const char *[]){ "u:main", NULL });
	wait_of(p, 30, PDIAG_STATE_IO, NS, 1, (const char *[]){ "u:main", NULL });
	add(&f, p);
	assert_true(isnan(value(&f, 20, PDIAG_QUANTITY_OFF_IO)));
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_IO), 0.1);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_FUTEX), 0);
	p = made_profile(f.context);
	made_sample_frames(p, "worker", 10, PDIAG_STATE_RUNNING, 0, NS,
		(const char *[]){ "u:main", "u:hot", NULL });
	add(&f, p);
	s = look_at(&f, 10);
	assert_true(isnan(s.values[PDIAG_QUANTITY_OFF_IO].now));
	assert_true(isnan(s.values[PDIAG_QUANTITY_OFF_FUTEX].now));
	assert_int_equal(s.portrait.top_depth, 2);
	fixture_end(&f);
}

/* ---- classes ---- */

static void is_lock(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	struct seen s;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	/* Long waits: it is a lock all the same, as the function is named after one. */
	wait_of(p, 10, PDIAG_STATE_FUTEX, NS, 9,
		(const char *[]){ "u:main", "u:__lll_lock_wait", "k:do_futex", NULL });
	add(&f, p);
	is_class(&f, PDIAG_CLASS_LOCK, "its threads wait for locks 90 % of the time");
	s = look_at(&f, 10);
	assert_null(strstr(s.reasons, "shortly"));
	assert_true(s.portrait.confidence > 0.9);
	/* Nothing says what these are for, but they are short. */
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_FUTEX, 50 * MS, 180,
		(const char *[]){ "u:main", "k:do_futex", NULL });
	add(&f, p);
	is_class(&f, PDIAG_CLASS_LOCK, "wait for a futex 90 % of the time, shortly each time");
	s = look_at(&f, 10);
	assert_true(s.portrait.confidence < 0.5);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_BLOCKED, 50 * MS, 180,
		(const char *[]){ "u:main", "k:rwsem_down_write_slowpath", "k:schedule", NULL });
	add(&f, p);
	is_class(&f, PDIAG_CLASS_LOCK, "mostly in the kernel");
	fixture_end(&f);
}

/* Threads of a pool that have no work hold nobody up: neither those that say so, nor long waits. */
static void is_rest(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_FUTEX, 20 * MS, 480,
		(const char *[]){ "u:main", "u:pthread_cond_wait", "k:do_futex", NULL });
	add(&f, p);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_FUTEX), 0.96);
	assert_int_equal(look_at(&f, 10).portrait.klass, PDIAG_CLASS_IDLE);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_FUTEX, 2 * NS, 4,
		(const char *[]){ "u:main", "k:do_futex", NULL });
	add(&f, p);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_FUTEX), 0.8);
	assert_int_equal(look_at(&f, 10).portrait.klass, PDIAG_CLASS_IDLE);
	/* The lock is nearer to the wait than the condition. */
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_FUTEX, 20 * MS, 480,
		(const char *[]){ "u:main", "u:pthread_cond_wait", "u:__pthread_mutex_cond_lock",
			"k:do_futex", NULL });
	add(&f, p);
	assert_int_equal(look_at(&f, 10).portrait.klass, PDIAG_CLASS_LOCK);
	fixture_end(&f);
}

static void other_classes(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_NETWORK, 30 * MS, 200, (const char *[]){ "u:main", NULL });
	add(&f, p);
	is_class(&f, PDIAG_CLASS_NETWORK, "it waits for sockets 60 % of the time");
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_IO, 3 * NS, 2, (const char *[]){ "u:main", NULL });
	add(&f, p);
	is_class(&f, PDIAG_CLASS_STORAGE, "it waits for storage 60 % of the time");
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_PAGE_FAULT, 3 * NS, 2, (const char *[]){ "u:main", NULL });
	add(&f, p);
	is_class(&f, PDIAG_CLASS_MEMORY, "it waits for memory 60 % of the time");
	/* Most of the time it rests: what it does beside that counts. */
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_POLL, 9 * NS, 1, (const char *[]){ "u:main", NULL });
	wait_of(p, 10, PDIAG_STATE_NETWORK, 10 * MS, 30, (const char *[]){ "u:main", NULL });
	add(&f, p);
	is_class(&f, PDIAG_CLASS_NETWORK, "3 % of the time");
	fixture_end(&f);
}

/* ---- stacks ---- */

static const char *frame_of(const struct seen *s, uint32_t i)
{
	return i < s->portrait.top_depth ? s->portrait.top[i]->name : "";
}

/* What runs at several addresses of a function is one stack; rests are none beside work. */
static void top(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	struct seen s;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	made_sample_frames(p, "worker", 10, PDIAG_STATE_RUNNING, 0, 30 * MS,
		(const char *[]){ "u:main", "u:once", NULL });
	made_sample_frames(p, "worker", 10, PDIAG_STATE_RUNNING, 0, 20 * MS,
		(const char *[]){ "u:main", "u:hot", NULL });
	made_sample_frames(p, "worker", 10, PDIAG_STATE_RUNNING, 0, 20 * MS,
		(const char *[]){ "u:main", "u#2:hot", NULL });
	made_sample_frames(p, "worker", 10, PDIAG_STATE_RUNNING, 0, 20 * MS,
		(const char *[]){ "u#9:main", "u#2:hot", NULL });
	wait_of(p, 10, PDIAG_STATE_SLEEP, NS, 5, (const char *[]){ "u:main", "u:sleeps", NULL });
	add(&f, p);
	s = look_at(&f, 10);
	assert_int_equal(s.portrait.top_depth, 2);
	assert_string_equal(frame_of(&s, 0), "hot");
	assert_string_equal(frame_of(&s, 1), "main");
	assert_string_equal(s.portrait.top[0]->module, "/usr/bin/app");
	/* Where there is nothing else a rest is told. */
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_SLEEP, NS, 5, (const char *[]){ "u:main", "u:sleeps", NULL });
	add(&f, p);
	s = look_at(&f, 10);
	assert_string_equal(frame_of(&s, 0), "sleeps");
	/* A lock that is waited for weighs more than a little work. */
	p = made_profile(f.context);
	made_sample_frames(p, "worker", 10, PDIAG_STATE_RUNNING, 0, 30 * MS,
		(const char *[]){ "u:main", "u:once", NULL });
	wait_of(p, 10, PDIAG_STATE_LOCK, NS, 5, (const char *[]){ "u:main", "u:waits", NULL });
	add(&f, p);
	s = look_at(&f, 10);
	assert_string_equal(frame_of(&s, 0), "waits");
	fixture_end(&f);
}

/* Who woke it has no part in it. */
static void wakers(void **state)
{
	struct pdiag_module mark = { .path = PDIAG_WAKER_MARK, .fd = -1, .pid = -1,
		.kind = PDIAG_MODULE_MARK };
	struct pdiag_symbol symbol = { .name = PDIAG_WAKER_MARK, .raw_name = PDIAG_WAKER_MARK,
		.module = "", .kind = PDIAG_FRAME_MARK };
	uint32_t node, frame, thread, entry;
	struct fixture f;
	struct pdiag_profile *p;
	struct seen s;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	frame = pdiag_profile_frame(p, &mark, 0);
	assert_int_equal(pdiag_profile_name(p, frame, &symbol), 0);
	node = pdiag_profile_node(p, 0, made_frame(p, "u:main"));
	node = pdiag_profile_node(p, node, made_frame(p, "k:do_futex"));
	node = pdiag_profile_node(p, node, frame);
	node = pdiag_profile_node(p, node, made_frame(p, "k:tcp_ack"));
	thread = pdiag_profile_thread(p, 10, 10, "worker", "worker");
	entry = pdiag_profile_entry(p, thread, node, PDIAG_STATE_BLOCKED, PDIAG_STACK_WAKER);
	assert_int_equal(pdiag_profile_count(p, entry, NS, 0, 1), 0);
	add(&f, p);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_OFF_FUTEX].now, 0.1);
	assert_int_equal(s.portrait.top_depth, 2);
	assert_string_equal(frame_of(&s, 0), "do_futex");
	fixture_end(&f);
}

/* However much there is, what is kept of it is bounded: depth, names, and all stacks together. */
static void bounds(void **state)
{
	static char specs[200][500];
	const char *frames[201];
	struct fixture f;
	struct pdiag_profile *p;
	struct made m;
	uint64_t before;
	struct seen s;

	(void)state;
	begin(&f);
	for (int pid = 100; pid < 400; pid++) {
		m = (struct made){ .pid = pid, .start = 5, .run_ns = NS };
		put_process(&f, &m);
	}
	sample(&f, 10);
	before = info_of(&f).bytes;
	p = made_profile(f.context);
	for (int pid = 100; pid < 400; pid++) {
		for (int i = 0; i < 200; i++) {
			snprintf(specs[i], sizeof(specs[i]), "u:%d_%d_%0400d", pid, i, i);
			frames[i] = specs[i];
		}
		frames[200] = NULL;
		made_sample_frames(p, "worker", pid, PDIAG_STATE_RUNNING, 0, (uint64_t)pid * MS,
			frames);
	}
	add(&f, p);
	sample(&f, 10);
	s = look_at(&f, 399);
	assert_int_equal(s.portrait.top_depth, PDIAG_PROOFS_DEPTH);
	assert_memory_equal(frame_of(&s, 0), "399_199_000", 11);
	assert_int_equal(strlen(frame_of(&s, 0)), PDIAG_PROOFS_NAME);
	/* The lightest went without. */
	assert_int_equal(look_at(&f, 100).portrait.top_depth, 0);
	assert_true(info_of(&f).bytes - before > PDIAG_PROOFS_BYTES / 2);
	assert_true(info_of(&f).bytes - before < PDIAG_PROOFS_BYTES + (1 << 20));
	fixture_end(&f);
}

/* ---- how long it holds ---- */

static void holds(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_IO, NS, 5, (const char *[]){ "u:main", NULL });
	add(&f, p);
	for (int i = 0; i < 6; i++) {
		is_near(value(&f, 10, PDIAG_QUANTITY_OFF_IO), 0.5);
		sample(&f, 10);
	}
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_IO), 0.5);
	sample(&f, 10);
	assert_true(isnan(value(&f, 10, PDIAG_QUANTITY_OFF_IO)));
	assert_int_equal(look_at(&f, 10).portrait.top_depth, 0);
	/* For two samples, however long they take. */
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_IO, NS, 5, (const char *[]){ "u:main", NULL });
	add(&f, p);
	sample(&f, 500);
	sample(&f, 500);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_IO), 0.5);
	sample(&f, 500);
	assert_true(isnan(value(&f, 10, PDIAG_QUANTITY_OFF_IO)));
	fixture_end(&f);
}

/* Another process that has the pid now has nothing of it. */
static void reused(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	struct made m;

	(void)state;
	m = begin(&f);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_IO, NS, 5, (const char *[]){ "u:main", NULL });
	add(&f, p);
	move_away(&f, "10");
	m.start = ticks(&f);
	put_process(&f, &m);
	sample(&f, 10);
	assert_true(isnan(value(&f, 10, PDIAG_QUANTITY_OFF_IO)));
	/* It began when the profile had ended. */
	p = made_profile(f.context);
	p->start_time = f.mono - 30 * NS;
	p->end_time = f.mono - 20 * NS;
	wait_of(p, 10, PDIAG_STATE_IO, NS, 5, (const char *[]){ "u:main", NULL });
	add(&f, p);
	assert_true(isnan(value(&f, 10, PDIAG_QUANTITY_OFF_IO)));
	p = made_profile(f.context);
	p->start_time = f.mono - 20 * NS;
	p->end_time = f.mono;
	wait_of(p, 10, PDIAG_STATE_IO, NS, 5, (const char *[]){ "u:main", NULL });
	add(&f, p);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_IO), 0.25);
	fixture_end(&f);
}

/* Waits have a past of their own, made of profiles. */
static void usual(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	struct seen s;

	(void)state;
	begin(&f);
	for (int i = 0; i < 12; i++) {
		p = made_profile(f.context);
		wait_of(p, 10, PDIAG_STATE_IO, 100 * MS, 10, (const char *[]){ "u:main", NULL });
		add(&f, p);
		s = look_at(&f, 10);
		assert_true(fabs(s.values[PDIAG_QUANTITY_OFF_IO].deviation) < 1e-3);
		is_near(s.values[PDIAG_QUANTITY_OFF_IO].usual, 0.1);
		sample(&f, 10);
	}
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_IO, 900 * MS, 10, (const char *[]){ "u:main", NULL });
	add(&f, p);
	s = look_at(&f, 10);
	is_near(s.values[PDIAG_QUANTITY_OFF_IO].now, 0.9);
	assert_true(s.values[PDIAG_QUANTITY_OFF_IO].deviation > 5);
	assert_non_null(strstr(s.change, "off CPU in storage 90 % of the time, usually 1"));
	assert_true(s.portrait.abnormality > 5);
	fixture_end(&f);
}

/* ---- what it refuses ---- */

static void refused(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;

	(void)state;
	begin(&f);
	p = made_profile(f.context);
	p->end_time = 0;
	assert_int_equal(pdiag_portraits_add_profile(f.portraits, p), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "no time"));
	p->end_time = 10 * NS;
	assert_int_equal(pdiag_portraits_add_profile(f.portraits, p), 0);
	made_module.live = false;
	wait_of(p, 10, PDIAG_STATE_IO, NS, 5, (const char *[]){ "u:main", NULL });
	assert_int_equal(pdiag_portraits_add_profile(f.portraits, p), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "machine"));
	made_module.live = true;
	assert_int_equal(pdiag_portraits_add_profile(f.portraits, p), 0);
	pdiag_profile_free(p);
	fixture_end(&f);
}

/* What was known stays known. */
static void no_memory(void **state)
{
	struct fixture f;
	struct pdiag_profile *p;
	unsigned long n;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	begin(&f);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_IO, NS, 5, (const char *[]){ "u:main", "u:before", NULL });
	add(&f, p);
	p = made_profile(f.context);
	wait_of(p, 10, PDIAG_STATE_LOCK, NS, 5, (const char *[]){ "u:main", "u:after", NULL });
	made_hostile(p);
	for (n = 0;; n++) {
		struct seen s;

		fail_alloc_start(n);
		ret = pdiag_portraits_add_profile(f.portraits, p);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		s = look_at(&f, 10);
		is_near(s.values[PDIAG_QUANTITY_OFF_IO].now, 0.5);
		assert_string_equal(frame_of(&s, 0), "before");
	}
	assert_int_equal(ret, 0);
	assert_true(n > 10);
	is_near(value(&f, 10, PDIAG_QUANTITY_OFF_LOCK), 0.5);
	pdiag_profile_free(p);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes), cmocka_unit_test(named_causes),
		cmocka_unit_test(longer), cmocka_unit_test(threads), cmocka_unit_test(unknown),
		cmocka_unit_test(is_lock), cmocka_unit_test(is_rest),
		cmocka_unit_test(other_classes), cmocka_unit_test(top), cmocka_unit_test(wakers),
		cmocka_unit_test(bounds), cmocka_unit_test(holds), cmocka_unit_test(reused),
		cmocka_unit_test(usual), cmocka_unit_test(refused), cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
