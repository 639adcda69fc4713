/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An object: the symbols of one file, of the vdso, the kernel or a perf map, ready for lookups. */
#ifndef PDIAG_SYMBOL_OBJECT_H
#define PDIAG_SYMBOL_OBJECT_H

#include <stdbool.h>

#include <pdiag/types.h>

#include "symbol/elf_image.h"
#include "symbol/symbol_table.h"

struct pdiag_object {
	struct pdiag_symbol_table table;
	struct pdiag_segment *segments; /* ELF only */
	size_t segment_count;
	enum pdiag_reason reason; /* why nothing could be read */
	enum pdiag_reason miss;	  /* why an address that no symbol covers has no name */
};

/*
 * Read the symbols of an ELF file. `path` is where it lies, for finding debug files beside it;
 * debug_path NULL: do not look for any. 0, also when there are none, or -ENOMEM (*o is empty).
 */
int pdiag_object_load_file(struct pdiag_object *o, int fd, const char *path,
	const char *debug_path);
int pdiag_object_load_image(struct pdiag_object *o, const char *image, size_t size);

size_t pdiag_object_bytes(const struct pdiag_object *o);
void pdiag_object_free(struct pdiag_object *o);

#endif
