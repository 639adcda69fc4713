/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/sanitize.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What the first byte of a UTF-8 character says of its length; 0: it is none. */
static size_t length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Length of the UTF-8 character at p, its code in *code; 0 if it is not valid (too long, too
 * high, a surrogate, cut off). */
static size_t decode(const unsigned char *p, size_t left, uint32_t *code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = length(*p);
	uint32_t c = len == 1 ? *p : len ? *p & (0x7fu >> len) : 0;

	if (!len || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < lowest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return len;
}

/* Characters that are valid, but break lines, hide, turn the text around, or that XML forbids. */
static bool harmful(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c ||
		(c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
		(c >= 0x2060 && c <= 0x2069) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
		(c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) ||
		(c >= 0xe0000 && c <= 0xe007f);
}

static void add_bytes(struct pdiag_text *t, const unsigned char *p, size_t len)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		char hex[4] = { '\\', 'x', digit[p[i] >> 4], digit[p[i] & 15] };

		pdiag_text_add(t, hex, sizeof(hex));
	}
}

/* Bytes from p on that need no look: printable ASCII but `stop`. */
static size_t plain(const unsigned char *p, size_t left, unsigned char stop)
{
	size_t n = 0;

	while (n < left && p[n] >= ' ' && p[n] < 0x7f && p[n] != stop)
		n++;
	return n;
}

static void clean(struct pdiag_text *t, const char *s, size_t len, unsigned char stop, char instead)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t code;
	size_t n;

	if (!len)
		pdiag_text_str(t, "[empty]");
	while (len) {
		n = plain(p, len, stop);
		if (n) {
			pdiag_text_add(t, (const char *)p, n);
		} else if (stop && *p == stop) {
			pdiag_text_char(t, instead);
			n = 1;
		} else {
			n = decode(p, len, &code);
			if (n && !harmful(code)) {
				pdiag_text_add(t, (const char *)p, n);
			} else {
				n = n ? n : 1;
				add_bytes(t, p, n);
			}
		}
		p += n;
		len -= n;
	}
}

void pdiag_sanitize_name(struct pdiag_text *t, const char *s, size_t len)
{
	clean(t, s, len, 0, 0);
}

void pdiag_sanitize_frame(struct pdiag_text *t, const char *s, size_t len)
{
	clean(t, s, len, ';', ':');
}

/* Copy, with some characters replaced. */
static void replace(struct pdiag_text *t, const char *s, size_t len,
	const char *(*instead)(char c))
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		const char *text = instead(s[i]);

		if (!text)
			continue;
		pdiag_text_add(t, s + from, i - from);
		pdiag_text_str(t, text);
		from = i + 1;
	}
	pdiag_text_add(t, s + from, len - from);
}

static const char *xml_instead(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static const char *json_instead(char c)
{
	switch (c) {
	case '<':
		return "\\u003c";
	case '>':
		return "\\u003e";
	case '&':
		return "\\u0026";
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	default:
		return NULL;
	}
}

void pdiag_sanitize_xml(struct pdiag_text *t, const char *s, size_t len)
{
	replace(t, s, len, xml_instead);
}

void pdiag_sanitize_json(struct pdiag_text *t, const char *s, size_t len)
{
	replace(t, s, len, json_instead);
}

size_t pdiag_sanitize_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* Columns that a character takes: none when it combines, two in the east Asian blocks. */
static size_t columns(uint32_t c)
{
	if ((c >= 0x300 && c <= 0x36f) || (c >= 0x20d0 && c <= 0x20ff) ||
		(c >= 0xfe00 && c <= 0xfe0f))
		return 0;
	if ((c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
		(c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
		(c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
		(c >= 0x1f300 && c <= 0x1faff) || c >= 0x20000)
		return 2;
	return 1;
}

size_t pdiag_sanitize_fit(const char *s, size_t len, size_t cells, size_t *used)
{
	size_t at = 0, taken = 0, n, wide;
	uint32_t code;

	while (at < len) {
		n = decode((const unsigned char *)s + at, len - at, &code);
		wide = n ? columns(code) : 1;
		if (taken + wide > cells)
			break;
		taken += wide;
		at += n ? n : 1;
	}
	*used = taken;
	return at;
}
