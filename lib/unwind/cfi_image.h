/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The call frame information of an ELF file: .eh_frame, found by the sorted table in
 * .eh_frame_hdr. Read bit by bit, as few of all rows are asked for; nothing in it is trusted, and
 * no number in it decides how much memory is taken.
 */
#ifndef PDIAG_UNWIND_CFI_IMAGE_H
#define PDIAG_UNWIND_CFI_IMAGE_H

#include "unwind/cfi_row.h"

/* Where the bytes come from. */
struct pdiag_cfi_reader {
	/* All `len` bytes at `offset`: 0; -EBADMSG: not there; -EAGAIN: not now; -ENOMEM. */
	int (*read)(void *user, uint64_t offset, void *to, size_t len);
	void *user;
};

struct pdiag_cfi_segment {
	uint64_t offset, size, vaddr;
	bool code;
};

struct pdiag_cfi_image {
	uint64_t base;	/* the virtual address that the table's numbers are relative to */
	uint64_t table; /* its offset in the file */
	uint32_t fde_count, segment_count;
	struct pdiag_cfi_segment segments[];
};

/*
 * 0, and *out is to be freed; -EBADMSG: no ELF file for x86-64 with a table of the usual kind;
 * -ENOMEM; or what the reader said.
 */
int pdiag_cfi_image_open(const struct pdiag_cfi_reader *reader, struct pdiag_cfi_image **out);

/*
 * The row for an offset in the file. 0; -EBADMSG: there is none, or none that is followed; or what
 * the reader said.
 */
int pdiag_cfi_image_row(const struct pdiag_cfi_image *image, const struct pdiag_cfi_reader *reader,
	uint64_t offset, struct pdiag_cfi_row *row);

#endif
