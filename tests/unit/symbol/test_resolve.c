/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names for profiles, and the walk over their stacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <pdiag/error.h>

#include "../../support/fail_alloc.h"
#include "../../support/symbol_fixtures.h"
#include "profile/profile.h"
#include "symbol/symbolizer.h"

#define ORIGIN 0xffffffff81000000ull

struct made {
	struct pdiag *context;
	struct pdiag_symbolizer *s;
	struct pdiag_profile *p;
	struct pdiag_module *kernel, *none;
};

static void start(struct made *f)
{
	struct pdiag_symbolizer_options o = { .size = sizeof(o) };
	struct pdiag_modules *modules;
	FILE *file = fopen(fixture("kallsyms"), "w");

	assert_non_null(file);
	fprintf(file, "%llx T schedule\n%llx T futex_wait\n%llx T do_syscall_64\n",
		ORIGIN, ORIGIN + 0x100, ORIGIN + 0x200);
	fclose(file);
	assert_int_equal(pdiag_open(NULL, &f->context), 0);
	o.kallsyms_path = fixture("kallsyms");
	assert_int_equal(pdiag_symbolizer_new(f->context, &o, &f->s), 0);
	assert_int_equal(pdiag_profile_new(f->context, &f->p), 0);
	modules = pdiag_modules_get(f->context);
	f->kernel = pdiag_modules_kernel(modules, true);
	f->none = pdiag_modules_none(modules, PDIAG_REASON_PROCESS_GONE);
}

static void end(struct made *f)
{
	pdiag_close(f->context);
}

/* A stack of kernel offsets, root first. */
static void count(struct made *f, int tid, enum pdiag_state state, const uint64_t *offsets,
	size_t n)
{
	uint32_t thread, node = 0, entry;

	thread = pdiag_profile_thread(f->p, 10, tid, "thread", "process");
	for (size_t i = 0; i < n; i++)
		node = pdiag_profile_node(f->p, node, pdiag_profile_frame(f->p,
			offsets[i] ? f->kernel : f->none, offsets[i] ? ORIGIN + offsets[i] : 77));
	entry = pdiag_profile_entry(f->p, thread, node, state, 0);
	assert_int_equal(pdiag_profile_count(f->p, entry, 1000, 0, 5), 0);
}

static const uint64_t waiting[] = { 0, 0x210, 0x110, 0x10 };
static const uint64_t running[] = { 0, 0x210 };

struct seen {
	unsigned int stacks, stop_at;
	char text[1024];
};

static int see(void *user, const struct pdiag_stack *stack)
{
	struct seen *s = user;
	char *end = s->text + strlen(s->text);

	end += sprintf(end, "%s/%s %d/%d %s:", stack->process, stack->comm, stack->pid, stack->tid,
		pdiag_state_text(stack->state));
	for (uint32_t i = 0; i < stack->depth; i++)
		end += sprintf(end, " %s", stack->frames[i]->name);
	sprintf(end, " %llu %llu %llx\n", (unsigned long long)stack->samples,
		(unsigned long long)stack->weight_ns, (unsigned long long)stack->addresses[0]);
	return ++s->stacks == s->stop_at ? 42 : 0;
}

static void names_and_walks(void **state)
{
	struct seen seen = { 0 };
	struct made f;

	(void)state;
	start(&f);
	count(&f, 11, PDIAG_STATE_BLOCKED, waiting, 4);
	count(&f, 11, PDIAG_STATE_RUNNING, running, 2);
	count(&f, 11, PDIAG_STATE_RUNNING, running, 2);
	/* What was seen to be preempted is not guessed at. */
	count(&f, 12, PDIAG_STATE_PREEMPTED, waiting, 4);
	assert_int_equal(pdiag_profile_resolve(f.p, f.s), 0);
	assert_int_equal(pdiag_profile_each_stack(f.p, see, &seen), 0);
	assert_string_equal(seen.text,
		"process/thread 10/11 futex: schedule futex_wait do_syscall_64 [unknown] "
		"1 1000 ffffffff81000010\n"
		"process/thread 10/11 running: do_syscall_64 [unknown] 2 2000 ffffffff81000210\n"
		"process/thread 10/12 preempted: schedule futex_wait do_syscall_64 [unknown] "
		"1 1000 ffffffff81000010\n");
	end(&f);
}

static void the_walk_can_be_ended(void **state)
{
	struct seen seen = { .stop_at = 1 };
	struct made f;

	(void)state;
	start(&f);
	count(&f, 11, PDIAG_STATE_RUNNING, running, 2);
	count(&f, 12, PDIAG_STATE_RUNNING, running, 2);
	assert_int_equal(pdiag_profile_each_stack(f.p, see, &seen), 42);
	assert_int_equal(seen.stacks, 1);
	end(&f);
}

/* A name that a recording brought is kept; later frames are looked up when they are there. */
static void only_what_has_no_name(void **state)
{
	const struct pdiag_symbol given = { .name = "given", .raw_name = "given", .module = "m" };
	struct made f;
	uint32_t frame;

	(void)state;
	start(&f);
	frame = pdiag_profile_frame(f.p, f.kernel, ORIGIN + 0x20);
	assert_int_equal(pdiag_profile_name(f.p, frame, &given), 0);
	count(&f, 11, PDIAG_STATE_RUNNING, running, 2);
	assert_int_equal(pdiag_profile_resolve(f.p, f.s), 0);
	assert_string_equal(f.p->frames[frame].symbol->name, "given");
	for (size_t i = 0; i < f.p->frame_count; i++)
		assert_non_null(f.p->frames[i].symbol);
	assert_int_equal(f.p->resolved, f.p->frame_count);
	frame = pdiag_profile_frame(f.p, f.kernel, ORIGIN + 0x130);
	assert_int_equal(pdiag_profile_resolve(f.p, f.s), 0);
	assert_string_equal(f.p->frames[frame].symbol->name, "futex_wait");
	assert_int_equal(f.p->frames[frame].symbol->offset, 0x30);
	/* The names are the profile's own. */
	pdiag_symbolizer_free(f.s);
	assert_string_equal(f.p->frames[frame].symbol->module, "[kernel]");
	end(&f);
}

static void an_empty_profile(void **state)
{
	struct seen seen = { 0 };
	struct made f;

	(void)state;
	start(&f);
	assert_int_equal(pdiag_profile_resolve(f.p, NULL), 0);
	assert_int_equal(pdiag_profile_each_stack(f.p, see, &seen), 0);
	assert_int_equal(seen.stacks, 0);
	end(&f);
}

static void out_of_memory(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0; n < 10000; n++) {
		struct seen seen = { 0 };
		struct made f;
		int ret, failed;

		start(&f);
		count(&f, 11, PDIAG_STATE_BLOCKED, waiting, 4);
		fail_alloc_start(n);
		ret = pdiag_profile_resolve(f.p, f.s);
		if (!ret)
			ret = pdiag_profile_each_stack(f.p, see, &seen);
		failed = fail_alloc_stop();
		assert_true(!ret || (failed && ret == -ENOMEM && pdiag_errmsg()[0]));
		/* Once there is memory again, all is well. */
		memset(&seen, 0, sizeof(seen));
		assert_int_equal(pdiag_profile_resolve(f.p, f.s), 0);
		assert_int_equal(pdiag_profile_each_stack(f.p, see, &seen), 0);
		assert_int_equal(seen.stacks, 1);
		assert_non_null(strstr(seen.text, "futex: schedule futex_wait"));
		end(&f);
		if (!failed)
			return;
	}
	fail_msg("it never went through");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_walks),
		cmocka_unit_test(the_walk_can_be_ended),
		cmocka_unit_test(only_what_has_no_name),
		cmocka_unit_test(an_empty_profile),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, fixtures_setup, fixtures_teardown);
}
