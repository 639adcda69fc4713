/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every row of every function of the libraries that this program runs with, against what elfutils
 * says of them; and the same libraries cut short, or with bytes that are others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unwind/cfi_image.h"
#include "util/array.h"

#define DI 5
#define BP 6
#define SP 7
#define RA 16

struct file {
	unsigned char *bytes;
	size_t len;
	struct pdiag_cfi_reader reader;
	struct pdiag_cfi_image *image;
};

struct counts {
	unsigned long rows, same, outermost, in_di, not_followed;
};

static int read_bytes(void *user, uint64_t offset, void *to, size_t len)
{
	const struct file *f = user;

	if (offset > f->len || len > f->len - offset)
		return -EBADMSG;
	memcpy(to, f->bytes + offset, len);
	return 0;
}

static void open_file(struct file *f, const char *path)
{
	pdiag_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	assert_true(fd >= 0 && !fstat(fd, &st));
	f->len = (size_t)st.st_size;
	f->bytes = malloc(f->len);
	assert_non_null(f->bytes);
	assert_int_equal(read(fd, f->bytes, f->len), f->len);
	f->reader = (struct pdiag_cfi_reader){ .read = read_bytes, .user = f };
	assert_int_equal(pdiag_cfi_image_open(&f->reader, &f->image), 0);
}

static void close_file(struct file *f)
{
	free(f->image);
	free(f->bytes);
}

static uint64_t offset_of(const struct file *f, uint64_t vaddr)
{
	for (uint32_t i = 0; i < f->image->segment_count; i++) {
		const struct pdiag_cfi_segment *s = &f->image->segments[i];

		if (vaddr >= s->vaddr && vaddr - s->vaddr < s->size)
			return s->offset + (vaddr - s->vaddr);
	}
	fail_msg("an address in no segment");
	return 0;
}

/* The rule of a register as elfutils has it: saved (true) at CFA + *offset, or not. */
static bool rule(Dwarf_Frame *frame, int reg, int64_t *offset, bool *same, bool *undefined)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	*same = *undefined = false;
	*offset = 0;
	assert_int_equal(dwarf_frame_register(frame, reg, mem, &ops, &n), 0);
	*same = !n && !ops;
	*undefined = !n && ops == mem;
	if (n == 1 && ops[0].atom == DW_OP_call_frame_cfa)
		return true;
	if (n != 2 || ops[0].atom != DW_OP_call_frame_cfa || ops[1].atom != DW_OP_plus_uconst)
		return false;
	*offset = (int64_t)ops[1].number;
	return true;
}

static bool in_register(Dwarf_Frame *frame, int reg, unsigned int other)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	assert_int_equal(dwarf_frame_register(frame, reg, mem, &ops, &n), 0);
	return n == 1 && ((ops[0].atom == DW_OP_regx && ops[0].number == other) ||
				 ops[0].atom == DW_OP_reg0 + other);
}

/* What elfutils says, in our terms; base NONE: what we do not follow. */
static struct pdiag_cfi_row by_elfutils(Dwarf_Frame *frame, uint64_t pc)
{
	struct pdiag_cfi_row row = { .base = PDIAG_CFI_NONE };
	int64_t ra, bp, sp;
	bool same, undefined, ra_saved, bp_saved, signal, in_di;
	Dwarf_Addr start, end;
	Dwarf_Op *ops;
	size_t n;

	dwarf_frame_info(frame, &start, &end, &signal);
	ra_saved = rule(frame, RA, &ra, &same, &undefined);
	row.outermost = undefined && !signal;
	in_di = in_register(frame, RA, DI);
	if (signal || (!undefined && !in_di && (!ra_saved || ra != -8)))
		return row;
	if (dwarf_frame_cfa(frame, &ops, &n) || !n)
		return row;
	if (row.outermost) {
		row.base = PDIAG_CFI_SP;
		return row;
	}
	bp_saved = rule(frame, BP, &bp, &same, &undefined);
	/* By the ABI a register of the callee's is the same if nothing is said. */
	if (!bp_saved && !same)
		return row;
	if (rule(frame, SP, &sp, &same, &undefined))
		return row;
	row.bp_saved = bp_saved;
	row.bp = (int32_t)bp;
	row.ra_in_di = in_di;
	if (n == 1 && (ops[0].atom == DW_OP_breg7 || ops[0].atom == DW_OP_breg6)) {
		row.base = ops[0].atom == DW_OP_breg7 ? PDIAG_CFI_SP : PDIAG_CFI_BP;
		row.cfa = (int32_t)ops[0].number;
	} else if (n == 1 && ops[0].atom == DW_OP_bregx &&
		   (ops[0].number == SP || ops[0].number == BP)) {
		row.base = ops[0].number == SP ? PDIAG_CFI_SP : PDIAG_CFI_BP;
		row.cfa = (int32_t)ops[0].number2;
	} else if (n == 9 && ops[0].atom == DW_OP_breg7 && ops[1].atom == DW_OP_breg16) {
		row.base = PDIAG_CFI_SP;
		row.cfa = 8 + ((pc & 15) >= (uint64_t)(ops[4].atom - DW_OP_lit0)) * 8;
	}
	return row;
}

static void compare(struct file *f, Dwarf_CFI *cfi, uint64_t pc, uint64_t *next, struct counts *c)
{
	struct pdiag_cfi_row ours, theirs;
	Dwarf_Addr start, end;
	Dwarf_Frame *frame;
	bool signal;
	int ret;

	*next = pc + 1;
	ret = pdiag_cfi_image_row(f->image, &f->reader, offset_of(f, pc), &ours);
	if (dwarf_cfi_addrframe(cfi, pc, &frame)) {
		assert_int_equal(ret, -EBADMSG);
		return;
	}
	dwarf_frame_info(frame, &start, &end, &signal);
	*next = end > pc ? end : pc + 1;
	theirs = by_elfutils(frame, pc);
	c->rows++;
	c->outermost += theirs.outermost;
	c->in_di += theirs.ra_in_di;
	c->not_followed += theirs.base == PDIAG_CFI_NONE;
	free(frame);
	if (ret ? theirs.base != PDIAG_CFI_NONE :
		  theirs.outermost != ours.outermost ||
			(!ours.outermost &&
				(theirs.base != ours.base || theirs.cfa != ours.cfa ||
					theirs.ra_in_di != ours.ra_in_di ||
					theirs.bp_saved != ours.bp_saved || theirs.bp != ours.bp)))
		fail_msg("at 0x%llx: base %u, CFA %d, BP %d at %d, in DI %d; elfutils has %u, %d, "
			"%d at %d, %d", (unsigned long long)pc, ours.base, ours.cfa, ours.bp_saved,
			ours.bp, ours.ra_in_di, theirs.base, theirs.cfa, theirs.bp_saved, theirs.bp,
			theirs.ra_in_di);
	c->same++;
}

/* All rows: from the first place of one to the first of the next. */
static struct counts compare_all(const char *path)
{
	struct counts c = { .rows = 0 };
	struct file f = { .bytes = NULL };
	Dwarf_CFI *cfi;
	Elf *elf;

	open_file(&f, path);
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)f.bytes, f.len);
	cfi = dwarf_getcfi_elf(elf);
	assert_non_null(cfi);
	for (uint32_t i = 0; i < f.image->segment_count; i++) {
		const struct pdiag_cfi_segment *s = &f.image->segments[i];

		for (uint64_t pc = s->vaddr, next; s->code && pc < s->vaddr + s->size; pc = next) {
			compare(&f, cfi, pc, &next, &c);
			/* The last place of a row as well. */
			if (next - pc > 2)
				compare(&f, cfi, next - 1, &(uint64_t){ 0 }, &c);
		}
	}
	dwarf_cfi_end(cfi);
	elf_end(elf);
	close_file(&f);
	return c;
}

static const char *libc_path;

static int each(struct dl_phdr_info *info, size_t size, void *user)
{
	struct counts *sum = user, c;
	(void)size;

	if (strstr(info->dlpi_name, "/libc.so"))
		libc_path = info->dlpi_name;
	if (info->dlpi_name[0] && info->dlpi_name[0] != '/')
		return 0; /* the vdso */
	c = compare_all(info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe");
	printf("%s: %lu rows, %lu outermost, %lu not followed\n", info->dlpi_name, c.rows,
		c.outermost, c.not_followed);
	sum->rows += c.rows;
	sum->not_followed += c.not_followed;
	sum->outermost += c.outermost;
	sum->in_di += c.in_di;
	return 0;
}

static void as_elfutils(void **state)
{
	struct counts sum = { .rows = 0 };
	(void)state;

#if !defined(__x86_64__)
	printf("skipped: the rows are those of x86-64\n");
	skip();
#endif
	dl_iterate_phdr(each, &sum);
	assert_non_null(libc_path);
	assert_true(sum.rows > 10000);
	assert_true(sum.outermost > 0);
	assert_true(sum.in_di > 0); /* vfork() */
	assert_true(sum.not_followed * 50 < sum.rows);
}

static void probe(struct file *f)
{
	struct pdiag_cfi_row row;
	int ret;

	for (uint64_t offset = 0; offset < f->len; offset += f->len / 199 + 1) {
		ret = pdiag_cfi_image_row(f->image, &f->reader, offset, &row);
		assert_true(!ret || ret == -EBADMSG);
		assert_int_equal(!ret, row.base != PDIAG_CFI_NONE);
	}
}

/* Headers of any bytes, and what they lead to. */
static void damaged(void **state)
{
	struct file f = { .bytes = NULL };
	struct pdiag_cfi_image *image;
	unsigned char kept;
	size_t len;
	(void)state;

	open_file(&f, "/proc/self/exe");
	len = f.len;
	for (size_t i = 0; i < sizeof(Elf64_Ehdr) + 14 * sizeof(Elf64_Phdr); i++) {
		kept = f.bytes[i];
		for (unsigned int bit = 0; bit < 8; bit++) {
			f.bytes[i] = (unsigned char)(kept ^ 1u << bit);
			if (pdiag_cfi_image_open(&f.reader, &image))
				continue;
			free(f.image);
			f.image = image;
			probe(&f);
		}
		f.bytes[i] = kept;
	}
	for (f.len = 0; f.len < len; f.len += f.len < 2000 ? 1 : 997)
		if (!pdiag_cfi_image_open(&f.reader, &image)) {
			free(f.image);
			f.image = image;
			probe(&f);
		}
	f.len = len;
	for (size_t i = 0; i < len; i += 3)
		f.bytes[i] ^= 0x55;
	probe(&f);
	close_file(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_elfutils),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
