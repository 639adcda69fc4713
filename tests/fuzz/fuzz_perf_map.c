/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a perf map; entries must not overlap, and each is found by its addresses. */
#include <stdint.h>
#include <stdlib.h>

#include "support/memory_file.h"
#include "symbol/perf_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdiag_symbol_table t = { 0 };
	struct pdiag_symbol_hit hit;
	uint64_t start, len;
	int fd;

	fd = memory_file(data, size);
	if (pdiag_perf_map_read(fd, &t))
		abort();
	for (size_t i = 0; i < t.count; i++) {
		start = t.entries[i].start;
		len = t.entries[i].size & PDIAG_SYMBOL_SIZE_MAX;
		if (!len || (i + 1 < t.count && start + len > t.entries[i + 1].start))
			abort();
		if (!pdiag_symbol_table_find(&t, start, &hit) || hit.index != i ||
			hit.start > start || hit.start + hit.size < start + len)
			abort();
		if (!pdiag_symbol_table_find(&t, start + len - 1, &hit) || hit.index != i)
			abort();
	}
	pdiag_symbol_table_free(&t);
	close(fd);
	return 0;
}
