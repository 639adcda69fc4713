/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stubs through which calls into other files go. They have no symbols; each is named after the
 * function whose address the slot it jumps through is relocated with.
 */
#ifndef PDIAG_SYMBOL_ELF_PLT_H
#define PDIAG_SYMBOL_ELF_PLT_H

#include "symbol/elf_symbols.h"

/*
 * Add the stubs of .plt, .plt.sec and .plt.got (x86-64, arm64) to a table that has the dynamic
 * symbols' strings at `dynamic`. 0 or -ENOMEM.
 */
int pdiag_elf_add_plt(const struct pdiag_elf *e, const struct pdiag_elf_added *dynamic,
	struct pdiag_symbol_table *t);

#endif
