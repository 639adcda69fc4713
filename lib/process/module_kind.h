/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the name of a mapping says about where its code comes from. */
#ifndef PDIAG_PROCESS_MODULE_KIND_H
#define PDIAG_PROCESS_MODULE_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "process/module.h"

/* The path of a SEEDED mapping over a whole process whose maps may not be read. */
#define PDIAG_PATH_DENIED "//denied"

/*
 * JIT: memory that belongs to no file that lasts. A memfd counts as such, even the rare one that
 * holds an ELF image, because a replay has nothing but its name to go by.
 */
enum pdiag_module_kind pdiag_module_kind_of(const char *path);

/* A mapping of the kernel's own making, such as "[vsyscall]": no file is behind it. */
bool pdiag_module_is_pseudo(const char *path);

/* The length of the path without the " (deleted)" that the kernel adds. */
size_t pdiag_module_path_len(const char *path);

#endif
