/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Portraits of programs of known behaviour on this machine: one that burns, one whose threads wait
 * for a futex, one that makes children all the time, one that sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define STEP_MS 300
#define STEPS 100 /* it never takes so many */
#define WINDOW_S 5

/* What was last seen of a process. */
struct seen {
	uint32_t klass, children, depth;
	double now[PDIAG_QUANTITY_COUNT];
	char reasons[512], command[256];
	bool in_futex;
	int32_t parent;
};

static struct pdiag *context;
static struct pdiag_portraits *portraits;

static int setup(void **state)
{
	const struct pdiag_portraits_options o = { .size = sizeof(o), .interval_ms = STEP_MS,
		.window_s = WINDOW_S };

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	assert_int_equal(pdiag_portraits_new(context, &o, &portraits), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

/* A part of the workload; or one that sleeps. */
static pid_t begin(const char *part)
{
	pid_t pid = fork();
	int null;

	assert_int_not_equal(pid, -1);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_WRONLY);
	dup2(null, 1);
	if (part)
		execl(WORKLOAD, "workload", "--seconds", "120", "--only", part, NULL);
	else
		for (;;)
			pause();
	_exit(127);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int take(void *user, const struct pdiag_portrait *p)
{
	struct seen *s = user;

	s->klass = p->klass;
	s->children = p->children;
	s->depth = p->top_depth;
	s->parent = p->parent;
	for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++)
		s->now[q] = p->values[q].now;
	snprintf(s->reasons, sizeof(s->reasons), "%s", p->reasons);
	snprintf(s->command, sizeof(s->command), "%s", p->command);
	s->in_futex = false;
	for (uint32_t i = 0; i < p->top_depth; i++)
		s->in_futex |= !strcmp(p->top[i]->name, "futex_block");
	return 0;
}

static struct seen look(pid_t pid)
{
	struct seen s = { .klass = 0 };

	assert_int_equal(pdiag_portraits_find(portraits, pid, take, &s), 0);
	return s;
}

/* One step of time, and a sample after it. */
static void step(struct pdiag_capture *capture)
{
	struct pollfd fd = { .fd = capture ? pdiag_capture_fd(capture) : -1, .events = POLLIN };
	struct timespec t;
	uint64_t at, stop;

	clock_gettime(CLOCK_MONOTONIC, &t);
	at = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	for (stop = at + STEP_MS; at < stop;) {
		assert_true(poll(&fd, 1, (int)(stop - at)) >= 0 || errno == EINTR);
		if (fd.revents)
			assert_true(pdiag_capture_dispatch(capture) >= 0);
		clock_gettime(CLOCK_MONOTONIC, &t);
		at = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	}
	assert_true(pdiag_portraits_sample(portraits) >= 0);
}

/* Until it is of this class; on a busy machine that takes a while. */
static struct seen wait_for(pid_t pid, uint32_t klass)
{
	struct seen s = { .klass = 0 };

	for (int i = 0; i < STEPS && s.klass != klass; i++) {
		step(NULL);
		if (i > 3)
			s = look(pid);
	}
	print_message("%s\n", s.reasons);
	return s;
}

static void burner(void **state)
{
	pid_t pid = begin("spin"), idle = begin(NULL);
	struct seen s;

	(void)state;
	/* Before others, if we may. */
	setpriority(PRIO_PROCESS, (id_t)pid, -20);
	s = wait_for(pid, PDIAG_CLASS_CPU);
	if (s.klass == PDIAG_CLASS_SCHEDULER &&
		s.now[PDIAG_QUANTITY_RUN_DELAY] > s.now[PDIAG_QUANTITY_CPU_USER]) {
		printf("skipped: the machine has no CPU for it: %s\n", s.reasons);
		end(pid);
		end(idle);
		skip();
	}
	assert_int_equal(s.klass, PDIAG_CLASS_CPU);
	assert_true(s.now[PDIAG_QUANTITY_CPU_USER] > 0.1);
	assert_true(s.now[PDIAG_QUANTITY_CPU_USER] < 1.1);
	assert_int_equal(s.parent, getpid());
	assert_non_null(strstr(s.command, "--only spin"));
	assert_true(s.now[PDIAG_QUANTITY_RESIDENT] > 100000);
	s = wait_for(idle, PDIAG_CLASS_IDLE);
	assert_int_equal(s.klass, PDIAG_CLASS_IDLE);
	end(pid);
	end(idle);
	step(NULL);
	assert_int_equal(pdiag_portraits_find(portraits, pid, take, &s), -ESRCH);
}

/* CPU time of children that were waited for, as the kernel has it. */
static double children_of(pid_t pid)
{
	unsigned long long user, system;
	char path[64], text[1024], *at;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	at = strrchr(text, ')');
	assert_non_null(at);
	assert_int_equal(sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
		"%llu %llu", &user, &system), 2);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Children of ten milliseconds each: nobody sees them, and yet they are its own. */
static void maker(void **state)
{
	struct pdiag_portraits_info info = { .size = sizeof(info) };
	pid_t pid = begin("children");
	double before, used, told;
	uint64_t from;
	struct seen s;

	(void)state;
	setpriority(PRIO_PROCESS, (id_t)pid, -20);
	step(NULL);
	step(NULL);
	before = children_of(pid);
	assert_int_equal(pdiag_portraits_get_info(portraits, &info), 0);
	from = info.time_ns;
	/* Longer than the window, so that all of it is in between. */
	do {
		step(NULL);
		assert_int_equal(pdiag_portraits_get_info(portraits, &info), 0);
	} while (info.time_ns - from < (WINDOW_S + 2) * 1000000000ull);
	used = (children_of(pid) - before) / ((double)(info.time_ns - from) / 1e9);
	s = look(pid);
	told = s.now[PDIAG_QUANTITY_CHILDREN_CPU];
	print_message("%s; the kernel says %.3f s/s\n", s.reasons, used);
	assert_true(told > 0.5 * used && told < 2 * used);
	/* Its children are what it is about, unless somebody else has the CPU. */
	assert_true(s.klass == PDIAG_CLASS_CPU || s.klass == PDIAG_CLASS_SCHEDULER);
	assert_non_null(strstr(s.reasons, "its ended children used"));
	end(pid);
}

/* By a profile, and only by that. */
static void futex(void **state)
{
	struct pdiag_capture_options o = { .size = sizeof(o), .target = PDIAG_TARGET_PROCESS,
		.events = PDIAG_ON_CPU | PDIAG_OFF_CPU };
	struct pdiag_capture *capture;
	struct pdiag_profile *profile;
	struct seen s = { .klass = 0 };

	(void)state;
	o.pid = begin("futex");
	if (pdiag_capture_new(context, &o, &capture)) {
		printf("skipped: %s\n", pdiag_errmsg());
		end(o.pid);
		skip();
	}
	assert_int_equal(pdiag_capture_start(capture), 0);
	for (int i = 0; i < STEPS && s.klass != PDIAG_CLASS_LOCK; i++) {
		step(capture);
		if (i % 6 != 5)
			continue;
		if (i == 5)
			assert_int_not_equal(look(o.pid).klass, PDIAG_CLASS_LOCK);
		assert_int_equal(pdiag_capture_take(capture, &profile), 0);
		assert_int_equal(pdiag_portraits_add_profile(portraits, profile), 0);
		pdiag_profile_free(profile);
		s = look(o.pid);
	}
	print_message("%s\n", s.reasons);
	assert_int_equal(s.klass, PDIAG_CLASS_LOCK);
	/* Two threads, which do nothing else. */
	assert_true(s.now[PDIAG_QUANTITY_OFF_FUTEX] > 1);
	assert_true(s.now[PDIAG_QUANTITY_OFF_FUTEX] < 3.1);
	assert_true(s.depth > 1);
	assert_true(s.in_futex);
	pdiag_capture_free(capture);
	end(o.pid);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { TEST(burner), TEST(maker), TEST(futex) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
