/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any addresses as a call chain. The first byte is the depth that was asked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/profile.h>

#include "unwind/unwind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pdiag_unwound out;
	uint32_t nr = size ? (uint32_t)((size - 1) / 8) : 0;
	uint64_t *ips = malloc(nr * 8 + 1);

	if (!ips)
		abort();
	if (nr)
		memcpy(ips, data + 1, nr * 8);
	pdiag_unwind_callchain(ips, nr, size ? data[0] : 0, &out);
	if (out.nr > nr || out.nr > PDIAG_UNWIND_MAX)
		abort();
	for (uint32_t i = 0; i < out.nr; i++)
		if (out.frames[i].address < 4096 ||
			(out.frames[i].address >> 56 && out.frames[i].address >> 56 != 0xff))
			abort();
	if (out.flags & ~(PDIAG_STACK_TRUNCATED | PDIAG_STACK_NO_USER))
		abort();
	free(ips);
	return 0;
}
