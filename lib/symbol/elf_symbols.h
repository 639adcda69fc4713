/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of an ELF image, from its symbol tables. */
#ifndef PDIAG_SYMBOL_ELF_SYMBOLS_H
#define PDIAG_SYMBOL_ELF_SYMBOLS_H

#include "symbol/elf_image.h"
#include "symbol/symbol_table.h"

/* What was taken from a symbol table. */
struct pdiag_elf_added {
	bool found;	    /* there is one */
	uint32_t text;	    /* where the copy of its strings begins in the table's text */
	uint64_t text_len;
};

/*
 * Add the functions of the first section of `type` (SHT_SYMTAB or SHT_DYNSYM) to a table; addresses
 * are virtual. What is malformed is left out. 0 or -ENOMEM.
 */
int pdiag_elf_add_symbols(const struct pdiag_elf *e, uint32_t type, struct pdiag_symbol_table *t,
	struct pdiag_elf_added *added);

#endif
