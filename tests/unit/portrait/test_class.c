/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes of processes that were made, by what /proc alone tells of them. */
#include "unit/portrait/fixture.h"

/* Ten seconds in which a process counted so much; what it is then. */
static struct seen after(const struct made *done)
{
	struct made m = *done;
	struct fixture f;
	struct seen s;

	fixture_begin(&f);
	f.options.window_s = 10;
	m = (struct made){ .pid = 10, .start = 5, .threads = done->threads, .pages = 1000 };
	put_process(&f, &m);
	put_counted(&f, "10/task/10", 0, 0, 0, 0, 0);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	/* Threads are known from the second look on. */
	if (m.threads > 1) {
		m.user = 1;
		m.run_ns = NS / 1000;
		put_process(&f, &m);
		sample(&f, 10);
	}
	m = *done;
	m.pid = 10;
	m.start = 5;
	m.run_ns = m.run_ns ? m.run_ns : NS;
	put_process(&f, &m);
	if (m.threads > 1)
		put_counted(&f, "10/task/10", m.run_ns, m.delay_ns, m.voluntary, m.involuntary, 0);
	sample(&f, 10);
	s = look_at(&f, 10);
	s.portrait.reasons = s.portrait.change = s.portrait.name = NULL;
	fixture_end(&f);
	return s;
}

static void is(const struct seen *s, uint32_t klass, const char *why)
{
	if (s->portrait.klass != klass || !strstr(s->reasons, why))
		fail_msg("%s: %s", pdiag_class_text(s->portrait.klass), s->reasons);
	assert_true(s->portrait.confidence > 0 && s->portrait.confidence <= 1);
}

static void cpu(void **state)
{
	struct seen s = after(&(struct made){ .user = 900, .system = 50, .delay_ns = NS / 10 });

	(void)state;
	is(&s, PDIAG_CLASS_CPU, "it uses 95 % of a CPU");
	assert_null(strstr(s.reasons, "kernel"));
	assert_true(s.portrait.confidence > 0.9);
	s = after(&(struct made){ .user = 100, .system = 700 });
	is(&s, PDIAG_CLASS_CPU, "80 % of a CPU, mostly in the kernel");
	/* A little more work than nothing: less sure. */
	s = after(&(struct made){ .user = 30 });
	is(&s, PDIAG_CLASS_CPU, "3 % of a CPU");
	assert_true(s.portrait.confidence < 0.7);
	s = after(&(struct made){ .user = 20, .child = 700 });
	is(&s, PDIAG_CLASS_CPU, "its ended children used 70 % of a CPU");
}

static void idle(void **state)
{
	struct seen s = after(&(struct made){ .user = 5 });

	(void)state;
	is(&s, PDIAG_CLASS_IDLE, "it uses 0.5 % of a CPU and waits for nothing that is known of");
	s = after(&(struct made){ .voluntary = 100, .calls_read = 100 });
	is(&s, PDIAG_CLASS_IDLE, "it uses 0 % of a CPU");
}

static void scheduler(void **state)
{
	struct seen s = after(&(struct made){ .user = 100, .delay_ns = 8 * NS });

	(void)state;
	is(&s, PDIAG_CLASS_SCHEDULER, "wants to run and waits for a CPU 80 % of the time");
	assert_true(s.portrait.confidence > 0.8);
	/* The second one is told if it is not much less. */
	s = after(&(struct made){ .user = 300, .delay_ns = 4 * NS });
	is(&s, PDIAG_CLASS_SCHEDULER, "40 % of the time; it uses 30 % of a CPU");
	assert_true(s.portrait.confidence < 0.6);
	s = after(&(struct made){ .user = 30, .delay_ns = 25 * NS, .threads = 2 });
	is(&s, PDIAG_CLASS_SCHEDULER, "250 % of a thread's time");
}

static void memory(void **state)
{
	struct seen s = after(&(struct made){ .user = 20, .system = 30, .major = 5000 });

	(void)state;
	is(&s, PDIAG_CLASS_MEMORY, "it faults in memory: major faults 500/s, minor 0/s");
	s = after(&(struct made){ .user = 20, .system = 400, .minor = 9000000 });
	assert_int_not_equal(s.portrait.klass, PDIAG_CLASS_IDLE);
	/* Minor faults take no more than the kernel's time. */
	s = after(&(struct made){ .user = 400, .system = 10, .minor = 9000000 });
	is(&s, PDIAG_CLASS_CPU, "41 % of a CPU");
}

static void storage(void **state)
{
	struct seen s = after(&(struct made){ .user = 50, .blocked = 600, .read = 100 << 20 });

	(void)state;
	is(&s, PDIAG_CLASS_STORAGE, "it waits for storage 60 % of the time; storage read 10 MiB/s");
	assert_true(s.portrait.confidence > 0.85);
	/* Guessed by what it moves where nothing is counted. */
	s = after(&(struct made){ .user = 50, .read = 1000ull << 20 });
	is(&s, PDIAG_CLASS_STORAGE, "storage read 100 MiB/s, written 0 B/s");
	assert_true(s.portrait.confidence < 0.5);
	/* It was found in uninterruptible sleep. */
	s = after(&(struct made){ .user = 5, .state = 'D' });
	is(&s, PDIAG_CLASS_STORAGE, "storage read 0 B/s");
	s = after(&(struct made){ .user = 5, .state = 'D', .read = 1 << 20 });
	is(&s, PDIAG_CLASS_STORAGE, "it waits for storage 100 % of the time");
}

/* Without a profile it is a guess: threads that switch often, and for nothing that is seen. */
static void lock(void **state)
{
	struct made m = { .user = 100, .threads = 4, .voluntary = 100000 };
	struct seen s = after(&m);

	(void)state;
	is(&s, PDIAG_CLASS_LOCK, "its threads give up their CPU 10 k/s");
	assert_true(s.portrait.confidence < 0.5);
	m.calls_read = 90000;
	s = after(&m);
	assert_int_equal(s.portrait.klass, PDIAG_CLASS_CPU);
	m.calls_read = 0;
	m.threads = 1;
	s = after(&m);
	assert_int_equal(s.portrait.klass, PDIAG_CLASS_CPU);
}

/* Before there are two looks nothing is known, and that is said. */
static void unknown(void **state)
{
	struct made m = { .pid = 10, .start = 5, .user = 5000, .run_ns = NS };
	struct fixture f;
	struct seen s;

	(void)state;
	fixture_begin(&f);
	put_process(&f, &m);
	assert_int_equal(make(&f), 0);
	sample(&f, 0);
	s = look_at(&f, 10);
	assert_int_equal(s.portrait.klass, PDIAG_CLASS_UNKNOWN);
	assert_string_equal(s.reasons, "too little is known of it yet");
	assert_true(s.portrait.confidence <= 0);
	fixture_end(&f);
}

static void words(void **state)
{
	(void)state;
	for (uint32_t i = 0; i <= PDIAG_CLASS_SCHEDULER; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(pdiag_class_text(i), pdiag_class_text(k));
	assert_string_equal(pdiag_class_text(PDIAG_CLASS_SCHEDULER), "scheduler");
	assert_string_equal(pdiag_class_text(99), "unknown");
	for (uint32_t i = 0; i < PDIAG_QUANTITY_COUNT; i++) {
		assert_true(*pdiag_quantity_unit(i) != '\0');
		assert_true(pdiag_quantity_floor(i) > 0);
		assert_string_not_equal(pdiag_portrait_word(i), "unknown");
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(pdiag_quantity_text(i), pdiag_quantity_text(k));
	}
	assert_string_equal(pdiag_quantity_text(99), "unknown");
	assert_string_equal(pdiag_quantity_unit(99), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu), cmocka_unit_test(idle), cmocka_unit_test(scheduler),
		cmocka_unit_test(memory), cmocka_unit_test(storage), cmocka_unit_test(lock),
		cmocka_unit_test(unknown), cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
