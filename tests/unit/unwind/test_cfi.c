/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows that are kept, and the blocks of files below them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <time.h>
#include <unistd.h>

#include "support/fail_alloc.h"
#include "unwind/cfi.h"
#include "unwind/file_blocks.h"
#include "util/array.h"
#include "util/clock.h"

static struct pdiag *context;
static struct pdiag_cfi *cfi;

static int set_up(void **state)
{
	(void)state;
	if (pdiag_open(NULL, &context))
		return -1;
	cfi = pdiag_cfi_get(context);
	return cfi ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	pdiag_close(context);
	return 0;
}

/* inode 0: any file at that path. */
static struct pdiag_module *file(const char *path, uint64_t inode)
{
	struct pdiag_record mmap = { .type = PDIAG_RECORD_MMAP, .pid = getpid(), .tid = getpid(),
		.mmap = { .start = 0x1000, .len = 0x1000, .path = path, .inode = inode } };

	return pdiag_modules_file(pdiag_modules_get(context), &mmap, true);
}

/* libc, and the offset of a function in it. */
static struct pdiag_module *libc(uint64_t *offset)
{
	struct link_map *map;
	Dl_info info;

	*offset = 0;
	if (!dladdr1((void *)(uintptr_t)qsort, &info, (void **)&map, RTLD_DL_LINKMAP))
		return NULL;
	/* Its code lies in the file as it does in memory. */
	*offset = (uint64_t)(uintptr_t)qsort - map->l_addr;
	return file(map->l_name, 0);
}

static struct pdiag_cfi_stats stats(void)
{
	struct pdiag_cfi_stats s;

	pdiag_cfi_stats(cfi, &s);
	return s;
}

static void looked_up_once(void **state)
{
	struct pdiag_module *module;
	struct pdiag_cfi_row row, again;
	uint64_t offset;
	(void)state;

	assert_ptr_equal(pdiag_cfi_get(context), cfi);
	module = libc(&offset);
	assert_non_null(module);
	assert_true(pdiag_cfi_find(cfi, module, offset, &row));
	assert_int_equal(row.base, PDIAG_CFI_SP);
	assert_int_equal(row.cfa, 8);
	assert_int_equal(stats().lookups, 1);
	assert_true(pdiag_cfi_find(cfi, module, offset, &again));
	assert_memory_equal(&row, &again, sizeof(row));
	assert_int_equal(stats().lookups, 1);
	/* That there is none is kept, too: the file's head is no code. */
	assert_false(pdiag_cfi_find(cfi, module, 0, &row));
	assert_false(pdiag_cfi_find(cfi, module, 0, &row));
	assert_int_equal(row.base, PDIAG_CFI_NONE);
	assert_int_equal(stats().lookups, 2);
	assert_false(pdiag_cfi_find(cfi, module, UINT64_MAX, &row));
}

/* A file that is none is not asked again, wherever in it a sample is. */
static void none(void **state)
{
	static const char *const paths[] = { "/nowhere/lib.so", "/etc/passwd", "/dev/null" };
	struct pdiag_cfi_row row;
	struct pdiag_module *module;
	uint64_t reads;
	(void)state;

	for (size_t i = 0; i < PDIAG_COUNT(paths); i++) {
		module = file(paths[i], !i);
		assert_non_null(module);
		assert_false(pdiag_cfi_find(cfi, module, 0x1000, &row));
		reads = stats().reads;
		assert_true(reads > 0);
		for (uint64_t offset = 0; offset < 100; offset++)
			assert_false(pdiag_cfi_find(cfi, module, offset, &row));
		assert_int_equal(stats().reads, reads);
	}
	module = pdiag_modules_vdso(pdiag_modules_get(context), true);
	assert_false(pdiag_cfi_find(cfi, module, 0x1000, &row));
	assert_int_equal(stats().reads, reads);
}

/* Out of memory nothing is kept: the next sample finds it. */
static void out_of_memory(void **state)
{
	struct pdiag_module *module;
	struct pdiag_cfi_row row;
	uint64_t offset;
	bool found;
	(void)state;

	FAIL_ALLOC_OR_SKIP();
	module = libc(&offset);
	for (unsigned long n = 0;; n++) {
		fail_alloc_start(n);
		found = pdiag_cfi_find(cfi, module, offset, &row);
		if (!fail_alloc_stop())
			break;
		assert_false(found);
		assert_int_equal(row.base, PDIAG_CFI_NONE);
		assert_true(n < 20);
	}
	assert_true(found);
}

static void blocks(void **state)
{
	struct pdiag_file_blocks *b = calloc(1, sizeof(*b));
	struct pdiag_module *module;
	unsigned char *want, *got;
	uint64_t offset;
	size_t len = 5 * PDIAG_FILE_BLOCK;
	(void)state;

	module = libc(&offset);
	want = malloc(len);
	got = malloc(len);
	assert_true(b && want && got);
	{
		pdiag_auto_close int fd = open(module->path, O_RDONLY | O_CLOEXEC);

		assert_int_equal(pread(fd, want, len, 11), len);
	}
	assert_int_equal(pdiag_file_blocks_read(b, module, 11, got, len), 0);
	assert_memory_equal(want, got, len);
	assert_int_equal(b->reads, 6);
	assert_int_equal(pdiag_file_blocks_read(b, module, 5, got, 100), 0);
	assert_int_equal(b->reads, 6);
	assert_int_equal(pdiag_file_blocks_read(b, module, 1ull << 40, got, 1), -EBADMSG);
	assert_int_equal(pdiag_file_blocks_read(b, module, UINT64_MAX, got, 1), -EBADMSG);
	assert_int_equal(pdiag_file_blocks_read(b, module, INT64_MAX, got, 1), -EBADMSG);
	/* What was not used for longest goes: never more blocks than there are places. */
	for (uint64_t i = 0; i < 3 * PDIAG_FILE_BLOCKS; i++) {
		pdiag_file_blocks_read(b, module, (i + 100) * PDIAG_FILE_BLOCK, got, 1);
		assert_int_equal(pdiag_file_blocks_read(b, module, 5, got, 100), 0);
	}
	/* Each of those once, and one was asked for above: what is used all the time stays. */
	assert_int_equal(b->reads, 6 + 1 + 3 * PDIAG_FILE_BLOCKS);
	pdiag_file_blocks_free(b);
	free(b);
	free(want);
	free(got);
}

/* A file that took long: there is no time for others, until some has passed. */
static void no_time(void **state)
{
	struct pdiag_file_blocks *b = calloc(1, sizeof(*b));
	struct pdiag_module *module;
	unsigned char byte;
	uint64_t offset;
	(void)state;

	module = libc(&offset);
	assert_non_null(b);
	assert_int_equal(pdiag_file_blocks_read(b, module, 0, &byte, 1), 0);
	b->time_left = -INT64_MAX / 2;
	assert_int_equal(
		pdiag_file_blocks_read(b, module, PDIAG_FILE_BLOCK, &byte, 1), -EAGAIN);
	assert_int_equal(pdiag_file_blocks_read(b, module, 1, &byte, 1), 0); /* known */
	assert_int_equal(b->reads, 1);
	/* The last read was at the boot of the machine, or before. */
	b->time_left = -1;
	b->since = 1;
	assert_int_equal(pdiag_file_blocks_read(b, module, PDIAG_FILE_BLOCK, &byte, 1), 0);
	pdiag_file_blocks_free(b);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(looked_up_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(out_of_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(blocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_time, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
