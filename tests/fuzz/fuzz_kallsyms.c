/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as /proc/kallsyms; each symbol kept must be found again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/memory_file.h"
#include "symbol/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdiag_symbol_table t = { 0 };
	struct pdiag_symbol_hit hit;
	enum pdiag_reason reason;
	const char *module;
	int fd;

	fd = memory_file(data, size);
	if (pdiag_kallsyms_read(fd, &t, &reason))
		abort();
	if (!t.count != !!reason)
		abort();
	for (size_t i = 0; i < t.count; i++) {
		if (i && t.entries[i].start <= t.entries[i - 1].start)
			abort();
		if (!t.entries[i].size)
			continue;
		if (!pdiag_symbol_table_find(&t, t.entries[i].start, &hit) || !hit.name_len)
			abort();
		module = pdiag_kallsyms_module(hit.name);
		if (module && strlen(module) > size)
			abort();
	}
	pdiag_symbol_table_free(&t);
	close(fd);
	return 0;
}
