/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cgroups that are told, whoever says which one a process is in; also when it has ended. */
#include "unit/culprit/scene.h"

#include "culprit/cgroup_memory.h"
#include "culprit/compare.h"
#include "support/made_proc.h"

static void test_cgroups(void **state)
{
	struct scene *s = *state;
	const struct pdiag_cgroups cgroups = { .ask = tell_cgroup };
	const struct pdiag_culprit *c;

	usual(s->trouble, 10, 0);
	for (int32_t pid = 1000; pid < 1005; pid++)
		window_run(s->trouble, pid % 2 ? "odd" : "even", pid, 2, "u:main<u:work");
	assert_int_equal(pdiag_culprits_compare(s->normal, NORMAL, s->trouble, NULL, &cgroups, 0,
				 &s->found), 0);
	c = nth(s, PDIAG_CULPRIT_CGROUP, 0);
	assert_string_equal(c->cgroup, "/batch");
	assert_string_equal(c->process, "");
	assert_int_equal(c->processes, 5);
	assert_string_equal(c->sentence,
		"cgroup /batch (5 processes) uses 1.0 CPUs, normally 0");
	assert_null(nth(s, PDIAG_CULPRIT_CGROUP, 1));
	assert_string_equal(of_process(s, "odd")->cgroup, "/batch");
	assert_int_equal(of_process(s, "odd")->pid, 0);
}

static void note_time(
	void *user, const struct pdiag_cgroup_question *q, char *path, size_t size)
{
	struct pdiag_cgroup_question *noted = user;

	(void)size;
	if (q->pid == 77)
		*noted = *q;
	*path = '\0';
}

/* Whoever tells cgroups is told of which time the profile is, with what was merged in. */
static void test_cgroup_time(void **state)
{
	struct scene *s = *state;
	struct pdiag_cgroup_question q = { 0 };
	const struct pdiag_cgroups cgroups = { .ask = note_time, .user = &q };

	window_run(s->trouble, "hog", 77, 9, "u:main<u:burn");
	s->trouble->start_time = 5000000000;
	s->trouble->extra_duration = 2000000000;
	assert_int_equal(pdiag_culprits_compare(s->normal, NORMAL, s->trouble, NULL, &cgroups, 0,
				 &s->found), 0);
	assert_true(q.from == 5000000000 && q.to == 12000000000);
	s->trouble->extra_duration = UINT64_MAX;
	assert_int_equal(pdiag_culprits_compare(s->normal, NORMAL, s->trouble, NULL, &cgroups, 0,
				 &s->found), 0);
	assert_true(q.to == UINT64_MAX);
}

/* As at the end of an event: those who were in the cgroup have ended since it was first told. */
static void test_ended_cgroup(void **state)
{
	struct scene *s = *state;
	struct pdiag_cgroup_proc proc = { .memory = pdiag_cgroup_memory_of(s->context) };
	const struct pdiag_cgroups cgroups = { .ask = pdiag_cgroup_ask_proc, .user = &proc };
	struct pdiag_culprits *again;
	const struct pdiag_culprit *c;
	char root[64];

	assert_non_null(proc.memory);
	made_proc_begin(root);
	proc.root = root;
	usual(s->trouble, 10, 0);
	for (int32_t pid = 1000; pid < 1005; pid++) {
		window_run(s->trouble, pid % 2 ? "odd" : "even", pid, 2, "u:main<u:work");
		made_proc_put(root, pid, pid % 2 ? "odd" : "even", 'R', 0, "/batch");
	}
	assert_int_equal(pdiag_culprits_compare(s->normal, NORMAL, s->trouble, NULL, &cgroups, 0,
				 &s->found), 0);
	assert_string_equal(nth(s, PDIAG_CULPRIT_CGROUP, 0)->cgroup, "/batch");
	for (int32_t pid = 1000; pid < 1005; pid++)
		made_proc_end(root, pid);
	assert_int_equal(rmdir(root), 0);
	assert_int_equal(pdiag_culprits_compare(s->normal, NORMAL, s->trouble, NULL, &cgroups, 0,
				 &again), 0);
	s->found = again;
	c = nth(s, PDIAG_CULPRIT_CGROUP, 0);
	assert_non_null(c);
	assert_string_equal(c->cgroup, "/batch");
	assert_int_equal(c->processes, 5);
	assert_string_equal(of_process(s, "odd")->cgroup, "/batch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cgroups), TEST(test_cgroup_time), TEST(test_ended_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
