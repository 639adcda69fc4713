/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs of call frame information, made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dwarf.h>

#include "unwind/cfi_cursor.h"
#include "unwind/cfi_row.h"
#include "util/array.h"

#define START 0x1000u
#define RBX 3
#define BP 6
#define SP 7
#define RA 16
#define DI 5

/* What all compilers begin with: CFA is SP + 8, the return address below it. */
static const unsigned char usual[] = { DW_CFA_def_cfa, SP, 8, DW_CFA_offset | RA, 1 };

static struct pdiag_cfi_row row;
static bool ok;

static void run_all(const unsigned char *initial, size_t initial_len, const unsigned char *code,
	size_t len, uint64_t pc)
{
	unsigned char *exact = malloc(len ? len : 1);
	struct pdiag_cfi_program program = { .initial = initial, .initial_len = initial_len,
		.instructions = exact, .instructions_len = len, .start = START, .code_align = 1,
		.data_align = -8 };

	if (len)
		memcpy(exact, code, len);
	memset(&row, 0x77, sizeof(row));
	ok = pdiag_cfi_run(&program, pc, &row);
	assert_int_equal(ok, row.base != PDIAG_CFI_NONE);
	free(exact);
}

#define RUN(at, ...) \
	do { \
		const unsigned char code[] = { __VA_ARGS__ }; \
		run_all(usual, sizeof(usual), code, sizeof(code), START + (at)); \
	} while (0)

#define EXPECT(want_base, want_cfa, want_saved, want_bp) \
	do { \
		assert_true(ok); \
		assert_int_equal(row.base, want_base); \
		assert_int_equal(row.cfa, want_cfa); \
		assert_int_equal(row.bp_saved, want_saved); \
		assert_int_equal(row.bp, want_bp); \
		assert_false(row.outermost); \
	} while (0)

#define PROLOGUE \
	DW_CFA_advance_loc | 1, DW_CFA_def_cfa_offset, 16, DW_CFA_offset | BP, 2, \
		DW_CFA_advance_loc | 3, DW_CFA_def_cfa_register, BP

static void frame_pointer(void **state)
{
	(void)state;
	RUN(0, PROLOGUE);
	EXPECT(PDIAG_CFI_SP, 8, false, 0);
	RUN(1, PROLOGUE);
	EXPECT(PDIAG_CFI_SP, 16, true, -16);
	RUN(3, PROLOGUE);
	EXPECT(PDIAG_CFI_SP, 16, true, -16);
	RUN(4, PROLOGUE);
	EXPECT(PDIAG_CFI_BP, 16, true, -16);
	RUN(400, PROLOGUE, DW_CFA_advance_loc2, 0x90, 1, DW_CFA_def_cfa, SP, 8);
	EXPECT(PDIAG_CFI_BP, 16, true, -16);
	RUN(404, PROLOGUE, DW_CFA_advance_loc2, 0x90, 1, DW_CFA_def_cfa, SP, 8,
		DW_CFA_restore | BP);
	EXPECT(PDIAG_CFI_SP, 8, false, 0);
}

static void every_way_to_go_on(void **state)
{
	(void)state;
	RUN(9, DW_CFA_advance_loc1, 10, DW_CFA_def_cfa_offset, 24);
	EXPECT(PDIAG_CFI_SP, 8, false, 0);
	RUN(10, DW_CFA_advance_loc1, 10, DW_CFA_def_cfa_offset, 24);
	EXPECT(PDIAG_CFI_SP, 24, false, 0);
	RUN(0x10203, DW_CFA_advance_loc4, 4, 2, 1, 0, DW_CFA_def_cfa_offset, 24);
	EXPECT(PDIAG_CFI_SP, 8, false, 0);
	RUN(0x10204, DW_CFA_advance_loc4, 4, 2, 1, 0, DW_CFA_def_cfa_offset, 24);
	EXPECT(PDIAG_CFI_SP, 24, false, 0);
}

static void every_way_to_say_it(void **state)
{
	(void)state;
	RUN(0, DW_CFA_nop, DW_CFA_def_cfa_sf, BP, 0x7e); /* -2 times -8 */
	EXPECT(PDIAG_CFI_BP, 16, false, 0);
	RUN(0, DW_CFA_def_cfa_offset_sf, 0x7d);
	EXPECT(PDIAG_CFI_SP, 24, false, 0);
	RUN(0, DW_CFA_offset_extended, BP, 3);
	EXPECT(PDIAG_CFI_SP, 8, true, -24);
	RUN(0, DW_CFA_offset_extended_sf, BP, 0x7f);
	EXPECT(PDIAG_CFI_SP, 8, true, 8);
	RUN(0, DW_CFA_offset | BP, 3, DW_CFA_restore_extended, BP);
	EXPECT(PDIAG_CFI_SP, 8, false, 0);
	RUN(0, DW_CFA_offset | BP, 3, DW_CFA_same_value, BP, DW_CFA_GNU_args_size, 0x80, 1);
	EXPECT(PDIAG_CFI_SP, 8, false, 0);
	RUN(0, DW_CFA_def_cfa_offset, 0x80, 0x80, 4);
	EXPECT(PDIAG_CFI_SP, 0x10000, false, 0);
}

/* What is said of registers that nobody asks for. */
static void other_registers(void **state)
{
	(void)state;
	RUN(0, DW_CFA_offset | RBX, 4, DW_CFA_register, RBX, 5, DW_CFA_val_offset, RBX, 5,
		DW_CFA_val_offset_sf, RBX, 0x7f, DW_CFA_undefined, RBX, DW_CFA_expression, RBX, 2,
		DW_OP_breg6, 0x70, DW_CFA_val_expression, RBX, 1, DW_OP_lit0, DW_CFA_restore | RBX,
		DW_CFA_offset_extended, 0x80, 0x80, 0x80, 0x80, 8, 1, DW_CFA_def_cfa_offset, 48);
	EXPECT(PDIAG_CFI_SP, 48, false, 0);
}

static void remembered(void **state)
{
	(void)state;
	RUN(4, PROLOGUE, DW_CFA_remember_state, DW_CFA_def_cfa, SP, 8, DW_CFA_restore | BP,
		DW_CFA_restore_state);
	EXPECT(PDIAG_CFI_BP, 16, true, -16);
	RUN(4, DW_CFA_restore_state);
	assert_false(ok);
	RUN(4, DW_CFA_remember_state, DW_CFA_remember_state, DW_CFA_remember_state,
		DW_CFA_remember_state, DW_CFA_remember_state, DW_CFA_remember_state,
		DW_CFA_remember_state, DW_CFA_remember_state);
	assert_true(ok);
	RUN(4, DW_CFA_remember_state, DW_CFA_remember_state, DW_CFA_remember_state,
		DW_CFA_remember_state, DW_CFA_remember_state, DW_CFA_remember_state,
		DW_CFA_remember_state, DW_CFA_remember_state, DW_CFA_remember_state);
	assert_false(ok);
}

/* The stubs of a linker push a word in the middle. */
static void stubs(void **state)
{
	static const unsigned char rule[] = { DW_CFA_def_cfa_expression, 11, DW_OP_breg7, 8,
		DW_OP_breg16, 0, DW_OP_lit15, DW_OP_and, DW_OP_lit11, DW_OP_ge, DW_OP_lit3,
		DW_OP_shl, DW_OP_plus };
	unsigned char other[sizeof(rule)];
	(void)state;

	for (unsigned int at = 0; at < 64; at++) {
		run_all(usual, sizeof(usual), rule, sizeof(rule), START + at);
		EXPECT(PDIAG_CFI_SP, at % 16 >= 11 ? 16 : 8, false, 0);
	}
	/* Another one is not it; the number of bytes after which they push is theirs to say. */
	for (size_t i = 2; i < sizeof(rule); i++) {
		memcpy(other, rule, sizeof(rule));
		other[i] = i == 8 ? DW_OP_lit0 - 1 : DW_OP_lit0;
		run_all(usual, sizeof(usual), other, sizeof(other), START);
		assert_false(ok);
	}
	memcpy(other, rule, sizeof(rule));
	other[8] = DW_OP_lit31;
	run_all(usual, sizeof(usual), other, sizeof(other), START + 15);
	EXPECT(PDIAG_CFI_SP, 8, false, 0);
}

static void outermost(void **state)
{
	(void)state;
	RUN(0, DW_CFA_undefined, RA);
	assert_true(ok);
	assert_true(row.outermost);
}

/* As vfork() does: SP is the caller's again, the return address is in a register. */
static void return_address_in_di(void **state)
{
	(void)state;
	RUN(0, DW_CFA_def_cfa_offset, 0, DW_CFA_register, RA, DI);
	EXPECT(PDIAG_CFI_SP, 0, false, 0);
	assert_true(row.ra_in_di);
	RUN(0, DW_CFA_register, RA, DI, DW_CFA_restore_extended, RA);
	EXPECT(PDIAG_CFI_SP, 8, false, 0);
	assert_false(row.ra_in_di);
}

static void not_followed(void **state)
{
	(void)state;
	RUN(0, DW_CFA_def_cfa_expression, 3, DW_OP_breg6, 0x70, DW_OP_deref);
	assert_false(ok);
	RUN(0, DW_CFA_def_cfa_register, 10);
	assert_false(ok);
	RUN(0, DW_CFA_offset | RA, 2);
	assert_false(ok);
	RUN(0, DW_CFA_register, RA, RBX);
	assert_false(ok);
	RUN(0, DW_CFA_same_value, RA);
	assert_false(ok);
	RUN(0, DW_CFA_expression, BP, 2, DW_OP_breg6, 0);
	assert_false(ok);
	RUN(0, DW_CFA_undefined, BP);
	assert_false(ok);
	RUN(0, DW_CFA_register, BP, DI);
	assert_false(ok);
	RUN(0, DW_CFA_register, BP, RBX);
	assert_false(ok);
	RUN(0, DW_CFA_offset | SP, 3);
	assert_false(ok);
	run_all(NULL, 0, NULL, 0, START); /* no CFA at all */
	assert_false(ok);
}

/* Cut anywhere, and numbers that are too large. */
static void malformed(void **state)
{
	static const unsigned char all[] = { PROLOGUE, DW_CFA_advance_loc1, 1,
		DW_CFA_offset_extended, BP, 2, DW_CFA_expression, RBX, 2, DW_OP_breg6, 0,
		DW_CFA_def_cfa_sf, SP, 0x7e, DW_CFA_val_offset, RBX, 2 };
	(void)state;

	for (size_t len = 0; len <= sizeof(all); len++)
		run_all(usual, sizeof(usual), all, len, START + 20);
	assert_true(ok);
	run_all(usual, sizeof(usual), all, sizeof(all) - 1, START + 20);
	assert_false(ok);
	for (size_t len = 0; len < sizeof(usual); len++) {
		run_all(usual, len, NULL, 0, START);
		assert_false(ok);
	}
	RUN(0, DW_CFA_set_loc, 1, 2, 3, 4, 5, 6, 7, 8); /* compilers make none */
	assert_false(ok);
	RUN(0, 0x3f);
	assert_false(ok);
	RUN(0, DW_CFA_def_cfa_offset, 0xff, 0xff, 0xff, 0xff, 0x0f);
	assert_false(ok);
	RUN(0, DW_CFA_def_cfa_offset, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		1);
	assert_false(ok);
	RUN(0, DW_CFA_offset | BP, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1);
	assert_false(ok);
	RUN(0, DW_CFA_offset | BP, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
	assert_false(ok);
	RUN(0, DW_CFA_def_cfa_expression, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1);
	assert_false(ok);
}

/* Places that go around: a function at the end of all addresses. */
static void around(void **state)
{
	static const unsigned char code[] = { DW_CFA_advance_loc | 9, DW_CFA_def_cfa_offset, 24 };
	struct pdiag_cfi_program program = { .initial = usual, .initial_len = sizeof(usual),
		.instructions = code, .instructions_len = sizeof(code), .start = UINT64_MAX - 4,
		.code_align = 1, .data_align = -8 };
	(void)state;

	assert_false(pdiag_cfi_run(&program, UINT64_MAX, &row));
	program.start = START;
	program.code_align = UINT64_MAX / 4;
	assert_false(pdiag_cfi_run(&program, UINT64_MAX, &row));
	/* A CIE has no places of its own. */
	program.code_align = 1;
	program.instructions = usual;
	program.instructions_len = sizeof(usual);
	assert_true(pdiag_cfi_run(&program, START + 20, &row));
	program.initial = code;
	program.initial_len = sizeof(code);
	assert_false(pdiag_cfi_run(&program, START + 20, &row));
}

static struct pdiag_cursor cursor(const unsigned char *bytes, size_t len)
{
	return (struct pdiag_cursor){ .at = bytes, .end = bytes + len };
}

static void numbers(void **state)
{
	static const unsigned char low[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x7f };
	static const unsigned char minus[] = { 0x7f }, most[] = { 0xff, 0x3f };
	static const unsigned char least[] = { 0x80, 0x40 };
	struct pdiag_cursor c = cursor(low, sizeof(low));
	(void)state;

	assert_true(pdiag_cursor_sleb(&c) == INT64_MIN && !c.bad);
	c = cursor(minus, sizeof(minus));
	assert_int_equal(pdiag_cursor_sleb(&c), -1);
	c = cursor(most, sizeof(most));
	assert_int_equal(pdiag_cursor_sleb(&c), 8191);
	c = cursor(least, sizeof(least));
	assert_int_equal(pdiag_cursor_sleb(&c), -8192);
	c = cursor(low, 3);
	pdiag_cursor_uleb(&c);
	assert_true(c.bad);
	assert_int_equal(pdiag_cursor_uint(&c, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_pointer),
		cmocka_unit_test(every_way_to_go_on),
		cmocka_unit_test(every_way_to_say_it),
		cmocka_unit_test(other_registers),
		cmocka_unit_test(remembered),
		cmocka_unit_test(stubs),
		cmocka_unit_test(outermost),
		cmocka_unit_test(return_address_in_di),
		cmocka_unit_test(not_followed),
		cmocka_unit_test(malformed),
		cmocka_unit_test(around),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
