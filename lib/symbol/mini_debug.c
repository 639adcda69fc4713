/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/mini_debug.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "util/array.h"

#define PACKED_MAX ((uint64_t)64 << 20)
#define UNPACKED_MAX ((size_t)256 << 20)
/* What the decoder itself may use; the highest preset of xz asks for 65 MiB. */
#define DECODER_MAX ((uint64_t)128 << 20)

/* Run the decoder to its end. */
static lzma_ret run(lzma_stream *xz, char **out, size_t *cap)
{
	size_t used = 0;
	lzma_ret ret;

	do {
		if (used == *cap) {
			if (used >= UNPACKED_MAX)
				return LZMA_BUF_ERROR;
			if (pdiag_array_reserve(out, cap, used + 65536, 1))
				return LZMA_MEM_ERROR;
		}
		xz->next_out = (uint8_t *)*out + used;
		xz->avail_out = *cap - used;
		ret = lzma_code(xz, LZMA_FINISH);
		used = *cap - xz->avail_out;
	} while (ret == LZMA_OK);
	return ret;
}

static int unpack(const uint8_t *packed, size_t packed_size, char **image, size_t *size)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	size_t cap = 0;
	lzma_ret ret;

	ret = lzma_stream_decoder(&xz, DECODER_MAX, 0);
	if (ret == LZMA_OK) {
		xz.next_in = packed;
		xz.avail_in = packed_size;
		ret = run(&xz, image, &cap);
		*size = (size_t)xz.total_out;
		lzma_end(&xz);
	}
	if (ret == LZMA_STREAM_END)
		return 0;
	free(*image);
	*image = NULL;
	return ret == LZMA_MEM_ERROR ? -ENOMEM : 0;
}

int pdiag_mini_debug(const struct pdiag_elf *e, char **image, size_t *size)
{
	pdiag_auto_free uint8_t *packed = NULL;
	GElf_Shdr h;

	*image = NULL;
	*size = 0;
	if (!pdiag_elf_section(e, ".gnu_debugdata", &h) || h.sh_size > PACKED_MAX)
		return 0;
	packed = malloc((size_t)h.sh_size);
	if (!packed)
		return -ENOMEM;
	if (pdiag_elf_read(e, h.sh_offset, packed, (size_t)h.sh_size))
		return 0;
	return unpack(packed, (size_t)h.sh_size, image, size);
}
