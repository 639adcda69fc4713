/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Callers that frame pointers skip. Code without them (all of libc) called from code with them has
 * a caller that the kernel's walk does not see; and where it uses BP for something else the walk
 * ends, or goes astray. With the registers, some bytes of the stack and call frame information
 * the innermost frames are walked exactly; behind them the kernel's walk goes on.
 */
#ifndef PDIAG_UNWIND_REPAIR_H
#define PDIAG_UNWIND_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/cfi_row.h"

/* The user's part of a thread: its registers, and what is at SP. */
struct pdiag_user_part {
	uint64_t ip, sp, bp, di;
	const unsigned char *copy;
	uint32_t copy_len;
};

/* The row for an address of code; false: there is none that can be followed. */
typedef bool (*pdiag_row_fn)(void *user, uint64_t address, struct pdiag_cfi_row *row);

/*
 * The call chain `ips`, as the kernel gave it, with what can be said better: at most max_depth
 * frames and their marks go to `out`, which has room for `room` words. Return addresses stay return
 * addresses. Gives their number; 0: it stays as it is.
 */
uint32_t pdiag_unwind_repair(const uint64_t *ips, uint32_t nr, const struct pdiag_user_part *part,
	uint32_t max_depth, pdiag_row_fn find, void *user, uint64_t *out, uint32_t room);

#endif
