/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an ELF file with call frame information: its rows, all over the file. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unwind/cfi_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct file {
	const uint8_t *bytes;
	size_t len;
};

static int read_bytes(void *user, uint64_t offset, void *to, size_t len)
{
	const struct file *f = user;

	if (offset > f->len || len > f->len - offset)
		return -EBADMSG;
	memcpy(to, f->bytes + offset, len);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file file = { .bytes = data, .len = size };
	struct pdiag_cfi_reader reader = { .read = read_bytes, .user = &file };
	struct pdiag_cfi_image *image;
	struct pdiag_cfi_row row;
	int ret;

	if (pdiag_cfi_image_open(&reader, &image))
		return 0;
	for (uint64_t offset = 0; offset < size; offset += 1 + size / 512) {
		ret = pdiag_cfi_image_row(image, &reader, offset, &row);
		if ((ret && ret != -EBADMSG) || !ret != (row.base != PDIAG_CFI_NONE))
			abort();
	}
	free(image);
	return 0;
}
