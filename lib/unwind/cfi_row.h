/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A row of call frame information: how to get from one place in the code to its caller. Of all
 * that DWARF can say, what x86-64 compilers say of nearly all code.
 */
#ifndef PDIAG_UNWIND_CFI_ROW_H
#define PDIAG_UNWIND_CFI_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the canonical frame address (CFA, the caller's stack pointer) is counted from. */
enum pdiag_cfi_base {
	PDIAG_CFI_NONE, /* there is no row, or none that is followed */
	PDIAG_CFI_SP,
	PDIAG_CFI_BP,
};

/* The return address is the word below the CFA, or (vfork() has no stack of its own) in DI. */
struct pdiag_cfi_row {
	int32_t cfa;	/* from the base */
	int32_t bp;	/* where the caller's BP is saved, from the CFA */
	uint8_t base;	/* enum pdiag_cfi_base */
	bool bp_saved;	/* else BP is still the caller's */
	bool outermost; /* it has no caller */
	bool ra_in_di;
};

/* The programs of a CIE and its FDE, and the numbers they are in. */
struct pdiag_cfi_program {
	const unsigned char *initial, *instructions;
	size_t initial_len, instructions_len;
	uint64_t start;	     /* where the function begins */
	uint64_t code_align;
	int64_t data_align;
};

/* The row that covers `pc`. False: malformed, or nothing that is followed (base NONE). */
bool pdiag_cfi_run(const struct pdiag_cfi_program *program, uint64_t pc,
	struct pdiag_cfi_row *row);

#endif
