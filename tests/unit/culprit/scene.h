/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine in ordinary times, a time of trouble to be filled, and what a comparison finds. */
#ifndef TESTS_UNIT_CULPRIT_SCENE_H
#define TESTS_UNIT_CULPRIT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pdiag/culprit.h>
#include <pdiag/error.h>

#include "culprit/cgroup.h"
#include "support/made_window.h"

#define NORMAL 4

/* A machine at work: a server, a pool that rests, small daemons. */
struct scene {
	struct pdiag *context;
	struct pdiag_profile *normal[NORMAL], *trouble;
	struct pdiag_culprits *found;
};

static inline void usual(struct pdiag_profile *p, double seconds, unsigned int n)
{
	double vary = 1 + 0.05 * (n % 3);

	window_run(p, "server", 10, 0.30 * seconds * vary, "u:main<u:serve<u:parse");
	window_run(p, "server", 10, 0.10 * seconds * vary, "u:main<u:serve<k:sys_write");
	window_run(p, "daemon", 20, 0.02 * seconds, "u:main<u:tick");
	window_wait(p, "server", 10, PDIAG_STATE_POLL, 0.5 * seconds, 0.01,
		"u:main<u:serve<k:do_epoll_wait");
	window_wait(p, "server", 10, PDIAG_STATE_IO, 0.04 * seconds * vary, 0.004,
		"u:main<u:serve<u:save<k:io_schedule");
	window_wait(p, "pool", 30, PDIAG_STATE_FUTEX, 20 * seconds, 2,
		"u:thread<u:next_job<k:futex_wait");
	window_wait(p, "daemon", 20, PDIAG_STATE_SLEEP, 0.98 * seconds, 0.5,
		"u:main<k:hrtimer_nanosleep");
	window_wait(p, "server", 10, PDIAG_STATE_PREEMPTED, 0.02 * seconds, 0.002,
		"u:main<u:serve<u:parse");
}

static inline int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	if (!s || pdiag_open(NULL, &s->context))
		return -1;
	for (unsigned int i = 0; i < NORMAL; i++) {
		s->normal[i] = window_new(s->context, 15);
		usual(s->normal[i], 15, i);
	}
	s->trouble = window_new(s->context, 10);
	*state = s;
	return 0;
}

static inline int teardown(void **state)
{
	struct scene *s = *state;

	pdiag_close(s->context);
	free(s);
	return 0;
}

static inline void compare(struct scene *s)
{
	assert_int_equal(pdiag_culprits_new(s->normal, NORMAL, s->trouble, NULL, &s->found), 0);
	for (uint32_t i = 0; i < pdiag_culprits_count(s->found); i++) {
		const struct pdiag_culprit *c = pdiag_culprits_get(s->found, i);

		print_message("  %u: %s (%.0f decades, share %.2f)\n", c->kind, c->sentence,
			c->significance, c->share);
	}
}

static inline const struct pdiag_culprit *nth(const struct scene *s, uint32_t kind, unsigned int n)
{
	const struct pdiag_culprit *c;

	for (uint32_t i = 0; (c = pdiag_culprits_get(s->found, i)); i++)
		if (c->kind == kind && !n--)
			return c;
	return NULL;
}

static inline const struct pdiag_culprit *of_process(const struct scene *s, const char *name)
{
	const struct pdiag_culprit *c;

	for (uint32_t i = 0; (c = pdiag_culprits_get(s->found, i)); i++)
		if (c->kind == PDIAG_CULPRIT_PROCESS && !strcmp(c->process, name))
			return c;
	return NULL;
}

static inline int has_frame(const struct pdiag_culprit *c, const char *name)
{
	for (uint32_t i = 0; c && i < c->depth; i++)
		if (!strcmp(c->frames[i]->name, name))
			return 1;
	return 0;
}

/* Who has pid 10 is in none that is known. */
static inline void tell_cgroup(
	void *user, const struct pdiag_cgroup_question *q, char *path, size_t size)
{
	(void)user;
	snprintf(path, size, "%s", q->pid == 10 ? "" : q->pid >= 1000 ? "/batch" : "/system");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
