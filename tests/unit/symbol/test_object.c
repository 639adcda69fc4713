/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects against nm and objdump, on files built here and on those of the machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/stat.h>

#include "../../support/exact_heap.h"
#include "../../support/fail_alloc.h"
#include "../../support/opened.h"
#include "../../support/symbol_fixtures.h"
#include "symbol/object.h"
#include "symbol/vdso.h"

static void load_with(struct pdiag_object *o, const char *path, const char *debug_path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pdiag_object_load_file(o, fd, path, debug_path), 0);
	close(fd);
}

static void load(struct pdiag_object *o, const char *name)
{
	load_with(o, fixture(name), fixture("debug"));
}

/* The name at an address; "" with the reason in *miss if there is none. */
static const char *name_at(const struct pdiag_object *o, uint64_t address)
{
	struct pdiag_symbol_hit hit;

	return pdiag_symbol_table_find(&o->table, address, &hit) ? hit.name : "";
}

#define SKIP_WITHOUT(name) \
	do { \
		if (fixture_missing(name)) \
			skip(); \
	} while (0)

/*
 * Each function that nm shows must be found, starting there, by a name that nm shows for the
 * address. Says how many there were.
 */
static unsigned int check_against_nm(const char *path, const char *flags)
{
	char command[PATH_MAX + 64], line[65536], name[65536], type;
	unsigned long long address, size;
	struct pdiag_symbol_hit hit;
	unsigned int count = 0, named = 0;
	struct pdiag_object o;
	FILE *f;

	load_with(&o, path, NULL);
	snprintf(command, sizeof(command), "nm -S --defined-only %s '%s' 2>/dev/null", flags, path);
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %llx %c %65535s", &address, &size, &type, name) != 4 ||
			!strchr("tTwWi", type) || !size)
			continue;
		count++;
		name[strcspn(name, "@")] = '\0';
		if (!pdiag_symbol_table_find(&o.table, address, &hit) || hit.start != address)
			fail_msg("%s: %llx %s is not found", path, address, name);
		named += !strcmp(hit.name, name);
		assert_true(pdiag_symbol_table_find(&o.table, address + hit.size - 1, &hit));
	}
	pclose(f);
	pdiag_object_free(&o);
	/* Only aliases go by another name. */
	if (count)
		assert_true(named > count / 2);
	return count;
}

static void same_as_nm(void **state)
{
	static const char *const names[] = { "full.so", "ibt.so", "lazy.so", "program", "static",
		"cxx.so", "elf32.so", "arm64.so" };

	(void)state;
	SKIP_WITHOUT("full.so");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!fixture_missing(names[i]))
			assert_true(check_against_nm(fixture(names[i]), "") >= 2);
}

static void same_as_nm_on_the_machine(void **state)
{
	static const char *const paths[] = { "/lib/x86_64-linux-gnu/libc.so.6", "/usr/bin/perf",
		"/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/bin/bash" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (access(paths[i], R_OK)) {
			printf("left out: no %s here\n", paths[i]);
			continue;
		}
		check_against_nm(paths[i], "-D");
	}
}

static void chooses_names(void **state)
{
	struct pdiag_object o;

	(void)state;
	SKIP_WITHOUT("full.so");
	load(&o, "full.so");
	assert_string_equal(name_at(&o, fixture_address("full.so", "weak_name")), "global_two");
	assert_string_equal(name_at(&o, fixture_address("full.so", "local_one")), "local_one");
	assert_string_equal(name_at(&o, 0x10), "");
	assert_int_equal(o.miss, PDIAG_REASON_NO_MATCH);
	pdiag_object_free(&o);
}

/* Each stub that objdump names. */
static void check_plt(const char *name, unsigned int least)
{
	char command[PATH_MAX + 64], line[4096], label[4096];
	unsigned long long address;
	struct pdiag_symbol_hit hit;
	unsigned int count = 0;
	struct pdiag_object o;
	FILE *f;

	load(&o, name);
	snprintf(command, sizeof(command), "objdump -d '%s'", fixture(name));
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx <%4095[^>@]@plt>:", &address, label) != 2 ||
			!strstr(line, "@plt>:") || strchr(label, '*'))
			continue;
		count++;
		assert_true(pdiag_symbol_table_find(&o.table, address + 7, &hit));
		assert_true(hit.plt);
		assert_int_equal(hit.start, address);
		assert_string_equal(hit.name, label);
	}
	pclose(f);
	pdiag_object_free(&o);
	assert_true(count >= least);
}

static void plt_stubs(void **state)
{
	static const char *const names[] = { "full.so", "ibt.so", "lazy.so", "program" };

	(void)state;
	SKIP_WITHOUT("full.so");
	if (system("objdump --version > /dev/null 2>&1")) {
		printf("skipped: no objdump\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!fixture_missing(names[i]))
			check_plt(names[i], 1);
}

/* objdump cannot disassemble for arm64 here, so look the relocated names up. */
static void plt_stubs_of_arm64(void **state)
{
	unsigned int stubs = 0;
	struct pdiag_object o;

	(void)state;
	SKIP_WITHOUT("arm64.so");
	load(&o, "arm64.so");
	for (size_t i = 0; i < o.table.count; i++) {
		struct pdiag_symbol_hit hit;

		assert_true(pdiag_symbol_table_find(&o.table, o.table.entries[i].start, &hit));
		if (!hit.plt)
			continue;
		stubs++;
		assert_int_equal(hit.size, 16);
		assert_true(!strcmp(hit.name, "puts") || !strcmp(hit.name, "malloc") ||
			!strcmp(hit.name, "global_two"));
	}
	assert_true(stubs >= 2);
	pdiag_object_free(&o);
}

/* In a static program the stubs lead to functions chosen at start. */
static void plt_stubs_of_a_static_program(void **state)
{
	unsigned int stubs = 0;
	struct pdiag_object o;

	(void)state;
	SKIP_WITHOUT("static");
	load(&o, "static");
	for (size_t i = 0; i < o.table.count; i++)
		stubs += !!(o.table.entries[i].size & PDIAG_ENTRY_PLT);
	assert_true(stubs > 0);
	assert_non_null(name_at(&o, fixture_address("static", "main")));
	pdiag_object_free(&o);
}

static void debug_files(void **state)
{
	static const struct {
		const char *file, *from;
		bool found;
		enum pdiag_reason miss;
	} cases[] = {
		{ "link/full.so", "full.so", true, PDIAG_REASON_NO_MATCH },
		{ "dot/noid.so", "noid.so", true, PDIAG_REASON_NO_MATCH },
		{ "ids/full.so", "full.so", true, PDIAG_REASON_NO_MATCH },
		{ "below/noid.so", "noid.so", true, PDIAG_REASON_NO_MATCH },
		{ "stripped.so", "full.so", true, PDIAG_REASON_NO_MATCH },
		{ "wrong_sum/noid.so", "noid.so", false, PDIAG_REASON_DEBUG_MISMATCH },
	};
	struct pdiag_object o;

	(void)state;
	SKIP_WITHOUT("wrong_sum/noid.so");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t address = fixture_address(cases[i].from, "local_one");

		assert_true(address > 0);
		load(&o, cases[i].file);
		assert_string_equal(name_at(&o, address), cases[i].found ? "local_one" : "");
		assert_int_equal(o.miss, cases[i].miss);
		/* What the file itself exports is always there. */
		assert_string_equal(name_at(&o, fixture_address(cases[i].from, "global_one")),
			"global_one");
		pdiag_object_free(&o);
	}
}

/* The directory may be anybody's: what is no file there is not opened. */
static void debug_file_that_is_none(void **state)
{
	struct pdiag_object o;
	char path[PATH_MAX];
	int watch;

	(void)state;
	SKIP_WITHOUT("below/noid.so");
	strcpy(path, fixture("below/noid.debug"));
	assert_int_equal(mkfifo(path, 0600), 0);
	watch = opened_watch(path);
	assert_true(watch >= 0);
	load(&o, "below/noid.so");
	assert_false(opened_since(watch));
	unlink(path);
	pdiag_object_free(&o);
}

static void without_debug_files(void **state)
{
	uint64_t address;
	struct pdiag_object o;

	(void)state;
	SKIP_WITHOUT("wrong/full.so");
	address = fixture_address("full.so", "local_one");
	load_with(&o, fixture("link/full.so"), NULL);
	assert_string_equal(name_at(&o, address), "");
	assert_int_equal(o.miss, PDIAG_REASON_NO_SYMBOLS);
	pdiag_object_free(&o);
	load_with(&o, fixture("ids/full.so"), "::/nowhere:");
	assert_string_equal(name_at(&o, address), "");
	assert_int_equal(o.miss, PDIAG_REASON_NO_SYMBOLS);
	pdiag_object_free(&o);
	load_with(&o, fixture("wrong/full.so"), "/nowhere");
	assert_string_equal(name_at(&o, address), "");
	assert_int_equal(o.miss, PDIAG_REASON_DEBUG_MISMATCH);
	pdiag_object_free(&o);
}

static void mini_debug_information(void **state)
{
	struct pdiag_object o;

	(void)state;
	SKIP_WITHOUT("mini.so");
	load_with(&o, fixture("mini.so"), NULL);
	assert_string_equal(name_at(&o, fixture_address("full.so", "local_two")), "local_two");
	assert_string_equal(name_at(&o, fixture_address("full.so", "global_one")), "global_one");
	assert_int_equal(o.miss, PDIAG_REASON_NO_MATCH);
	pdiag_object_free(&o);
}

static void offsets_in_the_file(void **state)
{
	uint64_t address, vaddr;
	struct pdiag_object o;

	(void)state;
	SKIP_WITHOUT("program");
	load(&o, "program");
	address = fixture_address("program", "hidden");
	for (size_t i = 0; i < o.segment_count; i++) {
		const struct pdiag_segment *s = &o.segments[i];

		if (!s->code)
			continue;
		assert_true(pdiag_segments_vaddr(o.segments, o.segment_count,
			address - s->vaddr + s->offset, &vaddr));
		assert_int_equal(vaddr, address);
	}
	assert_false(pdiag_segments_vaddr(o.segments, o.segment_count, UINT64_MAX, &vaddr));
	pdiag_object_free(&o);
}

static void no_elf(void **state)
{
	struct pdiag_object o;

	(void)state;
	load_with(&o, "/etc/passwd", NULL);
	assert_int_equal(o.reason, PDIAG_REASON_NOT_ELF);
	load_with(&o, "/", NULL);
	assert_int_equal(o.reason, PDIAG_REASON_NOT_ELF);
	load_with(&o, "/dev/null", NULL);
	assert_int_equal(o.reason, PDIAG_REASON_NOT_ELF);
	assert_int_equal(pdiag_object_load_image(&o, "\177ELF", 4), 0);
	assert_int_equal(o.reason, PDIAG_REASON_NOT_ELF);
}

static void our_vdso(void **state)
{
	struct pdiag_object o;
	const char *image;
	size_t size, named = 0;

	(void)state;
	image = pdiag_vdso_image(&size);
	if (!image) {
		printf("skipped: no vdso here (valgrind hides it)\n");
		skip();
	}
	assert_int_equal(pdiag_object_load_image(&o, image, size), 0);
	assert_int_equal(o.reason, PDIAG_REASON_NONE);
	for (size_t i = 0; i < o.table.count; i++)
		named += !strcmp(name_at(&o, o.table.entries[i].start), "__vdso_clock_gettime") ||
			!strcmp(name_at(&o, o.table.entries[i].start), "__kernel_clock_gettime");
	assert_int_equal(named, 1);
	pdiag_object_free(&o);
}

/* Fail each allocation in turn; says how often that made the load fail. */
static unsigned int fail_each(const char *path)
{
	unsigned int failures = 0;

	for (unsigned long n = 0; n < 10000; n++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC), ret, failed;
		struct pdiag_object o;

		fail_alloc_start(n);
		ret = pdiag_object_load_file(&o, fd, path, "/nowhere");
		failed = fail_alloc_stop();
		close(fd);
		assert_true(ret == 0 || (failed && ret == -ENOMEM));
		failures += ret != 0;
		pdiag_object_free(&o);
		if (!failed)
			break;
	}
	return failures;
}

static void out_of_memory(void **state)
{
	static const char *const names[] = { "full.so", "link/full.so", "mini.so" };

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[PATH_MAX];
		size_t before;

		SKIP_WITHOUT(names[i]);
		strcpy(path, fixture(names[i]));
		/* The first rounds fill the allocator's own caches. */
		for (int round = 0; round < 5; round++)
			assert_true(fail_each(path) > 5);
		before = mallinfo2().uordblks;
		assert_true(fail_each(path) > 5);
		assert_int_equal(mallinfo2().uordblks, before);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_nm),
		cmocka_unit_test(same_as_nm_on_the_machine),
		cmocka_unit_test(chooses_names),
		cmocka_unit_test(plt_stubs),
		cmocka_unit_test(plt_stubs_of_arm64),
		cmocka_unit_test(plt_stubs_of_a_static_program),
		cmocka_unit_test(debug_files),
		cmocka_unit_test(debug_file_that_is_none),
		cmocka_unit_test(without_debug_files),
		cmocka_unit_test(mini_debug_information),
		cmocka_unit_test(offsets_in_the_file),
		cmocka_unit_test(no_elf),
		cmocka_unit_test(our_vdso),
		cmocka_unit_test(out_of_memory),
	};

	(void)argc;
	exact_heap(argv);
	return cmocka_run_group_tests(tests, fixtures_setup, fixtures_teardown);
}
