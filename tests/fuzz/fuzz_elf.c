/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an ELF file, from a file and from memory: both must give the same symbols. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/memory_file.h"
#include "symbol/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct pdiag_object *o)
{
	const struct pdiag_symbol_table *t = &o->table;
	struct pdiag_symbol_hit hit;
	uint64_t vaddr;

	for (size_t i = 0; i < t->count; i++) {
		uint64_t len = t->entries[i].size & PDIAG_SYMBOL_SIZE_MAX;

		if (!len || (i + 1 < t->count && t->entries[i].start + len >
				    t->entries[i + 1].start))
			abort();
		if (!pdiag_symbol_table_find(t, t->entries[i].start, &hit) || hit.index != i)
			abort();
	}
	pdiag_segments_vaddr(o->segments, o->segment_count, 0x1000, &vaddr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdiag_object file, memory;
	char *copy;
	int fd;

	fd = memory_file(data, size);
	copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (pdiag_object_load_file(&file, fd, "/nowhere/file", "/nowhere/debug") ||
		pdiag_object_load_image(&memory, copy, size))
		abort();
	check(&file);
	check(&memory);
	if (file.reason != memory.reason || file.table.count != memory.table.count)
		abort();
	pdiag_object_free(&file);
	pdiag_object_free(&memory);
	free(copy);
	close(fd);
	return 0;
}
