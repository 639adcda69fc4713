/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what a source took of a stack to frames: call chains that the kernel walked by frame
 * pointers. What these skip has been put into them before, see unwind/repair.h.
 */
#ifndef PDIAG_UNWIND_UNWIND_H
#define PDIAG_UNWIND_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#define PDIAG_UNWIND_MAX 1024

struct pdiag_unwound_frame {
	uint64_t address; /* within the calling instruction: one less than a return address */
	bool kernel;
};

struct pdiag_unwound {
	uint32_t nr;
	uint32_t flags; /* PDIAG_STACK_* */
	struct pdiag_unwound_frame frames[PDIAG_UNWIND_MAX]; /* leaf first */
};

/*
 * Split a call chain at its PERF_CONTEXT_* marks, leaf first, drop what is no address, and turn
 * return addresses into addresses of the call. max_depth: as asked of the source, to tell a
 * truncated stack.
 */
void pdiag_unwind_callchain(const uint64_t *ips, uint32_t nr, uint32_t max_depth,
	struct pdiag_unwound *out);

#endif
