/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/decode.h"

#include <errno.h>

int pdiag_decode(const struct pdiag_raw *raw, uint64_t mult, struct pdiag_record *out)
{
	switch ((enum pdiag_raw_format)raw->format) {
	case PDIAG_RAW_PERF:
		return pdiag_decode_perf(raw->data, raw->len, raw->kind, mult, out);
	case PDIAG_RAW_KMOD:
		return pdiag_decode_kmod(raw->data, raw->len, raw->part, raw->parts, raw->cpu,
			out);
	case PDIAG_RAW_STREAM:
		return pdiag_decode_stream(raw->data, raw->len, out);
	case PDIAG_RAW_RECORD:
		*out = *(const struct pdiag_record *)raw->data;
		return 0;
	}
	return -EBADMSG;
}
