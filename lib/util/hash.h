/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mixing for hash tables. Not for anything that faces an attacker's choice of security. */
#ifndef PDIAG_UTIL_HASH_H
#define PDIAG_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Multiply-fold: the high and low half of a 64x64 product. */
static inline uint64_t pdiag_hash_u64(uint64_t seed, uint64_t value)
{
	unsigned __int128 m = (unsigned __int128)(value ^ 0x9e3779b97f4a7c15ull) *
		(seed ^ 0xd6e8feb86659fd93ull);

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/*
 * Two words a multiplication, in four chains that do not wait for each other: long lists, such as
 * stacks, are hashed at the speed of the multiplier and not of its latency.
 */
static inline uint64_t pdiag_hash_u64s(uint64_t seed, const uint64_t *v, size_t n)
{
	uint64_t a = seed ^ n, b = seed + 0x2545f4914f6cdd1dull, c = ~seed, d = seed ^ 0x51ed270b;

	for (; n >= 8; v += 8, n -= 8) {
		a = pdiag_hash_u64(a ^ v[0], v[1]);
		b = pdiag_hash_u64(b ^ v[2], v[3]);
		c = pdiag_hash_u64(c ^ v[4], v[5]);
		d = pdiag_hash_u64(d ^ v[6], v[7]);
	}
	for (; n >= 2; v += 2, n -= 2)
		a = pdiag_hash_u64(a ^ v[0], v[1]);
	if (n)
		b = pdiag_hash_u64(b, v[0]);
	return pdiag_hash_u64(pdiag_hash_u64(a, b), pdiag_hash_u64(c, d));
}

static inline uint64_t pdiag_hash_bytes(uint64_t seed, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = seed ^ len, v;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&v, p, 8);
		h = pdiag_hash_u64(h, v);
	}
	v = 0;
	if (len)
		memcpy(&v, p, len);
	return pdiag_hash_u64(h, v);
}

#endif
