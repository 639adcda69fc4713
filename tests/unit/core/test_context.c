/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/fail_alloc.h"
#include "core/context.h"
#include "core/error.h"

struct thing {
	struct pdiag_child child;
	char name;
	struct thing *friend; /* freed together with it */
};

static char order[16];

static void destroy(struct pdiag_child *child)
{
	struct thing *t = pdiag_container(child, struct thing, child);

	if (t->friend) {
		pdiag_child_remove(&t->friend->child);
		destroy(&t->friend->child);
	}
	order[strlen(order)] = t->name;
	free(t);
}

static struct thing *add(struct pdiag *context, char name)
{
	struct thing *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->name = name;
	pdiag_child_add(context, &t->child, destroy);
	return t;
}

static void children_go_in_reverse(void **state)
{
	struct pdiag *context;
	struct thing *b;

	(void)state;
	memset(order, 0, sizeof(order));
	assert_int_equal(pdiag_open(NULL, &context), 0);
	add(context, 'a');
	b = add(context, 'b');
	add(context, 'c');
	add(context, 'd');
	pdiag_child_remove(&b->child);
	free(b);
	pdiag_close(context);
	assert_string_equal(order, "dca");
}

/* One child frees another in its own end: the walk must not lose its way. */
static void children_that_free_children(void **state)
{
	struct pdiag *context;
	struct thing *a, *d;

	(void)state;
	memset(order, 0, sizeof(order));
	assert_int_equal(pdiag_open(NULL, &context), 0);
	a = add(context, 'a');
	add(context, 'b');
	add(context, 'c')->friend = a;
	d = add(context, 'd');
	(void)d;
	pdiag_close(context);
	assert_string_equal(order, "dacb");
	pdiag_close(NULL);
}

static char line[2000];
static int lines, level_seen;

static void on_log(void *user, enum pdiag_log_level level, const char *text)
{
	assert_ptr_equal(user, &lines);
	lines++;
	level_seen = level;
	snprintf(line, sizeof(line), "%s", text);
}

static void logs_up_to_its_level(void **state)
{
	struct pdiag_options options = {.size = sizeof(options), .log = on_log, .log_user = &lines};
	struct pdiag *context;
	char big[3000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(pdiag_open(&options, &context), 0);
	pdiag_log(context, PDIAG_LOG_ERROR, "e %d", 1);
	assert_int_equal(lines, 1);
	assert_string_equal(line, "e 1");
	assert_int_equal(level_seen, PDIAG_LOG_ERROR);
	pdiag_log(context, PDIAG_LOG_ERROR, "file %s", "a\nb\033c");
	assert_string_equal(line, "file a?b?c");
	lines--;
	pdiag_log(context, PDIAG_LOG_WARNING, "%s", big);
	assert_int_equal(lines, 2);
	assert_int_equal(strlen(line), 1023);
	pdiag_log(context, PDIAG_LOG_INFO, "i");
	pdiag_log(context, PDIAG_LOG_DEBUG, "d");
	assert_int_equal(lines, 2);
	pdiag_close(context);
	options.log_level = PDIAG_LOG_DEBUG;
	assert_int_equal(pdiag_open(&options, &context), 0);
	pdiag_log(context, PDIAG_LOG_DEBUG, "d");
	assert_int_equal(lines, 3);
	pdiag_close(context);
	/* Silent by default. */
	assert_int_equal(pdiag_open(NULL, &context), 0);
	pdiag_log(context, PDIAG_LOG_ERROR, "e");
	assert_int_equal(lines, 3);
	pdiag_close(context);
}

static void options_are_checked(void **state)
{
	struct pdiag_options options = {.size = sizeof(options), .log_level = PDIAG_LOG_DEBUG + 1};
	struct pdiag *context = (struct pdiag *)&options;

	(void)state;
	assert_int_equal(pdiag_open(&options, &context), -EINVAL);
	assert_null(context);
	assert_non_null(strstr(pdiag_errmsg(), "log_level"));
	options.log_level = 0;
	options.reserved = 1;
	assert_int_equal(pdiag_open(&options, &context), -EINVAL);
	options.reserved = 0;
	options.size = 8;
	assert_int_equal(pdiag_open(&options, &context), -EINVAL);
	options.size = sizeof(options);
	assert_int_equal(pdiag_open(&options, &context), 0);
	assert_string_equal(pdiag_errmsg(), "");
	pdiag_close(context);
}

static void knows_a_fork(void **state)
{
	struct pdiag *context;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	assert_false(pdiag_context_forked(context));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(pdiag_context_forked(context) ? 17 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 17);
	pdiag_close(context);
}

static void out_of_memory(void **state)
{
	struct pdiag *context;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	fail_alloc_start(0);
	assert_int_equal(pdiag_open(NULL, &context), -ENOMEM);
	assert_true(fail_alloc_stop());
	assert_null(context);
	assert_string_equal(pdiag_errmsg(), "out of memory while making a context");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_go_in_reverse),
		cmocka_unit_test(children_that_free_children),
		cmocka_unit_test(logs_up_to_its_level),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(knows_a_fork),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
