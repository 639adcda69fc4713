/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/bytes.h"

#include <string.h>

/* Ten times 7 bits. */
#define NUMBER_MAX 10u

void pdiag_le_put(uint8_t *to, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

uint64_t pdiag_le_take(const uint8_t *from, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

void pdiag_put_u64(struct pdiag_text *t, uint64_t value)
{
	char bytes[NUMBER_MAX];
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (char)(value | 0x80);
	bytes[n++] = (char)value;
	pdiag_text_add(t, bytes, n);
}

void pdiag_put_i64(struct pdiag_text *t, int64_t value)
{
	pdiag_put_u64(t, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void pdiag_put_double(struct pdiag_text *t, double value)
{
	uint8_t bytes[8];
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	pdiag_le_put(bytes, bits, sizeof(bytes));
	pdiag_text_add(t, (const char *)bytes, sizeof(bytes));
}

void pdiag_put_text(struct pdiag_text *t, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	pdiag_put_u64(t, len);
	pdiag_text_add(t, text, len);
}

static uint64_t wrong(struct pdiag_bytes *b)
{
	b->wrong = true;
	b->at = b->end;
	return 0;
}

uint64_t pdiag_take_u64(struct pdiag_bytes *b)
{
	uint64_t value = 0;
	uint8_t byte;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		if (b->at == b->end)
			return wrong(b);
		byte = *b->at++;
		if (shift == 63 && byte > 1)
			return wrong(b);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	return wrong(b);
}

int64_t pdiag_take_i64(struct pdiag_bytes *b)
{
	uint64_t value = pdiag_take_u64(b);

	return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

uint32_t pdiag_take_u32(struct pdiag_bytes *b, uint32_t max)
{
	uint64_t value = pdiag_take_u64(b);

	return (uint32_t)(value > max ? wrong(b) : value);
}

int32_t pdiag_take_i32(struct pdiag_bytes *b)
{
	int64_t value = pdiag_take_i64(b);

	return (int32_t)(value > INT32_MAX || value < INT32_MIN ? (int64_t)wrong(b) : value);
}

double pdiag_take_double(struct pdiag_bytes *b)
{
	double value = 0;
	uint64_t bits;

	if ((size_t)(b->end - b->at) < sizeof(bits)) {
		wrong(b);
		return 0;
	}
	bits = pdiag_le_take(b->at, sizeof(bits));
	b->at += sizeof(bits);
	memcpy(&value, &bits, sizeof(value));
	return value;
}

uint32_t pdiag_take_count(struct pdiag_bytes *b, size_t least)
{
	uint64_t count = pdiag_take_u64(b);

	if (count > (size_t)(b->end - b->at) / least || count > UINT32_MAX / 2)
		return (uint32_t)wrong(b);
	return (uint32_t)count;
}

const char *pdiag_take_bytes(struct pdiag_bytes *b, size_t *len)
{
	const char *text;

	*len = pdiag_take_count(b, 1);
	text = (const char *)b->at;
	b->at += *len;
	return text;
}

const char *pdiag_take_text(struct pdiag_bytes *b, struct pdiag_strings *into)
{
	size_t len;
	const char *text = pdiag_take_bytes(b, &len);

	return pdiag_strings_add_len(into, text, len);
}
