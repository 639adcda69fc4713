/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "../../support/fail_alloc.h"
#include "../../support/memory_file.h"
#include "symbol/kallsyms.h"

static enum pdiag_reason load(struct pdiag_symbol_table *t, const char *text)
{
	int fd = memory_file(text, strlen(text));
	enum pdiag_reason reason;

	*t = (struct pdiag_symbol_table){ 0 };
	assert_int_equal(pdiag_kallsyms_read(fd, t, &reason), 0);
	close(fd);
	return reason;
}

static void is_at(const struct pdiag_symbol_table *t, uint64_t address, const char *name,
	const char *module)
{
	struct pdiag_symbol_hit hit;

	if (!name) {
		assert_false(pdiag_symbol_table_find(t, address, &hit));
		return;
	}
	assert_true(pdiag_symbol_table_find(t, address, &hit));
	assert_string_equal(hit.name, name);
	if (module)
		assert_string_equal(pdiag_kallsyms_module(hit.name), module);
	else
		assert_null(pdiag_kallsyms_module(hit.name));
}

static const char sample[] =
	"0000000000000000 A fixed_percpu_data\n"
	"0000000000006000 a percpu_thing\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000000 t startup_64\n"
	"ffffffff81000100 t local_fn\n"
	"ffffffff81000100 T global_fn\n"
	"ffffffff81000100 W weak_function\n"
	"ffffffff81000200 T __pfx_foo.isra.0\n"
	"ffffffff81000210 t foo.isra.0\n"
	"ffffffff81000300 D table\n"
	"ffffffff81000400 T behind_table\n"
	"ffffffff81001000 T _etext\n"
	"ffffffff81800000 t init_fn\n"
	"ffffffffc0005000 t late\t[zram]\n"
	"ffffffffc0000010 T ext4_read [ext4]\n"
	"ffffffffc0000810 t ext4_tail\t[ext4]\n"
	"ffffffffc0004000 t bpf_prog_6deef7357e7b4530_sd\t[bpf]\n";

static void names_code(void **state)
{
	struct pdiag_symbol_table t;

	(void)state;
	assert_int_equal(load(&t, sample), PDIAG_REASON_NONE);
	is_at(&t, 0xffffffff80ffffff, NULL, NULL);
	is_at(&t, 0xffffffff81000050, "_stext", NULL);
	is_at(&t, 0xffffffff81000150, "global_fn", NULL);
	is_at(&t, 0xffffffff81000205, "__pfx_foo.isra.0", NULL);
	is_at(&t, 0xffffffff810002ff, "foo.isra.0", NULL);
	is_at(&t, 0xffffffff81000300, NULL, NULL);
	is_at(&t, 0xffffffff81000fff, "behind_table", NULL);
	pdiag_symbol_table_free(&t);
}

static void gaps_have_no_name(void **state)
{
	struct pdiag_symbol_table t;

	(void)state;
	load(&t, sample);
	is_at(&t, 0x6000, NULL, NULL);
	is_at(&t, 0xffffffff81001000, NULL, NULL);
	is_at(&t, 0xffffffff81400000, NULL, NULL);
	is_at(&t, 0xffffffff81800fff, "init_fn", NULL);
	is_at(&t, 0xffffffffa0000000, NULL, NULL);
	is_at(&t, UINT64_MAX, NULL, NULL);
	pdiag_symbol_table_free(&t);
}

static void knows_modules(void **state)
{
	struct pdiag_symbol_table t;

	(void)state;
	load(&t, sample);
	is_at(&t, 0xffffffffc0000010, "ext4_read", "ext4");
	is_at(&t, 0xffffffffc0000820, "ext4_tail", "ext4");
	is_at(&t, 0xffffffffc0001fff, "ext4_tail", "ext4");
	is_at(&t, 0xffffffffc0002000, NULL, NULL);
	is_at(&t, 0xffffffffc0004000, "bpf_prog_6deef7357e7b4530_sd", "bpf");
	is_at(&t, 0xffffffffc0005000, "late", "zram");
	pdiag_symbol_table_free(&t);
}

static void hidden_addresses(void **state)
{
	struct pdiag_symbol_table t;

	(void)state;
	assert_int_equal(load(&t, "0000000000000000 T a\n0000000000000000 t b\t[m]\n"),
		PDIAG_REASON_KERNEL_HIDDEN);
	pdiag_symbol_table_free(&t);
	assert_int_equal(load(&t, ""), PDIAG_REASON_NO_SYMBOLS);
	pdiag_symbol_table_free(&t);
	assert_int_equal(load(&t, "not a table\n\n\n"), PDIAG_REASON_NO_SYMBOLS);
	pdiag_symbol_table_free(&t);
	/* Data only: not hidden, but of no use. */
	assert_int_equal(load(&t, "ffffffff81000000 d x\n"), PDIAG_REASON_NO_SYMBOLS);
	pdiag_symbol_table_free(&t);
}

static void odd_lines_are_skipped(void **state)
{
	struct pdiag_symbol_table t;

	(void)state;
	load(&t, "ffffffff8100000000 T too_long\nffffffff81000000T x\nffffffff81000000 T \n"
		 "ffffffff81000000 Tx\nffffffff81000000 T [mod]\n\nffffffff81000500 T good\t[]\n"
		 "ffffffff81000600 T last");
	assert_int_equal(t.count, 3);
	is_at(&t, 0xffffffff81000000, "[mod]", NULL);
	is_at(&t, 0xffffffff81000500, "good", NULL);
	is_at(&t, 0xffffffff81000600, "last", NULL);
	pdiag_symbol_table_free(&t);
}

static void very_long_names(void **state)
{
	const size_t len = 600 * 1024;
	char *text = malloc(len + 200), *p = text;
	struct pdiag_symbol_table t;
	struct pdiag_symbol_hit hit;

	(void)state;
	p += sprintf(p, "ffffffff81000000 T ");
	memset(p, 'x', len);
	p += len;
	strcpy(p, "\nffffffff81000800 T after\n");
	load(&t, text);
	assert_int_equal(t.count, 2);
	assert_true(pdiag_symbol_table_find(&t, 0xffffffff81000000, &hit));
	assert_int_equal(hit.name_len, PDIAG_SYMBOL_NAME_MAX);
	is_at(&t, 0xffffffff81000800, "after", NULL);
	pdiag_symbol_table_free(&t);
	free(text);
}

static void paths_that_fail(void **state)
{
	struct pdiag_symbol_table t = { 0 };
	enum pdiag_reason reason;

	(void)state;
	assert_int_equal(pdiag_kallsyms_load("/nowhere/at/all", &t, &reason), 0);
	assert_int_equal(reason, PDIAG_REASON_FILE_GONE);
	assert_int_equal(pdiag_kallsyms_load("/dev/null/a", &t, &reason), 0);
	assert_int_equal(reason, PDIAG_REASON_FILE_GONE);
	/* It opens, but cannot be read. */
	assert_int_equal(pdiag_kallsyms_load("/", &t, &reason), 0);
	assert_int_equal(reason, PDIAG_REASON_NO_PERMISSION);
	pdiag_symbol_table_free(&t);
	assert_int_equal(pdiag_kallsyms_load("/dev/null", &t, &reason), 0);
	assert_int_equal(reason, PDIAG_REASON_NO_SYMBOLS);
	pdiag_symbol_table_free(&t);
}

/* Every function of the running kernel is found, under a name that it has in the file. */
static void the_running_kernel(void **state)
{
	struct pdiag_symbol_table t = { 0 };
	unsigned long long address, checked = 0;
	enum pdiag_reason reason;
	char line[1024], name[512], type;
	FILE *f;

	(void)state;
	assert_int_equal(pdiag_kallsyms_load("/proc/kallsyms", &t, &reason), 0);
	if (reason) {
		printf("skipped: /proc/kallsyms: %s\n", pdiag_reason_text(reason));
		skip();
	}
	f = fopen("/proc/kallsyms", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct pdiag_symbol_hit hit;

		if (sscanf(line, "%llx %c %511s", &address, &type, name) != 3 ||
			!strchr("tTwW", type) || !strcmp(name, "_etext") ||
			!strcmp(name, "_einittext"))
			continue;
		/* Another name may stand for it, but it starts at the same address. */
		if (!pdiag_symbol_table_find(&t, address, &hit) || hit.start != address)
			fail_msg("%llx %s is not found", address, name);
		checked++;
	}
	fclose(f);
	assert_true(checked > 1000);
	pdiag_symbol_table_free(&t);
}

static void out_of_memory(void **state)
{
	int fd = memory_file(sample, strlen(sample));

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		struct pdiag_symbol_table t = { 0 };
		enum pdiag_reason reason;
		int ret, failed;

		lseek(fd, 0, SEEK_SET);
		fail_alloc_start(n);
		ret = pdiag_kallsyms_read(fd, &t, &reason);
		failed = fail_alloc_stop();
		assert_true(ret == 0 || (failed && ret == -ENOMEM));
		if (!ret)
			is_at(&t, 0xffffffff81000150, "global_fn", NULL);
		pdiag_symbol_table_free(&t);
		if (!failed)
			break;
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_code),
		cmocka_unit_test(gaps_have_no_name),
		cmocka_unit_test(knows_modules),
		cmocka_unit_test(hidden_addresses),
		cmocka_unit_test(odd_lines_are_skipped),
		cmocka_unit_test(very_long_names),
		cmocka_unit_test(paths_that_fail),
		cmocka_unit_test(the_running_kernel),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
