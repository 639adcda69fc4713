/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a record to the bytes that stand for it in a stream; decode/stream.c is the way back. */
#ifndef PDIAG_DECODE_ENCODE_H
#define PDIAG_DECODE_ENCODE_H

#include <stddef.h>

#include "decode/record.h"

/*
 * Write the record to `to`, which is aligned to 8 bytes. Returns the bytes it took, a multiple of
 * 8; 0: nothing to write (type NONE); -ENOBUFS: more than `room`; -EMSGSIZE: more than a frame
 * can hold; -EINVAL: no such type. Texts above PDIAG_STREAM_TEXT_MAX are cut.
 */
long pdiag_encode(const struct pdiag_record *record, void *to, size_t room);

#endif
