/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From raw bytes to records. Nothing in a raw record is trusted. */
#ifndef PDIAG_DECODE_DECODE_H
#define PDIAG_DECODE_DECODE_H

#include "decode/record.h"
#include "source/perf_layout.h"
#include "source/source.h"

/*
 * Decode by raw->format. 0: *out is filled (type NONE: of no interest); -EBADMSG: the bytes make
 * no sense. `mult` turns a perf period into ns (see struct pdiag_source_state).
 */
int pdiag_decode(const struct pdiag_raw *raw, uint64_t mult, struct pdiag_record *out);

int pdiag_decode_perf(const void *data, uint32_t len, enum pdiag_perf_kind kind, uint64_t mult,
	struct pdiag_record *out);
/* Part `part` of `parts` of a record of the kernel module, read from the ring of `cpu`. */
int pdiag_decode_kmod(const void *data, uint32_t len, uint32_t part, uint32_t parts, int32_t cpu,
	struct pdiag_record *out);
/* PDIAG_STACK_* for the flags of a STACK record of the module. */
uint32_t pdiag_decode_kmod_stack_flags(uint16_t flags);
/* One record of our own stream, aligned to 8 bytes; see source/stream_format.h. */
int pdiag_decode_stream(const void *data, uint32_t len, struct pdiag_record *out);

#endif
