/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bodies of frames, byte by byte: put into a growing buffer, whose first failure sticks, and taken
 * from a body, where the first thing that is wrong sticks and all that follows is 0.
 */
#ifndef PDIAG_JOURNAL_BYTES_H
#define PDIAG_JOURNAL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/strings.h"
#include "util/text.h"

void pdiag_put_u64(struct pdiag_text *t, uint64_t value);
void pdiag_put_i64(struct pdiag_text *t, int64_t value);
void pdiag_put_double(struct pdiag_text *t, double value);
void pdiag_put_text(struct pdiag_text *t, const char *text);

struct pdiag_bytes {
	const uint8_t *at, *end;
	bool wrong; /* it ended too early, or something in it cannot be */
};

uint64_t pdiag_take_u64(struct pdiag_bytes *b);
int64_t pdiag_take_i64(struct pdiag_bytes *b);
/* Numbers above their limit are wrong. */
uint32_t pdiag_take_u32(struct pdiag_bytes *b, uint32_t max);
int32_t pdiag_take_i32(struct pdiag_bytes *b);
double pdiag_take_double(struct pdiag_bytes *b);
/* How many things follow, of which each takes `least` bytes: more than can be there is wrong. */
uint32_t pdiag_take_count(struct pdiag_bytes *b, size_t least);
/* The bytes of a text, which is not ended by NUL; *len of them. */
const char *pdiag_take_bytes(struct pdiag_bytes *b, size_t *len);
/* A text, interned; NULL: out of memory. */
const char *pdiag_take_text(struct pdiag_bytes *b, struct pdiag_strings *into);

/* Numbers of heads, little-endian. */
void pdiag_le_put(uint8_t *to, uint64_t value, unsigned int bytes);
uint64_t pdiag_le_take(const uint8_t *from, unsigned int bytes);

#endif
