/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading bytes of call frame information. Whoever reads past the end gets zeros, and `bad`. */
#ifndef PDIAG_UNWIND_CFI_CURSOR_H
#define PDIAG_UNWIND_CFI_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pdiag_cursor {
	const unsigned char *at, *end;
	bool bad;
};

static inline size_t pdiag_cursor_left(const struct pdiag_cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* Go past `len` bytes; NULL if they are not all there. */
static inline const unsigned char *pdiag_cursor_skip(struct pdiag_cursor *c, uint64_t len)
{
	const unsigned char *at = c->at;

	if (c->bad || len > pdiag_cursor_left(c)) {
		c->bad = true;
		c->at = c->end;
		return NULL;
	}
	c->at += len;
	return at;
}

/* An unsigned number of 1, 2, 4 or 8 bytes, as this machine has them. */
static inline uint64_t pdiag_cursor_uint(struct pdiag_cursor *c, size_t len)
{
	const unsigned char *at = pdiag_cursor_skip(c, len);
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, len);
	return value;
}

/* LEB128: seven bits a byte, the lowest first. What does not fit into 64 bits is bad. */
static inline uint64_t pdiag_cursor_leb(struct pdiag_cursor *c, unsigned int *bits)
{
	uint64_t value = 0, byte = 0x80;

	for (*bits = 0; byte & 0x80; *bits += 7) {
		byte = pdiag_cursor_uint(c, 1);
		if (*bits > 63) {
			c->bad = true;
			return 0;
		}
		value |= (byte & 0x7f) << *bits;
	}
	return value;
}

static inline uint64_t pdiag_cursor_uleb(struct pdiag_cursor *c)
{
	unsigned int bits;

	return pdiag_cursor_leb(c, &bits);
}

static inline int64_t pdiag_cursor_sleb(struct pdiag_cursor *c)
{
	unsigned int bits;
	uint64_t value = pdiag_cursor_leb(c, &bits);

	if (bits < 64 && value >> (bits - 1) & 1)
		value |= ~0ull << bits;
	return (int64_t)value;
}

#endif
