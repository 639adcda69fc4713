/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a symbol's name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/demangle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = malloc(size + 1), *out = malloc(PDIAG_DEMANGLED_MAX + 1);
	size_t len;

	if (!name || !out)
		abort();
	if (size)
		memcpy(name, data, size);
	name[size] = '\0';
	len = pdiag_demangle(name, strlen(name), out);
	if (len > PDIAG_DEMANGLED_MAX || (len && out[len]))
		abort();
	free(out);
	free(name);
	return 0;
}
