/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's own symbol table, /proc/kallsyms, with its modules. */
#ifndef PDIAG_SYMBOL_KALLSYMS_H
#define PDIAG_SYMBOL_KALLSYMS_H

#include <pdiag/types.h>

#include "symbol/symbol_table.h"

/*
 * Read lines "ADDRESS TYPE NAME [MODULE]" from `fd` into an empty table. Only code is kept. *reason
 * is NONE, KERNEL_HIDDEN (all addresses are zero) or NO_SYMBOLS. 0 or -ENOMEM.
 */
int pdiag_kallsyms_read(int fd, struct pdiag_symbol_table *table, enum pdiag_reason *reason);
/* The same from a path; *reason also NO_PERMISSION. */
int pdiag_kallsyms_load(const char *path, struct pdiag_symbol_table *table,
	enum pdiag_reason *reason);

/* The module of a name that a search of such a table found; NULL: the kernel itself. */
const char *pdiag_kallsyms_module(const char *name);

#endif
