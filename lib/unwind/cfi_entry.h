/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One entry of .eh_frame: of a function (FDE), and what it shares with others (CIE). */
#ifndef PDIAG_UNWIND_CFI_ENTRY_H
#define PDIAG_UNWIND_CFI_ENTRY_H

#include "unwind/cfi_image.h"

/* The row for `pc` by the FDE at a virtual address; as pdiag_cfi_image_row(). */
int pdiag_cfi_entry_row(const struct pdiag_cfi_image *image, const struct pdiag_cfi_reader *reader,
	uint64_t fde, uint64_t pc, struct pdiag_cfi_row *row);

#endif
