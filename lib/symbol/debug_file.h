/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Separate debug files: where the symbols are of a file that was stripped. */
#ifndef PDIAG_SYMBOL_DEBUG_FILE_H
#define PDIAG_SYMBOL_DEBUG_FILE_H

#include <stdbool.h>

#include "symbol/elf_image.h"

/*
 * Find the debug file of `e`, which lies at `path`: by build-id below each directory of the
 * colon-separated `debug_path`, then by .gnu_debuglink beside the file, in .debug beside it, and
 * below those directories. It must have the same build-id, or where one of the two has none, the
 * debuglink's checksum. A descriptor that the caller closes, or -1; *mismatch: there was a file,
 * but another one's.
 */
int pdiag_debug_file_open(const struct pdiag_elf *e, const char *path, const char *debug_path,
	bool *mismatch);

#endif
