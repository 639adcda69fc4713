/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Readable names of C++ and Rust symbols. As in perf, and so in the flame graphs people know,
 * template arguments are kept; parameter lists and the marks of clones (.cold, .constprop.0) are
 * not. The hash at the end of Rust names goes.
 */
#ifndef PDIAG_SYMBOL_DEMANGLE_H
#define PDIAG_SYMBOL_DEMANGLE_H

#include <stddef.h>

/* Longer results are not given: the raw name then says more. */
#define PDIAG_DEMANGLED_MAX ((size_t)16 * 1024)

/*
 * Write the readable form of `name` into `out` of PDIAG_DEMANGLED_MAX + 1 bytes. Its length, or 0
 * if the name is not mangled or cannot be read. Allocates nothing; needs about 256 KiB of stack.
 */
size_t pdiag_demangle(const char *name, size_t len, char *out);

#endif
