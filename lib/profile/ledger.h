/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loss ledger: what could not be delivered, by reason, CPU, process and second. */
#ifndef PDIAG_PROFILE_LEDGER_H
#define PDIAG_PROFILE_LEDGER_H

#include <pdiag/profile.h>

#include "util/table.h"

struct pdiag_ledger {
	struct pdiag_loss *lines;
	size_t count, cap;
	struct pdiag_table index;
	uint64_t total[PDIAG_LOSS_TASKS +
		       1]; /* by reason, exact also when lines could not be kept */
	uint32_t coarse;   /* 0: lines are exact; grows when there would be too many */
	uint32_t reserved;
};

/*
 * Add events to the line of (reason, cpu, pid, second). Never loses the total: 0, or -ENOMEM if
 * only the total was counted. -EINVAL: no such reason. Counts stop at UINT64_MAX.
 * There are 65,536 lines at most. When they are full the ledger gets coarser, step by step: the pid
 * becomes -1, seconds are rounded down to multiples of 2, 4, 8 and so on, the CPU becomes -1.
 */
int pdiag_ledger_add(struct pdiag_ledger *l, const struct pdiag_loss *loss);
/* Its time begins so many seconds later: what was before is in the first second. */
void pdiag_ledger_begin(struct pdiag_ledger *l, uint64_t seconds);
/* Sort lines by reason, second, cpu, pid. */
void pdiag_ledger_sort(struct pdiag_ledger *l);
/* Like adding every line; on -ENOMEM the totals are right and lines may be missing. */
int pdiag_ledger_merge(struct pdiag_ledger *into, const struct pdiag_ledger *from);
/* Samples lost: all reasons but THROTTLED, CUT, SHORT and TASKS. */
uint64_t pdiag_ledger_lost(const struct pdiag_ledger *l);
/* Events in the total of a reason that no line has, as there was no memory for it. */
uint64_t pdiag_ledger_unplaced(const struct pdiag_ledger *l, uint32_t reason);
void pdiag_ledger_free(struct pdiag_ledger *l);

#endif
