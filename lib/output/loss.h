/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loss ledger in words. */
#ifndef PDIAG_OUTPUT_LOSS_H
#define PDIAG_OUTPUT_LOSS_H

#include <pdiag/profile.h>

#include "util/text.h"

#define PDIAG_LOSS_REASONS (PDIAG_LOSS_TASKS + 1)

/* Events by reason. */
struct pdiag_loss_totals {
	uint64_t events[PDIAG_LOSS_REASONS];
};
int pdiag_loss_totals(const struct pdiag_profile *profile, struct pdiag_loss_totals *out);

/* One line: "0 lost", or "1,234 lost (0.50 %): overrun 1,234; throttled 3 times". */
void pdiag_loss_sentence(struct pdiag_text *t, const struct pdiag_profile_info *info,
	const struct pdiag_loss_totals *totals);

#endif
