/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public symbolizer, and the one inside that looks up by module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <pdiag/error.h>

#include "../../support/fail_alloc.h"
#include "../../support/symbol_fixtures.h"
#include "symbol/state.h"

struct both {
	struct pdiag *context;
	struct pdiag_symbolizer *s;
};

static void start(struct both *b, const struct pdiag_symbolizer_options *options)
{
	assert_int_equal(pdiag_open(NULL, &b->context), 0);
	assert_int_equal(pdiag_symbolizer_new(b->context, options, &b->s), 0);
}

static void end(struct both *b)
{
	pdiag_symbolizer_free(b->s);
	pdiag_close(b->context);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void options_are_checked(void **state)
{
	struct pdiag_symbolizer_options o = { .size = sizeof(o), .flags = 4 };
	struct pdiag_symbolizer *s;
	struct pdiag *context;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	assert_int_equal(pdiag_symbolizer_new(context, &o, &s), -EINVAL);
	assert_null(s);
	assert_non_null(strstr(pdiag_errmsg(), "flags"));
	o.flags = 0;
	o.reserved = 1;
	assert_int_equal(pdiag_symbolizer_new(context, &o, &s), -EINVAL);
	o.reserved = 0;
	o.size = 8;
	assert_int_equal(pdiag_symbolizer_new(context, &o, &s), -EINVAL);
	pdiag_symbolizer_free(NULL);
	/* One that is left over goes with its context. */
	assert_int_equal(pdiag_symbolizer_new(context, NULL, &s), 0);
	pdiag_close(context);
}

static void kernel_addresses(void **state)
{
	struct pdiag_symbolizer_options o = { .size = sizeof(o) };
	const struct pdiag_symbol *a, *again, *b;
	char path[PATH_MAX];
	struct both t;

	(void)state;
	strcpy(path, fixture("kallsyms"));
	o.kallsyms_path = path;
	write_text(path, "ffffffff81000000 T start\nffffffff81000100 t _ZN3foo3barEv\n"
		"ffffffffc0000000 t in_module\t[ext4]\n");
	start(&t, &o);
	assert_int_equal(pdiag_symbolizer_kernel(t.s, 0xffffffff81000010, &a), 0);
	assert_string_equal(a->name, "start");
	assert_ptr_equal(a->raw_name, a->name);
	assert_string_equal(a->module, "[kernel]");
	assert_int_equal(a->kind, PDIAG_FRAME_KERNEL);
	assert_int_equal(a->address, 0xffffffff81000000);
	assert_int_equal(a->offset, 0x10);
	assert_int_equal(a->size, 0x100);
	assert_int_equal(a->reason, PDIAG_REASON_NONE);
	assert_null(a->file);
	assert_null(a->caller);
	assert_int_equal(pdiag_symbolizer_kernel(t.s, 0xffffffffc0000000, &b), 0);
	assert_string_equal(b->name, "in_module");
	assert_string_equal(b->module, "ext4");
	assert_int_equal(pdiag_symbolizer_kernel(t.s, 0xffffffff81000100, &b), 0);
	assert_string_equal(b->name, "foo::bar");
	assert_string_equal(b->raw_name, "_ZN3foo3barEv");
	/* The first is still there, and is handed out again. */
	assert_string_equal(a->name, "start");
	assert_int_equal(pdiag_symbolizer_kernel(t.s, 0xffffffff81000010, &again), 0);
	assert_ptr_equal(again, a);
	assert_int_equal(pdiag_symbolizer_kernel(t.s, 0x1000, &b), 0);
	assert_string_equal(b->name, "[unknown kernel]");
	assert_int_equal(b->kind, PDIAG_FRAME_UNRESOLVED);
	assert_int_equal(b->reason, PDIAG_REASON_NO_MATCH);
	assert_int_equal(b->address, 0x1000);
	end(&t);
}

static void a_hidden_kernel(void **state)
{
	struct pdiag_symbolizer_options o = { .size = sizeof(o) };
	const struct pdiag_symbol *a;
	char path[PATH_MAX];
	struct both t;

	(void)state;
	strcpy(path, fixture("kallsyms"));
	o.kallsyms_path = path;
	write_text(path, "0000000000000000 T start\n0000000000000000 T next\n");
	start(&t, &o);
	assert_int_equal(pdiag_symbolizer_kernel(t.s, 0xffffffff81000010, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_KERNEL_HIDDEN);
	end(&t);
}

static void another_boot(void **state)
{
	const struct pdiag_symbol *a;
	struct pdiag_modules *modules;
	struct both t;

	(void)state;
	start(&t, NULL);
	modules = pdiag_modules_get(t.context);
	assert_int_equal(pdiag_symbolizer_lookup(t.s, pdiag_modules_kernel(modules, false),
		0xffffffff81000010, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_OTHER_BOOT);
	assert_int_equal(pdiag_symbolizer_lookup(t.s, pdiag_modules_vdso(modules, false), 0x1000,
		&a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_OTHER_BOOT);
	assert_int_equal(pdiag_symbolizer_lookup(t.s,
		pdiag_modules_none(modules, PDIAG_REASON_PROCESS_GONE), 0x1000, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_PROCESS_GONE);
	assert_string_equal(a->name, "[unknown]");
	end(&t);
}

__attribute__((noinline)) static int here(int a)
{
	return a * 3 + (int)getpid();
}

static void our_own_addresses(void **state)
{
	const struct pdiag_symbol *a;
	int on_stack = here(1);
	struct both t;

	(void)state;
	start(&t, NULL);
	assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), (uintptr_t)here + 1, &a), 0);
	assert_string_equal(a->name, "here");
	assert_int_equal(a->offset, 1);
	assert_int_equal(a->kind, PDIAG_FRAME_USER);
	assert_int_equal(a->module[0], '/');
	assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), (uintptr_t)&on_stack, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_NO_MAPPING);
	assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), 0, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_NO_MAPPING);
	end(&t);
}

static void the_vdso(void **state)
{
	const char *base = (const char *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	const struct pdiag_symbol *a;
	unsigned int named = 0;
	struct both t;

	(void)state;
	if (!base) {
		printf("skipped: no vdso here (valgrind hides it)\n");
		skip();
	}
	start(&t, NULL);
	for (size_t i = 0; i < 0x1000; i += 64) {
		assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), (uintptr_t)base + i, &a),
			0);
		assert_string_equal(a->module, "[vdso]");
		named += a->kind == PDIAG_FRAME_VDSO;
	}
	assert_true(named > 3);
	end(&t);
}

static void processes_that_fail(void **state)
{
	const struct pdiag_symbol *a;
	struct both t;
	pid_t pid;

	(void)state;
	start(&t, NULL);
	assert_int_equal(pdiag_symbolizer_process(t.s, 0, 1, &a), -EINVAL);
	assert_int_equal(pdiag_symbolizer_process(t.s, -5, 1, &a), -EINVAL);
	pid = fork();
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(pdiag_symbolizer_process(t.s, pid, 1, &a), -ESRCH);
	assert_null(a);
	assert_non_null(strstr(pdiag_errmsg(), "no process"));
	end(&t);
}

static void files(void **state)
{
	const struct pdiag_symbol *a;
	uint64_t address;
	struct both t;

	(void)state;
	start(&t, NULL);
	assert_int_equal(pdiag_symbolizer_file(t.s, "/nowhere/at/all", 1, &a), -ENOENT);
	assert_non_null(strstr(pdiag_errmsg(), "/nowhere/at/all"));
	assert_int_equal(pdiag_symbolizer_file(t.s, "/tmp", 1, &a), -EINVAL);
	assert_int_equal(pdiag_symbolizer_file(t.s, NULL, 1, &a), -EINVAL);
	assert_int_equal(pdiag_symbolizer_file(t.s, "/etc/passwd", 1, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_NOT_ELF);
	assert_string_equal(a->name, "[unknown passwd]");
	if (!fixture_missing("versioned.so")) {
		address = fixture_address("versioned.so", "named@@V1");
		assert_int_equal(
			pdiag_symbolizer_file(t.s, fixture("versioned.so"), address, &a), 0);
		assert_string_equal(a->name, "named");
	}
	if (!fixture_missing("cxx.so")) {
		address = fixture_address("cxx.so", "_ZNK5space5Thing6methodEi");
		assert_int_equal(pdiag_symbolizer_file(t.s, fixture("cxx.so"), address, &a), 0);
		assert_string_equal(a->name, "space::Thing::method");
		assert_string_equal(a->raw_name, "_ZNK5space5Thing6methodEi");
		assert_string_equal(a->module, fixture("cxx.so"));
		address = fixture_address("cxx.so", "_Z7genericIiET_S0_");
		assert_int_equal(pdiag_symbolizer_file(t.s, fixture("cxx.so"), address, &a), 0);
		assert_string_equal(a->name, "generic<int>");
	}
	end(&t);
}

static void flags_and_paths(void **state)
{
	struct pdiag_symbolizer_options o = { .size = sizeof(o),
		.flags = PDIAG_SYMBOL_RAW_NAMES | PDIAG_SYMBOL_NO_DEBUG_FILES };
	const struct pdiag_symbol *a;
	char debug[PATH_MAX];
	uint64_t address;
	struct both t;

	(void)state;
	if (fixture_missing("cxx.so"))
		skip();
	strcpy(debug, fixture("debug"));
	o.debug_path = debug;
	start(&t, &o);
	address = fixture_address("cxx.so", "_ZNK5space5Thing6methodEi");
	assert_int_equal(pdiag_symbolizer_file(t.s, fixture("cxx.so"), address, &a), 0);
	assert_string_equal(a->name, "_ZNK5space5Thing6methodEi");
	address = fixture_address("full.so", "local_one");
	assert_int_equal(pdiag_symbolizer_file(t.s, fixture("stripped.so"), address, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_NO_SYMBOLS);
	end(&t);
	o.flags = 0;
	start(&t, &o);
	assert_int_equal(pdiag_symbolizer_file(t.s, fixture("stripped.so"), address, &a), 0);
	assert_string_equal(a->name, "local_one");
	end(&t);
}

/* The stub of a function has its name, and says that it is one. */
static void plt_names(void **state)
{
	const struct pdiag_symbol *a;
	unsigned int found = 0;
	struct both t;

	(void)state;
	if (fixture_missing("full.so"))
		skip();
	start(&t, NULL);
	for (uint64_t address = 0x1000; address < 0x1100; address += 8) {
		assert_int_equal(pdiag_symbolizer_file(t.s, fixture("full.so"), address, &a), 0);
		found += !strcmp(a->name, "puts@plt") && !strcmp(a->raw_name, "puts@plt");
	}
	assert_true(found > 0);
	end(&t);
}

/* A map that grows while the process runs, and a process without one. */
static void run_time_code(void **state)
{
	struct pdiag_symbolizer_options o = { .size = sizeof(o) };
	char dir[PATH_MAX], map[PATH_MAX + 32], text[256];
	const struct pdiag_symbol *a;
	struct both t;
	void *code;
	uint64_t at;

	(void)state;
	strcpy(dir, fixtures_dir);
	o.perf_map_dir = dir;
	code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code == MAP_FAILED) {
		printf("skipped: executable anonymous memory is not to be had\n");
		skip();
	}
	at = (uintptr_t)code;
	start(&t, &o);
	t.s->cache.recheck_ns = 0;
	assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), at, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_NO_PERF_MAP);
	assert_string_equal(a->name, "[unknown jit]");
	snprintf(map, sizeof(map), "%s/perf-%d.map", dir, getpid());
	snprintf(text, sizeof(text), "%llx 40 Function::one two\n", (unsigned long long)at);
	write_text(map, text);
	assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), at + 8, &a), 0);
	assert_string_equal(a->name, "Function::one two");
	assert_int_equal(a->kind, PDIAG_FRAME_JIT);
	assert_int_equal(a->address, at);
	assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), at + 0x40, &a), 0);
	assert_int_equal(a->reason, PDIAG_REASON_NO_MATCH);
	snprintf(text, sizeof(text), "%llx 40 Function::one two\n%llx 40 second\n",
		(unsigned long long)at, (unsigned long long)at + 0x40);
	write_text(map, text);
	assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), at + 0x40, &a), 0);
	assert_string_equal(a->name, "second");
	/* What was known is not forgotten with the file. */
	unlink(map);
	assert_int_equal(pdiag_symbolizer_process(t.s, getpid(), at + 0x48, &a), 0);
	assert_string_equal(a->name, "second");
	end(&t);
	munmap(code, 4096);
}

static void the_default_one(void **state)
{
	struct pdiag_symbolizer *a, *b;
	struct pdiag *context;

	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	assert_int_equal(pdiag_symbolizer_default(context, &a), 0);
	assert_int_equal(pdiag_symbolizer_default(context, &b), 0);
	assert_ptr_equal(a, b);
	pdiag_close(context);
}

/* With room for nothing, each file is read again when it is needed, to the same result. */
static void little_room(void **state)
{
	const struct pdiag_symbol *a, *first[2];
	const char *const names[] = { "full.so", "program" };
	uint64_t address[2];
	struct both t;

	(void)state;
	if (fixture_missing("program"))
		skip();
	start(&t, NULL);
	t.s->cache.limit = 1;
	address[0] = fixture_address("full.so", "local_one");
	address[1] = fixture_address("program", "hidden");
	for (int round = 0; round < 6; round++) {
		int i = round & 1;

		assert_int_equal(pdiag_symbolizer_file(t.s, fixture(names[i]), address[i], &a), 0);
		assert_string_equal(a->name, i ? "hidden" : "local_one");
		if (round < 2)
			first[i] = a;
		assert_ptr_equal(a, first[i]);
	}
	assert_true(t.s->cache.loads > 6);
	assert_int_equal(t.s->cache.count, 2);
	end(&t);
}

static void out_of_memory(void **state)
{
	char kallsyms[PATH_MAX], program[PATH_MAX];
	struct pdiag_symbolizer_options o = { .size = sizeof(o), .debug_path = "/nowhere" };
	uint64_t address;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	if (fixture_missing("program"))
		skip();
	strcpy(kallsyms, fixture("kallsyms"));
	strcpy(program, fixture("program"));
	write_text(kallsyms, "ffffffff81000000 T start\nffffffff81000100 t _ZN3foo3barEv\n");
	o.kallsyms_path = kallsyms;
	address = fixture_address("program", "hidden");
	for (unsigned long n = 0; n < 10000; n++) {
		const struct pdiag_symbol *a = NULL, *b = NULL, *c = NULL;
		struct both t = { 0 };
		int ret[4], failed;

		assert_int_equal(pdiag_open(NULL, &t.context), 0);
		fail_alloc_start(n);
		ret[0] = pdiag_symbolizer_new(t.context, &o, &t.s);
		if (ret[0]) {
			fail_alloc_stop();
			assert_int_equal(ret[0], -ENOMEM);
			pdiag_close(t.context);
			continue;
		}
		ret[1] = pdiag_symbolizer_kernel(t.s, 0xffffffff81000100, &a);
		ret[2] = pdiag_symbolizer_file(t.s, program, address, &b);
		ret[3] = pdiag_symbolizer_process(t.s, getpid(), (uintptr_t)here, &c);
		failed = fail_alloc_stop();
		for (int i = 1; i < 4; i++)
			assert_true(!ret[i] || (failed && ret[i] == -ENOMEM));
		assert_true(ret[1] ? !a : !strcmp(a->name, "foo::bar"));
		assert_true(ret[2] ? !b : !strcmp(b->name, "hidden"));
		assert_true(ret[3] ? !c : c->kind == PDIAG_FRAME_USER || failed);
		/* Once there is memory again, all is well. */
		assert_int_equal(pdiag_symbolizer_kernel(t.s, 0xffffffff81000100, &a), 0);
		assert_string_equal(a->name, "foo::bar");
		assert_int_equal(pdiag_symbolizer_file(t.s, program, address, &b), 0);
		assert_string_equal(b->name, "hidden");
		end(&t);
		if (!failed)
			return;
	}
	fail_msg("it never went through");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(kernel_addresses),
		cmocka_unit_test(a_hidden_kernel),
		cmocka_unit_test(another_boot),
		cmocka_unit_test(our_own_addresses),
		cmocka_unit_test(the_vdso),
		cmocka_unit_test(processes_that_fail),
		cmocka_unit_test(files),
		cmocka_unit_test(flags_and_paths),
		cmocka_unit_test(plt_names),
		cmocka_unit_test(run_time_code),
		cmocka_unit_test(the_default_one),
		cmocka_unit_test(little_room),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, fixtures_setup, fixtures_teardown);
}
