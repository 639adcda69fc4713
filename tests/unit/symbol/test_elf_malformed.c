/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ELF files with bytes changed and ends cut off: any result is fine, but there must be one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/stat.h>

#include "../../support/memory_file.h"
#include "../../support/symbol_fixtures.h"
#include "symbol/object.h"

struct bytes {
	unsigned char *data;
	size_t size;
};

static struct bytes read_all(const char *path)
{
	struct bytes b = { 0 };
	struct stat st;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	b.size = (size_t)st.st_size;
	b.data = malloc(b.size);
	assert_int_equal(fread(b.data, 1, b.size, f), b.size);
	fclose(f);
	return b;
}

/* Load from memory without a byte behind it, and search all over. */
static void load(const unsigned char *data, size_t size)
{
	struct pdiag_symbol_hit hit;
	struct pdiag_object o;
	char *copy = malloc(size ? size : 1);
	uint64_t vaddr;

	if (size)
		memcpy(copy, data, size);
	assert_int_equal(pdiag_object_load_image(&o, copy, size), 0);
	free(copy);
	for (uint64_t a = 0; a < 0x5000; a += 0x91) {
		pdiag_symbol_table_find(&o.table, a, &hit);
		pdiag_segments_vaddr(o.segments, o.segment_count, a, &vaddr);
	}
	pdiag_object_free(&o);
}

/* Where the meaning is: the headers, and the tables of segments and sections. */
static size_t interesting(const struct bytes *b, size_t i, size_t *where)
{
	uint64_t sections;
	uint16_t count;
	size_t n = 64 + 4 * 56, table;

	memcpy(&sections, b->data + 40, 8);
	memcpy(&count, b->data + 60, 2);
	table = (size_t)count * 64;
	*where = i < n ? i : (size_t)sections + (i - n);
	return n + table;
}

static void changed_bytes(void **state)
{
	static const char *const names[] = { "mini.so", "link/full.so", "ibt.so", "arm64.so" };
	static const unsigned char values[] = { 0x00, 0xff, 0x7f, 0x80, 0x01 };

	(void)state;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		struct bytes b;
		size_t where;

		if (fixture_missing(names[n]))
			continue;
		b = read_all(fixture(names[n]));
		for (size_t i = 0; i < interesting(&b, i, &where); i++) {
			unsigned char old;

			interesting(&b, i, &where);
			if (where >= b.size)
				continue;
			old = b.data[where];
			for (size_t v = 0; v < sizeof(values); v++) {
				b.data[where] = values[v];
				load(b.data, b.size);
			}
			b.data[where] = old;
		}
		free(b.data);
	}
}

static void random_changes(void **state)
{
	uint32_t seed = 4711;
	struct bytes b, copy;

	(void)state;
	if (fixture_missing("mini.so"))
		skip();
	b = read_all(fixture("mini.so"));
	copy.data = malloc(b.size);
	for (int round = 0; round < 1000; round++) {
		memcpy(copy.data, b.data, b.size);
		for (int k = 0; k < 20; k++) {
			seed = seed * 1664525u + 1013904223u;
			copy.data[(seed >> 4) % b.size] = (unsigned char)(seed >> 24);
		}
		load(copy.data, b.size);
	}
	free(copy.data);
	free(b.data);
}

static void cut_anywhere(void **state)
{
	struct bytes b;

	(void)state;
	if (fixture_missing("mini.so"))
		skip();
	b = read_all(fixture("mini.so"));
	for (size_t size = 0; size < b.size; size += size < 200 ? 1 : 97)
		load(b.data, size);
	free(b.data);
}

/* The file shrinks after it was opened: what is read is short, and nothing is touched. */
static void cut_under_us(void **state)
{
	struct bytes b;

	(void)state;
	if (fixture_missing("full.so"))
		skip();
	b = read_all(fixture("full.so"));
	for (size_t size = 0; size < b.size; size += 211) {
		int fd = memory_file(b.data, b.size);
		struct pdiag_elf e;
		struct pdiag_segment *segments;
		unsigned char id[PDIAG_BUILD_ID_MAX];
		size_t count;
		GElf_Shdr h;
		Elf_Scn *scn = NULL;
		int error;

		assert_int_equal(pdiag_elf_open_fd(&e, fd), 0);
		assert_int_equal(ftruncate(fd, (off_t)size), 0);
		pdiag_elf_build_id(&e, id);
		assert_int_equal(pdiag_elf_segments(&e, &segments, &count), 0);
		while ((scn = pdiag_elf_next(&e, scn, &h)))
			if (pdiag_elf_has_bytes(&e, &h))
				pdiag_elf_data(scn, &error);
		free(segments);
		pdiag_elf_close(&e);
		close(fd);
	}
	free(b.data);
}

/* A sparse file of terabytes whose tables claim all of it. */
static void claims_of_enormous_tables(void **state)
{
	struct pdiag_object o;
	Elf64_Ehdr h = { .e_type = ET_DYN, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_ehsize = sizeof(h), .e_shentsize = sizeof(Elf64_Shdr), .e_shoff = 64 };
	Elf64_Shdr first = { .sh_size = 1ull << 24 }, symbols = { .sh_type = SHT_SYMTAB,
		.sh_offset = 4096, .sh_size = 1ull << 40, .sh_entsize = 24, .sh_link = 2 };
	int fd = memory_file("", 0);

	(void)state;
	memcpy(h.e_ident, ELFMAG "\2\1\1", 7);
	assert_int_equal(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
	assert_int_equal(pwrite(fd, &first, sizeof(first), 64), sizeof(first));
	assert_int_equal(ftruncate(fd, (off_t)1 << 42), 0);
	assert_int_equal(pdiag_object_load_file(&o, fd, "", NULL), 0);
	assert_int_equal(o.reason, PDIAG_REASON_NOT_ELF);

	h.e_shnum = 3;
	first.sh_size = 0;
	assert_int_equal(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
	assert_int_equal(pwrite(fd, &first, sizeof(first), 64), sizeof(first));
	assert_int_equal(pwrite(fd, &symbols, sizeof(symbols), 128), sizeof(symbols));
	symbols.sh_type = SHT_STRTAB;
	assert_int_equal(pwrite(fd, &symbols, sizeof(symbols), 192), sizeof(symbols));
	assert_int_equal(pdiag_object_load_file(&o, fd, "", NULL), 0);
	assert_int_equal(o.table.count, 0);
	pdiag_object_free(&o);
	close(fd);
}

/* Sections of notes that all show the same bytes must not take memory once each. */
static void many_notes(void **state)
{
	enum { COUNT = 2000 };
	const size_t body = 512 * 1024,
		     size = sizeof(Elf64_Ehdr) + body + COUNT * sizeof(Elf64_Shdr);
	unsigned char id[PDIAG_BUILD_ID_MAX];
	char *image = calloc(1, size);
	Elf64_Ehdr h = { .e_ident = ELFMAG, .e_type = ET_DYN, .e_machine = EM_X86_64,
		.e_version = EV_CURRENT, .e_ehsize = sizeof(h), .e_shnum = COUNT,
		.e_shoff = sizeof(h) + body, .e_shentsize = sizeof(Elf64_Shdr) };
	Elf64_Shdr *sections;
	struct pdiag_elf e;
	size_t before;
	int fd;

	(void)state;
	assert_non_null(image);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	h.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(image, &h, sizeof(h));
	sections = (Elf64_Shdr *)(void *)(image + h.e_shoff);
	for (int i = 1; i < COUNT; i++)
		sections[i] = (Elf64_Shdr){ .sh_type = SHT_NOTE, .sh_offset = sizeof(h),
			.sh_size = body, .sh_addralign = 4 };
	fd = memory_file(image, size);
	free(image);
	assert_int_equal(pdiag_elf_open_fd(&e, fd), 0);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	assert_int_equal(pdiag_elf_build_id(&e, id), 0);
	assert_true(mallinfo2().uordblks + mallinfo2().hblkhd - before < 16u << 20);
	pdiag_elf_close(&e);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_bytes),
		cmocka_unit_test(many_notes),
		cmocka_unit_test(random_changes),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(cut_under_us),
		cmocka_unit_test(claims_of_enormous_tables),
	};

	return cmocka_run_group_tests(tests, fixtures_setup, fixtures_teardown);
}
