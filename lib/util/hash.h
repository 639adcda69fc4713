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

static inline uint64_t pdiag_hash_u64s(uint64_t seed, const uint64_t *v, size_t n)
{
	uint64_t h = seed ^ n;

	for (size_t i = 0; i < n; i++)
		h = pdiag_hash_u64(h, v[i]);
	return h;
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
