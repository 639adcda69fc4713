/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as one record of a stream; what decodes must survive being encoded again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"
#include "decode/encode.h"
#include "source/stream_format.h"
#include "support/random_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(8) unsigned char made[PDIAG_STREAM_FRAME_MAX];
	struct pdiag_record once, again;
	void *copy;
	long len;

	if (size > PDIAG_STREAM_FRAME_MAX / 2)
		return 0;
	/* On the heap and no larger: a read behind it is seen. Aligned, as records are. */
	copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (!pdiag_decode_stream(copy, (uint32_t)size, &once) && once.type != PDIAG_RECORD_NONE) {
		len = pdiag_encode(&once, made, sizeof(made));
		if (len <= 0 || pdiag_decode_stream(made, (uint32_t)len, &again) ||
			!same_record(&once, &again))
			abort();
	}
	free(copy);
	return 0;
}
